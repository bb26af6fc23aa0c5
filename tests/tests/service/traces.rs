//! Traces that go to a collector (`telemetry.otlp_endpoint`), and a collector's failures, which must not reach the service.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::Method;
use serde_json::json;
use suhbat_tests::{Binary, Collector, Served, attribute, eventually};
use tokio::net::TcpListener;

use crate::logs::member;

async fn serve(endpoint: &str) -> Served {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("telemetry.otlp_endpoint", endpoint)
        .with("log.format", "json")
        .serve(&["--demo"])
        .await
}

/// The names of a trace's spans, from the first to the one that matches.
fn way(spans: &[Span], to: impl Fn(&Span) -> bool) -> Option<Vec<String>> {
    let mut span = spans.iter().find(|span| to(span))?;
    let mut names = vec![span.name.clone()];
    while let Some(parent) = spans.iter().find(|parent| parent.span_id == span.parent_span_id) {
        assert_eq!(parent.trace_id, span.trace_id);
        names.insert(0, parent.name.clone());
        span = parent;
    }
    Some(names)
}

fn delivers(span: &Span, message: i64) -> bool {
    span.name == "delivery" && attribute(span, "message.id") == Some(message.to_string())
}

#[tokio::test]
async fn a_trace_spans_the_request_the_use_case_the_commit_and_delivery() {
    let collector = Collector::start().await;
    let service = serve(collector.endpoint()).await;
    let (client, conversation) = member(&service).await;
    let mut socket = client.chat(conversation).await;
    let send = client
        .request(Method::POST, "messages/")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .header("tracestate", "vendor=xyzzy-state")
        .header("x-request-id", "over-rest")
        .json(&json!({ "conversation": conversation, "content": "xyzzy over REST" }));
    let over_rest = client.run(send).await.expect(201)["id"].as_i64().expect("an id");
    socket.expect("chat_message").await;
    socket
        .send(
            "chat_message",
            json!({ "content": "xyzzy over a socket", "request_id": "xyzzy-name" }),
        )
        .await;
    let over_socket = socket.expect("chat_message").await["message"]["id"].as_i64().expect("an id");

    let spans = eventually("both messages are traced", async || {
        let spans = collector.spans();
        // Parents are sent after their children, and perhaps in a later batch.
        let complete = |message| way(&spans, |span| delivers(span, message)).is_some_and(|way| way.len() == 4);
        (complete(over_rest) && complete(over_socket)).then_some(spans)
    })
    .await;
    assert_eq!(
        way(&spans, |span| delivers(span, over_rest)).expect("a trace"),
        ["POST /api/messaging/messages/", "send", "commit", "delivery"]
    );
    assert_eq!(
        way(&spans, |span| delivers(span, over_socket)).expect("a trace"),
        ["chat_message", "send", "commit", "delivery"]
    );
    let request = spans
        .iter()
        .find(|span| attribute(span, "request.id").as_deref() == Some("over-rest"));
    let request = request.expect("the span of the request");
    assert_eq!(request.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!(request.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert_eq!(attribute(request, "http.response.status_code").as_deref(), Some("201"));

    let token = client.token.clone().expect("a token");
    service.stop().await;
    for private in [token.as_str(), "xyzzy", "127.0.0.1:", ".rs", "Bearer"] {
        let head_aside = collector.spans().iter().any(|span| format!("{span:?}").contains(private));
        assert!(!head_aside, "{private} is in a span");
    }
    assert!(!collector.has_heard("xyzzy") && !collector.has_heard(&token));
}

#[tokio::test]
async fn the_last_spans_are_sent_at_the_end() {
    let collector = Collector::start().await;
    let service = serve(collector.endpoint()).await;
    let answer = service.client().get("/readyz").await;
    let id = answer.header("x-request-id").expect("an id").to_owned();
    assert_eq!(service.stop().await.status, Some(0));
    let is_last = |span: &Span| attribute(span, "request.id").as_ref() == Some(&id);
    assert!(collector.spans().iter().any(is_last), "{:?}", collector.spans());
}

#[tokio::test]
async fn an_unreachable_collector_is_logged_once_and_changes_nothing() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let service = serve(&endpoint).await;
    let (client, conversation) = member(&service).await;
    service.shown("traces do not reach the collector").await;
    client.say(conversation, "all the same").await;
    let outcome = service.stop().await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.stderr.matches("traces do not reach the collector").count(),
        1,
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("ExportError"), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_collector_that_never_answers_does_not_delay_the_shutdown() {
    // The system accepts the connections; no process reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let service = serve(&format!("http://{}", silent.local_addr().expect("an address"))).await;
    let (client, conversation) = member(&service).await;
    client.say(conversation, "all the same").await;
    let asked = Instant::now();
    assert_eq!(service.stop().await.status, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}
