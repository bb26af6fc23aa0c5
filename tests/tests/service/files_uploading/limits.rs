//! Places, rates, quotas and full volumes.

use futures_util::future::{join_all, select_all};
use reqwest::multipart::Form;
use serde_json::{Value, json};
use suhbat_tests::{RawForm, Service, Upload, begun, eventually, objects_in};

use super::{fetch, nothing_is_left};

#[tokio::test]
async fn no_user_takes_all_slots_for_uploads() {
    const MOST: usize = 16;
    let (_service, aziz, dilnoza, id) = Service::with_conversation_and(&[("rate.uploads_per_minute", "0")]).await;
    let beginning = begun(id, "a.txt") + &"begun ".repeat(1_000);
    let forms = join_all((0..=MOST).map(async |_| {
        let mut form = RawForm::begin(&aziz, 300_000).await;
        form.write(&beginning).await;
        form
    }))
    .await;
    // Whichever came last is answered; the others wait for the rest of their bytes.
    let ((status, text), _, held) = select_all(forms.into_iter().map(|form| Box::pin(form.answer()))).await;
    let refused: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, &refused["code"]), (429, &json!("rate_limited")), "{text}");
    assert_eq!(refused["details"]["retry_after"], 1);
    dilnoza.attach(id, &Upload::text("others are not held up.txt", 10)).await;
    drop(held);
    eventually("places are free again", async || {
        let answer = aziz.upload(id, &[Upload::text("a.txt", 10)]).await;
        (answer.status == 201).then_some(())
    })
    .await;
}

#[tokio::test]
async fn uploading_too_often_is_429_with_the_time_to_wait_before_a_byte_is_stored() {
    let (service, aziz, _, id) = Service::with_conversation_and(&[("rate.uploads_per_minute", "12")]).await;
    for _ in 0..2 {
        aziz.attach(id, &Upload::text("a.txt", 10)).await;
    }
    let answer = aziz.upload(id, &[Upload::text("a.txt", 300_000)]).await;
    assert_eq!(answer.header("retry-after"), Some("5"));
    answer.refused(429, "rate_limited");
    assert_eq!(objects_in(&service.objects()).len(), 2);
    aziz.say(id, "words are not counted").await;
    service.clock.advance(5);
    aziz.attach(id, &Upload::text("a.txt", 10)).await;
}

#[tokio::test]
async fn without_the_object_store_texts_are_sent_and_files_are_503() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::text("a.txt", 10)).await;
    let ready = aziz.anonymous().get("/readyz").await.ok();
    assert_eq!(ready["degraded"], json!([]));

    let (here, away) = (service.objects(), service.objects().with_extension("away"));
    std::fs::rename(&here, &away).expect("a folder that can be moved");
    std::fs::write(&here, "a file in its place").expect("a folder that can be written to");
    for upload in [
        Upload::text("a.txt", 10),
        Upload::text("a.txt", 3_000_000),
        Upload::fixture("plain.jpg"),
    ] {
        let answer = aziz.upload(id, &[upload]).await;
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.refused(503, "unavailable")["details"]["part"], "objects");
    }
    assert_eq!(aziz.anonymous().get(file["file"].as_str().expect("a link")).await.status / 100, 5);
    aziz.say(id, "words go on").await;
    let ready = aziz.anonymous().get("/readyz").await.ok();
    assert_eq!(
        ready["degraded"],
        json!(["objects"]),
        "it is told, and no balancer takes the service away"
    );

    std::fs::remove_file(&here)
        .and_then(|()| std::fs::rename(&away, &here))
        .expect("back again");
    aziz.attach(id, &Upload::text("a.txt", 10)).await;
    fetch(&aziz, &file["file"]).await;
}

#[tokio::test]
async fn a_person_has_a_daily_upload_quota_and_bytes_not_stored_do_not_count() {
    let (service, aziz, dilnoza, id) = Service::with_conversation_and(&[("limits.upload_bytes_per_day", "100000")]).await;
    let text = |bytes| Upload::text("notes.txt", bytes);
    assert_eq!(aziz.get("config/").await.ok()["limits"]["upload_bytes_per_day"], 100_000);
    aziz.upload(id, &[text(60_000)]).await.expect(201);
    let refused = aziz.upload(id, &[text(40_001)]).await;
    let waits: u64 = refused.header("retry-after").and_then(|value| value.parse().ok()).expect("seconds");
    assert!((1..=86_400).contains(&waits), "{waits}");
    assert_eq!(refused.refused(429, "rate_limited")["details"]["limit"], 100_000);

    // Refused for other reasons, aborted, and repeated: all bytes are returned to the quota.
    for _ in 0..3 {
        let page = Upload::new("page.png", "<html><script>alert(1)</script></html>".repeat(500));
        aziz.upload(id, &[text(20_000), page]).await.refused(415, "unsupported_file_type");
        aziz.upload(id + 1000, &[text(20_000)]).await.refused(404, "conversation_not_found");
        let late = Form::new()
            .part("attachment_files", text(30_000).part())
            .text("conversation", (id + 1000).to_string());
        aziz.post_form("messages/", late).await.refused(404, "conversation_not_found");
        let mut given_up = RawForm::begin(&aziz, 300_000).await;
        given_up.write(begun(id, "notes.txt")).await;
        given_up.write("x".repeat(30_000)).await;
    }
    let named = || {
        Form::new()
            .text("client_id", "once")
            .part("attachment_files", text(10_000).part())
            .text("conversation", id.to_string())
    };
    eventually("what was given up is given back", async || {
        let answer = aziz.post_form("messages/", named()).await;
        matches!(answer.status, 200 | 201).then_some(())
    })
    .await;
    for _ in 0..5 {
        aziz.post_form("messages/", named()).await.expect(200);
    }
    eventually("repeats are given back", async || {
        let answer = aziz.upload(id, &[text(30_000)]).await;
        (answer.status == 201).then_some(())
    })
    .await;
    aziz.upload(id, &[text(1)]).await.refused(429, "rate_limited");
    aziz.says(id, "words go on").await;
    dilnoza.upload(id, &[text(90_000)]).await.expect(201);

    // Half a day brings half of it.
    service.clock.advance(43_200);
    aziz.upload(id, &[text(50_000)]).await.expect(201);
    aziz.upload(id, &[text(1000)]).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_declared_length_above_the_quota_is_refused_before_the_body() {
    let (_service, aziz, _, id) = Service::with_conversation_and(&[("limits.upload_bytes_per_day", "100000")]).await;
    let mut form = RawForm::begin(&aziz, 1_000_000).await;
    form.write(begun(id, "notes.txt")).await;
    form.write("x").await;
    let (status, body) = form.answer().await;
    assert_eq!(status, 429, "{body}");
}

#[tokio::test]
async fn zero_switches_the_quota_off() {
    let (_service, aziz, _, id) = Service::with_conversation_and(&[("limits.upload_bytes_per_day", "0")]).await;
    for _ in 0..3 {
        aziz.upload(id, &[Upload::text("notes.txt", 200_000)]).await.expect(201);
    }
}

#[tokio::test]
async fn uploads_are_refused_before_the_volume_is_full_and_texts_are_sent() {
    let (service, aziz, dilnoza, id) = Service::with_conversation_and(&[("objects.min_free_bytes", "9000000000000000000")]).await;
    let refused = aziz.upload(id, &[Upload::text("notes.txt", 10)]).await;
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.refused(503, "unavailable")["details"]["part"], "objects");
    nothing_is_left(&service).await;
    aziz.says(id, "words go on").await;
    let form = Form::new()
        .text("conversation", id.to_string())
        .text("content", "a form without files too");
    aziz.post_form("messages/", form).await.expect(201);
    let ready = dilnoza.get("/readyz").await.ok();
    assert_eq!((&ready["status"], &ready["degraded"]), (&json!("ready"), &json!(["objects"])));

    let (_service, aziz, _, id) = Service::with_conversation_and(&[("objects.min_free_bytes", "0")]).await;
    aziz.upload(id, &[Upload::text("notes.txt", 10)]).await.expect(201);
}
