//! `suhbat objects copy`: from a folder to a bucket, and back.

use domain::{
    identity::StoreId,
    ports::Blobs as _,
    testing::builders::{AZIZ, DILNOZA, store_id},
};
use storage::blobs::{Objects, ObjectsCopied, ObjectsCopyError};
use suhbat_tests::{Binary, S3Server, SECRET, Upload, community, objects_in, set_aside_in};
use tempfile::TempDir;

/// The objects in a folder: two files, a large one, and one that was set aside.
async fn filled() -> (TempDir, Objects) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::local(folder.path(), store_id()).expect("an empty folder");
    objects.claim().await.expect("a folder that can be written to");
    for (key, size) in [("aa/1", 5), ("ab/2", 0), ("ac/large", 11_000_000), ("ad/aside", 7)] {
        let mut writer = objects.create(key).await.expect("a folder that is claimed");
        writer
            .write(vec![b'x'; size].into())
            .await
            .expect("a folder that can be written to");
        writer.finish().await.expect("a folder that can be written to");
    }
    objects
        .set_aside(&["ad/aside".to_owned()])
        .await
        .expect("a folder that can be written to");
    (folder, objects)
}

async fn copy(from: &Objects, to: &Objects) -> Result<ObjectsCopied, ObjectsCopyError> {
    let mut last = ObjectsCopied::default();
    let mut report = |copied: ObjectsCopied, of: ObjectsCopied| {
        assert!(copied.objects > last.objects && copied.bytes <= of.bytes);
        last = copied;
    };
    let copied = from.copy_to(to, &mut report).await?;
    assert_eq!(copied, last);
    Ok(copied)
}

fn bucket(server: &S3Server) -> Objects {
    Objects::bucket(&server.config("chat"), StoreId::new("")).expect("a configuration")
}

#[tokio::test]
async fn a_copy_that_was_interrupted_goes_on_and_puts_right_what_differs() {
    let server = S3Server::start();
    let (_folder, from) = filled().await;
    let to = bucket(&server);
    let first = copy(&from, &to).await.unwrap();
    assert_eq!((first.objects, first.bytes, first.present), (4, 11_000_012, 0));
    assert_eq!(to.owner().await.unwrap(), Some(store_id()));
    assert_eq!(server.unfinished(), Vec::<String>::new());
    let chat = server.objects().join("chat");
    assert_eq!((objects_in(&chat).len(), set_aside_in(&chat).len()), (3, 1));

    // One is missing, one has another size, and one was written by another program.
    std::fs::remove_file(chat.join("ab/2")).unwrap();
    std::fs::write(chat.join("ac/large"), "cut off").unwrap();
    let other = Objects::bucket(&server.config("chat"), store_id()).unwrap();
    let mut writer = other.create("aa/1").await.unwrap();
    writer.write("OTHER".into()).await.unwrap();
    writer.finish().await.unwrap();
    let second = copy(&from, &to).await.unwrap();
    assert_eq!((second.objects, second.present), (4, 1));
    assert_eq!(std::fs::read(chat.join("aa/1")).unwrap(), b"xxxxx");
    assert_eq!(std::fs::metadata(chat.join("ac/large")).unwrap().len(), 11_000_000);
    assert_eq!(copy(&from, &to).await.unwrap().present, 4);
}

#[tokio::test]
async fn a_bucket_is_copied_back_into_a_folder() {
    let server = S3Server::start();
    let (_folder, from) = filled().await;
    copy(&from, &bucket(&server)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let back = Objects::local(folder.path(), StoreId::new("")).unwrap();
    assert_eq!(copy(&bucket(&server), &back).await.unwrap().objects, 4);
    assert_eq!((objects_in(folder.path()).len(), set_aside_in(folder.path()).len()), (3, 1));
    assert_eq!(back.owner().await.unwrap(), Some(store_id()));
    assert_eq!(copy(&bucket(&server), &back).await.unwrap().present, 4);
}

#[tokio::test]
async fn stores_of_two_databases_are_not_mixed() {
    let server = S3Server::start();
    let (_folder, from) = filled().await;
    let theirs = Objects::bucket(&server.config("chat"), StoreId::new("theirs")).unwrap();
    theirs.claim().await.unwrap();
    assert!(matches!(copy(&from, &bucket(&server)).await, Err(ObjectsCopyError::Foreign(id)) if id == "theirs"));
    assert!(objects_in(&server.objects().join("chat")).is_empty());
    let unclaimed = Objects::bucket(&server.config("unclaimed"), StoreId::new("")).unwrap();
    assert!(matches!(copy(&unclaimed, &from).await, Err(ObjectsCopyError::NoSource)));
}

/// The whole way of an operator: a service with a folder, the command, the same service with a bucket.
#[tokio::test]
async fn a_service_moves_its_files_into_a_bucket() {
    let server = S3Server::start();
    let mut binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("auth.secret", SECRET)
        .with("server.public_url", "http://chat.example.org")
        .embedded();
    for (name, value) in server.settings("chat").into_iter().skip(1) {
        binary = binary.with(name, &value);
    }
    let people = binary.file("people.json", &community().to_string());
    assert_eq!(binary.run(&["import", &people]).await.status, Some(0));
    let early = binary.run(&["objects", "copy", "--to", "s3://files/chat"]).await;
    assert_eq!(early.status, Some(1), "{early:?}");
    assert!(early.stderr.contains("(objects.url) cannot be read"), "{early:?}");

    let running = binary.serve(&[]).await;
    let token = running.token(&["--user", &AZIZ.to_string()]).await;
    let aziz = running.client().with_token(&token);
    let id = aziz.open(DILNOZA).await;
    let upload = Upload::text("a.txt", 6_000_000);
    let file = aziz.attach(id, &upload).await["id"].clone();
    let copied = running.suhbat(&["objects", "copy", "--to", "s3://files/chat"]).await;
    assert_eq!(copied.status, Some(0), "{copied:?}");
    assert!(copied.stdout.contains("holds 1 files (6000000 bytes) now"), "{copied:?}");
    assert!(copied.stderr.contains("(100 %)"), "{copied:?}");
    let same = running.suhbat(&["objects", "copy", "--to", "file://data/objects"]).await;
    assert!(same.stderr.contains("names the object store of objects.url itself"), "{same:?}");

    let running = running.kill().await.with("objects.url", "s3://files/chat").serve(&[]).await;
    let aziz = running.client().with_token(&token);
    let found = aziz.get(&format!("attachments/{file}/")).await;
    assert!(found.status == 200 && found.bytes == upload.bytes, "{}", found.status);
    aziz.attach(id, &Upload::text("b.txt", 10)).await;
    assert_eq!(objects_in(&server.objects().join("chat")).len(), 2);
    running.stop().await;
}
