use serde_json::json;
use suhbat_tests::eventually;

use super::{
    scene::{Scene, binary},
    shim::{Fault, Faults},
};

async fn survives(fault: Fault) {
    let (binary, faults) = Faults::below(binary());
    let mut scene = Scene::new(binary).await;
    scene.upload("before.txt").await.expect(201);
    for _ in 0..2 {
        faults.set(&fault);
        scene.cannot_store(503, "unavailable").await;
        scene.upload("during.txt").await.refused(503, "unavailable");
        faults.set(&Fault::None);
        scene.goes_on().await;
        scene.upload("after.txt").await.expect(201);
    }
    scene.keeps_what_it_acknowledged().await;
}

#[tokio::test]
async fn a_read_only_disk_refuses_writes_and_serves_reads() {
    survives(Fault::ReadOnly).await;
}

#[tokio::test]
async fn errors_on_writing_are_survived() {
    survives(Fault::Write).await;
}

#[tokio::test]
async fn errors_on_flushing_are_survived() {
    survives(Fault::Sync).await;
}

/// The slowest disk: reads do not wait for it, and writes that wait for it are neither refused nor acknowledged too early.
#[tokio::test]
async fn reading_does_not_wait_for_a_disk_that_hangs() {
    let (binary, faults) = Faults::below(binary());
    let mut scene = Scene::new(binary).await;
    faults.set(&Fault::SyncHangs);
    let (aziz, id) = (scene.aziz.clone(), scene.conversation);
    let body = json!({ "conversation": id, "content": "it takes its time" });
    let sending = tokio::spawn(async move { aziz.post("messages/", body).await });
    scene.is_not_ready().await;
    scene.can_read().await;
    assert!(!sending.is_finished());
    faults.set(&Fault::None);
    sending.await.expect("it ends").expect(201);
    scene.goes_on().await;
    scene.keeps_what_it_acknowledged().await;
}

/// Only the object store fails: text messages go on.
#[tokio::test]
async fn unwritable_objects_are_reported_as_degraded() {
    let binary = binary();
    let database = binary.folder().join("elsewhere/suhbat.db");
    let binary = binary.with("database.url", &format!("sqlite://{}", database.display()));
    let (binary, faults) = Faults::below(binary);
    let mut scene = Scene::new(binary).await;
    let kept = scene.upload("before.txt").await.expect(201)["attachments"][0]["file"].clone();
    for fault in [Fault::ReadOnly, Fault::Sync] {
        faults.set(&fault);
        scene.upload("during.txt").await.refused(503, "unavailable");
        scene.is_ready(&json!(["objects"])).await;
        assert_eq!(scene.send(100).await.status, 201);
        assert_eq!(scene.aziz.get(kept.as_str().expect("a link")).await.status, 200);
        faults.set(&Fault::None);
        scene.is_ready(&json!([])).await;
        eventually("files are taken again", async || {
            (scene.upload("after.txt").await.status == 201).then_some(())
        })
        .await;
    }
    scene.keeps_what_it_acknowledged().await;
}
