//! Readers that fall behind, and connections that end.

use std::time::Duration;

use domain::testing::builders::{AZIZ, DILNOZA};
use realtime::timings::Timings;
use serde_json::{Value, json};
use suhbat_tests::{PATIENCE, Service, Socket, TIMINGS, eventually};

/// Of 30 kB, and few enough characters.
fn long_text() -> String {
    "\u{20ac}".repeat(10_000)
}

/// A service that drops no peer as silent, and closes a reader without progress after this time.
async fn patient(slow: Duration) -> Service {
    let timings = Timings {
        heartbeat: PATIENCE,
        slow,
        ..TIMINGS
    };
    Service::timed(&[], timings).await
}

fn seqs(frames: &[Value]) -> Vec<i64> {
    frames.iter().filter_map(|frame| frame["message"]["seq"].as_i64()).collect()
}

#[tokio::test]
async fn a_burst_waits_for_a_reader_that_was_busy_for_a_moment() {
    let service = patient(PATIENCE).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let mut busy = dilnoza.unread_socket(&format!("/ws/chat/{id}/")).await;
    let text = long_text();
    for _ in 0..50 {
        aziz.say(id, &text).await;
    }
    // `ready`, whether the other is here, and the messages.
    let mut frames = Vec::new();
    while seqs(&frames).len() < 50 {
        frames.extend(busy.read(1).await);
    }
    assert_eq!(seqs(&frames), (1..=50).collect::<Vec<_>>());
    busy.send("ping", json!({})).await;
    while busy.read(1).await[0]["type"] != "pong" {}
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_closed_with_1013_though_little_waits() {
    let service = patient(Duration::from_millis(500)).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let unread_socket = dilnoza.unread_socket(&format!("/ws/chat/{id}/")).await;
    let text = long_text();
    // More than the network takes by itself, and less than may wait.
    for _ in 0..60 {
        aziz.say(id, &text).await;
    }
    // This counter moves for no other test of this process.
    eventually("the reader is given up", async || {
        let metrics = aziz.anonymous().get("/metrics").await.text;
        metrics.contains("suhbat_stalled_writes_total 1").then_some(())
    })
    .await;
    let (frames, closed) = unread_socket.listen().await;
    assert_eq!(closed.code, 1013);
    let seqs = seqs(&frames);
    assert!(seqs.len() < 60, "{seqs:?}");
    assert!(
        seqs.iter().copied().eq(1..=i64::try_from(seqs.len()).expect("few")),
        "no hole before the end: {seqs:?}"
    );
    assert_eq!(
        dilnoza.get(&format!("conversations/{id}/")).await.ok()["last_seq"],
        60,
        "nothing is lost"
    );
}

#[tokio::test]
async fn bytes_sent_right_after_the_handshake_are_read_as_a_frame() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    for number in 1..=30 {
        for path in [format!("/ws/chat/{id}/"), "/ws/".to_owned()] {
            // The handshake is accepted; the socket is not ready yet.
            let mut socket = Socket::open(&dilnoza.socket_url(&path)).await;
            let sent = aziz.says(id, &number.to_string()).await;
            assert_eq!(socket.any().await["type"], "ready");
            socket.expect_that("chat_message", |frame| frame["message"]["id"] == sent).await;
            socket.close().await;
        }
    }
}

#[tokio::test]
async fn a_reader_too_slow_is_closed_with_1013_and_finds_everything_by_changes() {
    let service = patient(PATIENCE).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let unread_socket = dilnoza.unread_socket(&format!("/ws/chat/{id}/")).await;
    let text = "slow ".repeat(1900);
    // The network takes some megabytes by itself; this counter moves for no other test of this process.
    let mut newest = 0;
    while !aziz
        .anonymous()
        .get("/metrics")
        .await
        .text
        .contains("suhbat_outbox_overflows_total")
    {
        let sent = futures_util::future::join_all((0..40).map(|_| aziz.say(id, &text))).await;
        newest = sent.iter().filter_map(|message| message["seq"].as_i64()).max().expect("some");
        assert!(newest < 20_000, "never too slow");
    }
    let (frames, closed) = unread_socket.listen().await;
    assert_eq!(closed.code, 1013);
    let seqs = seqs(&frames);
    assert!(
        seqs.iter().copied().eq(1..=i64::try_from(seqs.len()).expect("few")),
        "no hole before the end: {seqs:?}"
    );
    let mut last = i64::try_from(seqs.len()).expect("few");
    loop {
        let page = dilnoza.changes(id, last).await;
        for change in page["changes"].as_array().expect("a list") {
            last += 1;
            assert_eq!(change["seq"], last);
        }
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(last, newest);
}

#[tokio::test]
async fn a_connection_ends_soon_after_its_close_frame_from_either_side() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let other = aziz.all().await;
    for _ in 0..10 {
        let mut socket = aziz.chat(id).await;
        socket.say_goodbye().await;
        assert_eq!(
            socket.closed().await.code,
            1005,
            "a close frame without a code is answered by another"
        );
        socket.ended().await;
    }
    let mut refused = Socket::open(&aziz.with_token("nonsense").socket_url("/ws/")).await;
    assert_eq!(refused.closed().await.code, 4401);
    refused.ended().await;
    drop((service, other));
}
