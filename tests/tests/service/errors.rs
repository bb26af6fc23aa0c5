//! Every refused request is answered with a sentence and a code, and none with 500.

use domain::testing::builders::{AZIZ, DILNOZA};
use reqwest::Method;
use serde_json::{Value, json};
use suhbat_tests::{Service, Upload};

#[tokio::test]
async fn malformed_json_is_reported_as_such() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    for body in [
        "",
        "{",
        "{\"conversation\": 1,}",
        "conversation=1",
        "\u{feff}",
        "[1, 2",
        "{\"content\": \"\\ud800\"}",
    ] {
        aziz.post_raw("messages/", body).await.refused(400, "invalid_json");
    }
    aziz.post_raw("messages/", b"{\"content\": \"\xff\xfe\"}".to_vec())
        .await
        .refused(400, "invalid_json");
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let cases = [
        ("messages/", json!({}), vec!["conversation"]),
        (
            "messages/",
            json!({ "conversation": "x", "content": 5, "reply_to": [], "client_id": 7 }),
            vec!["conversation", "content", "reply_to", "client_id"],
        ),
        ("messages/", json!({ "conversation": 1.5, "content": "x" }), vec!["conversation"]),
        (
            "messages/",
            json!({ "conversation": 1, "content": "x", "client_id": "x".repeat(65) }),
            vec!["client_id"],
        ),
        ("conversations/", json!({}), vec!["participant_ids"]),
        ("conversations/", json!({ "participant_ids": [] }), vec!["participant_ids"]),
        (
            "conversations/",
            json!({ "participant_ids": "2", "confession": {} }),
            vec!["participant_ids", "confession"],
        ),
        ("conversations/", json!({ "participant_ids": [2, "x"] }), vec!["participant_ids"]),
        (
            "conversations/get_or_create/",
            json!({ "target_user_id": null }),
            vec!["target_user_id"],
        ),
        (
            "conversations/get_or_create/",
            json!({ "target_user_id": true }),
            vec!["target_user_id"],
        ),
    ];
    for (path, body, fields) in cases {
        let refused = aziz.post(path, body.clone()).await.refused(400, "invalid_request");
        for field in fields {
            let reasons = &refused["details"]["fields"][field];
            assert!(reasons[0].is_string(), "{body}: {field}: {refused}");
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let body = json!({ "target_user_id": 2, "colour": "blue", "nested": { "a": [1] } });
    aziz.post("conversations/get_or_create/", body).await.expect(201);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    for path in [
        "/api/nothing/",
        "/api/messaging/nothing/",
        "/api/messaging/conversations/1/nothing/",
        "/api/messaging/messages/x/y/z/",
    ] {
        let answer = aziz.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.json()["code"].is_string() && answer.json()["error"].is_string(),
            "{path}: {}",
            answer.text
        );
    }
    for (method, path) in [
        (Method::PUT, "conversations/"),
        (Method::DELETE, "conversations/1/"),
        (Method::GET, "messages/1/pin/"),
        (Method::POST, "config/"),
        (Method::GET, "ws_ticket/"),
        (Method::PATCH, "/healthz"),
    ] {
        let answer = aziz.run(aziz.request(method.clone(), path)).await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
        assert_eq!(answer.json()["code"], "method_not_allowed", "{method} {path}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_id_finds_nothing() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    for id in [
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
        "1e3",
        "%00",
        "x",
        "1.0",
        "%F0%9F%95%8A",
    ] {
        for path in ["conversations", "messages"] {
            let answer = aziz.get(&format!("{path}/{id}/")).await;
            assert!(matches!(answer.status, 400 | 404), "{path}/{id}: {} {}", answer.status, answer.text);
            assert!(answer.json()["code"].is_string(), "{path}/{id}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_too_big_is_413() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let body = json!({ "conversation": 1, "content": "x".repeat(2_000_000) });
    aziz.post("messages/", body).await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn nesting_without_end_is_refused_and_not_a_crash() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let deep = format!("{{\"conversation\": {}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let answer = aziz.post_raw("messages/", deep).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    service.client(DILNOZA).get("conversations/").await.ok();
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let given = |id: &'static str| aziz.request(Method::GET, "conversations/").header("x-request-id", id);
    assert_eq!(
        aziz.run(given("order-66.a_b:c")).await.header("x-request-id"),
        Some("order-66.a_b:c")
    );
    for bad in ["two words", "<script>", &"x".repeat(500)] {
        let answer = aziz
            .run(aziz.request(Method::GET, "conversations/").header("x-request-id", bad))
            .await;
        let own = answer.header("x-request-id").expect("an id");
        assert!(own != bad && own.len() <= 128, "{own}");
    }
    for path in ["/healthz", "/metrics", "/api/schema/", "/nowhere", "messages/"] {
        assert!(aziz.get(path).await.header("x-request-id").is_some(), "{path}");
    }
    let refused = aziz
        .run(aziz.request(Method::GET, "messages/").header("x-request-id", "mine"))
        .await
        .refused(400, "invalid_request");
    assert_eq!(refused["details"]["request_id"], "mine");
}

#[tokio::test]
async fn errors_reveal_no_internals() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let values = [
        json!(null),
        json!(-1),
        json!(i64::MAX),
        json!(1e300),
        json!("' OR 1=1 --"),
        json!("\u{0}"),
        json!([[]]),
        json!({ "a": 1 }),
        json!("🕊".repeat(300)),
    ];
    let fields = [
        "conversation",
        "content",
        "reply_to",
        "client_id",
        "participant_ids",
        "confession",
        "target_user_id",
        "confession_id",
    ];
    for path in ["messages/", "conversations/", "conversations/get_or_create/"] {
        for field in fields {
            for value in &values {
                let mut body = json!({ "conversation": 1, "content": "x", "participant_ids": [2], "target_user_id": 2 });
                body[field] = value.clone();
                let answer = aziz.post(path, body.clone()).await;
                assert!(answer.status < 500, "{path} {body}: {} {}", answer.status, answer.text);
                leaks_nothing(&answer.text);
            }
        }
    }
    for query in [
        "page",
        "page_size",
        "confession",
        "unread",
        "q",
        "conversation",
        "before",
        "after",
        "around",
        "limit",
        "pinned",
        "include_deleted",
    ] {
        for value in ["%00", "-1", "9223372036854775808", "'", "%ff", "%F0%9F%95%8A", "1e9", "a%5B%5D"] {
            for path in ["conversations/", "messages/", "contacts/"] {
                let answer = aziz.get(&format!("{path}?{query}={value}")).await;
                assert!(answer.status < 500, "{path}?{query}={value}: {}", answer.text);
                leaks_nothing(&answer.text);
            }
        }
    }
}

fn leaks_nothing(text: &str) {
    let lower = text.to_lowercase();
    for inside in [
        "panicked",
        "sqlite",
        "select ",
        "insert ",
        "/src/",
        ".rs:",
        "rusqlite",
        "postgres",
        "diesel",
        "constraint",
        "backtrace",
    ] {
        assert!(!lower.contains(inside), "{inside}: {text}");
    }
}

#[tokio::test]
async fn healthz_readyz_and_metrics_answer() {
    let service = Service::start().await;
    let anyone = service.client(AZIZ).anonymous();
    assert_eq!(anyone.get("/healthz").await.status, 200);
    let ready = anyone.get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    for path in ["/healthz", "/readyz/"] {
        assert_eq!(anyone.run(anyone.request(Method::HEAD, path)).await.status, 200, "{path}");
    }
    let metrics = anyone.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text.contains("# TYPE"), "{}", metrics.text);
    let docs = anyone.get("/api/docs/").await;
    assert!(
        docs.status == 200 && docs.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{docs:?}"
    );
}

#[tokio::test]
async fn times_are_rfc_3339_in_utc_with_microseconds() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.say(id, "now").await;
    let mut found = 0;
    visit(&aziz.conversation(id).await, &mut |name, value| {
        if let (true, Some(text)) = (name.ends_with("_at") || name.ends_with("_deadline"), value.as_str()) {
            assert_eq!(
                (text.len(), &text[10..11], &text[19..20], &text[26..]),
                (27, "T", ".", "Z"),
                "{name}: {text}"
            );
            found += 1;
        }
    });
    assert!(found >= 6, "{found}");
}

fn visit(value: &Value, seen: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| {
            seen(name, value);
            visit(value, seen);
        }),
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

#[tokio::test]
async fn every_metric_is_described_in_operations_md() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    aziz.say(id, "count me").await;
    socket.expect("chat_message").await;
    socket.settle().await;
    let metrics = aziz.anonymous().get("/metrics").await.text;
    let measured: Vec<&str> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let handbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let handbook = std::fs::read_to_string(handbook).expect("the handbook");
    for name in &measured {
        assert!(handbook.contains(&format!("`{name}")), "{name} is not in docs/operations.md");
    }
    let needed = [
        "suhbat_http_requests_total",
        "suhbat_http_request_seconds",
        "suhbat_sockets_open",
        "suhbat_frames_in_total",
        "suhbat_frames_out_total",
        "suhbat_store_batch_size",
        "suhbat_store_commit_seconds",
        "suhbat_store_queue_depth",
        "suhbat_store_sync_seconds",
        "suhbat_store_wait_seconds",
        "suhbat_events_published_total",
        "suhbat_bus_seconds",
        "suhbat_delivery_seconds",
        "suhbat_use_case_seconds",
    ];
    for name in needed {
        assert!(measured.contains(&name), "{name} is not measured: {measured:?}");
    }
    for sample in [
        "suhbat_use_case_seconds_count{use_case=\"send\",outcome=\"done\"}",
        "suhbat_use_case_seconds_count{use_case=\"open\",outcome=\"done\"}",
        "suhbat_use_case_seconds_count{use_case=\"membership\",outcome=\"done\"}",
        "suhbat_store_wait_seconds_count",
        "suhbat_delivery_seconds_count",
    ] {
        let value = metrics
            .lines()
            .find_map(|line| line.strip_prefix(sample)?.trim().parse::<u64>().ok());
        assert!(value.is_some_and(|count| count > 0), "{sample} counts nothing: {metrics}");
    }
    for private in ["aziz", "count me", "\"5\"", &format!("conversations/{id}")] {
        assert!(!metrics.contains(private), "{private} is in the metrics");
    }
}

#[tokio::test]
async fn made_up_methods_do_not_become_labels() {
    let service = Service::start().await;
    let anybody = service.client(AZIZ).anonymous();
    let url = format!("{}/healthz", service.base());
    for method in ["BREW", "PROPFIND2"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a token");
        reqwest::Client::new().request(method, &url).send().await.expect("an answer");
    }
    let metrics = anybody.get("/metrics").await.text;
    assert!(metrics.contains("method=\"other\"") && !metrics.contains("BREW"), "{metrics}");
}

#[tokio::test]
async fn refusals_by_libraries_have_the_error_shape_of_the_contract() {
    let service = Service::start().await;
    let nobody = service.client(AZIZ).anonymous();
    let preflight = nobody
        .request(Method::OPTIONS, "messages/")
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "POST");
    nobody.run(preflight).await.refused(400, "invalid_request");
    for (method, path, status, code) in [
        (Method::POST, "/", 405, "method_not_allowed"),
        (Method::DELETE, "/new", 405, "method_not_allowed"),
        (Method::POST, "/assets/nothing", 405, "method_not_allowed"),
        (Method::GET, "/api/docs/nothing.js", 404, "not_found"),
    ] {
        nobody.run(nobody.request(method, path)).await.refused(status, code);
    }
}

#[tokio::test]
async fn private_answers_are_not_cached_and_their_type_is_not_guessed() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let message = aziz.says(id, "between us").await;
    let file = aziz.attach(id, &Upload::text("a.txt", 10)).await;
    let link = file["file"].as_str().expect("a link");
    let nobody = aziz.anonymous();
    let protection = |answer: &suhbat_tests::Answer| {
        let header = |name| answer.header(name).unwrap_or_default().to_owned();
        (header("cache-control"), header("x-content-type-options"))
    };
    let (conversation, message) = (format!("conversations/{id}/"), format!("messages/{message}/"));
    for path in [
        "conversations/",
        &conversation,
        &message,
        "me/nothing/",
        "contacts/",
        "config/",
        "/api/demo/people/",
        "/api/nothing",
    ] {
        for client in [&aziz, &nobody] {
            let answer = client.get(path).await;
            assert_eq!(
                protection(&answer),
                ("no-store".to_owned(), "nosniff".to_owned()),
                "{path} {}",
                answer.status
            );
        }
    }
    for answer in [
        aziz.post_empty("ws_ticket/").await,
        aziz.post("messages/", json!({ "conversation": id, "content": "x" })).await,
        aziz.post_raw("messages/", "{").await,
        aziz.delete(&message).await,
        aziz.run(aziz.request(Method::PUT, "conversations/")).await,
    ] {
        assert_eq!(protection(&answer), ("no-store".to_owned(), "nosniff".to_owned()), "{answer:?}");
    }
    assert_eq!(
        protection(&nobody.get(link).await),
        ("private, no-cache".to_owned(), "nosniff".to_owned())
    );
    for path in ["/api/schema/", "/api/ws-schema/", "/api/docs/", "/api/docs/swagger-ui-bundle.js"] {
        assert_eq!(
            protection(&nobody.get(path).await),
            ("no-cache".to_owned(), "nosniff".to_owned()),
            "{path}"
        );
    }
    let docs = nobody.get("/api/docs/").await;
    let policy = docs.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
}

#[tokio::test]
async fn documents_are_sent_compressed_and_unchanged_ones_not_again() {
    let service = Service::start().await;
    let nobody = service.client(AZIZ).anonymous();
    for path in [
        "/api/schema/",
        "/api/schema",
        "/api/ws-schema/",
        "/api/docs/",
        "/api/docs/swagger-ui-bundle.js",
    ] {
        let plain = nobody.get(path).await;
        let tag = plain.header("etag").expect("a tag").to_owned();
        let known = nobody.run(nobody.request(Method::GET, path).header("if-none-match", &tag)).await;
        assert_eq!((known.status, known.bytes.len()), (304, 0), "{path}");
        let compressed = nobody
            .run(nobody.request(Method::GET, path).header("accept-encoding", "gzip"))
            .await;
        assert_eq!(compressed.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(compressed.header("etag"), Some(&*tag));
        assert!(
            compressed.bytes.len() < plain.bytes.len() && plain.header("content-encoding").is_none(),
            "{path}"
        );
    }
    assert_eq!(nobody.get("/api/schema/").await.json()["servers"][0]["url"], "/");
    let public = Service::with(&[("server.public_url", "https://chat.example.org/x/")]).await;
    let schema = public.client(AZIZ).anonymous().get("/api/schema/").await;
    assert_eq!(schema.json()["servers"][0]["url"], "https://chat.example.org/x");
}
