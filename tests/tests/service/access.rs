//! Changes of the directory reach the open sockets of those whose access to a conversation they change, and no others.

use domain::{
    id::UserId,
    testing::builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NUR, PAVEL, RUSTAM, SVET, SVETLANA, someone},
};
use serde_json::{Value, json};
use suhbat_tests::{Client, Service, Socket};

/// The frame that carries this access.
fn access(conversation: i64, reason: Option<&str>, can_pin: bool) -> Value {
    json!({ "type": "conversation_access", "conversation": conversation, "can_send": reason.is_none(), "cannot_send_reason": reason, "can_pin": can_pin })
}

/// No frames arrived but the expected ones.
async fn silent(sockets: &mut [Socket]) {
    for socket in sockets {
        socket.settle().await;
        assert_eq!(socket.left("conversation_access"), Vec::<Value>::new());
    }
}

/// The body that gives an account this role and activity.
fn account(id: UserId, role: &str, is_active: bool) -> Value {
    json!({ "id": id.0, "username": someone(id).username, "role": role, "is_active": is_active })
}

/// Sets the admin of Nur.
async fn nur_is_administered_by(platform: &Client, admin: Option<UserId>) {
    let body = json!({ "name": "Nur jamoasi", "slug": "confession-1", "admin_id": admin.map(|admin| admin.0) });
    platform.put("/api/directory/confessions/1/", body).await.ok();
}

#[tokio::test]
async fn unfollowing_closes_and_following_opens_and_only_participants_get_frames() {
    let service = Service::start().await;
    let (aziz, malika, platform) = (service.client(AZIZ), service.client(MALIKA), service.directory_client());
    let id = aziz.open(DILNOZA).await;
    let in_svet = malika.open(PAVEL).await;
    let mut affected = [aziz.all().await, aziz.chat(id).await];
    let mut others = [
        service.client(DILNOZA).all().await,
        service.client(DILNOZA).chat(id).await,
        malika.all().await,
        malika.chat(in_svet).await,
        service.client(RUSTAM).all().await,
    ];
    let path = "/api/directory/subscriptions/5/1/";
    for (method, reason) in [
        ("delete", Some("not_subscribed")),
        ("put", None),
        ("delete", Some("not_subscribed")),
    ] {
        // The second time nothing changes, and no frame is sent.
        for _ in 0..2 {
            match method {
                "delete" => drop(platform.delete(path).await.expect(204)),
                _ => drop(platform.put(path, json!({})).await.ok()),
            }
        }
        for socket in &mut affected {
            assert_eq!(socket.expect("conversation_access").await, access(id, reason, false));
        }
        let shown = aziz.conversation(id).await;
        assert_eq!(
            (&shown["can_send"], &shown["cannot_send_reason"]),
            (&json!(reason.is_none()), &json!(reason))
        );
        silent(&mut affected).await;
        silent(&mut others).await;
    }
    let import = json!({ "subscriptions": [{ "user_id": 5, "confession_id": 1 }, { "user_id": 6, "confession_id": 1 }, { "user_id": 7, "confession_id": 1 }] });
    platform.post("/api/directory/import/", import).await.ok();
    for socket in &mut affected {
        assert_eq!(socket.expect("conversation_access").await, access(id, None, false));
    }
    silent(&mut affected).await;
    silent(&mut others).await;
}

#[tokio::test]
async fn another_admin_closes_for_members_and_moves_the_right_to_pin() {
    let service = Service::start().await;
    let (aziz, dilnoza, pavel, platform) = (
        service.client(AZIZ),
        service.client(DILNOZA),
        service.client(PAVEL),
        service.directory_client(),
    );
    let id = aziz.open(DILNOZA).await;
    let of_both = service
        .client(RUSTAM)
        .post(
            "conversations/",
            json!({ "participant_ids": [DILNOZA.0, PAVEL.0], "confession": NUR.0 }),
        )
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    service
        .client(MALIKA)
        .post(
            "conversations/get_or_create/",
            json!({ "target_user_id": DILNOZA.0, "confession_id": BAHOR.0 }),
        )
        .await
        .expect(201);
    let mut sockets = [
        aziz.chat(id).await,
        dilnoza.chat(id).await,
        dilnoza.chat(of_both).await,
        pavel.chat(of_both).await,
    ];
    let mut others = [
        service.client(MALIKA).all().await,
        service.client(RUSTAM).all().await,
        service.client(KAMOL).all().await,
    ];
    let changed = json!({ "confessions": [{ "id": NUR.0, "name": "Nur jamoasi", "slug": "confession-1", "admin_id": PAVEL.0 }] });
    platform.post("/api/directory/import/", changed).await.ok();
    let expected = [
        access(id, Some("not_confession_admin"), false),
        access(id, None, false),
        access(of_both, None, false),
        access(of_both, None, true),
    ];
    for (socket, expected) in sockets.iter_mut().zip(&expected) {
        assert_eq!(socket.expect("conversation_access").await, *expected);
    }
    silent(&mut sockets).await;
    silent(&mut others).await;

    nur_is_administered_by(&platform, None).await;
    assert_eq!(sockets[3].expect("conversation_access").await, access(of_both, None, false));
    silent(&mut sockets).await;

    nur_is_administered_by(&platform, Some(DILNOZA)).await;
    let expected = [access(id, None, false), access(id, None, true), access(of_both, None, true)];
    for (socket, expected) in sockets.iter_mut().zip(&expected) {
        assert_eq!(socket.expect("conversation_access").await, *expected);
    }
    silent(&mut sockets).await;
    silent(&mut others).await;
}

#[tokio::test]
async fn a_new_role_is_announced_in_all_conversations_that_it_changes() {
    let service = Service::start().await;
    let (malika, platform) = (service.client(MALIKA), service.directory_client());
    let followed = malika.open(PAVEL).await;
    let left = malika
        .post(
            "conversations/get_or_create/",
            json!({ "target_user_id": DILNOZA.0, "confession_id": BAHOR.0 }),
        )
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    platform.delete("/api/directory/subscriptions/6/2/").await.expect(204);
    let mut socket = malika.all().await;
    let mut others = [service.client(PAVEL).all().await, service.client(DILNOZA).all().await];

    platform.put("/api/directory/users/6/", account(MALIKA, "admin", true)).await.ok();
    assert_eq!(socket.expect("conversation_access").await, access(left, None, false));
    silent(std::slice::from_mut(&mut socket)).await;

    platform
        .put("/api/directory/users/6/", account(MALIKA, "superadmin", true))
        .await
        .ok();
    for id in [followed, left] {
        let frame = socket.expect_that("conversation_access", |frame| frame["conversation"] == id).await;
        assert_eq!(frame, access(id, None, true));
    }
    platform.put("/api/directory/users/6/", account(MALIKA, "user", true)).await.ok();
    for (id, reason) in [(followed, None), (left, Some("not_subscribed"))] {
        let frame = socket.expect_that("conversation_access", |frame| frame["conversation"] == id).await;
        assert_eq!(frame, access(id, reason, false));
    }
    silent(std::slice::from_mut(&mut socket)).await;
    silent(&mut others).await;
}

#[tokio::test]
async fn several_changes_of_one_document_are_announced_once_by_their_net_effect() {
    let service = Service::start().await;
    let (aziz, platform) = (service.client(AZIZ), service.directory_client());
    let id = aziz.open(DILNOZA).await;
    let mut socket = aziz.all().await;
    platform.delete("/api/directory/subscriptions/5/1/").await.expect(204);
    socket.expect("conversation_access").await;
    // He follows again, and she no longer administers: another reason than before.
    let document = json!({
        "users": [account(AZIZ, "user", true), account(SVETLANA, "admin", true)],
        "confessions": [{ "id": NUR.0, "name": "Nur jamoasi", "slug": "confession-1", "admin_id": SVETLANA.0 }],
        "subscriptions": [{ "user_id": AZIZ.0, "confession_id": NUR.0 }, { "user_id": AZIZ.0, "confession_id": SVET.0 }],
    });
    platform.post("/api/directory/import/", document.clone()).await.ok();
    assert_eq!(
        socket.expect("conversation_access").await,
        access(id, Some("not_confession_admin"), false)
    );
    platform.post("/api/directory/import/", document).await.ok();
    silent(std::slice::from_mut(&mut socket)).await;
}

#[tokio::test]
async fn deactivation_closes_the_sockets_and_changes_nobody_s_rights() {
    let service = Service::start().await;
    let (aziz, platform) = (service.client(AZIZ), service.directory_client());
    let id = aziz.open(DILNOZA).await;
    let mut his = aziz.all().await;
    let mut hers = [service.client(DILNOZA).all().await, service.client(DILNOZA).chat(id).await];
    platform.put("/api/directory/users/5/", account(AZIZ, "admin", false)).await.ok();
    assert_eq!(his.closed().await.code, 4401);
    silent(&mut hers).await;
    assert_eq!(service.client(DILNOZA).conversation(id).await["can_send"], true);
}
