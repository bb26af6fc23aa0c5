//! The sweep beside another file of a database, or an older one.

use std::{fs, path::PathBuf};

use domain::testing::builders::DILNOZA;
use suhbat_tests::{Binary, Served, community, objects_in, set_aside_in};

use crate::files_sweeping::{aziz, degraded, make_old, program, ten, ten_files};

/// The finding itself: all files were gone within two seconds.
#[tokio::test]
async fn files_outlive_a_start_with_another_database() {
    let (binary, folder, objects) = ten_files(program().embedded()).await;
    make_old(&objects, -1_000_000);
    fs::rename(binary.folder().join("data/suhbat.db"), binary.folder().join("kept.db")).expect("it was stopped");
    for leftover in ["data/suhbat.db-wal", "data/suhbat.db-shm"] {
        let _ = fs::remove_file(binary.folder().join(leftover));
    }
    let document = binary.file("community.json", &community().to_string());
    assert_eq!(binary.run(&["import", &document]).await.status, Some(0));
    let served = binary.serve(&[]).await;
    served.shown("the object store belongs to another database").await;
    served.shown("the sweep leaves everything as it is").await;
    assert_eq!(objects_in(&folder), objects);
    // Its files would be swept by the service that the store belongs to.
    let aziz = aziz(&served).await;
    let id = aziz.open(DILNOZA).await;
    aziz.upload(id, &ten("other")).await.refused(503, "unavailable");
    assert_eq!(degraded(&aziz).await, serde_json::json!(["objects"]));
    aziz.say(id, "words go on").await;
    assert_eq!((objects_in(&folder), set_aside_in(&folder)), (objects, vec![]));
    let metrics = aziz.anonymous().get("/metrics").await.text;
    assert!(metrics.contains("suhbat_sweep_stopped_total{reason=\"not_ours\"}"), "{metrics}");
    served.stop().await;
}

#[tokio::test]
async fn files_outlive_an_older_copy_of_their_database() {
    let (binary, folder, objects) = ten_files(program().embedded()).await;
    make_old(&objects, -2_000_000);
    let data = binary.folder().join("data");
    // Stopped in order there is no log to copy.
    let served = binary.serve(&[]).await;
    served.shown("the service is up").await;
    let aziz = aziz(&served).await;
    let token = aziz.token.clone().expect("a token");
    let folder_of_binary = served.folder().to_owned();
    let binary = stop_in_order(served).await;
    assert_eq!(binary.folder(), folder_of_binary);
    fs::copy(data.join("suhbat.db"), data.join("older.db")).expect("a copy");
    let served = binary.serve(&[]).await;
    let aziz = served.client().with_token(token);
    aziz.upload(aziz.open(DILNOZA).await, &ten("second")[..1]).await.expect(201);
    let all = objects_in(&folder);
    assert_eq!(all.len(), 11);
    let newer: Vec<PathBuf> = all.iter().filter(|object| !objects.contains(object)).cloned().collect();
    make_old(&newer, -1_000_000);
    let binary = stop_in_order(served).await;
    fs::rename(data.join("older.db"), data.join("suhbat.db")).expect("it was stopped");
    let served = binary.serve(&[]).await;
    served.shown("younger than all that are named").await;
    assert_eq!((objects_in(&folder), set_aside_in(&folder)), (all, vec![]));
    served.stop().await;
}

/// As [`Served::stop`], and returns the program, so that it can be started again.
async fn stop_in_order(served: Served) -> Binary {
    let id = served.pid().to_string();
    let asked = tokio::process::Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(asked.expect("kill can be run").success());
    served.shown("the service has ended").await;
    served.kill().await
}
