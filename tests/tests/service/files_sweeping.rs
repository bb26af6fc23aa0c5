//! What crashes leave in the object store is removed, and nothing else.

use std::{path::PathBuf, time::Duration};

use domain::testing::builders::{AZIZ, DILNOZA, at};
use reqwest::Method;
use suhbat_tests::{Binary, Handwritten, SECRET, Service, Upload, begun, community, date_back, eventually, objects_in, part};

/// An upload that has brought one file whole and another one by half, and stays so.
fn stuck(conversation: i64) -> String {
    format!(
        "{}a whole file\r\n{}{}",
        begun(conversation, "whole.txt"),
        part("name=\"attachment_files\"; filename=\"half.txt\""),
        "x".repeat(1_000_000)
    )
}

/// Half files have a # in their names.
fn halves(objects: &[PathBuf]) -> usize {
    objects.iter().filter(|object| object.to_string_lossy().contains('#')).count()
}

/// Killed between the end of an upload and its commit: the objects are there and no row names them.
#[tokio::test]
async fn what_a_killed_service_left_is_swept_and_messages_keep_their_files() {
    let binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET);
    let document = binary.file("community.json", &community().to_string());
    assert_eq!(binary.run(&["import", &document]).await.status, Some(0));
    let folder = binary.folder().join("data/objects");

    let served = binary.serve(&[]).await;
    let aziz = served.client().with_token(served.token(&["--user", &AZIZ.0.to_string()]).await);
    let id = aziz.open(DILNOZA).await;
    let kept = aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    let kept_objects = objects_in(&folder);
    assert_eq!(kept_objects.len(), 2, "a picture and a small one");
    let mut form = Handwritten::begin(&aziz, 5_000_000).await;
    form.write(stuck(id)).await;
    eventually("one file is whole and one is not", async || {
        let objects = objects_in(&folder);
        (objects.len() == 4 && halves(&objects) == 1).then_some(())
    })
    .await;
    let binary = served.kill().await;
    let left: Vec<PathBuf> = objects_in(&folder)
        .into_iter()
        .filter(|object| !kept_objects.contains(object))
        .collect();
    assert_eq!((left.len(), halves(&left)), (2, 1), "{left:?}");

    // Young as they are, they could belong to an upload of another node.
    let served = binary.serve(&[]).await;
    let aziz = served.client().with_token(aziz.token.clone().expect("a token"));
    aziz.say(id, "still here").await;
    assert_eq!(objects_in(&folder).len(), 4);
    let binary = served.kill().await;

    for object in objects_in(&folder) {
        date_back(&object, at(-1_000_000));
    }
    let served = binary.serve(&[]).await;
    eventually("what nobody names is removed", async || {
        (objects_in(&folder) == kept_objects).then_some(())
    })
    .await;
    let aziz = served.client().with_token(aziz.token.clone().expect("a token"));
    for name in ["attachments/1/", "attachments/1/thumbnail/"] {
        assert_eq!(aziz.run(aziz.request(Method::GET, name)).await.status, 200, "{name}");
    }
    assert_eq!(kept["id"], 1);
    served.stop().await;
}

#[tokio::test]
async fn a_running_service_sweeps_old_orphans_and_lets_running_uploads_be() {
    let service = Service::tuned(&[], |options| options.sweep_every = Duration::from_millis(20)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    let deleted = aziz.upload(id, &[Upload::text("a.txt", 9)]).await.expect(201);
    aziz.delete(&format!("messages/{}/", deleted["id"])).await.expect(204);
    let kept = objects_in(&service.objects());
    assert_eq!(kept.len(), 3, "a deleted message keeps its row, and so its files");

    let orphan = |name: &str, seconds: i64| {
        let path = service.objects().join("ab").join(name);
        std::fs::write(&path, "nobody's").expect("a folder that can be written to");
        date_back(&path, at(seconds));
        path
    };
    let young = [orphan("young", -3500), orphan("young#1", -3500)];
    let old = [orphan("old", -3700), orphan("old#1", -3700)];
    for object in &kept {
        date_back(object, at(-10_000));
    }
    eventually("the old ones are gone", async || {
        old.iter().all(|path| !path.exists()).then_some(())
    })
    .await;
    assert!(
        young.iter().chain(&kept).all(|path| path.exists()),
        "{:?}",
        objects_in(&service.objects())
    );
    service.clock.advance(200);
    eventually("they grow old", async || young.iter().all(|path| !path.exists()).then_some(())).await;
    assert_eq!(objects_in(&service.objects()), kept);
}
