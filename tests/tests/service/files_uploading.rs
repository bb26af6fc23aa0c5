//! Files on their way in (section 5): what is taken, what is refused, and that nothing is left of what is not taken.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL};
use futures_util::future::{join_all, select_all};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use suhbat_tests::{BOUNDARY, Client, Handwritten, Service, Upload, assert_stored_once, begun, eventually, form, objects_in, part};

async fn two() -> (Service, Client, Client, i64) {
    two_with(&[]).await
}

async fn two_with(settings: &[(&str, &str)]) -> (Service, Client, Client, i64) {
    let service = Service::with(settings).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    (service, aziz, dilnoza, id)
}

/// Deleting goes on behind the answer.
async fn nothing_is_left(service: &Service) {
    eventually("no object is left", async || {
        objects_in(&service.objects()).is_empty().then_some(())
    })
    .await;
}

async fn fetch(client: &Client, link: &Value) -> Vec<u8> {
    let answer = client.anonymous().get(link.as_str().expect("a link")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.bytes
}

#[tokio::test]
async fn a_picture_is_sent_with_its_size_and_a_small_picture() {
    let (service, aziz, _, id) = two().await;
    let file = aziz.attach(id, &Upload::fixture("camera.jpg").named("Bogʻ.jpg")).await;
    assert_eq!((&file["file_type"], &file["mime_type"]), (&json!("image"), &json!("image/jpeg")));
    assert_eq!(file["file_name"], "Bogʻ.jpg");
    assert!(file["width"].is_u64() && file["height"].is_u64(), "{file}");
    assert_eq!(file["uploaded_at"], "2026-03-21T09:00:00.000001Z");
    assert_eq!(fetch(&aziz, &file["file"]).await.len() as u64, file["file_size"]);
    let small = aziz.anonymous().get(file["thumbnail"].as_str().expect("a link")).await;
    assert!(
        matches!(small.header("content-type"), Some("image/webp" | "image/jpeg")),
        "{small:?}"
    );
    assert_eq!(objects_in(&service.objects()).len(), 2);
}

#[tokio::test]
async fn positions_and_cameras_are_taken_out_of_pictures_unless_the_operator_keeps_them() {
    let holds = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    for (strip, kept) in [("true", false), ("false", true)] {
        let (_service, aziz, _, id) = two_with(&[("objects.strip_metadata", strip)]).await;
        let original = Upload::fixture("camera.jpg");
        assert!(holds(&original.bytes, b"Exif"), "the fixture has metadata");
        let file = aziz.attach(id, &original).await;
        assert_eq!(fetch(&aziz, &file["file"]).await == original.bytes, kept, "strip {strip}");
        assert!(!holds(&fetch(&aziz, &file["thumbnail"]).await, b"Exif"), "never in small pictures");
    }
}

#[tokio::test]
async fn several_files_come_in_their_order_and_texts_stand_where_they_like() {
    let (_service, aziz, dilnoza, id) = two().await;
    let mut watcher = dilnoza.chat(id).await;
    let names = ["c.txt", "a.pdf", "b.ogg"];
    let form = Form::new()
        .part("attachment_files", Upload::text("c.txt", 40).part())
        .text("client_id", "files-1")
        .part("attachment_files", Upload::fixture("page.pdf").named("a.pdf").part())
        .text("conversation", id.to_string())
        .part("attachment_files", Upload::fixture("voice.ogg").named("b.ogg").part())
        .text("content", "three things");
    let message = aziz.post_form("messages/", form).await.expect(201);
    let listed = |message: &Value| {
        let files = message["attachments"].as_array().expect("a list");
        files
            .iter()
            .map(|file| file["file_name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (listed(&message), &message["content"], &message["client_id"]),
        (names.map(str::to_owned).to_vec(), &json!("three things"), &json!("files-1"))
    );
    let types: Vec<&Value> = message["attachments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| &file["file_type"])
        .collect();
    assert_eq!(types, ["document", "document", "audio"]);

    let frame = watcher.expect("chat_message").await;
    assert_eq!(listed(&frame["message"]), names, "the broadcast carries them");
    assert_eq!(
        fetch(&dilnoza, &frame["message"]["attachments"][1]["file"]).await,
        Upload::fixture("page.pdf").bytes,
        "by a link that works"
    );
    assert_eq!(listed(&dilnoza.message(message["id"].as_i64().expect("an id")).await), names);
}

#[tokio::test]
async fn lists_replies_and_tombstones_show_files_as_they_should() {
    let (_service, aziz, dilnoza, id) = two().await;
    let message = aziz.upload(id, &[Upload::fixture("page.pdf")]).await.expect(201);
    assert_eq!(message["content"], Value::Null);
    let preview = async || dilnoza.get("conversations/").await.ok()["results"][0]["last_message_preview"].clone();
    let shown = preview().await;
    assert_eq!(
        (&shown["content"], &shown["has_attachments"]),
        (&json!("[Attachment]"), &json!(true))
    );

    let reply = dilnoza
        .post(
            "messages/",
            json!({ "conversation": id, "content": "thanks", "reply_to": message["id"] }),
        )
        .await
        .expect(201);
    assert_eq!(reply["reply_to"]["attachments"][0]["file_name"], "page.pdf");
    assert_eq!(reply["reply_to"]["content"], Value::Null);

    aziz.delete(&format!("messages/{}/", message["id"])).await.expect(204);
    let tombstone = dilnoza.message(message["id"].as_i64().expect("an id")).await;
    assert_eq!((&tombstone["attachments"], &tombstone["is_deleted"]), (&json!([]), &json!(true)));
    let reply = dilnoza.message(reply["id"].as_i64().expect("an id")).await;
    assert_eq!(
        (&reply["reply_to"]["attachments"], &reply["reply_to"]["is_deleted"]),
        (&json!([]), &json!(true))
    );
}

#[tokio::test]
async fn names_are_kept_in_every_script_and_lead_nowhere() {
    let (service, aziz, _, id) = two().await;
    for name in [
        "Oʻzbekcha hujjat.txt",
        "Расписание служб.txt",
        "وثيقة مهمة.txt",
        "文件.txt",
        "🕊 tinchlik 🕊.txt",
        "two words.txt",
    ] {
        let file = aziz.attach(id, &Upload::text("x", 10).named(name)).await;
        assert_eq!(file["file_name"], name);
    }
    for (name, shown) in [("../../etc/passwd.txt", "passwd.txt"), ("C:\\Users\\me\\list.txt", "list.txt")] {
        let file = aziz.attach(id, &Upload::text("x", 10).named(name)).await;
        assert_eq!(file["file_name"], shown, "{name}");
    }
    let long = "ш".repeat(400) + ".txt";
    let file = aziz.attach(id, &Upload::text("x", 10).named(&long)).await;
    assert!(file["file_name"].as_str().is_some_and(|name| name.chars().count() <= 255), "{file}");
    let stored = objects_in(&service.objects());
    let plain = |path: &std::path::PathBuf| {
        let key = path
            .strip_prefix(service.objects())
            .expect("below the folder")
            .display()
            .to_string();
        key.len() == 33 && key.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '/')
    };
    assert!(stored.iter().all(plain), "keys come from no name: {stored:?}");
}

/// By `filename*`, and with the quotes of browsers.
#[tokio::test]
async fn names_come_in_all_forms_in_which_clients_write_them() {
    let (_service, aziz, _, id) = two().await;
    for (disposition, name) in [
        ("filename=\"plain.txt\"", "plain.txt"),
        ("filename=plain.txt", "plain.txt"),
        ("filename=\"x.txt\"; filename*=UTF-8''%D0%BC%D0%B8%D1%80.txt", "мир.txt"),
        ("filename=\"say %22salom%22.txt\"", "say \"salom\".txt"),
        ("filename=\"say \\\"salom\\\".txt\"", "say \"salom\".txt"),
    ] {
        let body = format!(
            "{}{id}\r\n{}text\r\n--{BOUNDARY}--\r\n",
            part("name=\"conversation\""),
            part(&format!("name=\"attachment_files\"; {disposition}"))
        );
        let mut form = Handwritten::begin(&aziz, body.len()).await;
        form.write(body).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 201, "{disposition}: {text}");
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message["attachments"][0]["file_name"], name, "{disposition}");
    }
}

#[tokio::test]
async fn what_is_too_much_is_413_with_the_limit_and_leaves_nothing() {
    let (service, aziz, _, id) = two_with(&[
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
async fn a_request_that_says_that_it_is_too_large_is_refused_at_once() {
    let (_service, aziz, _, id) = two().await;
    let mut form = Handwritten::begin(&aziz, 300_000_000).await;
    form.write(format!("{}{id}", part("name=\"conversation\""))).await;
    let (status, text) = form.answer().await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("\"limit\":52428800"), "{text}");
}

#[tokio::test]
async fn too_many_pixels_are_refused_by_the_header_alone() {
    let (service, aziz, _, id) = two().await;
    // The header of a PNG of 10,000 × 10,000 with nothing behind it.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0]);
    png.extend_from_slice(&0x0a8c_5aa4_u32.to_be_bytes());
    let body = aziz
        .upload(id, &[Upload::new("vast.png", png)])
        .await
        .refused(413, "image_too_large");
    assert_eq!(body["details"]["limit"], 50_000_000);
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn what_is_not_what_it_is_called_is_415_and_leaves_nothing() {
    let (service, aziz, _, id) = two().await;
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
async fn a_broken_picture_is_kept_as_a_file() {
    let (_service, aziz, _, id) = two().await;
    let mut broken = Upload::fixture("plain.jpg");
    broken.bytes.truncate(60);
    let file = aziz.attach(id, &broken).await;
    assert_eq!((&file["file_type"], &file["thumbnail"]), (&json!("image"), &Value::Null), "{file}");
    assert_eq!(fetch(&aziz, &file["file"]).await.len() as u64, file["file_size"]);
}

#[tokio::test]
async fn whoever_may_not_send_is_told_before_the_files_are_taken_in() {
    let (service, aziz, _, id) = two().await;
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
    service.feeder().delete("/api/directory/subscriptions/5/1/").await.expect(204);
    aziz.upload(id, std::slice::from_ref(&stored)).await.refused(403, "not_subscribed");
    // Before the file is here, where the form says first where it goes.
    let mut form = Handwritten::begin(&aziz, 300_000).await;
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
async fn a_form_that_says_nothing_sensible_is_400() {
    let (service, aziz, _, id) = two().await;
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
        // More than the library holds of what it cannot take apart.
        "x".repeat(100_000),
        format!("--{BOUNDARY}\r\nX: {}", "x".repeat(100_000)),
        nothing.repeat(63) + &whole,
    ] {
        let mut form = Handwritten::begin(&aziz, body.len()).await;
        form.write(&body).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 400, "{body:.100?}: {text}");
        assert!(text.contains("\"code\":\"invalid_request\""), "{body:.100?}: {text}");
    }
    let whole = nothing.repeat(62) + &whole;
    let mut form = Handwritten::begin(&aziz, whole.len()).await;
    form.write(whole).await;
    assert_eq!(form.answer().await.0, 201, "the whole one is fine");
    nothing_is_left(&service).await;
}

/// What browsers send for an empty file input; and files under names that mean nothing.
#[tokio::test]
async fn what_is_no_file_of_the_message_is_left_out() {
    let (service, aziz, _, id) = two().await;
    let form = Form::new()
        .text("conversation", id.to_string())
        .text("content", "words only")
        .part(
            "attachment_files",
            Part::bytes(Vec::new())
                .file_name("")
                .mime_str("application/octet-stream")
                .expect("a type"),
        )
        .part("avatar", Upload::text("a.txt", 5_000).part());
    let message = aziz.post_form("messages/", form).await.expect(201);
    assert_eq!(message["attachments"], json!([]));
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn a_repeat_answers_with_the_first_message_and_keeps_no_second_copy() {
    let (service, aziz, dilnoza, id) = two().await;
    let mut watcher = dilnoza.chat(id).await;
    let files = [Upload::text("a.txt", 300_000)];
    let before = |conversation: i64| Form::new().text("client_id", "once").text("conversation", conversation.to_string());
    let named = |conversation: i64| before(conversation).part("attachment_files", files[0].part());
    let first = aziz.post_form("messages/", named(id)).await.expect(201);
    let second = aziz.post_form("messages/", named(id)).await.ok();
    // The name behind the files is noticed only when they are stored.
    let third = aziz.post_form("messages/", form(id, &files).text("client_id", "once")).await.ok();
    for again in [&second, &third] {
        assert_eq!(
            (&again["id"], &again["attachments"][0]["id"]),
            (&first["id"], &first["attachments"][0]["id"])
        );
    }
    aziz.say(id, "next").await;
    let frames = watcher.until("chat_message", |frame| frame["seq"] == 2).await;
    assert_eq!(
        frames.iter().filter(|frame| frame["type"] == "chat_message").count(),
        2,
        "{frames:?}"
    );
    eventually("one object is left", async || {
        (objects_in(&service.objects()).len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn many_repeats_at_the_same_time_are_one_message_with_one_file() {
    let (service, aziz, _, id) = two().await;
    let answers = join_all((0..8).map(async |_| {
        let form = form(id, &[Upload::fixture("plain.jpg")]).text("client_id", "same");
        aziz.post_form("messages/", form).await
    }))
    .await;
    assert_stored_once(&answers);
    eventually("a file and its small picture", async || {
        (objects_in(&service.objects()).len() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn ten_uploads_at_once_do_not_mix() {
    let (service, aziz, _, id) = two().await;
    let uploads: Vec<Upload> = (0..10_usize)
        .map(|number| {
            let mut upload = Upload::text(&format!("{number}.txt"), 2_000_000 + number * 1000);
            upload.bytes[..2].copy_from_slice(format!("{number:02}").as_bytes());
            upload
        })
        .collect();
    let names = join_all(uploads.iter().map(async |upload| {
        let file = service.client(AZIZ).attach(id, upload).await;
        assert!(fetch(&aziz, &file["file"]).await == upload.bytes, "{} differs", upload.name);
        file["file_name"].as_str().expect("a name").to_owned()
    }))
    .await;
    assert_eq!(names, uploads.iter().map(|upload| upload.name.as_str()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_client_that_leaves_midway_leaves_nothing_behind() {
    let (service, aziz, _, id) = two().await;
    let beginning = |name: &str| {
        format!(
            "{}a whole file\r\n{}",
            begun(id, "whole.txt"),
            part(&format!("name=\"attachment_files\"; filename=\"{name}\""))
        )
    };
    for (name, half) in [
        ("half.txt", vec![b'x'; 1_500_000]),
        ("half.png", Upload::fixture("palette.png").bytes[..300].to_vec()),
    ] {
        let mut form = Handwritten::begin(&aziz, 2_000_000).await;
        form.write(beginning(name)).await;
        form.write(half).await;
        eventually("the first file is stored", async || {
            (!objects_in(&service.objects()).is_empty()).then_some(())
        })
        .await;
        drop(form);
        nothing_is_left(&service).await;
    }
    assert!(aziz.contents(&format!("conversation={id}")).await.is_empty());
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
        let mut form = Handwritten::begin_framed(&aziz, framing).await;
        form.write(begun(id, "slow.txt")).await;
        form.write(vec![b'x'; 100_000]).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 408, "{framing}: {text}");
        nothing_is_left(&service).await;
    }
}

#[tokio::test]
async fn nobody_takes_all_places_for_uploads() {
    const MOST: usize = 16;
    let (_service, aziz, dilnoza, id) = two_with(&[("rate.uploads_per_minute", "0")]).await;
    let beginning = begun(id, "a.txt") + &"begun ".repeat(1_000);
    let forms = join_all((0..=MOST).map(async |_| {
        let mut form = Handwritten::begin(&aziz, 300_000).await;
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

/// Forms may have anything in front of their first part.
#[tokio::test]
async fn a_form_that_never_begins_comes_to_an_end() {
    let (service, aziz, _, _) = two_with(&[("limits.file_bytes", "20000"), ("limits.request_bytes", "30000")]).await;
    let mut form = Handwritten::begin_chunked(&aziz).await;
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
async fn a_client_that_only_writes_until_it_is_done_reads_its_refusal() {
    let (service, aziz, _, id) = two().await;
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
        let mut form = Handwritten::begin(client, length).await;
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

#[tokio::test]
async fn uploading_too_often_is_429_with_the_time_to_wait_before_a_byte_is_stored() {
    let (service, aziz, _, id) = two_with(&[("rate.uploads_per_minute", "12")]).await;
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
async fn without_the_object_store_words_go_on_and_files_are_503() {
    let (service, aziz, _, id) = two().await;
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
