//! Going away politely.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{Binary, Service, Socket};

#[tokio::test]
async fn sockets_are_closed_with_1012() {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let (mut chat, mut all) = (aziz.chat(id).await, dilnoza.all().await);
    service.stop().await;
    assert_eq!(chat.closed().await.code, 1012);
    assert_eq!(all.closed().await.code, 1012);
}

#[tokio::test]
async fn on_sigterm_it_says_goodbye_and_ends_well() {
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
async fn what_was_acknowledged_survives_kill_9() {
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
