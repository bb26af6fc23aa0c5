//! Opening conversations and looking at them: R1 to R7, R13.

use domain::{
    id::ConfessionId,
    testing::builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NUR, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, someone},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use suhbat_tests::Service;

#[tokio::test]
async fn opening_answers_201_and_then_200_with_the_same_conversation() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let first = aziz
        .post("conversations/get_or_create/", json!({ "target_user_id": 2, "confession_id": 1 }))
        .await
        .expect(201);
    let again = aziz
        .post("conversations/get_or_create/", json!({ "target_user_id": 2, "confession_id": 1 }))
        .await
        .expect(200);
    let listed = aziz
        .post("conversations/", json!({ "participant_ids": [2], "confession": 1 }))
        .await
        .expect(200);
    let unnamed = aziz.post("conversations/", json!({ "participant_ids": [2] })).await.expect(200);
    assert_eq!(first, again);
    assert_eq!(first, listed);
    assert_eq!(first, unnamed);
}

#[tokio::test]
async fn a_conversation_has_the_shape_of_the_contract() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    insta::assert_json_snapshot!(aziz.conversation(id).await, @r#"
    {
      "archived_at": null,
      "awaiting_since": null,
      "can_pin": false,
      "can_send": true,
      "cannot_send_reason": null,
      "confession": {
        "id": 1,
        "name": "Nur jamoasi",
        "slug": "confession-1"
      },
      "created_at": "2026-03-21T09:00:00.000001Z",
      "id": 1,
      "is_marked_unread": false,
      "last_message": null,
      "last_message_at": null,
      "last_seq": 0,
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
      "presence": [
        {
          "last_seen": null,
          "status": "offline",
          "user_id": 2
        }
      ],
      "unread_count": 0,
      "updated_at": "2026-03-21T09:00:00.000001Z"
    }
    "#);
}

#[tokio::test]
async fn a_conversation_shows_its_newest_message_and_unread_count() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    aziz.say(id, "Assalomu alaykum").await;
    service.clock.advance(1);
    aziz.say(id, "Bugun yigʻilish bormi?").await;
    let seen = dilnoza.conversation(id).await;
    assert_eq!(seen["unread_count"], 2);
    assert_eq!(seen["last_seq"], 2);
    assert_eq!(seen["last_message"]["content"], "Bugun yigʻilish bormi?");
    assert_eq!(seen["last_message"]["status"], "received");
    assert_eq!(seen["last_message_at"], "2026-03-21T09:00:01.000001Z");
    assert_eq!(seen["can_pin"], true);
    let own = aziz.conversation(id).await;
    assert_eq!((own["unread_count"].clone(), own["can_pin"].clone()), (json!(0), json!(false)));
}

#[tokio::test]
async fn a_denied_conversation_is_refused_with_the_rule_s_code() {
    let service = Service::start().await;
    let cases = [
        (AZIZ, json!({ "target_user_id": PAVEL.0 }), 403, "not_subscribed"),
        (AZIZ, json!({ "target_user_id": KAMOL.0 }), 403, "not_subscribed"),
        (
            AZIZ,
            json!({ "target_user_id": DILNOZA.0, "confession_id": BAHOR.0 }),
            403,
            "not_subscribed",
        ),
        (
            MALIKA,
            json!({ "target_user_id": PAVEL.0, "confession_id": NUR.0 }),
            403,
            "not_confession_admin",
        ),
        (AZIZ, json!({ "target_user_id": MALIKA.0 }), 403, "not_an_admin"),
        (AZIZ, json!({ "target_user_id": AZIZ.0 }), 403, "cannot_message_self"),
        (RUSTAM, json!({ "target_user_id": RUSTAM.0 }), 403, "cannot_message_self"),
        (AZIZ, json!({ "target_user_id": NOBODY.0 }), 404, "user_not_found"),
        (DILNOZA, json!({ "target_user_id": ZAFAR.0 }), 403, "user_inactive"),
        (
            KAMOL,
            json!({ "target_user_id": AZIZ.0, "confession_id": NUR.0 }),
            403,
            "not_confession_admin",
        ),
    ];
    for (actor, body, status, code) in cases {
        service
            .client(actor)
            .post("conversations/get_or_create/", body)
            .await
            .refused(status, code);
    }
    let many: Vec<i64> = (100..150).collect();
    let cases = [
        (AZIZ, json!([DILNOZA.0, PAVEL.0]), "one_admin_at_a_time"),
        (DILNOZA, json!([AZIZ.0, PAVEL.0]), "admins_only"),
        (RUSTAM, json!(many), "too_many_participants"),
    ];
    for (actor, people, code) in cases {
        service
            .client(actor)
            .post("conversations/", json!({ "participant_ids": people }))
            .await
            .refused(400, code);
    }
}

#[tokio::test]
async fn a_member_who_follows_several_confessions_of_the_admin_gets_the_candidates() {
    let service = Service::start().await;
    let malika = service.client(MALIKA);
    let refused = malika
        .post("conversations/get_or_create/", json!({ "target_user_id": DILNOZA.0 }))
        .await
        .refused(400, "confession_required");
    assert_eq!(
        refused["details"]["candidates"],
        json!([
            { "id": 1, "name": "Nur jamoasi", "slug": "confession-1" },
            { "id": 2, "name": "Bahor oʻlkasi", "slug": "confession-2" },
        ])
    );
    let nur = malika
        .post(
            "conversations/get_or_create/",
            json!({ "target_user_id": DILNOZA.0, "confession_id": NUR.0 }),
        )
        .await
        .expect(201);
    let bahor = malika
        .post(
            "conversations/get_or_create/",
            json!({ "target_user_id": DILNOZA.0, "confession_id": BAHOR.0 }),
        )
        .await
        .expect(201);
    assert_ne!(nur["id"], bahor["id"]);
}

#[tokio::test]
async fn an_admin_opens_with_admins_and_a_superadmin_with_anyone() {
    let service = Service::start().await;
    let group = service
        .client(KAMOL)
        .post("conversations/", json!({ "participant_ids": [PAVEL.0, DILNOZA.0, RUSTAM.0] }))
        .await
        .expect(201);
    let ids: Vec<&Value> = group["participants"]
        .as_array()
        .expect("people")
        .iter()
        .map(|person| &person["id"])
        .collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    let same = service
        .client(PAVEL)
        .post(
            "conversations/",
            json!({ "participant_ids": [RUSTAM.0, KAMOL.0, DILNOZA.0, KAMOL.0] }),
        )
        .await
        .expect(200);
    assert_eq!(group["id"], same["id"]);
    let mixed = service
        .client(RUSTAM)
        .post("conversations/", json!({ "participant_ids": [AZIZ.0, SVETLANA.0] }))
        .await
        .expect(201);
    assert_ne!(mixed["id"], group["id"]);
}

#[tokio::test]
async fn an_admin_s_conversation_with_a_member_belongs_to_the_only_confession_they_share() {
    let service = Service::start().await;
    let dilnoza = service.client(DILNOZA);
    let with = async |user: i64| {
        dilnoza
            .post("conversations/get_or_create/", json!({ "target_user_id": user }))
            .await
            .expect(201)
    };
    assert_eq!(with(AZIZ.0).await["confession"]["id"], 1);
    assert_eq!(with(MALIKA.0).await["confession"], Value::Null);
    assert_eq!(with(SVETLANA.0).await["confession"], Value::Null);
}

#[tokio::test]
async fn outreach_of_admins_is_the_operator_s_choice() {
    let own = Service::with(&[("policy.admin_outreach", "own_subscribers")]).await;
    own.client(DILNOZA)
        .post("conversations/get_or_create/", json!({ "target_user_id": AZIZ.0 }))
        .await
        .expect(201);
    own.client(DILNOZA)
        .post("conversations/get_or_create/", json!({ "target_user_id": SVETLANA.0 }))
        .await
        .refused(403, "outreach_not_allowed");

    let reply = Service::with(&[("policy.admin_outreach", "reply_only")]).await;
    let open = json!({ "target_user_id": AZIZ.0, "confession_id": NUR.0 });
    reply
        .client(DILNOZA)
        .post("conversations/get_or_create/", open.clone())
        .await
        .refused(403, "outreach_not_allowed");
    let id = reply.client(AZIZ).open(DILNOZA).await;
    let found = reply.client(DILNOZA).post("conversations/get_or_create/", open).await.expect(200);
    assert_eq!(found["id"], id, "opening one that exists is never outreach");
    reply.client(DILNOZA).say(id, "Ha, marhamat").await;
}

#[tokio::test]
async fn opened_from_both_sides_at_the_same_time_it_is_one_conversation() {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let opened = join_all((0..16).map(async |turn| {
        if turn % 2 == 0 {
            aziz.open(DILNOZA).await
        } else {
            dilnoza.open(AZIZ).await
        }
    }))
    .await;
    assert!(opened.iter().all(|id| *id == opened[0]), "{opened:?}");
    assert_eq!(aziz.get("conversations/").await.ok()["count"], 1);
}

#[tokio::test]
async fn to_a_stranger_a_conversation_that_exists_and_one_that_does_not_are_the_same() {
    let service = Service::start().await;
    let id = service.client(AZIZ).open(DILNOZA).await;
    for stranger in [MALIKA, PAVEL, RUSTAM] {
        let stranger = service.client(stranger);
        for path in ["", "changes/?after=0"] {
            let mut here = stranger
                .get(&format!("conversations/{id}/{path}"))
                .await
                .refused(404, "conversation_not_found");
            let mut nowhere = stranger
                .get(&format!("conversations/987654/{path}"))
                .await
                .refused(404, "conversation_not_found");
            here["details"]["request_id"].take();
            nowhere["details"]["request_id"].take();
            assert_eq!(here, nowhere);
        }
        stranger
            .post_empty(&format!("conversations/{id}/mark_as_read/"))
            .await
            .refused(404, "conversation_not_found");
        stranger
            .get(&format!("messages/?conversation={id}"))
            .await
            .refused(404, "conversation_not_found");
        stranger
            .post("messages/", json!({ "conversation": id, "content": "hi" }))
            .await
            .refused(404, "conversation_not_found");
    }
}

#[tokio::test]
async fn unfollowing_forbids_sending_at_once_and_following_allows_it_again() {
    let service = Service::start().await;
    let (aziz, platform) = (service.client(AZIZ), service.directory_client());
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "before").await;

    platform.delete("/api/directory/subscriptions/5/1/").await.expect(204);
    aziz.post("messages/", json!({ "conversation": id, "content": "after" }))
        .await
        .refused(403, "not_subscribed");
    let closed = aziz.conversation(id).await;
    assert_eq!(
        (closed["can_send"].clone(), closed["cannot_send_reason"].clone()),
        (json!(false), json!("not_subscribed"))
    );
    assert_eq!(
        aziz.contents(&format!("conversation={id}")).await,
        ["before"],
        "history stays readable"
    );
    service.client(DILNOZA).say(id, "the admin still answers").await;

    platform.put("/api/directory/subscriptions/5/1/", json!({})).await.ok();
    aziz.say(id, "again").await;
    let open = aziz.conversation(id).await;
    assert_eq!(
        (open["can_send"].clone(), open["cannot_send_reason"].clone()),
        (json!(true), Value::Null)
    );
}

#[tokio::test]
async fn a_member_cannot_send_once_the_other_side_administers_the_confession_no_more() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let nur = json!({ "name": "Nur jamoasi", "slug": "confession-1", "admin_id": KAMOL.0 });
    service.directory_client().put("/api/directory/confessions/1/", nur).await.ok();
    aziz.post("messages/", json!({ "conversation": id, "content": "hi" }))
        .await
        .refused(403, "not_confession_admin");
    assert_eq!(aziz.conversation(id).await["cannot_send_reason"], "not_confession_admin");
    assert_eq!(service.client(DILNOZA).conversation(id).await["can_pin"], false);
}

#[tokio::test]
async fn a_member_answers_an_outreach_without_following() {
    let service = Service::start().await;
    let (dilnoza, svetlana) = (service.client(DILNOZA), service.client(SVETLANA));
    let id = dilnoza.open(SVETLANA).await;
    svetlana.say(id, "Здравствуйте").await;
    assert_eq!(svetlana.conversation(id).await["can_send"], true);
}

#[tokio::test]
async fn unread_counts_are_those_of_messages_of_others_neither_read_nor_deleted() {
    let service = Service::start().await;
    let (aziz, malika, dilnoza) = (service.client(AZIZ), service.client(MALIKA), service.client(DILNOZA));
    let first = aziz.open(DILNOZA).await;
    let second = malika
        .post("conversations/", json!({ "participant_ids": [2], "confession": 1 }))
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    for text in ["one", "two", "three"] {
        aziz.say(first, text).await;
    }
    let withdrawn = malika.says(second, "four").await;
    dilnoza.say(first, "my own").await;
    let total = async || dilnoza.get("conversations/unread_count/").await.ok();
    assert_eq!(total().await, json!({ "unread_count": 4 }));
    malika.delete(&format!("messages/{withdrawn}/")).await.expect(204);
    assert_eq!(total().await, json!({ "unread_count": 3 }));
    let read = dilnoza.post_empty(&format!("conversations/{first}/mark_as_read/")).await.ok();
    assert_eq!(read, json!({ "status": "Messages marked as read", "unread_count": 0 }));
    assert_eq!(total().await, json!({ "unread_count": 0 }));
    assert_eq!(aziz.get("conversations/unread_count/").await.ok(), json!({ "unread_count": 1 }));
}

#[tokio::test]
async fn the_confession_of_a_conversation_is_named_whole() {
    let service = Service::start().await;
    let opened = service
        .client(MALIKA)
        .post("conversations/", json!({ "participant_ids": [PAVEL.0] }))
        .await
        .expect(201);
    assert_eq!(
        opened["confession"],
        json!({ "id": SVET.0, "name": "Община «Свет»", "slug": "confession-3" })
    );
}

#[tokio::test]
async fn me_has_the_own_account_and_the_confessions_administered_and_followed() {
    let service = Service::start().await;
    let confession = |id: ConfessionId, name: &str| json!({ "id": id.0, "name": name, "slug": format!("confession-{id}") });
    let (nur, bahor, svet) = (
        confession(NUR, "Nur jamoasi"),
        confession(BAHOR, "Bahor oʻlkasi"),
        confession(SVET, "Община «Свет»"),
    );
    service
        .directory_client()
        .put("/api/directory/subscriptions/2/3/", json!({}))
        .await
        .ok();
    let table = [
        (DILNOZA, json!([nur, bahor]), json!([svet])),
        (MALIKA, json!([]), json!([nur, bahor, svet])),
        (SVETLANA, json!([]), json!([])),
        (RUSTAM, json!([]), json!([])),
    ];
    for (id, administers, follows) in table {
        let me = service.client(id).get("me/").await.ok();
        let person = someone(id);
        let user = json!({
            "id": id.0, "username": person.username, "first_name": person.first_name, "last_name": person.last_name,
            "role": person.role.as_str(), "avatar": person.avatar,
        });
        assert_eq!(me, json!({ "user": user, "administers": administers, "follows": follows }));
    }
    service.client(ZAFAR).get("me/").await.refused(401, "token_invalid");
    service.client(NOBODY).get("me/").await.refused(401, "token_invalid");
    service.client(AZIZ).anonymous().get("me/").await.refused(401, "not_authenticated");
    service
        .directory_client()
        .delete("/api/directory/subscriptions/5/1/")
        .await
        .expect(204);
    assert_eq!(service.client(AZIZ).get("me/").await.ok()["follows"], json!([]));
    service.client(AZIZ).post_empty("me/").await.refused(405, "method_not_allowed");
}
