//! The command line and the configuration, by running the program itself.

pub(crate) mod failures;

use std::path::Path;

use serde_json::{Value, json};
use suhbat_tests::{Binary, SECRET};

pub(crate) fn suhbat() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
}

/// The program in a folder of another one.
pub(crate) fn suhbat_at(folder: &Path) -> Binary {
    Binary::in_folder(env!("CARGO_BIN_EXE_suhbat-under-test"), folder)
}

#[tokio::test]
async fn without_a_secret_it_does_not_start() {
    let outcome = suhbat().run(&["serve"]).await;
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("auth.secret"), "{outcome:?}");
}

#[tokio::test]
async fn a_secret_too_short_is_refused_and_not_shown() {
    let outcome = suhbat().with("auth.secret", "short-but-secret").run(&["check-config"]).await;
    assert_ne!(outcome.status, Some(0));
    assert!(
        outcome.stderr.contains("auth.secret") && outcome.stderr.contains("32"),
        "{outcome:?}"
    );
    assert!(!outcome.all().contains("short-but-secret"), "{outcome:?}");
}

#[tokio::test]
async fn an_invalid_setting_stops_the_start_with_a_sentence_naming_it() {
    let cases = [
        ("server.bnid", "127.0.0.1:1", "server.bnid"),
        ("servre.bind", "127.0.0.1:1", "servre"),
        ("server.bind", "nowhere", "server.bind"),
        ("server.workers", "0", "server.workers"),
        ("server.public_url", "not a url", "server.public_url"),
        ("database.url", "mysql://localhost/x", "database.url"),
        ("database.pool_size", "many", "database.pool_size"),
        ("bus.url", "kafka://x", "bus.url"),
        ("objects.url", "ftp://x", "objects.url"),
        ("directory.mode", "theirs", "directory.mode"),
        ("auth.algorithm", "none", "auth.algorithm"),
        ("auth.algorithm", "RS256", "auth.public_key"),
        ("policy.edit_window_seconds", "-1", "policy.edit_window_seconds"),
        ("policy.admin_outreach", "nobody", "policy.admin_outreach"),
        ("limits.content_chars", "0", "limits.content_chars"),
        ("rate.messages_per_minute", "fast", "rate.messages_per_minute"),
        ("cors.allowed_origins", "not an origin", "cors.allowed_origins"),
        ("cors.allowed_origins", "https://*.uz", "wildcard"),
        ("cors.allowed_origins", "https://a.example,*", "cors.allowed_origins"),
        ("cors.allowed_origins", "https://a.example/path", "without a path"),
        ("cors.allowed_origins", "null", "cors.allowed_origins"),
        ("cors.allowed_origins", "platform.example.org", "https://platform.example.org"),
        ("log.format", "xml", "log.format"),
        ("log.level", "loud", "log.level"),
    ];
    for (setting, value, named) in cases {
        for command in ["check-config", "serve"] {
            let outcome = suhbat().with("auth.secret", SECRET).with(setting, value).run(&[command]).await;
            assert_ne!(outcome.status, Some(0), "{command} {setting}={value}: {outcome:?}");
            assert!(outcome.stderr.contains(named), "{command} {setting}={value}: {outcome:?}");
            assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn check_config_accepts_the_defaults_and_a_secret() {
    let outcome = suhbat().with("auth.secret", SECRET).run(&["check-config"]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(!outcome.all().contains(SECRET), "{outcome:?}");
}

#[tokio::test]
async fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
    let binary = suhbat();
    let file = binary.file(
        "suhbat.toml",
        &format!("[auth]\nsecret = \"{SECRET}\"\n[policy]\nedit_window_seconds = 11\n[limits]\ncontent_chars = 22\n"),
    );
    let service = binary.with("limits.content_chars", "33").serve(&["--config", &file]).await;
    let token = service.token(&["--user", "1"]).await;
    // The directory is empty, so only requests without an account are possible.
    service
        .client()
        .with_token(&token)
        .get("config/")
        .await
        .refused(401, "token_invalid");
    let import = service.token(&["--user", "1", "--scope", "directory"]).await;
    service
        .client()
        .with_token(import)
        .post("/api/directory/import/", suhbat_tests::community())
        .await
        .ok();
    let config = service.client().with_token(&token).get("config/").await.ok();
    assert_eq!(config["edit_window_seconds"], 11);
    assert_eq!(config["limits"]["content_chars"], 33);
    service.stop().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_or_not_toml_is_named() {
    let binary = suhbat().with("auth.secret", SECRET);
    let missing = binary.run(&["check-config", "--config", "nowhere.toml"]).await;
    assert!(missing.status != Some(0) && missing.stderr.contains("nowhere.toml"), "{missing:?}");
    let file = binary.file("broken.toml", "[server\nbind =");
    let broken = binary.run(&["check-config", "--config", &file]).await;
    assert!(broken.status != Some(0) && broken.stderr.contains("broken.toml"), "{broken:?}");
    let file = binary.file("unknown.toml", "[server]\nbnid = \"127.0.0.1:1\"\n");
    let unknown = binary.run(&["check-config", "--config", &file]).await;
    assert!(unknown.status != Some(0) && unknown.stderr.contains("bnid"), "{unknown:?}");
}

#[tokio::test]
async fn a_token_is_minted_with_the_configured_secret() {
    let binary = suhbat().with("auth.secret", SECRET);
    let outcome = binary.run(&["token", "--user", "5", "--ttl", "60", "--scope", "directory"]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let token = outcome.stdout.trim();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    rules.validate_aud = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
    let claims: Value = jsonwebtoken::decode::<Value>(token, &key, &rules).expect("a token in force").claims;
    assert_eq!(
        (claims["user_id"].clone(), claims["token_type"].clone(), claims["scope"].clone()),
        (json!(5), json!("access"), json!("directory"))
    );
}

#[tokio::test]
async fn a_document_is_imported_from_a_file() {
    let binary = suhbat().with("auth.secret", SECRET);
    let file = binary.file("people.json", &suhbat_tests::community().to_string());
    let outcome = binary.run(&["import", &file]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let mut bad = suhbat_tests::community();
    bad["users"][3]["role"] = json!("emperor");
    let file = binary.file("bad.json", &bad.to_string());
    let refused = binary.run(&["import", &file]).await;
    assert!(refused.status != Some(0) && refused.stderr.contains("users[3]"), "{refused:?}");

    let service = binary.serve(&[]).await;
    let token = service.token(&["--user", "5"]).await;
    assert_eq!(service.client().with_token(token).get("contacts/").await.ok()["count"], 1);
    service.stop().await;
}

#[tokio::test]
async fn migrate_makes_the_database_and_can_be_repeated() {
    let binary = suhbat().with("auth.secret", SECRET);
    for _ in 0..2 {
        let outcome = binary.run(&["migrate"]).await;
        assert_eq!(outcome.status, Some(0), "{outcome:?}");
    }
}

#[tokio::test]
async fn openapi_prints_the_document() {
    let outcome = suhbat().run(&["openapi"]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON and nothing else");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
}

#[tokio::test]
async fn demo_sign_in_works_for_every_demo_user_and_only_with_the_demo() {
    let demo = suhbat().serve(&["--demo"]).await;
    let people = demo.client().get("/api/demo/people/").await.ok();
    let people = people.as_array().expect("a list");
    let count = |role: &str| people.iter().filter(|person| person["role"] == role).count();
    assert!(count("user") >= 12 && count("admin") >= 3 && count("superadmin") >= 1, "{people:?}");
    for person in people {
        assert!(person["confessions"].is_array(), "{person}");
        let token = demo
            .client()
            .post("/api/demo/login/", json!({ "user_id": person["id"] }))
            .await
            .ok()["access"]
            .clone();
        demo.client()
            .with_token(token.as_str().expect("a token"))
            .get("conversations/")
            .await
            .ok();
    }
    demo.client()
        .post("/api/demo/login/", json!({ "user_id": 987_654 }))
        .await
        .refused(404, "user_not_found");
    demo.stop().await;

    let plain = suhbat().with("auth.secret", SECRET).serve(&[]).await;
    plain.client().get("/api/demo/people/").await.refused(404, "not_found");
    plain
        .client()
        .post("/api/demo/login/", json!({ "user_id": 1 }))
        .await
        .refused(404, "not_found");
    plain.stop().await;
}

#[tokio::test]
async fn the_demo_prints_a_curl_line_that_works_as_it_stands() {
    let demo = suhbat().serve(&["--demo"]).await;
    demo.client().get("/healthz").await.ok();
    let base = demo.base().to_owned();
    let shown = demo.shown("curl").await;
    assert!(shown.contains(&base), "{shown}");
    let line = shown
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("curl"))
        .expect("a line that begins with curl")
        .to_owned();
    let output = tokio::process::Command::new("sh")
        .args(["-c", &line])
        .output()
        .await
        .expect("a shell");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && answer.contains('{'),
        "{line}: {answer} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !answer.contains("not_authenticated") && !answer.contains("token_invalid"),
        "{line}: {answer}"
    );
    demo.stop().await;
}

#[tokio::test]
async fn a_second_service_on_the_same_address_names_the_address() {
    let first = suhbat().with("auth.secret", SECRET).serve(&[]).await;
    let address = first.base().trim_start_matches("http://").to_owned();
    let outcome = suhbat()
        .with("auth.secret", SECRET)
        .with("server.bind", &address)
        .run(&["serve"])
        .await;
    assert!(outcome.status != Some(0) && outcome.stderr.contains(&address), "{outcome:?}");
    first.stop().await;
}
