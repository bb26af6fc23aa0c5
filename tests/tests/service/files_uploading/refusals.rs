//! Files and forms that are refused, and nothing of them is kept.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL};
use reqwest::multipart::Form;
use serde_json::{Value, json};
use suhbat_tests::{BOUNDARY, RawForm, Service, Upload, begun, part};

use super::nothing_is_left;

#[tokio::test]
async fn too_many_or_too_large_files_are_413_with_the_limit_and_leave_nothing() {
    let (service, aziz, _, id) = Service::with_conversation_and(&[
        ("limits.files_per_message", "2"),
        ("limits.file_bytes", "20000"),
        ("limits.request_bytes", "30000"),
    ])
    .await;
    let text = |bytes| Upload::text("a.txt", bytes);
    let limit = |body: Value| body["details"]["limit"].clone();
    let three = aziz.upload(id, &[text(1), text(1), text(1)]).await;
    assert_eq!(limit(three.refused(413, "too_many_files")), 2);
    let big = aziz.upload(id, &[text(20_001)]).await;
    assert_eq!(limit(big.refused(413, "payload_too_large")), 20_000);
    let together = aziz.upload(id, &[text(20_000), text(10_001)]).await;
    assert_eq!(limit(together.refused(413, "payload_too_large")), 30_000);
    let picture = aziz
        .upload(
            id,
            &[Upload::new("a.png", [Upload::fixture("clear.png").bytes, vec![0; 20_000]].concat())],
        )
        .await;
    assert_eq!(limit(picture.refused(413, "payload_too_large")), 20_000);
    nothing_is_left(&service).await;
    assert!(aziz.contents(&format!("conversation={id}")).await.is_empty());

    aziz.upload(id, &[text(20_000), text(9_000)]).await.expect(201);
    let told = aziz.get("config/").await.ok();
    let limits = &told["limits"];
    assert_eq!(
        (&limits["files_per_message"], &limits["file_bytes"], &limits["request_bytes"]),
        (&json!(2), &json!(20_000), &json!(30_000)),
        "config/ tells them"
    );
    assert!(
        told["allowed_types"]
            .as_array()
            .is_some_and(|types| types.iter().any(|kind| kind["mime_type"] == "image/heic"))
    );
}

#[tokio::test]
async fn a_declared_length_above_the_limit_is_refused_at_once() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut form = RawForm::begin(&aziz, 300_000_000).await;
    form.write(format!("{}{id}", part("name=\"conversation\""))).await;
    let (status, text) = form.answer().await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("\"limit\":52428800"), "{text}");
}

#[tokio::test]
async fn too_many_pixels_are_refused_by_the_header_alone() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    // The header of a PNG of 10,000 × 10,000 with nothing behind it.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0]);
    png.extend_from_slice(&0x0a8c_5aa4_u32.to_be_bytes());
    let body = aziz
        .upload(id, &[Upload::new("vast.png", png)])
        .await
        .refused(413, "image_too_large");
    assert_eq!(body["details"]["limit"], 64_000_000);
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn a_file_whose_content_contradicts_its_name_is_415_and_leaves_nothing() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let html = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    for upload in [
        Upload::new("photo.png", html.clone()),
        Upload::new("page.html", html.clone()).declared("text/html"),
        Upload::new("picture.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").declared("image/svg+xml"),
        Upload::new("setup.jpg", [b"MZ".to_vec(), vec![0; 200]].concat()),
        Upload::new("tool.pdf", [b"\x7fELF\x02\x01\x01".to_vec(), vec![0; 200]].concat()),
        Upload::new("run.txt", "#!/bin/sh\nrm -rf /\n"),
        Upload::new("empty.png", Vec::new()),
        Upload::fixture("program.jar"),
    ] {
        let good = Upload::text("good.txt", 300_000);
        let answer = aziz.upload(id, &[good, upload.clone()]).await;
        let body = answer.refused(415, "unsupported_file_type");
        assert!(
            body["error"].as_str().is_some_and(|sentence| sentence.contains(&upload.name)),
            "{body}"
        );
    }
    nothing_is_left(&service).await;
    assert!(aziz.contents(&format!("conversation={id}")).await.is_empty());
}

#[tokio::test]
async fn a_denied_upload_is_refused_before_its_files_are_received() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let stored = Upload::text("a.txt", 300_000);
    for stranger in [MALIKA, PAVEL] {
        service
            .client(stranger)
            .upload(id, std::slice::from_ref(&stored))
            .await
            .refused(404, "conversation_not_found");
    }
    aziz.anonymous()
        .upload(id, std::slice::from_ref(&stored))
        .await
        .refused(401, "not_authenticated");
    service
        .directory_client()
        .delete("/api/directory/subscriptions/5/1/")
        .await
        .expect(204);
    aziz.upload(id, std::slice::from_ref(&stored)).await.refused(403, "not_subscribed");
    // Refused before the file has arrived, if the form names the conversation first.
    let mut form = RawForm::begin(&aziz, 300_000).await;
    form.write(begun(id, "a.txt")).await;
    form.write("begun").await;
    let (status, text) = form.answer().await;
    assert!(status == 403 && text.contains("not_subscribed"), "{status}: {text}");
    // Also where the conversation is named behind the files.
    let behind = Form::new()
        .part("attachment_files", stored.part())
        .text("conversation", id.to_string());
    aziz.post_form("messages/", behind).await.refused(403, "not_subscribed");
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn an_invalid_form_is_400() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let whole = format!(
        "{}{id}\r\n{}words\r\n--{BOUNDARY}--\r\n",
        part("name=\"conversation\""),
        part("name=\"content\"")
    );
    let nothing = part("name=\"x\"") + "\r\n";
    for body in [
        String::new(),
        "no form at all".to_owned(),
        format!("--{BOUNDARY}\r\n\r\nno disposition\r\n--{BOUNDARY}--\r\n"),
        whole.replace(BOUNDARY, "another"),
        format!("{}text", part("name=\"attachment_files\"; filename=\"a.txt\"")),
        whole.replace("conversation", "konversation"),
        format!("{}x\r\n--{BOUNDARY}--\r\n", part("name=\"conversation\"")),
        // More than the library buffers of an unparsable form.
        "x".repeat(100_000),
        format!("--{BOUNDARY}\r\nX: {}", "x".repeat(100_000)),
        nothing.repeat(63) + &whole,
    ] {
        let mut form = RawForm::begin(&aziz, body.len()).await;
        form.write(&body).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 400, "{body:.100?}: {text}");
        assert!(text.contains("\"code\":\"invalid_request\""), "{body:.100?}: {text}");
    }
    let whole = nothing.repeat(62) + &whole;
    let mut form = RawForm::begin(&aziz, whole.len()).await;
    form.write(whole).await;
    assert_eq!(form.answer().await.0, 201, "the whole one is fine");
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_cut_off() {
    let service = Service::tuned(&[], |options| options.patience.stalled = std::time::Duration::from_millis(300)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    for framing in [
        "Content-Length: 2000000",
        "Content-Length: 2000000\r\nUpgrade: x",
        "Connection: Upgrade\r\nUpgrade: websocket",
    ] {
        let mut form = RawForm::begin_framed(&aziz, framing).await;
        form.write(begun(id, "slow.txt")).await;
        form.write(vec![b'x'; 100_000]).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 408, "{framing}: {text}");
        nothing_is_left(&service).await;
    }
}

/// Forms may have anything in front of their first part.
#[tokio::test]
async fn a_form_that_never_begins_comes_to_an_end() {
    let (service, aziz, _, _) = Service::with_conversation_and(&[("limits.file_bytes", "20000"), ("limits.request_bytes", "30000")]).await;
    let mut form = RawForm::begin_chunked(&aziz).await;
    let chunk = format!("{:x}\r\n{}\r\n", 64_000, "no part\n".repeat(8_000));
    for _ in 0..10 {
        if !form.try_write(&chunk).await {
            break;
        }
    }
    let (status, text) = form.answer().await;
    assert!(status == 413 && text.contains("30000"), "{status}: {text}");
    nothing_is_left(&service).await;
}

/// It writes all of its body before it reads, as many clients do.
#[tokio::test]
async fn a_client_that_reads_only_after_writing_reads_its_refusal() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let stranger = service.client(MALIKA);
    let head = begun(id, "x.txt");
    let html = begun(id, "x.png") + "<html>";
    for (client, beginning, length, expected) in [
        (&stranger, &head, 20_000_000, 404),
        (&aziz, &html, 20_000_000, 415),
        (&aziz, &head, 40_000_000, 413),
        (&aziz, &head, 60_000_000, 413),
        (&aziz.anonymous(), &head, 20_000_000, 401),
    ] {
        let mut form = RawForm::begin(client, length).await;
        form.write(beginning).await;
        let piece = vec![b'x'; 1_000_000];
        let mut left = length - beginning.len();
        while left > 0 {
            let next = left.min(piece.len());
            form.write(&piece[..next]).await;
            left -= next;
        }
        let (status, text) = form.answer().await;
        assert_eq!(status, expected, "{text}");
    }
    nothing_is_left(&service).await;
}
