//! The sweep removes the objects that crashes left, and nothing else: least of all if the files belong to another database.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::testing::builders::{AZIZ, DILNOZA, at};
use reqwest::Method;
use suhbat_tests::{
    Binary, Client, RawForm, SECRET, Served, Service, Upload, begun, community, date_back, eventually, objects_in, part, set_aside_in,
};

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

pub(crate) fn make_old(objects: &[PathBuf], seconds: i64) {
    for object in objects {
        date_back(object, at(seconds));
    }
}

/// Ten small files, all different.
pub(crate) fn ten(name: &str) -> Vec<Upload> {
    (0..10)
        .map(|number| Upload::new(&format!("{name}-{number}.txt"), format!("{name} {number}")))
        .collect()
}

pub(crate) fn program() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET)
}

/// The program with the standard community in its database.
async fn inhabited(binary: Binary) -> Binary {
    let document = binary.file("community.json", &community().to_string());
    assert_eq!(binary.run(&["import", &document]).await.status, Some(0));
    binary
}

pub(crate) async fn aziz(served: &Served) -> Client {
    served.client().with_token(served.token(&["--user", &AZIZ.0.to_string()]).await)
}

/// A service that ran once: ten files are stored, and it has been stopped.
pub(crate) async fn ten_files(binary: Binary) -> (Binary, PathBuf, Vec<PathBuf>) {
    let binary = inhabited(binary).await;
    let folder = binary.folder().join("data/objects");
    let served = binary.serve(&[]).await;
    let aziz = aziz(&served).await;
    let id = aziz.open(DILNOZA).await;
    aziz.upload(id, &ten("first")).await.expect(201);
    let objects = objects_in(&folder);
    assert_eq!(objects.len(), 10);
    (served.kill().await, folder, objects)
}

/// Of the running service.
pub(crate) async fn degraded(client: &Client) -> serde_json::Value {
    client.get("/readyz").await.ok()["degraded"].clone()
}

/// Killed between the end of an upload and its commit: the objects are there and no row names them.
#[tokio::test]
async fn leftovers_of_a_killed_service_are_swept_and_messages_keep_their_files() {
    let binary = inhabited(program()).await;
    let folder = binary.folder().join("data/objects");

    let served = binary.serve(&[]).await;
    let aziz = aziz(&served).await;
    let id = aziz.open(DILNOZA).await;
    let kept = aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    aziz.upload(id, &ten("kept")).await.expect(201);
    let kept_objects = objects_in(&folder);
    assert_eq!(kept_objects.len(), 12, "a picture and a small one, and ten texts");
    let mut form = RawForm::begin(&aziz, 5_000_000).await;
    form.write(stuck(id)).await;
    eventually("one file is whole and one is not", async || {
        let objects = objects_in(&folder);
        (objects.len() == 14 && halves(&objects) == 1).then_some(())
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
    assert_eq!(objects_in(&folder).len(), 14);
    let binary = served.kill().await;

    make_old(&objects_in(&folder), -1_000_000);
    let served = binary.serve(&[]).await;
    eventually("what nobody names is taken away", async || {
        (objects_in(&folder) == kept_objects).then_some(())
    })
    .await;
    assert_eq!(set_aside_in(&folder).len(), 1, "it is kept for a day; the half file is not");
    let aziz = served.client().with_token(aziz.token.clone().expect("a token"));
    for name in ["attachments/1/", "attachments/1/thumbnail/"] {
        assert_eq!(aziz.run(aziz.request(Method::GET, name)).await.status, 200, "{name}");
    }
    assert_eq!(kept["id"], 1);
    served.stop().await;
}

/// A file that no message names, of so many seconds after the start of the service's clock.
fn orphan(service: &Service, name: &str, seconds: i64) -> PathBuf {
    let path = service.objects().join("ab").join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder that can be written to");
    fs::write(&path, "nobody's").expect("a folder that can be written to");
    date_back(&path, at(seconds));
    path
}

/// In a folder an unfinished upload is a file; in a bucket see `tests/s3/`.
#[tokio::test]
async fn partial_files_of_interrupted_uploads_are_removed_from_a_folder() {
    let service = Service::tuned(&[], |options| options.sweep_every = Duration::from_millis(20)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.upload(id, &ten("a")).await.expect(201);
    let [young, old] = [orphan(&service, "young#1", -3500), orphan(&service, "old#1", -3700)];
    eventually("the old one is gone", async || (!old.exists()).then_some(())).await;
    assert!(young.exists());
    service.clock.advance(200);
    eventually("it grows old", async || (!young.exists()).then_some(())).await;
    assert!(set_aside_in(&service.objects()).is_empty(), "it is removed at once");
}

#[tokio::test]
async fn a_running_service_sweeps_old_orphans_and_lets_running_uploads_be() {
    let service = Service::tuned(&[], |options| options.sweep_every = Duration::from_millis(20)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    let deleted = aziz.upload(id, &[Upload::text("a.txt", 9)]).await.expect(201);
    aziz.delete(&format!("messages/{}/", deleted["id"])).await.expect(204);
    let old_ones = objects_in(&service.objects());
    assert_eq!(old_ones.len(), 3, "the files of a deleted message stay for a month");
    for name in ["b", "c"] {
        aziz.upload(id, &ten(name)).await.expect(201);
    }
    let kept = objects_in(&service.objects());
    make_old(&old_ones, -10_000);

    let young = [orphan(&service, "young1", -3500), orphan(&service, "young2", -3500)];
    let old = [orphan(&service, "old1", -3700), orphan(&service, "old2", -3700)];
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

    let aside = set_aside_in(&service.objects());
    assert_eq!(aside.len(), 4);
    date_back(&aside[0], at(-86_400));
    eventually("a day later it is gone for good", async || (!aside[0].exists()).then_some(())).await;
    assert!(aside[1..].iter().all(|path| path.exists()));

    // Set aside by a sweep for another database.
    let named = &kept[5];
    let there = service
        .objects()
        .join(".removed")
        .join(named.strip_prefix(service.objects()).expect("below it"));
    fs::create_dir_all(there.parent().expect("a folder")).expect("a folder");
    fs::rename(named, &there).expect("the same disk");
    eventually("what a message names comes back", async || named.exists().then_some(())).await;
    assert_eq!(objects_in(&service.objects()), kept);
}

/// Its configuration is a copy of the real one, but for the database.
#[tokio::test]
async fn a_trial_instance_beside_the_real_one_takes_nothing_away() {
    let (binary, folder, objects) = ten_files(program()).await;
    make_old(&objects, -1_000_000);
    let served = binary.serve(&[]).await;
    let trial = inhabited(program())
        .await
        .with("objects.url", &format!("file://{}", folder.display()));
    let trial = trial.serve(&[]).await;
    trial.shown("the sweep leaves everything as it is").await;
    let tester = aziz(&trial).await;
    tester
        .upload(tester.open(DILNOZA).await, &ten("trial"))
        .await
        .refused(503, "unavailable");
    assert_eq!(objects_in(&folder), objects);
    let aziz = aziz(&served).await;
    aziz.upload(aziz.open(DILNOZA).await, &ten("real")).await.expect(201);
    trial.stop().await;
    served.stop().await;
}

fn mark(folder: &Path) -> PathBuf {
    folder.join(".suhbat-store")
}

/// Object stores from before they carried an id.
#[tokio::test]
async fn an_object_store_without_an_id_is_taken_over_only_with_its_files() {
    let (binary, folder, objects) = ten_files(program()).await;
    let id = fs::read_to_string(mark(&folder)).expect("it is marked");
    fs::remove_file(mark(&folder)).expect("it is there");
    let served = binary.serve(&[]).await;
    served.shown("the object store belongs to the database from now on").await;
    assert_eq!(fs::read_to_string(mark(&folder)).ok(), Some(id));
    let binary = served.kill().await;

    // The volume is not mounted: an empty folder.
    let elsewhere = binary.folder().join("elsewhere");
    fs::rename(&folder, &elsewhere).expect("the same disk");
    fs::create_dir(&folder).expect("a folder");
    let served = binary.serve(&[]).await;
    served.shown("the files that the database knows are not in the object store").await;
    let aziz = aziz(&served).await;
    let id = aziz.open(DILNOZA).await;
    aziz.upload(id, &ten("lost")).await.refused(503, "unavailable");
    assert_eq!(degraded(&aziz).await, serde_json::json!(["objects"]));
    assert!(!mark(&folder).exists());
    // It is mounted now.
    fs::remove_dir_all(&folder).expect("a folder");
    fs::rename(&elsewhere, &folder).expect("the same disk");
    eventually("files are taken again", async || {
        (degraded(&aziz).await == serde_json::json!([])).then_some(())
    })
    .await;
    aziz.upload(id, &ten("found")).await.expect(201);
    assert!(objects.iter().all(|object| object.exists()));
    served.stop().await;
}
