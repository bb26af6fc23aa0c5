//! Clients that speak HTTP/1.0, over bare connections: they do not know chunks, and keep a connection only if both peers ask for it.

use std::io::Read as _;

use domain::testing::builders::{AZIZ, DILNOZA};
use flate2::read::GzDecoder;
use serde_json::Value;
use suhbat_tests::{Client, Service, Upload, Wire, WireAnswer};

/// Content that is compressed where that is asked for.
const LONG: usize = 60_000;

struct Scene {
    service: Service,
    aziz: Client,
    conversation: i64,
    /// The path and query of a signed link.
    link: String,
}

impl Scene {
    async fn new() -> Self {
        let service = Service::start().await;
        let aziz = service.client(AZIZ);
        let conversation = aziz.open(DILNOZA).await;
        for _ in 0..LONG / 10_000 {
            aziz.say(conversation, &"many words ".repeat(900)).await;
        }
        let file = aziz.attach(conversation, &Upload::text("a.txt", LONG)).await;
        let link = file["file"].as_str().expect("a link").trim_start_matches(service.base()).to_owned();
        Self {
            service,
            aziz,
            conversation,
            link,
        }
    }

    /// One of each kind of answer that a client can get.
    fn paths(&self) -> Vec<(String, u16)> {
        let history = format!("/api/messaging/messages/?conversation={}", self.conversation);
        vec![
            (history, 200),
            ("/api/messaging/conversations/".to_owned(), 200),
            ("/api/messaging/messages/".to_owned(), 400),
            ("/api/messaging/messages/987654/".to_owned(), 404),
            ("/api/messaging/ws_ticket/".to_owned(), 405),
            (self.link.clone(), 200),
            ("/".to_owned(), 200),
            ("/api/docs/".to_owned(), 200),
            ("/api/docs/swagger-ui-bundle.js".to_owned(), 200),
            ("/api/docs".to_owned(), 307),
            ("/api/schema/".to_owned(), 200),
            ("/healthz".to_owned(), 200),
            ("/metrics".to_owned(), 200),
            ("/nothing".to_owned(), 404),
        ]
    }

    fn request(&self, method: &str, path: &str, headers: &str) -> String {
        let token = self.aziz.token.as_deref().expect("a token");
        format!("{method} {path} HTTP/1.0\r\nAuthorization: Bearer {token}\r\n{headers}\r\n")
    }

    async fn wire(&self) -> Wire {
        Wire::open(self.service.base()).await
    }
}

fn has_no_chunks(answer: &WireAnswer) {
    assert_eq!(answer.header("transfer-encoding"), None, "{}", answer.head);
}

#[tokio::test]
async fn answers_are_plain_have_a_length_and_end_their_connection() {
    let scene = Scene::new().await;
    for (path, status) in scene.paths() {
        // No version can ask for compression by leaving the header out, and none of these allows it.
        for accepts in ["", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n"] {
            let mut wire = scene.wire().await;
            wire.write(scene.request("GET", &path, accepts)).await;
            let answer = wire.answer().await;
            assert_eq!(answer.status(), status, "{path}: {}", answer.text());
            has_no_chunks(&answer);
            assert_eq!(answer.header("content-encoding"), None, "{path} {accepts}");
            assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()), "{path}");
            assert!(wire.has_ended().await, "{path}");
            if answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/json"))
            {
                serde_json::from_slice::<Value>(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}"));
            }
        }
    }
}

#[tokio::test]
async fn compressed_answers_are_valid_and_end_with_their_length_or_connection() {
    let scene = Scene::new().await;
    let mut compressed = 0;
    for (path, status) in scene.paths() {
        for keeps in ["", "Connection: keep-alive\r\n"] {
            let mut plain = scene.wire().await;
            plain.write(scene.request("GET", &path, "")).await;
            let plain = plain.answer().await;
            let mut wire = scene.wire().await;
            wire.write(scene.request("GET", &path, &format!("Accept-Encoding: gzip\r\n{keeps}")))
                .await;
            let answer = wire.answer().await;
            assert_eq!(answer.status(), status, "{path}");
            has_no_chunks(&answer);
            let body = if answer.header("content-encoding") == Some("gzip") {
                compressed += 1;
                let mut body = Vec::new();
                GzDecoder::new(&answer.body[..])
                    .read_to_end(&mut body)
                    .unwrap_or_else(|error| panic!("{path}: {error}"));
                body
            } else {
                answer.body.clone()
            };
            // Errors name their request, and metrics change.
            if status < 400 && path != "/metrics" {
                assert!(body == plain.body, "{path}: {} bytes instead of {}", body.len(), plain.body.len());
            }
            let is_kept = answer
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("keep-alive"));
            assert!(!is_kept || answer.header("content-length").is_some(), "{path}: {}", answer.head);
            if !is_kept {
                assert!(wire.has_ended().await, "{path}");
            }
        }
    }
    assert!(compressed >= 8, "{compressed}");
}

#[tokio::test]
async fn a_connection_that_is_to_be_kept_serves_one_answer_after_the_other() {
    let scene = Scene::new().await;
    let mut wire = scene.wire().await;
    for (path, status) in scene.paths() {
        wire.write(scene.request("GET", &path, "Connection: keep-alive\r\n")).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status(), status, "{path}");
        has_no_chunks(&answer);
        assert_eq!(answer.header("connection"), Some("keep-alive"), "{path}");
        wire.write(scene.request("HEAD", &path, "Connection: keep-alive\r\n")).await;
        let head = wire.answer_to_head().await;
        assert_eq!(head.status(), status, "HEAD {path}");
        if path != "/metrics" {
            assert_eq!(head.header("content-length"), answer.header("content-length"), "HEAD {path}");
        }
    }
    wire.write(scene.request("GET", &scene.link, "Range: bytes=10-19\r\n")).await;
    let part = wire.answer().await;
    assert_eq!((part.status(), part.body.len()), (206, 10));
    assert!(wire.has_ended().await);
}

#[tokio::test]
async fn messages_are_sent_with_a_length() {
    let scene = Scene::new().await;
    let mut wire = scene.wire().await;
    for text in ["one", "two"] {
        let body = format!("{{\"conversation\": {}, \"content\": \"{text}\"}}", scene.conversation);
        let headers = format!(
            "Connection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        wire.write(scene.request("POST", "/api/messaging/messages/", &headers) + &body)
            .await;
        let answer = wire.answer().await;
        assert_eq!(answer.status(), 201, "{}", answer.text());
        has_no_chunks(&answer);
    }
}

/// HTTP/1.1 has chunks, and asks for compression as before.
#[tokio::test]
async fn http_1_1_clients_keep_their_connection_with_any_accepted_encoding() {
    let scene = Scene::new().await;
    let mut wire = scene.wire().await;
    let request = scene.request("GET", "/api/messaging/conversations/", "Host: x\r\n");
    for _ in 0..3 {
        wire.write(request.replace("HTTP/1.0", "HTTP/1.1")).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status(), answer.header("connection")), (200, None));
        assert!(answer.header("content-length").is_some(), "{}", answer.head);
    }
}
