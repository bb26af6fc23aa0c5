//! Pages, filters and windows.

use domain::testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, PAVEL, RUSTAM, SVETLANA};
use serde_json::{Value, json};
use suhbat_tests::{Client, Service};

fn ids(page: &Value) -> Vec<i64> {
    page["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["id"].as_i64().expect("an id"))
        .collect()
}

/// Dilnoza's conversations with several people, the newest activity last.
async fn busy() -> (Service, Client, Vec<i64>) {
    let service = Service::start().await;
    let dilnoza = service.client(DILNOZA);
    let mut opened = Vec::new();
    for other in [AZIZ, SVETLANA, PAVEL, KAMOL, RUSTAM] {
        service.clock.advance(1);
        opened.push(dilnoza.open(other).await);
    }
    (service, dilnoza, opened)
}

#[tokio::test]
async fn an_item_of_the_conversation_list_has_the_shape_of_the_contract() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    aziz.say(id, "Assalomu alaykum").await;
    let page = dilnoza.get("conversations/").await.ok();
    insta::assert_json_snapshot!(page, @r#"
    {
      "count": 1,
      "next": null,
      "previous": null,
      "results": [
        {
          "archived_at": null,
          "awaiting_since": "2026-03-21T09:00:00.000001Z",
          "confession": {
            "id": 1,
            "name": "Nur jamoasi",
            "slug": "confession-1"
          },
          "created_at": "2026-03-21T09:00:00.000001Z",
          "id": 1,
          "is_marked_unread": false,
          "last_message_at": "2026-03-21T09:00:00.000001Z",
          "last_message_preview": {
            "attachments": null,
            "content": "Assalomu alaykum",
            "created_at": "2026-03-21T09:00:00.000001Z",
            "has_attachments": false,
            "id": 1,
            "sender": "aziz",
            "status": "received"
          },
          "last_seq": 1,
          "muted_until": null,
          "participants": [
            {
              "avatar": null,
              "first_name": "Dilnoza",
              "id": 2,
              "last_name": "Toʻrayeva",
              "role": "admin",
              "username": "dilnoza"
            },
            {
              "avatar": "/media/aziz.jpg",
              "first_name": "Aziz",
              "id": 5,
              "last_name": "Gʻaniyev",
              "role": "user",
              "username": "aziz"
            }
          ],
          "unread_count": 1
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn conversations_come_by_newest_activity() {
    let (service, dilnoza, opened) = busy().await;
    let newest_first: Vec<i64> = opened.iter().rev().copied().collect();
    assert_eq!(
        ids(&dilnoza.get("conversations/").await.ok()),
        newest_first,
        "by created_at while there is no message"
    );
    service.clock.advance(1);
    service.client(AZIZ).say(opened[0], "up").await;
    let mut expected = newest_first.clone();
    expected.rotate_right(1);
    assert_eq!(ids(&dilnoza.get("conversations/").await.ok()), expected);
}

#[tokio::test]
async fn among_equal_activity_the_higher_id_comes_first() {
    let service = Service::start().await;
    let dilnoza = service.client(DILNOZA);
    let (first, second) = (dilnoza.open(AZIZ).await, dilnoza.open(PAVEL).await);
    assert_eq!(ids(&dilnoza.get("conversations/").await.ok()), [second, first]);
}

#[tokio::test]
async fn pages_lead_to_each_other_by_absolute_urls() {
    let (_service, dilnoza, opened) = busy().await;
    let first = dilnoza.get("conversations/?page_size=2").await.ok();
    assert_eq!((first["count"].clone(), first["previous"].clone()), (json!(5), Value::Null));
    let mut seen = ids(&first);
    let mut page = first.clone();
    let mut pages = 1;
    while let Some(next) = page["next"].as_str() {
        assert!(next.starts_with(&dilnoza.base), "{next}");
        let following = dilnoza.get(next).await.ok();
        let back = dilnoza.get(following["previous"].as_str().expect("a way back")).await.ok();
        assert_eq!(ids(&back), ids(&page));
        seen.extend(ids(&following));
        page = following;
        pages += 1;
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, opened.iter().rev().copied().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_past_the_end_is_empty() {
    let (_service, dilnoza, _) = busy().await;
    for query in ["page=4&page_size=2", "page=1000000", "page=99999999999999"] {
        let page = dilnoza.get(&format!("conversations/?{query}")).await.ok();
        assert_eq!(
            (page["count"].clone(), page["results"].clone(), page["next"].clone()),
            (json!(5), json!([]), Value::Null),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_page_has_at_most_a_hundred_rows() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for number in 0..103 {
        aziz.say(id, &number.to_string()).await;
    }
    for query in ["page_size=1000", "limit=1000", "page_size=100"] {
        assert_eq!(aziz.contents(&format!("conversation={id}&{query}")).await.len(), 100, "{query}");
    }
    let changes = aziz.get(&format!("conversations/{id}/changes/?after=0&limit=1000")).await.ok();
    assert_eq!(changes["has_more"], true);
}

#[tokio::test]
async fn invalid_query_parameters_are_named() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let cases = [
        ("conversations/?page=0".to_owned(), "page"),
        ("conversations/?page=x".to_owned(), "page"),
        ("conversations/?page_size=-1".to_owned(), "page_size"),
        ("conversations/?confession=abc".to_owned(), "confession"),
        ("conversations/?unread=perhaps".to_owned(), "unread"),
        ("messages/".to_owned(), "conversation"),
        ("messages/?conversation=".to_owned(), "conversation"),
        ("messages/?conversation=x".to_owned(), "conversation"),
        (format!("messages/?conversation={id}&before=x"), "before"),
        (format!("messages/?conversation={id}&limit=0"), "limit"),
        (format!("conversations/{id}/changes/?after=x"), "after"),
    ];
    for (path, field) in cases {
        let body = aziz.get(&path).await.refused(400, "invalid_request");
        assert!(body["details"]["fields"][field][0].is_string(), "{path}: {body}");
    }
}

#[tokio::test]
async fn conversations_are_filtered_by_confession_unread_and_name() {
    let (service, dilnoza, opened) = busy().await;
    service.client(SVETLANA).say(opened[1], "Здравствуйте").await;
    let list = async |query: &str| ids(&dilnoza.get(&format!("conversations/?{query}")).await.ok());
    assert_eq!(list("confession=1").await, [opened[0]]);
    assert!(list("confession=3").await.is_empty());
    assert_eq!(list("unread=true").await, [opened[1]]);
    assert_eq!(list("unread=false").await.len(), 5);
    assert_eq!(list("q=щУк").await, [opened[2]], "in any case and script");
    assert_eq!(list("q=KAMOL").await, [opened[3]]);
    assert_eq!(list("q=nur jam").await, [opened[0]], "by the confession's name");
    assert_eq!(list("q=Rustam Qodirov").await, [opened[4]], "by both names");
    assert!(list("q=dilnoza").await.is_empty(), "by the names of others only");
    assert!(list("q=%25").await.is_empty(), "a percent sign is a percent sign");
    assert_eq!(list("q=").await.len(), 5);
    let next = dilnoza.get("conversations/?q=a&page_size=1").await.ok()["next"]
        .as_str()
        .expect("more")
        .to_owned();
    assert!(next.contains("q=a"), "filters stay: {next}");
}

#[tokio::test]
async fn the_preview_is_the_newest_message_not_deleted_cut_to_fifty_characters() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let preview = async || dilnoza.get("conversations/").await.ok()["results"][0]["last_message_preview"].clone();
    assert_eq!(preview().await, Value::Null);
    aziz.say(id, &"ў".repeat(50)).await;
    assert_eq!(preview().await["content"], "ў".repeat(50));
    let long = aziz.says(id, &"ў".repeat(51)).await;
    assert_eq!(preview().await["content"], "ў".repeat(50) + "...");
    let last = dilnoza.says(id, "ok").await;
    let shown = preview().await;
    assert_eq!(
        (shown["id"].clone(), shown["sender"].clone(), shown["has_attachments"].clone()),
        (json!(last), json!("dilnoza"), json!(false))
    );
    dilnoza.delete(&format!("messages/{last}/")).await.expect(204);
    assert_eq!(preview().await["id"], long);
    aziz.patch(&format!("messages/{long}/"), json!({ "content": "short" })).await.ok();
    assert_eq!(preview().await["content"], "short");
}

/// A conversation with the messages "1" to "10".
async fn ten() -> (Service, Client, i64, Vec<i64>) {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let mut messages = Vec::new();
    for number in 1..=10 {
        messages.push(aziz.says(id, &number.to_string()).await);
    }
    (service, aziz, id, messages)
}

#[tokio::test]
async fn page_one_of_a_history_is_the_newest_in_ascending_order() {
    let (_service, aziz, id, _) = ten().await;
    let page = async |query: &str| aziz.contents(&format!("conversation={id}{query}")).await;
    assert_eq!(page("").await, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert_eq!(page("&page_size=3").await, ["8", "9", "10"]);
    assert_eq!(page("&page=2&page_size=3").await, ["5", "6", "7"]);
    assert_eq!(page("&page=4&page_size=3").await, ["1"]);
    assert!(page("&page=5&page_size=3").await.is_empty());
    assert_eq!(page("&limit=2").await, ["9", "10"]);
}

#[tokio::test]
async fn a_history_is_read_before_after_and_around_a_message() {
    let (_service, aziz, id, messages) = ten().await;
    let page = async |query: String| aziz.contents(&format!("conversation={id}&{query}")).await;
    assert_eq!(page(format!("before={}&limit=3", messages[5])).await, ["3", "4", "5"]);
    assert_eq!(page(format!("after={}&limit=3", messages[5])).await, ["7", "8", "9"]);
    assert_eq!(page(format!("around={}&limit=5", messages[5])).await, ["4", "5", "6", "7", "8"]);
    assert!(page(format!("before={}", messages[0])).await.is_empty());
    assert!(page(format!("after={}", messages[9])).await.is_empty());
    let missing = aziz.get(&format!("messages/?conversation={id}&around=987654")).await;
    missing.refused(404, "message_not_found");
}

#[tokio::test]
async fn next_leads_through_the_whole_history_by_keyset_even_while_it_grows() {
    let (service, aziz, id, _) = ten().await;
    let mut page = aziz.get(&format!("messages/?conversation={id}&page_size=3")).await.ok();
    assert_eq!(page["count"], 10);
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let contents = page["results"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|message| message["content"].clone());
        seen.splice(0..0, contents);
        service.client(DILNOZA).say(id, "meanwhile").await;
        let Some(next) = page["next"].as_str() else { break };
        assert!(next.starts_with(&aziz.base) && next.contains("before="), "{next}");
        page = aziz.get(next).await.ok();
    }
    assert_eq!(seen, (1..=10).map(|number| json!(number.to_string())).collect::<Vec<_>>());
}

#[tokio::test]
async fn absolute_urls_start_at_the_public_url_where_one_is_set() {
    let (_service, aziz, _, id) = Service::with_conversation_and(&[("server.public_url", "https://chat.example.org/")]).await;
    aziz.say(id, "1").await;
    aziz.say(id, "2").await;
    let next = aziz.get(&format!("messages/?conversation={id}&page_size=1")).await.ok()["next"]
        .as_str()
        .expect("older ones")
        .to_owned();
    assert!(next.starts_with("https://chat.example.org/api/messaging/messages/?"), "{next}");
}

#[tokio::test]
async fn contacts_are_paged() {
    let service = Service::start().await;
    let first = service.client(MALIKA).get("contacts/?page_size=2").await.ok();
    assert_eq!(
        (first["count"].clone(), first["results"].as_array().map(Vec::len)),
        (json!(3), Some(2))
    );
    let second = service.client(MALIKA).get(first["next"].as_str().expect("more")).await.ok();
    assert_eq!(
        (second["results"][0]["confession"]["id"].clone(), second["next"].clone()),
        (json!(3), Value::Null)
    );
}
