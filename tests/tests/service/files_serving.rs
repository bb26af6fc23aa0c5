//! Files on their way out (section 5): links, ranges, headers, and refusals.

use domain::testing::builders::{MALIKA, RUSTAM};
use reqwest::Method;
use serde_json::{Value, json};
use suhbat_tests::{Answer, Binary, Client, Service, Upload};

fn link<'a>(file: &'a Value, name: &str) -> &'a str {
    file[name].as_str().unwrap_or_else(|| panic!("no link: {file}"))
}

async fn with(client: &Client, method: Method, link: &str, headers: &[(&str, &str)]) -> Answer {
    let request = client.request(method, link);
    client
        .run(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

#[tokio::test]
async fn a_file_comes_back_whole_with_the_headers_that_keep_browsers_safe() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let upload = Upload::text("katta.txt", 3_000_000);
    let file = aziz.attach(id, &upload).await;
    let answer = aziz.anonymous().get(link(&file, "file")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.bytes == upload.bytes, "it differs");
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "3000000"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", "attachment; filename=\"katta.txt\""),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(
        answer.header("etag").is_some_and(|tag| tag.starts_with('"') && tag.len() > 10),
        "{answer:?}"
    );
    assert!(answer.header("last-modified").is_some());
    let request = [("Accept-Encoding", "gzip, identity")];
    let answer = with(&aziz.anonymous(), Method::GET, link(&file, "file"), &request).await;
    assert_eq!(
        (answer.header("content-encoding"), answer.header("content-length")),
        (None, Some("3000000"))
    );
}

#[tokio::test]
async fn head_has_the_headers_of_get_without_the_bytes() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::fixture("camera.jpg")).await;
    for name in ["file", "thumbnail"] {
        let whole = aziz.anonymous().get(link(&file, name)).await;
        let head = with(&aziz.anonymous(), Method::HEAD, link(&file, name), &[]).await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        for header in ["content-length", "content-type", "etag", "content-disposition", "accept-ranges"] {
            assert_eq!(head.header(header), whole.header(header), "{header} of the {name}");
        }
        assert_eq!(head.header("content-length"), Some(whole.bytes.len().to_string().as_str()));
    }
}

#[tokio::test]
async fn one_range_is_served_and_several_are_the_whole() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let upload = Upload::text("a.txt", 400_000);
    let file = aziz.attach(id, &upload).await;
    let ask = async |range: &str| with(&aziz.anonymous(), Method::GET, link(&file, "file"), &[("Range", range)]).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 0),
        ("bytes=100000-299999", 100_000, 299_999),
        ("bytes=399990-", 399_990, 399_999),
        ("bytes=-5", 399_995, 399_999),
    ] {
        let answer = ask(range).await;
        assert_eq!(answer.status, 206, "{range}");
        assert!(answer.bytes == upload.bytes[from..=to], "{range}");
        assert_eq!(answer.header("content-range"), Some(format!("bytes {from}-{to}/400000").as_str()));
        assert_eq!(answer.header("content-length"), Some((to - from + 1).to_string().as_str()));
    }
    let beyond = ask("bytes=400000-").await;
    assert_eq!(beyond.header("content-range"), Some("bytes */400000"));
    beyond.refused(416, "range_not_satisfiable");
    for several in ["bytes=0-1,5-6", "lines=1-2"] {
        let answer = ask(several).await;
        assert_eq!((answer.status, answer.bytes.len()), (200, 400_000), "{several}");
    }
}

#[tokio::test]
async fn a_client_that_has_the_file_gets_304() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::fixture("page.pdf")).await;
    let other = aziz.attach(id, &Upload::fixture("page.pdf")).await;
    let ask = async |headers: &[(&str, &str)]| with(&aziz.anonymous(), Method::GET, link(&file, "file"), headers).await;
    let tag = ask(&[]).await.header("etag").expect("a tag").to_owned();
    let again = ask(&[("If-None-Match", &tag)]).await;
    assert_eq!(
        (again.status, again.bytes.len(), again.header("etag")),
        (304, 0, Some(tag.as_str()))
    );
    assert_eq!(ask(&[("If-None-Match", "\"other\"")]).await.status, 200);
    let range = ("Range", "bytes=0-9");
    assert_eq!(ask(&[range, ("If-Range", &tag)]).await.status, 206);
    assert_eq!(ask(&[range, ("If-Range", "\"other\"")]).await.status, 200);
    let tag_of_other = with(&aziz.anonymous(), Method::HEAD, link(&other, "file"), &[]).await;
    assert_ne!(tag_of_other.header("etag"), Some(tag.as_str()));
    let small = with(&aziz, Method::GET, &link(&file, "file").replace("/?", "/thumbnail/?"), &[]).await;
    small.refused(404, "attachment_not_found");
}

#[tokio::test]
async fn browsers_show_images_audio_video_and_pdf_and_download_the_rest() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for (name, shown) in [
        ("plain.jpg", "inline"),
        ("moving.gif", "inline"),
        ("video.mp4", "inline"),
        ("voice.ogg", "inline"),
        ("page.pdf", "inline"),
        ("letter.docx", "attachment"),
        ("notes.zip", "attachment"),
    ] {
        let file = aziz.attach(id, &Upload::fixture(name)).await;
        let answer = with(&aziz.anonymous(), Method::HEAD, link(&file, "file"), &[]).await;
        let disposition = answer.header("content-disposition").unwrap_or_default();
        assert!(disposition.starts_with(&format!("{shown};")), "{name}: {disposition}");
        assert_eq!(answer.header("content-type"), file["mime_type"].as_str());
    }
}

#[tokio::test]
async fn names_of_every_script_go_out_as_rfc_6266_wants_them() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for (name, expected) in [
        ("a b.txt", "attachment; filename=\"a b.txt\""),
        (
            "мир.txt",
            "attachment; filename=\"___.txt\"; filename*=UTF-8''%D0%BC%D0%B8%D1%80.txt",
        ),
        ("Oʻz.txt", "attachment; filename=\"O_z.txt\"; filename*=UTF-8''O%CA%BBz.txt"),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
        ("🕊.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%F0%9F%95%8A.txt"),
    ] {
        let file = aziz.attach(id, &Upload::text("x", 9).named(name)).await;
        let answer = aziz.anonymous().get(link(&file, "file")).await;
        assert_eq!(answer.header("content-disposition"), Some(expected));
    }
}

#[tokio::test]
async fn no_byte_of_a_signature_can_be_changed() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    let nobody = aziz.anonymous();
    for part in ["file", "thumbnail"] {
        let good = link(&file, part);
        assert_eq!(nobody.get(good).await.status, 200);
        let (head, signature) = good.split_once("signature=").expect("a signature");
        for index in 0..signature.len() {
            let mut changed = signature.as_bytes().to_vec();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            let changed = format!("{head}signature={}", String::from_utf8_lossy(&changed));
            nobody.get(&changed).await.refused(404, "attachment_not_found");
        }
        for changed in [
            good.replace("expires=1", "expires=2"),
            good.replace("signature=", "signature=0"),
            format!("{good}0"),
        ] {
            nobody.get(&changed).await.refused(404, "attachment_not_found");
        }
        nobody
            .get(good.split('?').next().unwrap_or_default())
            .await
            .refused(401, "not_authenticated");
    }
    // The link of the thumbnail does not open the file, nor the other way round.
    let query = |part: &str| link(&file, part).split_once('?').expect("a query").1.to_owned();
    let path = |part: &str| link(&file, part).split_once('?').expect("a query").0.to_owned();
    for (of, by) in [("file", "thumbnail"), ("thumbnail", "file")] {
        nobody
            .get(&format!("{}?{}", path(of), query(by)))
            .await
            .refused(404, "attachment_not_found");
    }
}

#[tokio::test]
async fn links_expire_and_are_made_anew() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let message = aziz.upload(id, &[Upload::fixture("plain.jpg")]).await.expect(201);
    let (file, nobody) = (&message["attachments"][0], aziz.anonymous());
    service.clock.advance(3599);
    assert_eq!(nobody.get(link(file, "file")).await.status, 200);
    service.clock.advance(1);
    for part in ["file", "thumbnail"] {
        nobody.get(link(file, part)).await.refused(401, "token_expired");
    }
    assert_eq!(aziz.get(link(file, "file")).await.status, 200, "a participant needs no link");
    let again = aziz.message(message["id"].as_i64().expect("an id")).await;
    assert_eq!(nobody.get(link(&again["attachments"][0], "file")).await.status, 200);

    let (service, aziz, _, id) = Service::with_conversation_and(&[("limits.link_seconds", "60")]).await;
    let file = aziz.attach(id, &Upload::text("a.txt", 9)).await;
    service.clock.advance(60);
    aziz.anonymous().get(link(&file, "file")).await.refused(401, "token_expired");
}

#[tokio::test]
async fn files_of_a_deleted_message_are_gone_at_once() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.upload(id, &[Upload::fixture("plain.jpg")]).await.expect(201);
    let file = &message["attachments"][0];
    aziz.delete(&format!("messages/{}/", message["id"])).await.expect(204);
    for client in [&aziz, &dilnoza, &aziz.anonymous()] {
        for part in ["file", "thumbnail"] {
            client.get(link(file, part)).await.refused(404, "attachment_not_found");
            with(client, Method::GET, link(file, part), &[("If-None-Match", "*")])
                .await
                .refused(404, "attachment_not_found");
        }
    }
    service.clock.advance(7200);
    aziz.anonymous().get(link(file, "file")).await.refused(404, "attachment_not_found");
}

#[tokio::test]
async fn participants_open_files_in_person_and_to_others_there_are_none() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    for path in [
        format!("attachments/{}/", file["id"]),
        format!("attachments/{}/thumbnail/", file["id"]),
        format!("attachments/{}", file["id"]),
    ] {
        for participant in [&aziz, &dilnoza] {
            assert_eq!(participant.get(&path).await.status, 200, "{path}");
        }
        for stranger in [MALIKA, RUSTAM] {
            service.client(stranger).get(&path).await.refused(404, "attachment_not_found");
        }
        aziz.anonymous().get(&path).await.refused(401, "not_authenticated");
        aziz.with_token("nonsense").get(&path).await.refused(401, "token_invalid");
    }
    for path in [
        "attachments/999/",
        "attachments/x/",
        "attachments/-1/",
        "attachments/999/thumbnail/",
    ] {
        aziz.get(path).await.refused(404, "attachment_not_found");
    }
    // History stays readable without following, and so do its files.
    service
        .directory_client()
        .delete("/api/directory/subscriptions/5/1/")
        .await
        .expect(204);
    assert_eq!(aziz.get(&format!("attachments/{}/", file["id"])).await.status, 200);
}

#[tokio::test]
async fn links_in_answers_and_frames_are_absolute() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let file = aziz.attach(id, &Upload::fixture("plain.jpg")).await;
    assert!(
        link(&file, "file").starts_with(&format!("{}/api/messaging/attachments/{}/?", aziz.base, file["id"])),
        "{file}"
    );
    let frame = watcher.expect("chat_message").await;
    let framed = &frame["message"]["attachments"][0];
    assert!(
        link(framed, "thumbnail").starts_with(&format!("{}/api/messaging/attachments/{}/thumbnail/?", aziz.base, file["id"])),
        "{framed}"
    );
    assert_eq!(dilnoza.anonymous().get(link(framed, "thumbnail")).await.status, 200);
    let changed = dilnoza.changes(id, 0).await;
    assert_eq!(changed["changes"][0]["message"]["attachments"][0]["id"], file["id"]);
    assert_eq!(json!(framed["file_size"]), file["file_size"]);
}

#[tokio::test]
async fn the_demo_has_pictures_a_document_and_a_voice_note_that_open() {
    let served = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).serve(&["--demo"]).await;
    let nobody = served.client();
    let mut types = Vec::new();
    for user in [10, 11, 18, 21] {
        let login = nobody.post("/api/demo/login/", json!({ "user_id": user })).await.ok();
        let somebody = nobody.with_token(login["access"].as_str().expect("a token"));
        for conversation in somebody.get("conversations/").await.ok()["results"].as_array().expect("a list") {
            let page = somebody.get(&format!("messages/?conversation={}", conversation["id"])).await.ok();
            for file in page["results"]
                .as_array()
                .expect("a list")
                .iter()
                .flat_map(|message| message["attachments"].as_array().expect("a list"))
            {
                let answer = nobody.get(link(file, "file")).await;
                assert_eq!(
                    (answer.status, Some(answer.bytes.len() as u64)),
                    (200, file["file_size"].as_u64()),
                    "{file}"
                );
                if file["file_type"] == "image" {
                    assert_eq!(nobody.get(link(file, "thumbnail")).await.status, 200, "{file}");
                }
                types.push(file["mime_type"].as_str().expect("a type").to_owned());
            }
        }
    }
    for expected in ["image/png", "application/pdf", "audio/wav"] {
        assert!(types.iter().any(|kind| kind == expected), "{types:?}");
    }
    served.stop().await;
}
