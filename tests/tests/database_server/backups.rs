//! Backups by PostgreSQL's own tools, put back as docs/operations.md says.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::{Value, json};
use suhbat_tests::{Client, PostgresServer, Service, Upload, eventually};

/// The statement of docs/operations.md, which is run after a database was put back.
fn new_epoch() -> String {
    let handbook = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).expect("the handbook");
    let statement = handbook
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("UPDATE messaging_store SET epoch"));
    statement.expect("the handbook has the statement").to_owned()
}

async fn service(server: &PostgresServer) -> Service {
    server.administer("postgres", &["CREATE DATABASE chat"]).await;
    Service::with(&[("database.url", &server.url("chat"))]).await
}

async fn changes(client: &Client, conversation: i64, after: i64) -> Value {
    client
        .get(&format!("conversations/{conversation}/changes/?after={after}"))
        .await
        .ok()
}

/// The service is as it was at the backup, and a page that saw more notices it.
async fn is_as_it_was(service: &Service, conversation: i64, contents: &[&str], epoch: &Value) {
    let aziz = service.client(AZIZ);
    assert_eq!(aziz.contents(&format!("conversation={conversation}")).await, contents);
    let seen = i64::try_from(contents.len()).expect("few messages") + 1;
    let answer = changes(&aziz, conversation, seen).await;
    assert_ne!(answer["epoch"], *epoch);
    assert_eq!(answer["reset"], json!(true));
    // The number that was taken before is given to another message.
    let mut socket = aziz.chat(conversation).await;
    let ack = socket.act("chat_message", json!({ "content": "after the restore" })).await;
    assert_eq!(ack["seq"], json!(seen));
    aziz.attach(conversation, &Upload::text("b.txt", 10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_is_put_back_into_an_empty_database() {
    let server = PostgresServer::start(&[]);
    let service = service(&server).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "before").await;
    let url = server.url("chat");
    server.program(&["pg_dump", "--format=custom", "--file=suhbat.dump", &url]);
    aziz.say(id, "after the dump").await;
    let epoch = changes(&aziz, id, 0).await["epoch"].clone();

    server.administer("postgres", &["CREATE DATABASE restored"]).await;
    let restored = server.url("restored");
    server.program(&["pg_restore", "--no-owner", &format!("--dbname={restored}"), "suhbat.dump"]);
    server.administer("restored", &[&new_epoch()]).await;
    let service = service.restart_with(&[("database.url", &restored)]).await;
    is_as_it_was(&service, id, &["before"], &epoch).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_put_back_to_a_point_in_time() {
    let mut server = PostgresServer::stopped(&[]);
    let archive = server.folder().join("archive").display().to_string();
    server.program(&["mkdir", &archive]);
    for setting in [
        "archive_mode=on".to_owned(),
        format!("archive_command=cp %p {archive}/%f"),
        "full_page_writes=on".to_owned(),
    ] {
        server.set(&setting);
    }
    server.resume();
    let service = service(&server).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "before").await;
    let postgres = server.url("postgres");
    server.program(&[
        "pg_basebackup",
        "--pgdata=base",
        "--checkpoint=fast",
        &format!("--dbname={postgres}"),
    ]);
    aziz.say(id, "kept").await;
    let segment = server
        .value("postgres", "SELECT pg_walfile_name(pg_create_restore_point('noon'))")
        .await;
    server.administer("postgres", &["SELECT pg_switch_wal()"]).await;
    aziz.say(id, "lost").await;
    let epoch = changes(&aziz, id, 0).await["epoch"].clone();
    let segment = format!("{archive}/{segment}");
    eventually("the log is archived", async || {
        std::path::Path::new(&segment).exists().then_some(())
    })
    .await;

    // The server is lost, and with it what was not archived.
    server.stop_at_once();
    let settings = format!("restore_command = 'cp {archive}/%f %p'\nrecovery_target_name = 'noon'\nrecovery_target_action = 'promote'\n");
    std::fs::write(server.folder().join("recovery.conf"), settings).expect("a folder of ours");
    for command in [
        &["rm", "-rf", "data"][..],
        &["mv", "base", "data"],
        &["sh", "-c", "cat recovery.conf >> data/postgresql.auto.conf"],
        &["touch", "data/recovery.signal"],
    ] {
        server.program(command);
    }
    server.resume();
    eventually("the recovery has ended", async || {
        let is_over = server.value("postgres", "SELECT (NOT pg_is_in_recovery())::text").await == "true";
        is_over.then_some(())
    })
    .await;
    server.administer("chat", &[&new_epoch()]).await;
    let url = server.url("chat");
    let service = service.restart_with(&[("database.url", &url)]).await;
    is_as_it_was(&service, id, &["before", "kept"], &epoch).await;
    service.stop().await;
}
