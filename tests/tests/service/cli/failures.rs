//! Failures at the start: each names the unusable part, and the reason.

use super::*;

/// Runs a command that fails, and compares its complaint, with the names of its files in it.
pub(crate) async fn complains(binary: &Binary, arguments: &[&str], expected: &str) {
    let outcome = binary.run(arguments).await;
    assert_eq!((outcome.status, outcome.stderr.trim_end()), (Some(1), expected), "{arguments:?}");
}

#[tokio::test]
async fn an_empty_name_of_the_configuration_file_is_none() {
    let outcome = suhbat()
        .with("auth.secret", SECRET)
        .with_variable("SUHBAT_CONFIG", "")
        .run(&["check-config"])
        .await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
}

#[tokio::test]
async fn a_configuration_file_that_cannot_be_used_is_named_with_the_reason() {
    let binary = suhbat().with("auth.secret", SECRET);
    std::fs::create_dir(binary.folder().join("folder.toml")).expect("a folder that can be written to");
    std::fs::write(binary.folder().join("utf16.toml"), b"\xFF\xFE[\0s\0").expect("a folder that can be written to");
    binary.file("syntax.toml", "[server]\n\nbind = \n");
    binary.file("unknown.toml", "[server]\nbnid = \"127.0.0.1:1\"\n");
    binary.file("type.toml", "[limits]\ncontent_chars = \"many\"\n[server]\npublic_url = 5\n");
    binary.file("mark.toml", "\u{feff}[limits]\ncontent_chars = 5\n");
    let table = [
        (
            "missing.toml",
            "missing.toml cannot be read: No such file or directory (os error 2).",
        ),
        ("folder.toml", "folder.toml cannot be read: Is a directory (os error 21)."),
        ("utf16.toml", "utf16.toml cannot be read: it is not UTF-8."),
        (
            "syntax.toml",
            "syntax.toml cannot be read: line 3: invalid string; expected `\"`, `'`.",
        ),
        (
            "unknown.toml",
            "server.bnid (unknown.toml) is not a setting; server has bind, public_url, shutdown_grace_seconds, workers.",
        ),
        (
            "type.toml",
            "server.public_url (type.toml) must be a text, in quotes.\nlimits.content_chars (type.toml) must be a whole number from 1 to 1000000.",
        ),
    ];
    for (file, reason) in table {
        let expected = format!("The configuration cannot be used:\n{reason}");
        complains(&binary, &["check-config", "--config", file], &expected).await;
    }
    let outcome = binary.run(&["check-config", "--config", "mark.toml"]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
}

#[tokio::test]
async fn a_document_that_cannot_be_imported_is_named_with_the_reason() {
    let binary = suhbat().with("auth.secret", SECRET).with("log.level", "warn");
    std::fs::create_dir(binary.folder().join("folder.json")).expect("a folder that can be written to");
    std::fs::write(binary.folder().join("utf16.json"), b"\xFF\xFE{\0}\0").expect("a folder that can be written to");
    binary.file("empty.json", "");
    binary.file("syntax.json", "{\"users\": [\n  {\"id\": 1,}\n]}");
    binary.file("list.json", "[]");
    binary.file(
        "row.json",
        r#"{"subscriptions": [{"user_id": 98765, "confession_id": 1}], "confessions": [{"id": 1, "name": "A", "slug": "a"}]}"#,
    );
    binary.file(
        "rows.json",
        r#"{"users": [{"id": 12, "username": "olim", "role": "emperor"}, {"username": "x", "role": "user"}]}"#,
    );
    let document = |file: &str, reason: &str| format!("The import failed: nothing was imported from {file}: {reason}");
    let table = [
        (
            "missing.json",
            "The import failed: missing.json cannot be read: No such file or directory (os error 2).".to_owned(),
        ),
        (
            "folder.json",
            "The import failed: folder.json cannot be read: Is a directory (os error 21).".to_owned(),
        ),
        ("empty.json", document("empty.json", "The document is empty.")),
        ("utf16.json", document("utf16.json", "The document is in UTF-16: save it as UTF-8.")),
        (
            "syntax.json",
            document("syntax.json", "The document is not valid JSON: line 2, column 12: trailing comma."),
        ),
        ("list.json", document("list.json", "body: Must be a JSON object.")),
        (
            "row.json",
            document(
                "row.json",
                "subscriptions[0] (user_id 98765, confession_id 1): user 98765 does not exist.",
            ),
        ),
        (
            "rows.json",
            document(
                "rows.json",
                "2 faults:\n  users[0] (id 12): role: Must be user, admin or superadmin.\n  users[1]: id: This field is required.",
            ),
        ),
    ];
    for (file, expected) in table {
        complains(&binary, &["import", file], &expected).await;
    }
    binary.file("mark.json", "\u{feff}{}");
    let outcome = binary.run(&["import", "mark.json"]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_named_with_the_reason() {
    let binary = suhbat();
    let folder = binary.folder().to_owned();
    binary.file("key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    binary.file("keys.json", "{\n\"keys\": nothing}");
    let table = [
        (
            "auth.public_key",
            "missing.pem",
            "auth.public_key: missing.pem cannot be read: No such file or directory (os error 2).",
        ),
        (
            "auth.public_key",
            ".",
            "auth.public_key: . cannot be read: Is a directory (os error 21).",
        ),
        (
            "auth.public_key",
            "key.pem",
            "auth.public_key must hold an RSA public key of at least 2048 bits in PEM (BEGIN PUBLIC KEY).",
        ),
        (
            "auth.jwks",
            "missing.json",
            "auth.jwks: missing.json cannot be read: No such file or directory (os error 2).",
        ),
        (
            "auth.jwks",
            "keys.json",
            "auth.jwks is not a JSON Web Key Set: expected ident at line 2 column 10.",
        ),
    ];
    for (setting, value, reason) in table {
        let binary = suhbat_at(&folder)
            .with("auth.secret", SECRET)
            .with("auth.algorithm", "RS256")
            .with(setting, value);
        complains(&binary, &["check-config"], &format!("The keys of auth cannot be used: {reason}")).await;
        let expected = format!("The service cannot start: the keys of auth cannot be used: {reason}");
        let outcome = binary.run(&["serve"]).await;
        assert!(
            outcome.status == Some(1) && outcome.stderr.trim_end().ends_with(&expected),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn unusable_dependencies_are_named_at_the_start() {
    let binary = suhbat().with("auth.secret", SECRET);
    binary.file("file", "");
    let folder = binary.folder().to_owned();
    let first = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = first.local_addr().expect("an address").to_string();
    let listen = format!("cannot listen at {taken} (server.bind): Address already in use (os error 98).");
    let table = [
        ("server.bind", taken.as_str(), listen.as_str()),
        (
            "server.bind",
            "192.0.2.1:8000",
            "cannot listen at 192.0.2.1:8000 (server.bind): Cannot assign requested address (os error 99).",
        ),
        (
            "objects.url",
            "file://file/objects",
            "the object store cannot be used: cannot create the folder file/objects/00: Not a directory (os error 20).",
        ),
        (
            "objects.url",
            "file:///proc/objects",
            "the object store cannot be used: cannot create the folder /proc/objects/00: No such file or directory (os error 2).",
        ),
    ];
    for (setting, value, reason) in table {
        let binary = suhbat_at(&folder)
            .with("auth.secret", SECRET)
            .with("server.bind", "127.0.0.1:0")
            .with(setting, value);
        let outcome = binary.run(&["serve"]).await;
        let expected = format!("The service cannot start: {reason}");
        assert!(
            outcome.status == Some(1) && outcome.stderr.trim_end().ends_with(&expected),
            "{outcome:?}"
        );
    }
}
