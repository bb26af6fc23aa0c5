//! The service on a store made of the domain's fakes: it needs nothing of a database but the ports.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{Service, community};

async fn inhabited() -> Service {
    let service = Service::empty(&[("database.url", "memory:")]).await;
    service.directory_client().post("/api/directory/import/", community()).await.ok();
    service
}

#[tokio::test]
async fn messages_go_over_http_and_websockets_on_a_store_in_memory() {
    let service = inhabited().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.chat(id).await);

    let over_http = aziz.says(id, "over HTTP").await;
    let frame = hers.expect("chat_message").await;
    assert_eq!((&frame["message"]["id"], &frame["seq"]), (&json!(over_http), &json!(1)));

    let ack = hers
        .act("chat_message", json!({ "content": "over a socket", "client_id": "c-1" }))
        .await;
    assert_eq!(ack["seq"], json!(2));
    his.expect_that("chat_message", |frame| frame["message"]["id"] == ack["message_id"])
        .await;

    his.act("read_receipt", json!({ "up_to": ack["message_id"] })).await;
    hers.expect("read_receipt").await;
    assert_eq!(aziz.conversation(id).await["unread_count"], json!(0));
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["over HTTP", "over a socket"]);
    aziz.anonymous().get("/readyz").await.ok();
    service.stop().await;
}

#[tokio::test]
async fn a_store_in_memory_keeps_nothing() {
    let service = inhabited().await;
    service.client(AZIZ).open(DILNOZA).await;
    let service = service.restart().await;
    service.client(AZIZ).get("conversations/").await.refused(401, "token_invalid");
}
