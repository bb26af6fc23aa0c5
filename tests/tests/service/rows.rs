//! What people do with the rows of their lists, and who waits for an answer (R20, R21).

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, RUSTAM};
use serde_json::{Value, json};
use suhbat_tests::Service;

const FOREVER: &str = "2255-03-14T16:00:00.000000Z";

fn ids(list: &Value) -> Vec<i64> {
    let rows = list["results"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

#[tokio::test]
async fn a_member_waits_until_an_admin_answers_and_does_not_see_it() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut hers, mut his) = (dilnoza.all().await, aziz.all().await);
    let since = aziz.say(id, "savol").await["created_at"].clone();
    assert_eq!(hers.expect("conversation_updated").await["awaiting_since"], since);
    assert!(his.expect("conversation_updated").await.get("awaiting_since").is_none());
    assert_eq!(dilnoza.conversation(id).await["awaiting_since"], since);
    assert_eq!(aziz.conversation(id).await["awaiting_since"], Value::Null);
    assert_eq!(ids(&dilnoza.get("conversations/?waiting=true").await.ok()), [id]);
    assert_eq!(ids(&aziz.get("conversations/?waiting=true").await.ok()), Vec::<i64>::new());
    assert_eq!(
        dilnoza.get("conversations/counts/").await.ok(),
        json!({ "all": 1, "unread": 1, "waiting": 1, "archived": 0 })
    );
    dilnoza.says(id, "javob").await;
    assert!(hers.expect("conversation_updated").await.get("awaiting_since").is_none());
    assert_eq!(ids(&dilnoza.get("conversations/?waiting=true").await.ok()), Vec::<i64>::new());
}

#[tokio::test]
async fn no_answer_needed_is_for_admins_and_can_be_taken_back() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let since = aziz.say(id, "rahmat").await["created_at"].clone();
    let path = format!("conversations/{id}/answered/");
    aziz.post_empty(&path).await.refused(403, "not_staff");
    dilnoza.post(&path, json!({ "answered": 7 })).await.refused(400, "invalid_request");
    let mut hers = dilnoza.all().await;
    let row = dilnoza.post_empty(&path).await.ok();
    assert_eq!((row["id"].clone(), row["awaiting_since"].clone()), (json!(id), Value::Null));
    assert!(hers.expect("conversation_updated").await.get("awaiting_since").is_none());
    let row = dilnoza.post(&path, json!({ "answered": false })).await.ok();
    assert_eq!(row["awaiting_since"], since);
    assert_eq!(hers.expect("conversation_updated").await["awaiting_since"], since);
}

#[tokio::test]
async fn a_row_is_muted_archived_and_marked_for_its_person_alone_on_all_devices() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut phone, mut his) = (dilnoza.all().await, aziz.all().await);
    let row = dilnoza
        .put(&format!("conversations/{id}/mute/"), json!({ "until": "always" }))
        .await
        .ok();
    assert_eq!(row["muted_until"], FOREVER);
    assert_eq!(phone.expect("conversation_updated").await["muted_until"], FOREVER);
    let row = dilnoza.post_empty(&format!("conversations/{id}/archive/")).await.ok();
    assert!(row["archived_at"].is_string(), "{row}");
    phone.expect("conversation_updated").await;
    let row = dilnoza.post_empty(&format!("conversations/{id}/mark_as_unread/")).await.ok();
    assert_eq!(
        (row["is_marked_unread"].clone(), row["unread_count"].clone()),
        (json!(true), json!(0))
    );
    assert_eq!(phone.expect("conversation_updated").await["is_marked_unread"], true);
    his.settle().await;
    assert_eq!(his.left("conversation_updated"), Vec::<Value>::new());
    let theirs = aziz.conversation(id).await;
    assert_eq!(
        (&theirs["muted_until"], &theirs["archived_at"], &theirs["is_marked_unread"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    // A device that was away learns it with the list, which has everything unless it is asked otherwise.
    let list = dilnoza.get("conversations/").await.ok();
    assert_eq!(
        (ids(&list), list["results"][0]["is_marked_unread"].clone()),
        (vec![id], json!(true))
    );
    assert_eq!(ids(&dilnoza.get("conversations/?archived=false").await.ok()), Vec::<i64>::new());
    assert_eq!(ids(&dilnoza.get("conversations/?archived=true").await.ok()), [id]);
    // Muted, it stays in the archive.
    aziz.says(id, "salom").await;
    assert_eq!(ids(&dilnoza.get("conversations/?archived=true").await.ok()), [id]);
    let past = service.now().plus_seconds(-1).to_string();
    let row = dilnoza
        .put(&format!("conversations/{id}/mute/"), json!({ "until": past }))
        .await
        .ok();
    assert_eq!(row["muted_until"], Value::Null);
    aziz.says(id, "ustoz?").await;
    assert_eq!(ids(&dilnoza.get("conversations/?archived=false").await.ok()), [id]);
    dilnoza.post_empty(&format!("conversations/{id}/mark_as_read/")).await.ok();
    assert_eq!(dilnoza.conversation(id).await["is_marked_unread"], false);
    let row = dilnoza.post_empty(&format!("conversations/{id}/unarchive/")).await.ok();
    assert_eq!(row["archived_at"], Value::Null);
}

#[tokio::test]
async fn rows_of_others_do_not_exist() {
    let (service, _, _, id) = Service::with_conversation().await;
    for stranger in [MALIKA, RUSTAM].map(|user| service.client(user)) {
        for act in ["archive", "unarchive", "mark_as_unread", "answered"] {
            let answer = stranger.post_empty(&format!("conversations/{id}/{act}/")).await;
            answer.refused(404, "conversation_not_found");
        }
        let mute = stranger.put(&format!("conversations/{id}/mute/"), json!({ "until": null })).await;
        mute.refused(404, "conversation_not_found");
    }
    let bad = service
        .client(DILNOZA)
        .put(&format!("conversations/{id}/mute/"), json!({ "until": "soon" }))
        .await;
    assert!(bad.refused(400, "invalid_request")["details"]["fields"]["until"].is_array());
    assert_eq!(service.client(AZIZ).get("conversations/?archived=maybe").await.status, 400);
}
