//! The older service goes on while the takeover runs, and what it writes is taken over too.

use diesel_async::SimpleAsyncConnection as _;
use suhbat_tests::eventually;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::Platform;

/// What the older service does for one user: a message with its receipt and a file, an edit, a deletion, a pin, a reading, and a new conversation; each in a
/// transaction of its own, as Django does it by default.
fn acts(round: i64) -> Vec<String> {
    let (at, conversation) = ("clock_timestamp()", 1 + round * 37 % 2000);
    let message = 100_000 - round * 11;
    vec![
        format!(
            "BEGIN;
             INSERT INTO messaging_message (content, is_edited, is_pinned, is_deleted, created_at, updated_at, edited_at, conversation_id, reply_to_id, sender_id)
                 SELECT 'meanwhile {round}', false, false, false, {at}, {at}, NULL, conversation_id, NULL, min(user_id)
                 FROM messaging_conversation_participants WHERE conversation_id = {conversation} GROUP BY conversation_id;
             INSERT INTO messaging_messageread (delivered_at, read_at, message_id, user_id)
                 SELECT {at}, NULL, currval(pg_get_serial_sequence('messaging_message', 'id')), max(user_id)
                 FROM messaging_conversation_participants WHERE conversation_id = {conversation};
             INSERT INTO messaging_messageattachment (file, file_type, file_name, file_size, mime_type, uploaded_at, message_id)
                 VALUES ('messages/attachments/2024/03/01/{round}', 'other', 'file', 1, 'application/zip', {at}, currval(pg_get_serial_sequence('messaging_message', 'id')));
             UPDATE messaging_conversation SET last_message_at = {at}, updated_at = {at} WHERE id = {conversation};
             COMMIT"
        ),
        format!("UPDATE messaging_message SET content = 'changed', is_edited = true, edited_at = {at}, updated_at = {at} WHERE id = {message}"),
        // A save of Django writes all columns.
        format!(
            "UPDATE messaging_message SET content = content, is_edited = is_edited, is_pinned = is_pinned, is_deleted = true, created_at = created_at, updated_at = {at},
                conversation_id = conversation_id, sender_id = sender_id WHERE id = {message} - 1"
        ),
        format!("UPDATE messaging_message SET is_pinned = true WHERE id = {message} - 2"),
        format!("UPDATE messaging_messageread SET read_at = {at} WHERE read_at IS NULL AND message_id IN (SELECT id FROM messaging_message WHERE conversation_id = {conversation})"),
        format!(
            "BEGIN;
             INSERT INTO messaging_conversation (created_at, updated_at, last_message_at, confession_id) VALUES ({at}, {at}, NULL, NULL);
             INSERT INTO messaging_conversation_participants (conversation_id, user_id)
                 SELECT currval(pg_get_serial_sequence('messaging_conversation', 'id')), user_id FROM (VALUES (2 + {round} % 18), (21 + {round} % 5)) people (user_id);
             COMMIT"
        ),
    ]
}

/// Waits for a line of the program that contains this.
async fn told(child: &mut Child, wanted: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(wanted) {
            // Whatever it writes from now on has to be read.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return;
        }
    }
    panic!("never told: {wanted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_older_service_writes_meanwhile_is_taken_over_and_it_never_waits_long() {
    let platform = Platform::filled().await;
    // Its statements fail if they wait for a lock for a second.
    let mut older = platform.connection().await;
    let mut migrate = platform.binary().spawn(&["migrate"]).await;
    told(&mut migrate, "added").await;
    let mut rounds = 0;
    while rounds < 300 && migrate.try_wait().unwrap().is_none() {
        for act in acts(rounds) {
            older.batch_execute(&act).await.unwrap_or_else(|error| panic!("{error}: {act}"));
        }
        rounds += 1;
    }
    assert!(migrate.wait().await.unwrap().success());
    assert!(rounds > 20, "{rounds} rounds");
    // … and after it, up to the start of Suhbat.
    for round in rounds..rounds + 10 {
        for act in acts(round) {
            older.batch_execute(&act).await.unwrap();
        }
    }
    let media = tempfile::tempdir().unwrap();
    let service = platform.serve(media.path()).await;
    platform.check_facts().await;
    let sent = platform
        .lines("SELECT count(*)::text AS line FROM messaging_message WHERE content LIKE 'meanwhile %'")
        .await;
    assert_eq!(sent, [(rounds + 10).to_string()]);
    // From now on its sends are refused, since they would have no number.
    let refused = older.batch_execute(&acts(0)[0]).await.unwrap_err();
    assert!(refused.to_string().contains("messaging_message_numbered"), "{refused}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_of_the_platform_delays_the_takeover_and_nobody_else() {
    let platform = Platform::with("INSERT INTO messaging_conversation VALUES (1000, now(), now(), NULL, NULL)").await;
    let mut long = platform.connection().await;
    long.batch_execute("BEGIN; SELECT * FROM messaging_message; UPDATE messaging_conversation SET updated_at = now()")
        .await
        .unwrap();
    let mut migrate = platform.binary().spawn(&["migrate"]).await;
    told(&mut migrate, "waiting for a lock that another program holds").await;
    let mut other = platform.connection().await;
    for _ in 0..5 {
        let write =
            "INSERT INTO messaging_conversation (created_at, updated_at, last_message_at, confession_id) VALUES (now(), now(), NULL, NULL)";
        other.batch_execute(write).await.unwrap();
        assert!(migrate.try_wait().unwrap().is_none(), "it cannot have come to its end");
    }
    long.batch_execute("COMMIT").await.unwrap();
    let ended = eventually("the takeover ends", async || migrate.try_wait().unwrap()).await;
    assert!(ended.success());
    platform.check_facts().await;
}
