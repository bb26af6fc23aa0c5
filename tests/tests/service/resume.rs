//! Nothing is lost: `seq`, and `changes/`.

use domain::testing::builders::AZIZ;
use serde_json::{Value, json};
use suhbat_tests::Service;

#[tokio::test]
async fn every_change_takes_the_next_seq_without_gaps() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let first = aziz.say(id, "1").await;
    let second = dilnoza.say(id, "2").await;
    assert_eq!((first["seq"].clone(), second["seq"].clone()), (json!(1), json!(2)));
    assert!(second["id"].as_i64() > first["id"].as_i64(), "ids grow in the same order");
    let first = format!("messages/{}/", first["id"]);
    assert_eq!(aziz.patch(&first, json!({ "content": "1!" })).await.ok()["seq"], 3);
    assert_eq!(dilnoza.post_empty(&format!("{first}pin/")).await.ok()["seq"], 4);
    assert_eq!(dilnoza.post_empty(&format!("{first}unpin/")).await.ok()["seq"], 5);
    aziz.delete(&first).await.expect(204);
    assert_eq!(aziz.conversation(id).await["last_seq"], 6);
    aziz.post("messages/", json!({ "conversation": id, "content": "" }))
        .await
        .refused(400, "empty_message");
    assert_eq!(aziz.say(id, "3").await["seq"], 7);
}

#[tokio::test]
async fn changes_list_each_changed_message_once_in_its_present_state() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (one, two, three) = (
        aziz.says(id, "one").await,
        dilnoza.says(id, "two").await,
        aziz.says(id, "three").await,
    );
    aziz.patch(&format!("messages/{one}/"), json!({ "content": "One" })).await.ok();
    dilnoza.post_empty(&format!("messages/{three}/pin/")).await.ok();
    dilnoza.delete(&format!("messages/{two}/")).await.expect(204);

    let page = aziz.changes(id, 0).await;
    assert_eq!((page["last_seq"].clone(), page["has_more"].clone()), (json!(6), json!(false)));
    let changes = page["changes"].as_array().expect("a list");
    let brief: Vec<Value> = changes.iter().map(|change| json!([change["seq"], change["type"]])).collect();
    assert_eq!(
        brief,
        [
            json!([4, "message_edited"]),
            json!([5, "message_pinned"]),
            json!([6, "message_deleted"])
        ]
    );
    assert_eq!(changes[0]["message"]["content"], "One");
    assert_eq!(changes[1]["message"]["is_pinned"], true);
    assert_eq!(changes[2], json!({ "seq": 6, "type": "message_deleted", "message_id": two }));
    assert_eq!(aziz.changes(id, 5).await["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(aziz.changes(id, 6).await["changes"], json!([]));
    assert_eq!(aziz.changes(id, 1000).await["changes"], json!([]));
}

#[tokio::test]
async fn changes_are_paged_and_ascending() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for number in 1..=7 {
        aziz.say(id, &number.to_string()).await;
    }
    let mut after = 0;
    let mut pages = Vec::new();
    loop {
        let page = aziz.get(&format!("conversations/{id}/changes/?after={after}&limit=3")).await.ok();
        let seqs: Vec<i64> = page["changes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|change| change["seq"].as_i64().expect("a number"))
            .collect();
        after = *seqs.last().expect("not empty");
        pages.push(seqs);
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(pages, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
}

#[tokio::test]
async fn changes_include_the_marks_of_all_participants() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (first, second) = (aziz.says(id, "1").await, aziz.says(id, "2").await);
    dilnoza.contents(&format!("conversation={id}")).await;
    service.clock.advance(1);
    dilnoza.post_empty(&format!("messages/{first}/mark_as_read/")).await.ok();
    let receipts = aziz.changes(id, 2).await["receipts"].clone();
    let hers = receipts
        .as_array()
        .expect("a list")
        .iter()
        .find(|mark| mark["user_id"] == 2)
        .expect("hers")
        .clone();
    assert_eq!(
        hers,
        json!({ "user_id": 2, "delivered_up_to": second, "read_up_to": first, "read_at": "2026-03-21T09:00:01.000001Z" })
    );
}

#[tokio::test]
async fn a_client_that_was_away_catches_up_from_ready_and_misses_nothing() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    aziz.say(id, "1").await;
    let known = socket.expect("chat_message").await["seq"].as_i64().expect("a number");
    socket.close().await;
    let edited = aziz.says(id, "2").await;
    aziz.patch(&format!("messages/{edited}/"), json!({ "content": "2!" })).await.ok();
    aziz.say(id, "3").await;

    let mut socket = suhbat_tests::Socket::open(&dilnoza.socket_url(&format!("/ws/chat/{id}/"))).await;
    assert_eq!(socket.expect("ready").await["last_seq"], 4);
    let page = dilnoza.changes(id, known).await;
    let contents: Vec<&Value> = page["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| &change["message"]["content"])
        .collect();
    assert_eq!(contents, ["2!", "3"]);
    aziz.say(id, "4").await;
    assert_eq!(socket.expect("chat_message").await["seq"], 5);
}

#[tokio::test]
async fn changes_are_rendered_for_the_viewer() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    aziz.post("messages/", json!({ "conversation": id, "content": "x", "client_id": "secret" }))
        .await
        .expect(201);
    let own = aziz.changes(id, 0).await["changes"][0]["message"].clone();
    let theirs = dilnoza.changes(id, 0).await["changes"][0]["message"].clone();
    assert_eq!((own["client_id"].clone(), own["status"].clone()), (json!("secret"), json!("sent")));
    assert_eq!(
        (theirs["client_id"].clone(), theirs["status"].clone()),
        (Value::Null, json!("received"))
    );
}

#[tokio::test]
async fn acknowledged_messages_are_there_after_a_restart() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    aziz.post("messages/", json!({ "conversation": id, "content": "durable", "client_id": "k" }))
        .await
        .expect(201);
    let service = service.restart().await;
    let aziz = service.client(AZIZ);
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["durable"]);
    aziz.post("messages/", json!({ "conversation": id, "content": "durable", "client_id": "k" }))
        .await
        .ok();
    assert_eq!(aziz.say(id, "next").await["seq"], 2);
}
