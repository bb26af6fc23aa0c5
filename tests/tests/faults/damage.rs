//! Permanent damage of the store is not answered with "try again".

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
};

use suhbat_tests::Binary;

use super::scene::{Scene, binary};

#[tokio::test]
async fn a_database_that_was_moved_away_acknowledges_nothing_until_it_is_back() {
    let mut scene = Scene::new(binary()).await;
    let data = scene.served.folder().join("data");
    for replaced in [false, true] {
        fs::rename(data.join("suhbat.db"), data.join("elsewhere")).expect("the same disk");
        if replaced {
            fs::write(data.join("suhbat.db"), "another file").expect("a folder that can be written to");
        }
        scene.cannot_store(500, "internal_error").await;
        scene.served.shown("the database file was removed, moved or replaced").await;
        fs::rename(data.join("elsewhere"), data.join("suhbat.db")).expect("the same disk");
        scene.goes_on().await;
    }
    scene.keeps_what_it_acknowledged().await;
}

#[tokio::test]
async fn a_database_that_was_removed_acknowledges_nothing_more() {
    let mut scene = Scene::new(binary()).await;
    fs::remove_file(scene.served.folder().join("data/suhbat.db")).expect("it is there");
    scene.cannot_store(500, "internal_error").await;
    scene.is_not_ready().await;
    scene.served.shown("stop the service and restore a backup").await;
}

#[tokio::test]
async fn a_log_that_was_removed_is_noticed_as_well() {
    let mut scene = Scene::new(binary()).await;
    fs::remove_file(scene.served.folder().join("data/suhbat.db-wal")).expect("it is there");
    scene.cannot_store(500, "internal_error").await;
}

/// Damage is found when the page is read; requests that read whole pages are answered.
#[tokio::test]
async fn damaged_pages_are_reported_as_damage() {
    let mut scene = Scene::new(binary()).await;
    for _ in 0..60 {
        assert_eq!(scene.send(9_000).await.status, 201);
    }
    let path = scene.served.folder().join("data/suhbat.db");
    let Scene {
        served,
        aziz,
        conversation,
        ..
    } = scene;
    let token = aziz.token.clone().expect("a token");
    let pid = served.pid().to_string();
    // In order, so that everything is in the file.
    let asked = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await;
    assert!(asked.expect("kill can be run").success());
    served.shown("the service has ended").await;
    let binary: Binary = served.kill().await;
    let pages = fs::metadata(&path).expect("a database").len() / 4096;
    assert!(pages > 150, "{pages}");
    let mut file = File::options().write(true).open(&path).expect("a database");
    // The schema, and the pages that every start reads, lie before.
    for page in (80..pages).step_by(10) {
        file.seek(SeekFrom::Start(page * 4096)).expect("a file");
        file.write_all(&[0x5A; 4096]).expect("a file");
    }
    drop(file);
    let served = binary.serve(&[]).await;
    let aziz = served.client().with_token(token);
    let history = format!("messages/?conversation={conversation}&page_size=100");
    aziz.get(&history).await.refused(500, "internal_error");
    served
        .shown("the database is damaged; the service is not ready until it is restarted")
        .await;
    let refused = aziz.anonymous().get("/readyz").await.refused(503, "unavailable");
    assert_eq!(refused["details"]["part"], "storage");
    aziz.get("contacts/").await.ok();
}
