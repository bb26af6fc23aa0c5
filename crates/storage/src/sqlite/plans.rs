//! Tests that the queries of lists, histories and marks read an index, in its order.

mod contacts;
mod jobs;
mod lists;
mod messages;
mod outbox;
mod search;

use std::path::Path;

use rusqlite::Connection;

use super::{
    connection::{self, Purpose},
    schema,
};

/// An empty database with the schema and settings of the service. Plans do not depend on rows, since `ANALYZE` is never run.
fn database() -> Connection {
    let mut connection = connection::open(Path::new(":memory:"), Purpose::Write).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
}

/// The steps of the query plan, one per line.
fn plan(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let nulls = rusqlite::params_from_iter(std::iter::repeat_n(rusqlite::types::Null, count));
    let steps: Vec<String> = statement.query_map(nulls, |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    steps.join("\n")
}

/// The plan has no sort and no full scan, and contains this step.
fn assert_follows(sql: &str, step: &str) {
    let plan = plan(&database(), sql);
    assert!(plan.contains(step), "expected {step:?} in the plan\n{plan}\nof\n{sql}");
    assert!(!plan.contains("TEMP B-TREE"), "sorts:\n{plan}\nof\n{sql}");
    let scans =
        |line: &&str| line.starts_with("SCAN") && !line.contains("rarray") && !line.contains("wanted") && !line.contains("CONSTANT ROW");
    assert_eq!(plan.lines().find(scans), None, "scans:\n{plan}\nof\n{sql}");
}

#[test]
fn every_index_is_used_by_a_query_or_is_a_guard() {
    let guards = ["messaging_conversation_same", "messaging_message_client", "messaging_message_seq"];
    let proven = [
        "accounts_user_active",
        "accounts_user_active_staff",
        "confessions_confession_admin",
        "confessions_subscription_confession",
        "messaging_job_due",
        "messaging_job_failed",
        "messaging_message_history",
        "messaging_message_pinned",
        "messaging_messageattachment_file",
        "messaging_messageattachment_message",
        "messaging_messageattachment_thumbnail",
        "messaging_participants_archived",
        "messaging_participants_confession",
        "messaging_participants_list",
        "messaging_participants_to_read",
        "messaging_participants_waiting",
    ];
    let mut expected: Vec<&str> = guards.into_iter().chain(proven).collect();
    expected.sort_unstable();
    let connection = database();
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        .unwrap();
    let indexes: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(indexes, expected, "an index needs a reason: prove its use above and name it here");
}
