//! Going away politely.

use serde_json::json;
use suhbat_tests::{Binary, Service, Socket};

#[tokio::test]
async fn sockets_are_closed_with_1012() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut chat, mut all) = (aziz.chat(id).await, dilnoza.all().await);
    service.stop().await;
    assert_eq!(chat.closed().await.code, 1012);
    assert_eq!(all.closed().await.code, 1012);
}

#[tokio::test]
async fn sigterm_closes_the_sockets_and_exits_with_success() {
    let service = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).serve(&["--demo"]).await;
    let client = service.client();
    let people = client.get("/api/demo/people/").await.ok();
    let token = client.post("/api/demo/login/", json!({ "user_id": people[0]["id"] })).await.ok()["access"]
        .as_str()
        .expect("a token")
        .to_owned();
    let mut socket = Socket::open(&client.with_token(token).socket_url("/ws/")).await;
    socket.expect("ready").await;
    let outcome = service.stop().await;
    assert_eq!(socket.closed().await.code, 1012);
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
}

#[tokio::test]
async fn acknowledged_messages_survive_kill_9() {
    let binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", suhbat_tests::SECRET);
    let service = binary.serve(&["--demo"]).await;
    let people = service.client().get("/api/demo/people/").await.ok();
    let member = people
        .as_array()
        .expect("people")
        .iter()
        .find(|person| person["role"] == "superadmin")
        .expect("a superadmin")
        .clone();
    let login = json!({ "user_id": member["id"] });
    let token = service.client().post("/api/demo/login/", login).await.ok()["access"]
        .as_str()
        .expect("a token")
        .to_owned();
    let client = service.client().with_token(&token);
    let other = people
        .as_array()
        .expect("people")
        .iter()
        .find(|person| person["id"] != member["id"])
        .expect("another")["id"]
        .clone();
    let opened = client
        .post("conversations/get_or_create/", json!({ "target_user_id": other }))
        .await;
    let conversation = opened.json()["id"].as_i64().expect("an id");
    let mut acknowledged = Vec::new();
    for number in 0..20 {
        acknowledged.push(client.say(conversation, &format!("kept {number}")).await["content"].clone());
    }
    let binary = service.kill().await;

    let service = binary.serve(&["--demo"]).await;
    let client = service.client().with_token(&token);
    let kept = client.contents(&format!("conversation={conversation}&page_size=20")).await;
    assert_eq!(kept.iter().map(|content| json!(content)).collect::<Vec<_>>(), acknowledged);
    service.stop().await;
}

/// A request that is under way keeps the stop waiting; a second signal does not wait with it.
#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let service = program().with("server.shutdown_grace_seconds", "300").serve(&[]).await;
    let mut connection = tokio::net::TcpStream::connect(service.base().trim_start_matches("http://"))
        .await
        .expect("a connection");
    let request =
        "POST /api/messaging/conversations/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: 10\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut connection, request.as_bytes())
        .await
        .expect("an open connection");
    service.client().get("/healthz").await.expect(200);
    service.signal("TERM").await;
    service.shown("the service ends").await;
    service.signal("INT").await;
    let outcome = service.ended().await;
    assert_eq!(outcome.status, Some(130), "{outcome:?}");
    assert!(outcome.stderr.contains("a second signal"), "{outcome:?}");
}

fn program() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", suhbat_tests::SECRET)
}
