//! `HEAD` answers wherever `GET` does, and a 405 names the allowed methods.

use std::collections::BTreeSet;

use domain::testing::builders::AZIZ;
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use suhbat_tests::{Answer, Client, Service, Upload};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// Paths that answer GET and are missing from the OpenAPI document on purpose.
const UNDESCRIBED: [&str; 9] = [
    "/",
    "/new",
    "/c/7",
    "/to/7",
    "/assets/index.js",
    "/favicon.svg",
    "/api/docs/",
    "/ws/",
    "/ws/chat/1/",
];

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    client.run(client.request(method, path)).await
}

/// The headers that are the same for the same question.
fn lasting(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// The paths of the document, as they can be asked for, with their methods.
async fn described(client: &Client, ids: &[(&str, String)]) -> Vec<(String, BTreeSet<&'static str>)> {
    let document = client.get("/api/schema/").await.ok();
    let paths = document["paths"].as_object().expect("paths");
    let real = |path: &String| {
        ids.iter()
            .fold(path.clone(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    };
    paths.iter().map(|(path, item)| (real(path), methods(item))).collect()
}

fn methods(item: &Value) -> BTreeSet<&'static str> {
    let mut methods: BTreeSet<_> = METHODS
        .into_iter()
        .filter(|method| item.get(method.to_lowercase()).is_some())
        .collect();
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    methods
}

fn ids() -> Vec<(&'static str, String)> {
    [("id", "1"), ("user_id", "5"), ("confession_id", "1")]
        .map(|(name, id)| (name, id.to_owned()))
        .to_vec()
}

#[tokio::test]
async fn head_has_the_status_and_the_headers_of_get_and_no_body() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.attach(id, &Upload::fixture("camera.jpg")).await;
    let described = described(&aziz, &ids()).await;
    let readable = described
        .into_iter()
        .filter(|(_, methods)| methods.contains("GET"))
        .map(|(path, _)| path);
    let history = format!("/api/messaging/messages/?conversation={id}");
    let wrong = [
        "/api/messaging/conversations/?page=x",
        "/api/messaging/messages/99/",
        "/api/nothing/",
        "/nothing",
    ];
    let more = [history.as_str(), "/api/docs", "/healthz/"]
        .into_iter()
        .chain(UNDESCRIBED)
        .chain(wrong)
        .map(str::to_owned);
    let mut asked = 0;
    for path in readable.chain(more) {
        for client in [&aziz, &aziz.anonymous()] {
            let (get, head) = (ask(client, "GET", &path).await, ask(client, "HEAD", &path).await);
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.bytes.is_empty(), "{path}");
            // The metrics grow between the two requests.
            if path != "/metrics" {
                assert_eq!(lasting(&head.headers), lasting(&get.headers), "{path}");
            }
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}

#[tokio::test]
async fn head_has_the_headers_of_get_with_compression_and_ranges_too() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let file = aziz.attach(id, &Upload::text("a.txt", 5_000)).await;
    let link = file["file"].as_str().expect("a link");
    let with = async |method: Method, path: &str, name: &str, value: &str| aziz.run(aziz.request(method, path).header(name, value)).await;
    for path in ["conversations/", "/api/schema/", "/", link] {
        let get = with(Method::GET, path, "accept-encoding", "gzip").await;
        let head = with(Method::HEAD, path, "accept-encoding", "gzip").await;
        assert_eq!(lasting(&head.headers), lasting(&get.headers), "{path}");
    }
    // RFC 9110, 14.2: ranges are of GET alone.
    for range in ["bytes=0-9", "bytes=9000-"] {
        let head = with(Method::HEAD, link, "range", range).await;
        assert_eq!((head.status, head.header("content-length")), (200, Some("5000")), "{range}");
    }
    let tag = ask(&aziz, "HEAD", link).await.header("etag").expect("a tag").to_owned();
    assert_eq!(with(Method::HEAD, link, "if-none-match", &tag).await.status, 304);
}

#[tokio::test]
async fn head_marks_no_message_as_delivered() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "is it there?").await;
    let (history, changes, one) = (
        format!("messages/?conversation={id}"),
        format!("conversations/{id}/changes/?after=0"),
        format!("messages/{message}/"),
    );
    for path in [&history, &changes, &one] {
        assert_eq!(ask(&dilnoza, "HEAD", path).await.status, 200);
    }
    assert_eq!(aziz.message(message).await["status"], "sent");
    assert_eq!(dilnoza.conversation(id).await["unread_count"], 1);
    dilnoza.get(&history).await.ok();
    assert_eq!(aziz.message(message).await["status"], "delivered");
}

#[tokio::test]
async fn a_405_names_the_allowed_methods() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let read = BTreeSet::from(["GET", "HEAD"]);
    let undescribed = UNDESCRIBED.into_iter().map(|path| (path.to_owned(), read.clone()));
    let docs = ("/api/docs".to_owned(), read.clone());
    let mut refused = 0;
    for (path, allowed) in described(&aziz, &ids()).await.into_iter().chain(undescribed).chain([docs]) {
        for path in [
            path.as_str(),
            path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&path),
        ] {
            for method in METHODS {
                let answer = ask(&aziz, method, path).await;
                if allowed.contains(method) {
                    assert_ne!(answer.status, 405, "{method} {path}");
                    continue;
                }
                assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
                let named: BTreeSet<&str> = answer.header("allow").expect("Allow").split(", ").collect();
                assert_eq!(named, allowed, "{method} {path}");
                if method != "HEAD" {
                    answer.refused(405, "method_not_allowed");
                }
                refused += 1;
            }
        }
    }
    assert!(refused > 200, "{refused}");
}
