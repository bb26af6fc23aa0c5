//! Forms: all fields of all calls, as `application/x-www-form-urlencoded` and `multipart/form-data`.

use std::time::Duration;

use domain::testing::builders::{AZIZ, DILNOZA, NUR, RUSTAM, SVETLANA};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use suhbat_tests::{Answer, BOUNDARY, Client, Service, Upload, Wire, objects_in, part};

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// The same fields as a form of either kind.
async fn both(client: &Client, method: Method, path: &str, pairs: Pairs<'_>) -> [Answer; 2] {
    [
        url_encoded(client, method.clone(), path, pairs).await,
        multipart(client, method, path, pairs).await,
    ]
}

async fn url_encoded(client: &Client, method: Method, path: &str, pairs: Pairs<'_>) -> Answer {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    raw(client, method, path, &format!("{URL_ENCODED}; charset=UTF-8"), body.join("&")).await
}

async fn multipart(client: &Client, method: Method, path: &str, pairs: Pairs<'_>) -> Answer {
    let form = pairs.iter().fold(Form::new(), |form, (name, value)| {
        form.text((*name).to_owned(), (*value).to_owned())
    });
    client.run(client.request(method, path).multipart(form)).await
}

async fn raw(client: &Client, method: Method, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    client
        .run(client.request(method, path).header("content-type", kind).body(body))
        .await
}

#[tokio::test]
async fn conversations_are_opened_by_forms_and_lists_repeat_their_field() {
    let service = Service::start().await;
    let (aziz, rustam) = (service.client(AZIZ), service.client(RUSTAM));
    let target = DILNOZA.to_string();
    let expected = aziz.open(DILNOZA).await;
    for answer in both(&aziz, Method::POST, "conversations/get_or_create/", &[("target_user_id", &target)]).await {
        assert_eq!(answer.ok()["id"], expected);
    }
    let people = [
        ("participant_ids", target.as_str()),
        ("participant_ids", &SVETLANA.to_string()),
        ("confession", ""),
    ];
    let [first, second] = both(&rustam, Method::POST, "conversations/", &people).await;
    let (first, second) = (first.expect(201), second.ok());
    assert_eq!(
        (&first["id"], first["participants"].as_array().map(Vec::len)),
        (&second["id"], Some(3))
    );
    for answer in both(
        &aziz,
        Method::POST,
        "conversations/",
        &[("participant_ids", "x"), ("confession", "y")],
    )
    .await
    {
        let refused = answer.refused(400, "invalid_request");
        let fields = refused["details"]["fields"].as_object().expect("fields");
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["confession", "participant_ids"]);
    }
}

#[tokio::test]
async fn messages_are_sent_and_edited_by_forms() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await.to_string();
    let text = "a & b = ў+🕊 \"100 %\"\r\n";
    // Of a repeated field the last value counts, and unknown ones are ignored.
    let fields = [
        ("conversation", "x"),
        ("colour", "blue"),
        ("conversation", id.as_str()),
        ("content", text),
        ("reply_to", ""),
    ];
    for answer in both(&aziz, Method::POST, "messages/", &fields).await {
        let message = answer.expect(201);
        assert_eq!((&message["content"], &message["attachments"]), (&json!(text), &json!([])));
        let reply = message["id"].to_string();
        let fields = [
            ("conversation", id.as_str()),
            ("content", "reply"),
            ("reply_to", &reply),
            ("client_id", &reply),
        ];
        let replied = url_encoded(&aziz, Method::POST, "messages/", &fields).await.expect(201);
        assert_eq!(replied["reply_to"]["id"], message["id"]);
        let repeated = multipart(&aziz, Method::POST, "messages/", &fields).await.ok();
        assert_eq!(repeated["id"], replied["id"]);
        for edited in both(&aziz, Method::PATCH, &format!("messages/{reply}/"), &[("content", "ў=1&2")]).await {
            assert_eq!(edited.ok()["content"], "ў=1&2");
        }
        for empty in both(&aziz, Method::PATCH, &format!("messages/{reply}/"), &[("content", " ")]).await {
            empty.refused(400, "empty_message");
        }
    }
    for answer in both(&aziz, Method::POST, "messages/", &[("content", "where?"), ("reply_to", "1.5")]).await {
        let refused = answer.refused(400, "invalid_request");
        assert_eq!(
            refused["details"]["fields"],
            json!({"conversation": ["This field is required."], "reply_to": ["Must be an integer."]})
        );
    }
}

#[tokio::test]
async fn the_directory_is_fed_by_forms_and_documents_are_json_alone() {
    let service = Service::start().await;
    let platform = service.directory_client();
    let person = [
        ("username", "zarina"),
        ("first_name", "Зарина"),
        ("last_name", ""),
        ("role", "user"),
        ("avatar", ""),
        ("is_active", "false"),
    ];
    for answer in both(&platform, Method::PUT, "/api/directory/users/777/", &person).await {
        assert_eq!(answer.ok()["first_name"], "Зарина");
    }
    let token = suhbat_tests::Token::access(domain::id::UserId(777), service.now()).mint();
    let zarina = service.client(AZIZ).with_token(token);
    zarina.get("conversations/").await.refused(401, "token_invalid");
    for answer in both(
        &platform,
        Method::PUT,
        "/api/directory/users/777/",
        &[("username", "zarina"), ("is_active", "maybe")],
    )
    .await
    {
        let refused = answer.refused(400, "invalid_request");
        assert!(refused["details"]["fields"]["is_active"].is_array() && refused["details"]["fields"]["role"].is_array());
    }
    let confession = [
        ("id", "55"),
        ("name", "Янги"),
        ("slug", "yangi"),
        ("admin_id", &DILNOZA.to_string()),
    ];
    for answer in both(&platform, Method::PUT, "/api/directory/confessions/55/", &confession).await {
        assert_eq!(answer.ok()["name"], "Янги");
    }
    let path = format!("/api/directory/subscriptions/{AZIZ}/{NUR}/");
    for answer in both(&platform, Method::PUT, &path, &[("anything", "1")]).await {
        answer.ok();
    }
    for answer in both(&platform, Method::POST, "/api/directory/import/", &[("users", "[]")]).await {
        answer.refused(400, "invalid_json");
    }
}

#[tokio::test]
async fn calls_without_fields_take_any_empty_body() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let message = service.client(DILNOZA).says(id, "read me").await;
    for path in [
        format!("conversations/{id}/mark_as_read/"),
        format!("messages/{message}/mark_as_read/"),
        "ws_ticket/".to_owned(),
    ] {
        for kind in [
            "",
            "application/json",
            URL_ENCODED,
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "text/plain",
        ] {
            raw(&aziz, Method::POST, &path, kind, "").await.ok();
        }
        raw(&aziz, Method::POST, &path, "application/json", "{}").await.ok();
        raw(&aziz, Method::POST, &path, "multipart/form-data; boundary=x", "--x--\r\n")
            .await
            .ok();
    }
}

#[tokio::test]
async fn an_empty_form_lacks_the_required_fields() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    for (path, field) in [
        ("messages/", "conversation"),
        ("conversations/", "participant_ids"),
        ("conversations/get_or_create/", "target_user_id"),
    ] {
        for (kind, body) in [
            (URL_ENCODED, ""),
            (URL_ENCODED, "&&="),
            ("multipart/form-data; boundary=x", "--x--\r\n"),
        ] {
            let refused = raw(&aziz, Method::POST, path, kind, body).await.refused(400, "invalid_request");
            assert_eq!(
                refused["details"]["fields"][field],
                json!(["This field is required."]),
                "{path} {kind}"
            );
        }
        for kind in [
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=",
        ] {
            raw(&aziz, Method::POST, path, kind, "").await.refused(400, "invalid_request");
        }
        raw(&aziz, Method::POST, path, "", "").await.refused(400, "invalid_json");
    }
}

#[tokio::test]
async fn a_field_of_a_form_that_is_not_utf_8_is_named() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let form = [
        part("name=\"content\"").as_bytes(),
        b"\xff",
        format!("\r\n--{BOUNDARY}--\r\n").as_bytes(),
    ]
    .concat();
    for path in ["messages/", "conversations/get_or_create/"] {
        for (kind, body) in [
            (URL_ENCODED.to_owned(), b"a=%D1%88&content=%ff".to_vec()),
            (URL_ENCODED.to_owned(), b"content=\xd1+\x88".to_vec()),
            (format!("multipart/form-data; boundary={BOUNDARY}"), form.clone()),
        ] {
            let refused = raw(&aziz, Method::POST, path, &kind, body).await.refused(400, "invalid_request");
            assert_eq!(
                refused["details"]["fields"],
                json!({"content": ["Must be UTF-8."]}),
                "{path} {kind}"
            );
        }
    }
}

#[tokio::test]
async fn forms_are_as_large_as_json_and_take_as_long() {
    let service = Service::tuned(&[], |options| options.patience.stalled = Duration::from_millis(300)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await.to_string();
    let longest = "🕊".repeat(10_000);
    for answer in both(&aziz, Method::POST, "messages/", &[("conversation", &id), ("content", &longest)]).await {
        assert_eq!(answer.expect(201)["content"], longest);
    }
    let too_long = "x".repeat(300 * 1024);
    for path in ["messages/", "conversations/", "conversations/get_or_create/"] {
        for answer in both(&aziz, Method::POST, path, &[("content", &too_long)]).await {
            assert_eq!(answer.refused(413, "payload_too_large")["details"]["limit"], 256 * 1024);
        }
    }
    let token = aziz.token.as_deref().expect("a token");
    for (path, method, kind, begun) in [
        ("conversations/", "POST", URL_ENCODED.to_owned(), "participant_ids=2&".to_owned()),
        ("messages/", "POST", URL_ENCODED.to_owned(), "content=".to_owned()),
        (
            "messages/1/",
            "PATCH",
            format!("multipart/form-data; boundary={BOUNDARY}"),
            part("name=\"content\""),
        ),
        (
            "conversations/",
            "POST",
            format!("multipart/form-data; boundary={BOUNDARY}"),
            "no part yet".to_owned(),
        ),
        ("messages/1/", "PATCH", "application/json".to_owned(), "{".to_owned()),
    ] {
        let mut wire = Wire::open(service.base()).await;
        wire.write(format!(
            "{method} /api/messaging/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n{begun}"
        ))
        .await;
        let answer = wire.answer().await;
        assert_eq!(answer.status(), 408, "{path} {kind}: {}", answer.text());
        assert!(wire.has_ended().await);
    }
}

#[tokio::test]
async fn a_file_for_a_call_that_takes_none_is_named_and_changes_nothing() {
    let service = Service::start().await;
    let (aziz, platform) = (service.client(AZIZ), service.directory_client());
    let id = aziz.open(DILNOZA).await;
    let message = aziz.says(id, "before").await;
    let file = || Form::new().part("photo", Upload::text("a.txt", 10).part());
    let cases = [
        (
            &aziz,
            Method::POST,
            "conversations/get_or_create/".to_owned(),
            file().text("target_user_id", DILNOZA.to_string()),
        ),
        (
            &aziz,
            Method::POST,
            "conversations/".to_owned(),
            file().text("participant_ids", DILNOZA.to_string()),
        ),
        (
            &aziz,
            Method::PATCH,
            format!("messages/{message}/"),
            file().text("content", "after"),
        ),
        (
            &platform,
            Method::PUT,
            "/api/directory/users/5/".to_owned(),
            file().text("username", "aziz").text("role", "user"),
        ),
    ];
    for (client, method, path, form) in cases {
        let refused = client
            .run(client.request(method, &path).multipart(form))
            .await
            .refused(400, "invalid_request");
        assert!(refused["details"]["fields"]["photo"].is_array(), "{path}: {refused}");
    }
    // A text that is sent as a file is one.
    let blob = Form::new().part("content", Part::bytes(b"after".to_vec()).file_name("blob"));
    let answer = aziz
        .run(aziz.request(Method::PATCH, &format!("messages/{message}/")).multipart(blob))
        .await;
    assert!(answer.refused(400, "invalid_request")["details"]["fields"]["content"].is_array());
    // An input of a page in which nothing was chosen is none.
    let unchosen = Form::new()
        .text("content", "after")
        .part("photo", Part::bytes(Vec::new()).file_name(""));
    assert_eq!(aziz.message(message).await["content"], "before");
    aziz.run(aziz.request(Method::PATCH, &format!("messages/{message}/")).multipart(unchosen))
        .await
        .ok();
}

#[tokio::test]
async fn files_of_a_message_come_under_both_names_and_never_under_another() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let form = || Form::new().text("conversation", id.to_string()).text("content", "with files");
    let file = |name: &str| Upload::text(name, 10).part();
    let message = aziz
        .post_form(
            "messages/",
            form()
                .part("attachment_files[]", file("a.txt"))
                .part("attachment_files", file("b.txt"))
                .part("attachment_files[]", file("c.txt")),
        )
        .await
        .expect(201);
    let names: Vec<&Value> = message["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| &file["file_name"])
        .collect();
    assert_eq!(names, ["a.txt", "b.txt", "c.txt"]);
    let stored = objects_in(&service.objects()).len();
    for name in [
        "file",
        "files",
        "attachments",
        "attachment_files[0]",
        "Attachment_files",
        "content",
        "",
    ] {
        for form in [
            form().part(name, file("x.txt")),
            form().part("attachment_files", file("a.txt")).part(name, file("x.txt")),
            form().part(name, Part::bytes(Vec::new()).file_name("empty.txt")),
            form().part(name, Part::bytes(b"x".to_vec()).file_name("")),
        ] {
            let refused = aziz.post_form("messages/", form).await.refused(400, "invalid_request");
            assert!(refused["details"]["fields"][name].is_array(), "{name}: {refused}");
        }
    }
    // Files have no place in other kinds of bodies.
    let fields = [
        ("conversation", id.to_string()),
        ("content", "x".to_owned()),
        ("attachment_files", "a.txt".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    url_encoded(&aziz, Method::POST, "messages/", &fields)
        .await
        .refused(400, "invalid_request");
    let body = json!({ "conversation": id, "content": "x", "attachment_files": ["aGVsbG8="] });
    aziz.post("messages/", body).await.refused(400, "invalid_request");
    for nothing in [json!([]), json!(null), json!("")] {
        let body = json!({ "conversation": id, "content": "x", "attachment_files": nothing });
        aziz.post("messages/", body).await.expect(201);
    }
    suhbat_tests::eventually("nothing is left of what was refused", async || {
        (objects_in(&service.objects()).len() == stored).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_name_of_a_file_in_any_encoding_is_shown_as_well_as_it_can_be_read() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let cases: [(&[u8], &str); 13] = [
        ("filename=\"расм ў.txt\"".as_bytes(), "расм ў.txt"),
        (b"filename=\"\xf4\xee\xf2\xee.txt\"", "фото.txt"),
        (b"filename=\"r\xe9sum\xe9.txt\"", "résumé.txt"),
        (b"filename=\"\xff\xfe\x98\x80.txt\"", "яю\u{402}.txt"),
        (b"filename*=UTF-8''%D1%80%D0%B0%D1%81%D0%BC.txt", "расм.txt"),
        (b"filename=\"plain.txt\"; filename*=iso-8859-1'de'%FCber.txt", "über.txt"),
        (b"filename=\"plain.txt\"; filename*=broken", "plain.txt"),
        (b"filename=\"a \\\"b\\\" c.txt\"", "a \"b\" c.txt"),
        (b"filename=\"C:\\Users\\aziz\\report.txt\"", "report.txt"),
        (b"filename=\"../../etc/passwd.txt\"", "passwd.txt"),
        (b"filename=token.txt", "token.txt"),
        (b"filename=\"\"", "file"),
        (b"x=y", "file"),
    ];
    for (parameter, shown) in cases {
        let body = [
            part("name=\"conversation\"").as_bytes(),
            id.to_string().as_bytes(),
            format!("\r\n--{BOUNDARY}\r\nX-Note: \u{444}\r\nContent-Disposition: form-data; name=\"attachment_files\"; ").as_bytes(),
            parameter,
            b"\r\nContent-Type: text/plain; charset=\"\xd0\"\r\nX-Other: \xff\xfe\r\n\r\nwords of a file",
            format!("\r\n--{BOUNDARY}--\r\n").as_bytes(),
        ]
        .concat();
        let kind = format!("Multipart/Form-Data; boundary=\"{BOUNDARY}\"");
        let message = raw(&aziz, Method::POST, "messages/", &kind, body).await.expect(201);
        assert_eq!(
            message["attachments"][0]["file_name"],
            shown,
            "{}",
            String::from_utf8_lossy(parameter)
        );
    }
}
