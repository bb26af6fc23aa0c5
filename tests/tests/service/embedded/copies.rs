//! Backing up a running service, restoring a backup, and the lock on the database meanwhile.

use std::path::PathBuf;

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{Binary, Client, SECRET, Served, Socket, Upload, community};

/// The program with the standard community.
async fn inhabited() -> Binary {
    let binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .embedded()
        .with("auth.secret", SECRET);
    let people = binary.file("people.json", &community().to_string());
    let imported = binary.run(&["import", &people]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    binary
}

async fn client(service: &Served, user: domain::id::UserId) -> Client {
    let token = service.token(&["--user", &user.0.to_string(), "--ttl", "86400"]).await;
    service.client().with_token(token)
}

async fn message_texts(client: &Client, conversation: i64) -> Vec<String> {
    client.contents(&format!("conversation={conversation}&page_size=100")).await
}

fn data(binary: &Binary, name: &str) -> PathBuf {
    binary.folder().join("data").join(name)
}

#[tokio::test]
async fn a_backup_of_a_running_service_is_restored_with_a_new_epoch() {
    let binary = inhabited().await;
    let service = binary.serve(&[]).await;
    let aziz = client(&service, AZIZ).await;
    let chat = aziz.open(DILNOZA).await;
    aziz.say(chat, "before").await;
    let mut socket = Socket::open(&aziz.socket_url(&format!("/ws/chat/{chat}/"))).await;
    let epoch = socket.expect("ready").await["epoch"].clone();

    let made = service.suhbat(&["backup", "copy.db"]).await;
    assert_eq!(made.status, Some(0), "{made:?}");
    assert!(made.stdout.contains("1 messages") && made.stdout.contains("file://"), "{made:?}");
    let again = service.suhbat(&["backup", "copy.db"]).await;
    assert!(
        again.status != Some(0) && again.stderr.contains("copy.db is there already"),
        "{again:?}"
    );
    aziz.say(chat, "after").await;

    let refused = service.suhbat(&["restore", "copy.db"]).await;
    let address = service.base().trim_start_matches("http://").to_owned();
    assert!(
        refused.status != Some(0) && refused.stderr.contains(&address) && refused.stderr.contains(&service.pid().to_string()),
        "{refused:?}"
    );
    assert_eq!(message_texts(&aziz, chat).await, ["before", "after"]);

    // A killed program leaves a WAL and a lock; neither hinders the next command.
    let binary = service.kill().await;
    let restored = binary.run(&["restore", "copy.db"]).await;
    assert_eq!(restored.status, Some(0), "{restored:?}");
    assert!(restored.stdout.contains("suhbat.db.replaced-1"), "{restored:?}");
    assert!(!data(&binary, "suhbat.db-wal").exists() && data(&binary, "suhbat.db.replaced-1").exists());

    let service = binary.serve(&[]).await;
    let aziz = client(&service, AZIZ).await;
    assert_eq!(message_texts(&aziz, chat).await, ["before"]);
    let mut socket = Socket::open(&aziz.socket_url(&format!("/ws/chat/{chat}/"))).await;
    assert_ne!(socket.expect("ready").await["epoch"], epoch);
    let behind = aziz.get(&format!("conversations/{chat}/changes/?after=2")).await.ok();
    assert_eq!(behind["reset"], true, "{behind}");
    service.stop().await;
}

#[tokio::test]
async fn a_backup_that_cannot_be_restored_is_named_and_changes_nothing() {
    let binary = inhabited().await;
    let before = std::fs::read(data(&binary, "suhbat.db")).expect("a database");
    let letter = binary.file("letter.txt", &"no database ".repeat(1_000));
    for (file, words) in [
        ("nowhere.db", "there is no file nowhere.db"),
        (letter.as_str(), "letter.txt is no database of Suhbat"),
    ] {
        let refused = binary.run(&["restore", file]).await;
        assert!(refused.status != Some(0) && refused.stderr.contains(words), "{refused:?}");
    }
    assert!(std::fs::read(data(&binary, "suhbat.db")).expect("a database") == before);
    let nothing = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .embedded()
        .with("auth.secret", SECRET);
    let refused = nothing.run(&["backup", "copy.db"]).await;
    assert!(
        refused.status != Some(0) && refused.stderr.contains("there is no file data/suhbat.db"),
        "{refused:?}"
    );
    assert!(!data(&nothing, "suhbat.db").exists());
}

#[tokio::test]
async fn a_transfer_that_cannot_be_made_says_why_without_the_password_and_changes_nothing() {
    let binary = inhabited().await;
    let before = std::fs::read(data(&binary, "suhbat.db")).expect("a database");
    for (to, words) in [
        ("mysql://anna:s3cret@db/chat", "`--to` must be postgres://"),
        ("sqlite://other.db", "`--to` must be postgres://"),
        ("postgres://anna:s3cret@127.0.0.1:1/chat", "cannot reach the PostgreSQL server"),
    ] {
        let refused = binary.run(&["transfer", "--to", to]).await;
        assert!(
            refused.status != Some(0) && refused.stderr.contains(words) && !refused.all().contains("s3cret"),
            "{to}: {refused:?}"
        );
    }
    assert!(std::fs::read(data(&binary, "suhbat.db")).expect("a database") == before);
    let service = binary.serve(&[]).await;
    let refused = service.suhbat(&["transfer", "--to", "postgres://127.0.0.1:1/chat"]).await;
    let address = service.base().trim_start_matches("http://").to_owned();
    assert!(refused.status != Some(0) && refused.stderr.contains(&address), "{refused:?}");
    service.stop().await;
    let nothing = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET);
    let refused = nothing.run(&["transfer", "--to", "postgres://127.0.0.1:1/chat"]).await;
    assert!(refused.stderr.contains("there is no file data/suhbat.db"), "{refused:?}");
    let server = nothing.with("database.url", "postgres://127.0.0.1:1/chat");
    let refused = server.run(&["transfer", "--to", "postgres://127.0.0.1:1/other"]).await;
    assert!(
        refused
            .stderr
            .contains("`transfer` copies an embedded database, and database.url is"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_backup_copied_by_hand_beside_the_log_of_a_killed_service_stops_the_start() {
    let binary = inhabited().await;
    let service = binary.serve(&[]).await;
    let aziz = client(&service, AZIZ).await;
    let chat = aziz.open(DILNOZA).await;
    aziz.say(chat, "before").await;
    assert_eq!(service.suhbat(&["backup", "copy.db"]).await.status, Some(0));
    aziz.say(chat, "after").await;
    let binary = service.kill().await;
    std::fs::copy(binary.folder().join("copy.db"), data(&binary, "suhbat.db")).expect("a copy");
    for command in ["serve", "migrate", "backup"] {
        let arguments: &[&str] = if command == "backup" { &["backup", "other.db"] } else { &[command] };
        let refused = binary.run(arguments).await;
        assert!(
            refused.status != Some(0) && refused.stderr.contains("does not belong") && refused.stderr.contains("suhbat restore"),
            "{command}: {refused:?}"
        );
    }
    // The hint of the error message works.
    let restored = binary.run(&["restore", "copy.db"]).await;
    assert_eq!(restored.status, Some(0), "{restored:?}");
    let service = binary.serve(&[]).await;
    assert_eq!(message_texts(&client(&service, AZIZ).await, chat).await, ["before"]);
    service.stop().await;
}

#[tokio::test]
async fn a_second_service_on_the_same_database_names_the_first_and_import_works_beside_it() {
    let binary = inhabited().await;
    let first = binary.serve(&[]).await;
    let refused = first.suhbat(&["serve"]).await;
    let address = first.base().trim_start_matches("http://").to_owned();
    for words in ["data/suhbat.db", &address, &first.pid().to_string(), "since 2"] {
        assert!(refused.status != Some(0) && refused.stderr.contains(words), "{words}: {refused:?}");
    }
    let mut people = community();
    people["users"][0]["first_name"] = json!("Yangi");
    std::fs::write(first.folder().join("new.json"), people.to_string()).expect("a file");
    for arguments in [&["import", "new.json"][..], &["migrate"], &["backup", "copy.db"]] {
        let beside = first.suhbat(arguments).await;
        assert_eq!(beside.status, Some(0), "{beside:?}");
    }
    let binary = first.kill().await;
    let second = binary.serve(&[]).await;
    second.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn created_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let binary = inhabited().await;
    let service = binary.serve(&[]).await;
    let aziz = client(&service, AZIZ).await;
    let chat = aziz.open(DILNOZA).await;
    aziz.say(chat, "salom").await;
    aziz.attach(chat, &Upload::text("a.txt", 100)).await;
    assert_eq!(service.suhbat(&["backup", "copy.db"]).await.status, Some(0));
    let mut seen = Vec::new();
    let mut waiting = vec![binary_data(&service), service.folder().join("copy.db")];
    while let Some(path) = waiting.pop() {
        let metadata = path.metadata().expect("a file");
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", path.display());
        if metadata.is_dir() {
            waiting.extend(
                std::fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        }
        seen.push(path.file_name().expect("a name").to_string_lossy().into_owned());
    }
    for name in [
        "suhbat.db",
        "suhbat.db-wal",
        "suhbat.db-shm",
        "suhbat.db-lock",
        "objects",
        "copy.db",
    ] {
        assert!(seen.iter().any(|seen| seen == name), "{name}: {seen:?}");
    }
    let binary = service.kill().await;
    std::fs::set_permissions(data(&binary, "suhbat.db"), std::fs::Permissions::from_mode(0o644)).expect("our file");
    let service = binary.serve(&[]).await;
    service.shown("can be read by other users of the machine").await;
    service.stop().await;
}

fn binary_data(service: &Served) -> PathBuf {
    service.folder().join("data")
}
