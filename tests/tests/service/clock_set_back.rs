//! A clock that is set back changes no order, and no stored time is earlier than those stored already.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL, RUSTAM};
use suhbat_tests::{Client, Service};

async fn listed(client: &Client) -> Vec<i64> {
    let page = client.get("conversations/").await.ok();
    let rows = page["results"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

#[tokio::test]
async fn a_new_message_puts_its_conversation_on_top_and_is_not_earlier_than_the_one_before() {
    for restart in [false, true] {
        let mut service = Service::start().await;
        let chat = service.client(AZIZ).open(DILNOZA).await;
        let other = service.client(RUSTAM).open(AZIZ).await;
        let first = service.client(AZIZ).say(chat, "before").await;
        service.clock.advance(60);
        service.client(RUSTAM).say(other, "newer").await;
        assert_eq!(listed(&service.client(AZIZ)).await, [other, chat]);

        service.clock.advance(-7_200);
        if restart {
            service = service.restart().await;
        }
        let second = service.client(DILNOZA).say(chat, "after").await;
        let times = |message: &serde_json::Value| message["created_at"].as_str().expect("a time").to_owned();
        assert!(times(&second) > times(&first), "{first} {second}");
        assert_eq!(listed(&service.client(AZIZ)).await, [chat, other]);
        let third = service.client(MALIKA).open(PAVEL).await;
        let opened = service.client(MALIKA).conversation(third).await;
        assert!(times(&opened) >= times(&second), "{opened}");
        service.stop().await;
    }
}

/// Not only messages count: the newest stored time may be that of a change or a read mark.
#[tokio::test]
async fn changes_and_receipts_are_never_earlier_than_stored_times() {
    let mut service = Service::start().await;
    let chat = service.client(AZIZ).open(DILNOZA).await;
    let message = service.client(AZIZ).say(chat, "salom").await;
    let id = message["id"].as_i64().expect("an id");
    service.clock.advance(300);
    service
        .client(DILNOZA)
        .post(&format!("messages/{id}/mark_as_read/"), serde_json::json!({}))
        .await
        .ok();
    let read = service.client(AZIZ).get(&format!("messages/{id}/")).await.ok()["message_reads"][0]["read_at"].clone();
    service.clock.advance(-7_200);
    for restart in [false, true] {
        if restart {
            service = service.restart().await;
        }
        let content = serde_json::json!({ "content": format!("tuzatildi {restart}") });
        let edited = service.client(AZIZ).patch(&format!("messages/{id}/"), content).await.ok();
        assert!(edited["edited_at"].as_str() >= read.as_str(), "{edited} {read}");
    }
    service.stop().await;
}

/// R8: the clock cannot be turned back to edit for longer.
#[tokio::test]
async fn the_edit_window_stays_closed() {
    let service = Service::start().await;
    let chat = service.client(AZIZ).open(DILNOZA).await;
    let id = service.client(AZIZ).say(chat, "salom").await["id"].as_i64().expect("an id");
    service.clock.advance(601);
    service.client(DILNOZA).say(chat, "keyin").await;
    service.clock.advance(-601);
    service
        .client(AZIZ)
        .patch(&format!("messages/{id}/"), serde_json::json!({ "content": "kech" }))
        .await
        .refused(403, "edit_window_closed");
    service.stop().await;
}

/// Tokens are the platform's, and its clock is right.
#[tokio::test]
async fn tokens_are_judged_by_the_wall_clock() {
    let service = Service::start().await;
    let chat = service.client(AZIZ).open(DILNOZA).await;
    service.client(AZIZ).say(chat, "salom").await;
    service.clock.advance(-7_200);
    // Made now, good for an hour by the wall clock.
    service.client(AZIZ).get("conversations/").await.ok();
    let link = service.client(AZIZ).post("ws_ticket/", serde_json::json!({})).await.ok();
    assert!(link["ticket"].is_string(), "{link}");
    service.stop().await;
}
