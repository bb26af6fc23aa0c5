//! What the adapter does on the server, beyond the suite of the port.

use std::{collections::BTreeSet, time::SystemTime};

use bytes::Bytes;
use domain::{
    ports::{Blobs as _, LinkHeaders},
    testing::builders::store_id,
    time::Timestamp,
};
use futures_util::TryStreamExt as _;
use storage::blobs::{Addressing, Objects, S3Config};
use suhbat_tests::{S3Server, eventually, objects_in};

/// The time of the server, which has the clock of this machine.
fn now() -> Timestamp {
    let passed = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    Timestamp(i64::try_from(passed.as_micros()).expect("a time of this era"))
}

/// Begins an upload in parts as a process does that is killed then.
pub(crate) async fn begin_and_forget(server: &S3Server, prefix: &str, key: &str) {
    let objects = Objects::bucket(&server.config(prefix), store_id()).expect("a configuration");
    let mut writer = objects.create(key).await.expect("a bucket that is claimed");
    writer.write(vec![b'x'; 6_000_000].into()).await.expect("a server that answers");
    let began = server.unfinished().len();
    // A writer that is dropped aborts its upload, a killed process does not.
    std::mem::forget(writer);
    assert!(began > 0, "the object is larger than a part");
}

async fn claimed(config: &S3Config) -> Objects {
    let objects = Objects::bucket(config, store_id()).expect("a configuration");
    objects.claim().await.expect("a server that answers");
    objects
}

async fn put(objects: &Objects, key: &str, bytes: impl Into<Bytes>) {
    let mut writer = objects.create(key).await.expect("a bucket that is claimed");
    writer.write(bytes.into()).await.expect("a server that answers");
    writer.finish().await.expect("a server that answers");
}

async fn get(objects: &Objects, key: &str) -> Option<Vec<u8>> {
    let blob = objects.read(key, None).await.expect("a server that answers")?;
    Some(
        blob.bytes
            .try_collect::<Vec<Bytes>>()
            .await
            .expect("a server that answers")
            .concat(),
    )
}

#[tokio::test]
async fn objects_of_several_parts_come_back_whole() {
    let server = S3Server::start();
    let objects = claimed(&server.config("chat")).await;
    let part = 5 * 1024 * 1024;
    for (number, size) in [part - 1, part, part + 1, 3 * part, 3 * part + 17].into_iter().enumerate() {
        let bytes: Vec<u8> = (0..size).map(|place| u8::try_from(place / 1013 % 251).unwrap()).collect();
        let key = format!("ab/{number}");
        let mut writer = objects.create(&key).await.unwrap();
        for piece in bytes.chunks(70_001) {
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        assert_eq!(writer.finish().await.unwrap(), u64::try_from(size).unwrap());
        assert!(get(&objects, &key).await == Some(bytes), "{size}");
    }
    assert_eq!(server.unfinished(), Vec::<String>::new());
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_aborted_at_once() {
    let server = S3Server::start();
    let objects = claimed(&server.config("chat")).await;
    let mut writer = objects.create("ab/1").await.unwrap();
    writer.write(vec![b'x'; 12_000_000].into()).await.unwrap();
    assert_eq!(server.unfinished(), ["chat/ab/1"]);
    drop(writer);
    eventually("the upload is aborted", async || server.unfinished().is_empty().then_some(())).await;
    assert_eq!(objects_in(&server.objects()), Vec::<std::path::PathBuf>::new());
}

/// Others may use the bucket too, and other programs the same prefix.
#[tokio::test]
async fn uploads_of_a_crash_are_aborted_and_no_others() {
    let server = S3Server::start();
    for prefix in ["chat", "", "chat/below"] {
        claimed(&server.config(prefix)).await;
    }
    for (prefix, key) in [
        ("chat", "ab/1"),
        ("chat", "ab/2"),
        ("chat", "ab/3"),
        ("", "ab/1"),
        ("chat/below", "ab/1"),
        ("chat", "no-key-of-ours"),
    ] {
        begin_and_forget(&server, prefix, key).await;
    }
    let objects = Objects::bucket(&server.config("chat"), store_id()).unwrap();
    assert_eq!(
        objects.clear_unfinished(now().plus_seconds(-60)).await.unwrap(),
        0,
        "they are young"
    );
    assert_eq!(objects.clear_unfinished(now().plus_seconds(60)).await.unwrap(), 3);
    let left: BTreeSet<String> = server.unfinished().into_iter().collect();
    assert_eq!(left, ["ab/1", "chat/below/ab/1", "chat/no-key-of-ours"].map(str::to_owned).into());
}

#[tokio::test]
async fn without_a_prefix_the_bucket_itself_is_the_store() {
    let server = S3Server::start();
    let objects = claimed(&server.config("")).await;
    put(&objects, "ab/1", "words").await;
    assert!(server.objects().join("ab/1").is_file());
    assert_eq!(get(&objects, "ab/1").await.as_deref(), Some(&b"words"[..]));
    objects.set_aside(&["ab/1".to_owned()]).await.unwrap();
    assert!(server.objects().join(".removed/ab/1").is_file());
}

#[tokio::test]
async fn a_link_leads_to_the_object_with_the_headers_of_the_service() {
    let server = S3Server::start();
    let headers = LinkHeaders {
        content_type: "text/plain; charset=utf-8",
        content_disposition: "attachment; filename=\"a b.txt\"; filename*=UTF-8''%D1%85%D0%B0%D1%82.txt",
    };
    let client = reqwest::Client::builder()
        .resolve(&format!("files.{}", S3Server::DOMAIN), server.address())
        .build()
        .unwrap();
    let by_host = S3Config {
        endpoint: Some(format!("http://{}:{}", S3Server::DOMAIN, server.address().port())),
        addressing: Some(Addressing::Host),
        ..server.config("chat")
    };
    put(&claimed(&server.config("chat")).await, "ab/1", "0123456789").await;
    for config in [server.config("chat"), by_host] {
        let plain = Objects::bucket(&config, store_id()).unwrap();
        assert_eq!(plain.link("ab/1", &headers).await.unwrap(), None, "links are off");
        let redirecting = S3Config { redirects: true, ..config };
        let objects = Objects::bucket(&redirecting, store_id()).unwrap();
        let url = objects.link("ab/1", &headers).await.unwrap().expect("links are on");
        assert!(url.starts_with(&redirecting.url()), "{url}");
        assert!(url.contains("X-Amz-Expires=60&"), "{url}");
        let answer = client.get(&url).header("Range", "bytes=2-4").send().await.unwrap();
        assert_eq!(answer.status(), 206, "{url}");
        for (name, value) in [
            ("content-type", headers.content_type),
            ("content-disposition", headers.content_disposition),
            ("cache-control", "private, no-store"),
        ] {
            assert_eq!(answer.headers()[name], value);
        }
        assert_eq!(answer.text().await.unwrap(), "234");
        let forged = client.get(url.replace("ab/1", "ab/2")).send().await.unwrap();
        assert_eq!(forged.status(), 403);
    }
}

/// The keys of the platform's older files are paths with any letters.
#[tokio::test]
async fn files_of_the_older_service_are_read_in_a_bucket_of_their_own() {
    let server = S3Server::start();
    let older = server.objects().join("media/messages/attachments/2024");
    std::fs::create_dir_all(&older).unwrap();
    std::fs::write(older.join("хат 1.txt"), b"salom").unwrap();
    let objects = claimed(&server.config("chat"))
        .await
        .with_media_bucket(&server.config("media"))
        .unwrap();
    let path = "messages/attachments/2024/хат 1.txt";
    assert_eq!(get(&objects, path).await.as_deref(), Some(&b"salom"[..]));
    assert_eq!(objects.size(path).await.unwrap(), Some(5));
    for other in ["messages/attachments/2024/none.txt", "../chat/.suhbat-store", "", "messages//x"] {
        assert_eq!(get(&objects, other).await, None, "{other:?}");
        assert_eq!(objects.size(other).await.unwrap(), None, "{other:?}");
    }
    put(&objects, "ab/1", "words").await;
    assert_eq!(get(&objects, "ab/1").await.as_deref(), Some(&b"words"[..]));
}
