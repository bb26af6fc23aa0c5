//! The demo, and databases that are not the demo's.

use serde_json::{Value, json};
use suhbat_tests::{Binary, SECRET, community};

fn program() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET)
}

#[tokio::test]
async fn the_demo_lets_nobody_into_a_database_that_it_did_not_fill() {
    let binary = program();
    let people = binary.file("people.json", &community().to_string());
    assert_eq!(binary.run(&["import", &people]).await.status, Some(0));
    let refused = binary.run(&["serve", "--demo"]).await;
    assert!(
        refused.status != Some(0) && refused.stderr.contains("was not filled by --demo"),
        "{refused:?}"
    );
    // Not even where everybody has left.
    let mut gone: Value = community();
    for user in gone["users"].as_array_mut().expect("people") {
        user["is_active"] = json!(false);
    }
    let binary = program();
    let file = binary.file("gone.json", &gone.to_string());
    assert_eq!(binary.run(&["import", &file]).await.status, Some(0));
    let refused = binary.run(&["serve", "--demo"]).await;
    assert!(
        refused.status != Some(0) && refused.stderr.contains("was not filled by --demo"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_database_of_the_demo_is_named_so_without_demo() {
    let binary = program();
    let demo = binary.serve(&["--demo"]).await;
    let binary = demo.kill().await;
    let again = binary.serve(&["--demo"]).await;
    let binary = again.kill().await;
    let people = json!({ "users": [{ "id": 900, "username": "haqiqiy", "role": "user" }], "confessions": [], "subscriptions": [] });
    let file = binary.file("people.json", &people.to_string());
    let imported = binary.run(&["import", &file]).await;
    assert!(
        imported.status == Some(0) && imported.stdout.contains("a database that --demo filled"),
        "{imported:?}"
    );
    let plain = binary.serve(&[]).await;
    plain.shown("was filled by --demo").await;
    plain.stop().await;
}
