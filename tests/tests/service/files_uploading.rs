//! Files on their way in (section 5): accepted ones, refused ones, and that refused ones leave nothing behind.

mod limits;
mod refusals;

use domain::testing::builders::AZIZ;
use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use suhbat_tests::{BOUNDARY, Client, RawForm, Service, Upload, assert_stored_once, begun, eventually, form, objects_in, part};

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
async fn a_picture_is_sent_with_its_size_and_a_thumbnail() {
    let (service, aziz, _, id) = Service::with_conversation().await;
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
        let (_service, aziz, _, id) = Service::with_conversation_and(&[("objects.strip_metadata", strip)]).await;
        let original = Upload::fixture("camera.jpg");
        assert!(holds(&original.bytes, b"Exif"), "the fixture has metadata");
        let file = aziz.attach(id, &original).await;
        assert_eq!(fetch(&aziz, &file["file"]).await == original.bytes, kept, "strip {strip}");
        assert!(!holds(&fetch(&aziz, &file["thumbnail"]).await, b"Exif"), "never in thumbnails");
    }
}

#[tokio::test]
async fn several_files_keep_their_order_and_text_fields_may_stand_anywhere() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
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
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.upload(id, &[Upload::fixture("page.pdf")]).await.expect(201);
    assert_eq!(message["content"], Value::Null);
    let preview = async || dilnoza.get("conversations/").await.ok()["results"][0]["last_message_preview"].clone();
    let shown = preview().await;
    assert_eq!(
        (&shown["content"], &shown["has_attachments"], &shown["attachments"]),
        (
            &json!("[Attachment]"),
            &json!(true),
            &json!({ "count": 1, "kind": "document", "name": "page.pdf" })
        )
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
async fn file_names_are_kept_in_every_script_and_never_become_paths() {
    let (service, aziz, _, id) = Service::with_conversation().await;
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
    let (_service, aziz, _, id) = Service::with_conversation().await;
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
        let mut form = RawForm::begin(&aziz, body.len()).await;
        form.write(body).await;
        let (status, text) = form.answer().await;
        assert_eq!(status, 201, "{disposition}: {text}");
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message["attachments"][0]["file_name"], name, "{disposition}");
    }
}

#[tokio::test]
async fn a_broken_picture_is_kept_as_a_file() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut broken = Upload::fixture("plain.jpg");
    broken.bytes.truncate(60);
    let file = aziz.attach(id, &broken).await;
    assert_eq!((&file["file_type"], &file["thumbnail"]), (&json!("image"), &Value::Null), "{file}");
    assert_eq!(fetch(&aziz, &file["file"]).await.len() as u64, file["file_size"]);
}

/// Browsers send such a part for an empty file input.
#[tokio::test]
async fn a_file_that_was_not_chosen_is_none() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let nothing = || {
        Part::bytes(Vec::new())
            .file_name("")
            .mime_str("application/octet-stream")
            .expect("a type")
    };
    let form = Form::new()
        .text("conversation", id.to_string())
        .text("content", "words only")
        .part("attachment_files", nothing())
        .part("attachment_files[]", nothing())
        .part("avatar", nothing());
    let message = aziz.post_form("messages/", form).await.expect(201);
    assert_eq!(message["attachments"], json!([]));
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn a_repeat_answers_with_the_first_message_and_keeps_no_second_copy() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
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
    let (service, aziz, _, id) = Service::with_conversation().await;
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
    let (service, aziz, _, id) = Service::with_conversation().await;
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
    let (service, aziz, _, id) = Service::with_conversation().await;
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
        let mut form = RawForm::begin(&aziz, 2_000_000).await;
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
