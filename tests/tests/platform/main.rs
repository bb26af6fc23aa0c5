//! Suhbat on the platform's own Django database (`directory.mode = platform`): everything that people saw before is seen afterwards, the takeover can be
//! interrupted, and the platform goes on reading its tables. Needs a PostgreSQL server: `./just test postgres` starts one.
#![expect(clippy::unwrap_used, reason = "a test has no use for a failure, in its helpers neither")]

mod beside;
mod interrupted;
mod serving;
mod visible;
mod written;

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use serde_json::Value;
use suhbat_tests::{Binary, SECRET, Service};
use tokio::sync::OnceCell;

/// The server, as the start of a URL that ends before the name of a database.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn server() -> String {
    std::env::var("SUHBAT_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "these tests need a PostgreSQL server: run `./just test postgres`, or `scripts/postgres cargo test --workspace --test platform`"
        )
    })
}

/// A database as the platform's older service left it.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COPIES: AtomicU32 = AtomicU32::new(0);

/// The database of a platform.
struct Platform {
    url: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection to the server")
}

async fn template() -> &'static str {
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("platform_{}", std::process::id());
            let mut administrator = connect(&format!("{}/postgres", server())).await;
            administrator.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
            let mut connection = connect(&format!("{}/{name}", server())).await;
            connection.batch_execute(include_str!("django.sql")).await.unwrap();
            connection.batch_execute(include_str!("fill.sql")).await.unwrap();
            name
        })
        .await
}

impl Platform {
    /// With 100,000 messages.
    async fn filled() -> Self {
        Self::copy_of(template().await).await
    }

    /// With the tables that these statements make, and fill.
    async fn with(statements: &str) -> Self {
        let platform = Self::copy_of("template0").await;
        platform.change(include_str!("django.sql")).await;
        platform.change(statements).await;
        platform
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("copy_{}_{}", std::process::id(), COPIES.fetch_add(1, Ordering::Relaxed));
        let mut administrator = connect(&format!("{}/postgres", server())).await;
        let copy = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        administrator.batch_execute(&copy).await.unwrap();
        Self {
            url: format!("{}/{name}", server()),
        }
    }

    /// A connection of the older service, which waits for no lock longer than a second. Compiling the long queries of these tests would take longer than running
    /// them.
    async fn connection(&self) -> AsyncPgConnection {
        let mut connection = connect(&self.url).await;
        connection.batch_execute("SET lock_timeout = '1s'; SET jit = off").await.unwrap();
        connection
    }

    async fn change(&self, statements: &str) {
        self.connection().await.batch_execute(statements).await.unwrap();
    }

    /// The lines that a query finds in its only column, a text named `line`.
    async fn lines(&self, query: &str) -> Vec<String> {
        let lines: Vec<Line> = sql_query(query).load(&mut self.connection().await).await.unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }

    /// The JSON in the only line that a query finds.
    async fn json(&self, query: &str) -> Value {
        let lines = self.lines(query).await;
        serde_json::from_str(&lines[0]).unwrap()
    }

    /// The program, configured for this database.
    fn binary(&self) -> Binary {
        Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
            .with("database.url", &self.url)
            .with("directory.mode", "platform")
            .with("auth.secret", SECRET)
    }

    /// Runs `suhbat migrate` to its end, however long it takes; the progress that it told.
    async fn take_over(&self) -> String {
        let ended = self.binary().spawn(&["migrate"]).await.wait_with_output().await.unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.success(), "{told}");
        told
    }

    /// A service on this database, which must have been taken over, and with this media folder.
    async fn serve(&self, media: &Path) -> Service {
        let media = format!("file://{}", media.display());
        let settings = [
            ("database.url", self.url.as_str()),
            ("directory.mode", "platform"),
            ("objects.legacy_url", media.as_str()),
        ];
        Service::beside_platform(&settings, |options| {
            options.follow_names_every = std::time::Duration::from_millis(100);
        })
        .await
    }

    /// Compares what the takeover has stored with what the platform's own columns say, one fact at a time.
    async fn check_facts(&self) {
        for (fact, wrong) in FACTS {
            let wrong = self.lines(wrong).await;
            assert!(
                wrong.is_empty(),
                "{fact}: {} are wrong, such as {:?}",
                wrong.len(),
                <[_]>::first(&wrong)
            );
        }
    }
}

/// Facts, and queries that find where they do not hold.
const FACTS: [(&str, &str); 8] = [
    (
        "numbers follow ids without gaps",
        "SELECT id::text AS line FROM (SELECT id, created_seq, seq, row_number() OVER (PARTITION BY conversation_id ORDER BY id) AS place FROM messaging_message) m
         WHERE created_seq IS DISTINCT FROM place OR seq IS DISTINCT FROM place",
    ),
    (
        "messages know whether they have files",
        "SELECT id::text AS line FROM messaging_message m
         WHERE has_attachments <> (id IN (SELECT message_id FROM messaging_messageattachment)) OR (last_change = 'deleted') <> is_deleted",
    ),
    (
        "conversations are counted",
        "SELECT c.id::text AS line FROM messaging_conversation c CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE NOT is_deleted) AS present, count(*) FILTER (WHERE is_deleted) AS deleted, count(*) AS messages,
                 max(id) FILTER (WHERE NOT is_deleted) AS last
             FROM messaging_message m WHERE m.conversation_id = c.id) m
         WHERE (message_count, deleted_count, last_seq, last_message_id) IS DISTINCT FROM (present, deleted, messages, last)",
    ),
    (
        "lists are ordered by the newest activity",
        "SELECT p.id::text AS line FROM messaging_conversation_participants p JOIN messaging_conversation c ON c.id = p.conversation_id
         WHERE (p.confession_id, p.last_activity_at) IS DISTINCT FROM (c.confession_id, coalesce(c.last_message_at, c.created_at))",
    ),
    (
        "unread messages are counted",
        "SELECT p.id::text AS line FROM messaging_conversation_participants p LEFT JOIN (
             SELECT p.id, count(*) AS unread FROM messaging_conversation_participants p
             JOIN messaging_message m ON m.conversation_id = p.conversation_id AND m.sender_id <> p.user_id AND NOT m.is_deleted
             LEFT JOIN messaging_messageread r ON r.message_id = m.id AND r.user_id = p.user_id AND r.read_at IS NOT NULL
             WHERE r.id IS NULL GROUP BY p.id) found USING (id)
         WHERE p.unread_count <> coalesce(found.unread, 0)",
    ),
    (
        "up to the marks everything of others is delivered, or read, or deleted, and the next is not",
        "SELECT p.id::text AS line FROM messaging_conversation_participants p CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE r.id IS NULL AND NOT m.is_deleted AND m.id <= p.delivered_up_to)
                 + count(*) FILTER (WHERE r.read_at IS NULL AND NOT m.is_deleted AND m.id <= p.read_up_to) AS missing,
                 min(m.id) FILTER (WHERE m.id > coalesce(p.read_up_to, 0) AND (r.read_at IS NOT NULL OR NOT m.is_deleted)) AS next,
                 min(m.id) FILTER (WHERE m.id > coalesce(p.read_up_to, 0) AND r.read_at IS NULL AND NOT m.is_deleted) AS next_unread
             FROM messaging_message m LEFT JOIN messaging_messageread r ON r.message_id = m.id AND r.user_id = p.user_id
             WHERE m.conversation_id = p.conversation_id AND m.sender_id <> p.user_id) found
         WHERE missing > 0 OR next IS DISTINCT FROM next_unread",
    ),
    (
        "of the same people's conversations the newest alone has the plain key",
        "WITH people AS (
             SELECT conversation_id, string_agg(user_id::text, ',' ORDER BY user_id) AS people FROM messaging_conversation_participants GROUP BY 1
         ), placed AS (
             SELECT c.id, c.participants_key, coalesce(p.people, '') AS people, rank() OVER (PARTITION BY coalesce(p.people, ''), coalesce(c.confession_id, 0)
                 ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.id DESC) AS place
             FROM messaging_conversation c LEFT JOIN people p ON p.conversation_id = c.id)
         SELECT id::text AS line FROM placed WHERE participants_key <> people || CASE WHEN place > 1 THEN '#' || id ELSE '' END",
    ),
    (
        "each person's conversations are counted by confession",
        "SELECT user_id::text AS line FROM (
             SELECT user_id, coalesce(confession_id, 0) AS confession_id, count(*) AS conversations FROM messaging_conversation_participants GROUP BY 1, 2) p
         FULL JOIN suhbat.messaging_conversation_totals t USING (user_id, confession_id) WHERE t.conversations IS DISTINCT FROM p.conversations",
    ),
];
