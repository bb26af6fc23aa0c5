//! The service with its files in a bucket. (With `SUHBAT_OBJECTS=s3` the tests of files in `tests/service/` run on one too.)

use std::time::Duration;

use domain::testing::builders::{AZIZ, DILNOZA};
use futures_util::future::join_all;
use reqwest::{Method, header::LOCATION};
use serde_json::{Value, json};
use suhbat_tests::{Answer, Binary, Client, S3Server, SECRET, Service, Upload, community, eventually};

async fn with_conversation(server: &S3Server, others: &[(&str, &str)]) -> (Service, Client, Client, i64) {
    let settings = server.settings("chat");
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.extend(others);
    Service::with_conversation_and(&settings).await
}

fn link<'a>(file: &'a Value, name: &str) -> &'a str {
    file[name].as_str().unwrap_or_else(|| panic!("no link: {file}"))
}

async fn get(client: &Client, method: Method, link: &str, headers: &[(&str, &str)]) -> Answer {
    let request = client.request(method, link);
    client
        .run(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

#[tokio::test]
async fn downloads_are_redirected_to_the_bucket_with_the_headers_of_the_service() {
    let server = S3Server::start();
    let (_service, aziz, dilnoza, id) = with_conversation(&server, &[("objects.redirect", "true")]).await;
    let (anyone, picture) = (aziz.anonymous(), Upload::fixture("camera.jpg").named("Bogʻ.jpg"));
    let message = aziz.upload(id, &[picture, Upload::text("a.txt", 6_000_000)]).await.expect(201);
    let [photo, text] = [&message["attachments"][0], &message["attachments"][1]];
    for (file, name, content_type, disposition) in [
        (photo, "file", "image/jpeg", "inline; filename=\"Bog_.jpg\""),
        (photo, "thumbnail", "image/jpeg", "inline; filename=\"Bog_-small.jpg\""),
        (text, "file", "text/plain", "attachment; filename=\"a.txt\""),
    ] {
        let answer = anyone.get(link(file, name)).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        let url = answer.header(LOCATION.as_str()).expect("a redirect");
        assert!(url.starts_with(&format!("{}/files/chat/", server.endpoint())), "{url}");
        let got = get(&anyone, Method::GET, url, &[]).await;
        assert_eq!((got.status, got.header("content-type")), (200, Some(content_type)));
        let shown = got.header("content-disposition").unwrap_or_default();
        assert!(shown.starts_with(disposition), "{shown}");
        if name == "file" {
            assert_eq!(got.bytes.len() as u64, file["file_size"]);
        }
        // The service answers what needs no bytes.
        let head = get(&anyone, Method::HEAD, link(file, name), &[]).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some(content_type)));
        let tag = head.header("etag").expect("a tag").to_owned();
        assert_eq!(
            get(&anyone, Method::GET, link(file, name), &[("If-None-Match", &tag)]).await.status,
            304
        );
    }
    dilnoza
        .anonymous()
        .get(&format!("attachments/{}/", photo["id"]))
        .await
        .refused(401, "not_authenticated");
    aziz.delete(&format!("messages/{}/", message["id"])).await.expect(204);
    for (file, name) in [(photo, "file"), (photo, "thumbnail"), (text, "file")] {
        anyone.get(link(file, name)).await.refused(404, "attachment_not_found");
    }
}

#[tokio::test]
async fn without_redirects_the_bytes_pass_through_the_service() {
    let server = S3Server::start();
    let (_service, aziz, _, id) = with_conversation(&server, &[]).await;
    let upload = Upload::text("a.txt", 6_000_000);
    let file = aziz.attach(id, &upload).await;
    let whole = aziz.anonymous().get(link(&file, "file")).await;
    assert!(whole.status == 200 && whole.bytes == upload.bytes, "it differs");
    let range = [("Range", "bytes=5242870-5242889")];
    let some = get(&aziz.anonymous(), Method::GET, link(&file, "file"), &range).await;
    assert_eq!(
        (some.status, some.header("content-range")),
        (206, Some("bytes 5242870-5242889/6000000"))
    );
    assert!(some.bytes == upload.bytes[5_242_870..5_242_890], "it differs");
}

#[tokio::test]
async fn while_the_server_is_away_texts_go_on_and_files_come_back_by_themselves() {
    let mut server = S3Server::start();
    let (_service, aziz, _, id) = with_conversation(&server, &[]).await;
    let file = aziz.attach(id, &Upload::text("a.txt", 10)).await;
    server.stop();
    let answer = aziz.upload(id, &[Upload::text("a.txt", 10)]).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.refused(503, "unavailable")["details"]["part"], "objects");
    assert_eq!(aziz.anonymous().get(link(&file, "file")).await.status, 503);
    aziz.say(id, "words go on").await;
    assert_eq!(aziz.anonymous().get("/readyz").await.ok()["degraded"], json!(["objects"]));
    let metrics = aziz.anonymous().get("/metrics").await.text;
    assert!(
        metrics.contains("suhbat_object_store_failures_total{operation=\"read\"}"),
        "{metrics}"
    );

    server.resume();
    aziz.attach(id, &Upload::text("a.txt", 10)).await;
    assert_eq!(aziz.anonymous().get(link(&file, "file")).await.status, 200);
    eventually("it is ready", async || {
        let ready = aziz.anonymous().get("/readyz").await.ok();
        (ready["degraded"] == json!([])).then_some(())
    })
    .await;
}

/// On a first start nobody has claimed the bucket yet.
#[tokio::test]
async fn a_bucket_whose_server_was_away_at_the_start_is_claimed_later() {
    let mut server = S3Server::start();
    server.stop();
    let (_service, aziz, _, id) = with_conversation(&server, &[]).await;
    aziz.upload(id, &[Upload::text("a.txt", 10)]).await.refused(503, "unavailable");
    server.resume();
    eventually("uploads are taken", async || {
        let answer = aziz.upload(id, &[Upload::text("a.txt", 10)]).await;
        (answer.status == 201).then_some(())
    })
    .await;
}

/// Parts wait in temporary files for their turn, so memory does not grow with the number of senders.
#[tokio::test]
async fn many_large_uploads_at_once_need_little_memory() {
    const SENDERS: usize = 16;
    const BYTES: usize = 12_000_000;
    // Parts in flight take 40 MiB, and the buffers of senders and connections the rest.
    const MOST_KIB: u64 = 100 * 1024;
    let server = S3Server::start();
    let mut binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("auth.secret", SECRET)
        .embedded();
    for (name, value) in server.settings("chat") {
        binary = binary.with(name, &value);
    }
    for limit in ["messages", "uploads", "requests"] {
        binary = binary.with(&format!("rate.{limit}_per_minute"), "0");
    }
    let people = binary.file("people.json", &community().to_string());
    let imported = binary.run(&["import", &people]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    let running = binary.serve(&[]).await;
    let token = running.token(&["--user", &AZIZ.to_string(), "--ttl", "3600"]).await;
    let aziz = running.client().with_token(token);
    let id = aziz.open(DILNOZA).await;
    aziz.attach(id, &Upload::text("a.txt", 10)).await;

    let before = running.resident_kib();
    let sending = join_all((0..SENDERS).map(|number| {
        let aziz = aziz.clone();
        async move { aziz.attach(id, &Upload::text(&format!("{number}.txt"), BYTES)).await }
    }));
    let mut sending = std::pin::pin!(sending);
    let mut most = before;
    let sent = loop {
        tokio::select! {
            sent = &mut sending => break sent,
            () = tokio::time::sleep(Duration::from_millis(5)) => most = most.max(running.resident_kib()),
        }
    };
    assert_eq!(sent.len(), SENDERS);
    assert!(most - before < MOST_KIB, "{} KiB more than before", most - before);
    running.stop().await;
}
