//! Feeding accounts, confessions and subscriptions.

use domain::testing::builders::{AZIZ, DILNOZA, NOBODY, NUR, RUSTAM, SVETLANA, ZAFAR};
use serde_json::{Value, json};
use suhbat_tests::{Service, Token};

#[tokio::test]
async fn a_token_without_the_scope_is_refused() {
    let service = Service::start().await;
    for user in [AZIZ, DILNOZA, RUSTAM] {
        let client = service.client(user);
        client
            .put("/api/directory/users/5/", json!({ "username": "x", "role": "user" }))
            .await
            .refused(403, "scope_required");
        client
            .put("/api/directory/confessions/1/", json!({ "name": "x", "slug": "x" }))
            .await
            .refused(403, "scope_required");
        client
            .put("/api/directory/subscriptions/7/1/", json!({}))
            .await
            .refused(403, "scope_required");
        client
            .delete("/api/directory/subscriptions/5/1/")
            .await
            .refused(403, "scope_required");
        client
            .post("/api/directory/import/", json!({}))
            .await
            .refused(403, "scope_required");
    }
    let other = Token::access(RUSTAM, service.now()).claim("scope", "directories nothing").mint();
    service
        .client(RUSTAM)
        .with_token(other)
        .post("/api/directory/import/", json!({}))
        .await
        .refused(403, "scope_required");
    let among = Token::access(RUSTAM, service.now()).claim("scope", "profile directory mail").mint();
    service
        .client(RUSTAM)
        .with_token(among)
        .post("/api/directory/import/", json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn the_platform_s_token_may_name_nobody_but_no_inactive_account() {
    let service = Service::start().await;
    let import = async |user| {
        let token = Token::access(user, service.now()).claim("scope", "directory").mint();
        let client = service.client(user).with_token(token);
        client.post("/api/directory/import/", json!({})).await
    };
    import(NOBODY).await.ok();
    import(ZAFAR).await.refused(401, "token_invalid");
}

#[tokio::test]
async fn a_person_is_put_and_can_act_at_once() {
    let service = Service::start().await;
    let feeder = service.feeder();
    let person =
        json!({ "username": "laylo", "first_name": "Laylo", "last_name": "Saidova", "role": "user", "avatar": "/media/laylo.png" });
    feeder.put("/api/directory/users/77/", person).await.ok();
    feeder.put("/api/directory/subscriptions/77/1/", json!({})).await.ok();
    let laylo = service.client(domain::id::UserId(77));
    let id = laylo.open(DILNOZA).await;
    let message = laylo.say(id, "Salom").await;
    assert_eq!(
        message["sender"],
        json!({ "id": 77, "username": "laylo", "first_name": "Laylo", "last_name": "Saidova", "role": "user", "avatar": "/media/laylo.png" })
    );
    feeder
        .put("/api/directory/users/77/", json!({ "username": "laylo2", "role": "user" }))
        .await
        .ok();
    assert_eq!(
        laylo.message(message["id"].as_i64().expect("an id")).await["sender"]["username"],
        "laylo2"
    );
}

#[tokio::test]
async fn a_new_role_counts_from_the_next_request() {
    let service = Service::start().await;
    let svetlana = service.client(SVETLANA);
    let open = json!({ "target_user_id": AZIZ.0 });
    svetlana
        .post("conversations/get_or_create/", open.clone())
        .await
        .refused(403, "not_an_admin");
    service
        .feeder()
        .put("/api/directory/users/7/", json!({ "username": "svetlana", "role": "superadmin" }))
        .await
        .ok();
    svetlana.post("conversations/get_or_create/", open).await.expect(201);
}

#[tokio::test]
async fn a_deactivated_account_neither_acts_nor_is_written_to() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    service
        .feeder()
        .put(
            "/api/directory/users/5/",
            json!({ "username": "aziz", "role": "user", "is_active": false }),
        )
        .await
        .ok();
    aziz.get("conversations/").await.refused(401, "token_invalid");
    aziz.post("messages/", json!({ "conversation": id, "content": "x" }))
        .await
        .refused(401, "token_invalid");
    service
        .client(RUSTAM)
        .post("conversations/get_or_create/", json!({ "target_user_id": 5 }))
        .await
        .refused(403, "user_inactive");
    service
        .feeder()
        .put("/api/directory/users/5/", json!({ "username": "aziz", "role": "user" }))
        .await
        .ok();
    aziz.say(id, "back").await;
}

#[tokio::test]
async fn a_subscription_can_be_put_and_deleted_twice() {
    let service = Service::start().await;
    let feeder = service.feeder();
    for _ in 0..2 {
        let put = feeder.put("/api/directory/subscriptions/7/1/", json!({})).await;
        assert!(matches!(put.status, 200 | 201 | 204), "{put:?}");
    }
    service.client(SVETLANA).open(DILNOZA).await;
    for _ in 0..2 {
        feeder.delete("/api/directory/subscriptions/7/1/").await.expect(204);
    }
    feeder
        .put("/api/directory/subscriptions/999/1/", json!({}))
        .await
        .refused(400, "invalid_request");
    feeder
        .put("/api/directory/subscriptions/7/999/", json!({}))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_bad_row_names_itself_and_nothing_is_changed() {
    let service = Service::start().await;
    let feeder = service.feeder();
    let fine = json!({ "id": 90, "username": "new", "role": "user" });
    let cases = [
        (
            json!({ "users": [fine, { "id": 91, "username": "new", "role": "user" }] }),
            "users[1]",
        ),
        (
            json!({ "users": [fine, { "id": 91, "username": "other", "role": "emperor" }] }),
            "users[1]",
        ),
        (json!({ "users": [fine, { "username": "no id", "role": "user" }] }), "users[1]"),
        (json!({ "users": [fine, 5] }), "users[1]"),
        (
            json!({ "users": [fine], "confessions": [{ "id": 50, "name": "X", "slug": "x", "admin_id": 999 }] }),
            "confessions[0]",
        ),
        (
            json!({ "users": [fine], "confessions": [{ "id": 50, "name": "X", "slug": "confession-1", "admin_id": null }] }),
            "confessions[0]",
        ),
        (
            json!({ "users": [fine], "subscriptions": [{ "user_id": 90, "confession_id": 1 }, { "user_id": 90, "confession_id": 999 }] }),
            "subscriptions[1]",
        ),
        (
            json!({ "users": [fine], "subscriptions": [{ "user_id": 999, "confession_id": 1 }] }),
            "subscriptions[0]",
        ),
        (json!({ "users": {} }), "users"),
    ];
    for (document, row) in cases {
        let refused = feeder
            .post("/api/directory/import/", document)
            .await
            .refused(400, "invalid_request");
        let named: Vec<&String> = refused["details"]["fields"].as_object().expect("fields").keys().collect();
        assert!(named.iter().any(|name| name.starts_with(row)), "{row}: {refused}");
    }
    service
        .client(domain::id::UserId(90))
        .get("conversations/")
        .await
        .refused(401, "token_invalid");
}

#[tokio::test]
async fn a_document_is_imported_whole_and_again() {
    let service = Service::start().await;
    let feeder = service.feeder();
    let document = json!({
        "users": [{ "id": 90, "username": "imom", "role": "admin" }, { "id": 91, "username": "shogird", "role": "user", "unknown": 1 }],
        "confessions": [{ "id": 50, "name": "Yangi", "slug": "yangi", "admin_id": 90 }],
        "subscriptions": [{ "user_id": 91, "confession_id": 50 }],
    });
    for _ in 0..2 {
        feeder.post("/api/directory/import/", document.clone()).await.ok();
    }
    let id = service.client(domain::id::UserId(91)).open(domain::id::UserId(90)).await;
    assert_eq!(
        service.client(domain::id::UserId(90)).conversation(id).await["confession"]["slug"],
        "yangi"
    );
}

#[tokio::test]
async fn an_admin_of_nobody_is_an_admin_taken_away() {
    let service = Service::start().await;
    let without = json!({ "name": "Nur jamoasi", "slug": "confession-1", "admin_id": null });
    service.feeder().put("/api/directory/confessions/1/", without).await.ok();
    let open = json!({ "target_user_id": DILNOZA.0, "confession_id": NUR.0 });
    service
        .client(AZIZ)
        .post("conversations/get_or_create/", open)
        .await
        .refused(403, "not_confession_admin");
    assert_eq!(service.client(AZIZ).get("contacts/").await.ok()["results"], json!([]));
}

#[tokio::test]
async fn a_document_is_taken_from_a_service_that_knows_nobody_yet() {
    let service = Service::empty(&[]).await;
    service.client(AZIZ).get("conversations/").await.refused(401, "token_invalid");
    service
        .feeder()
        .post("/api/directory/import/", suhbat_tests::community())
        .await
        .ok();
    let page: Value = service.client(AZIZ).get("conversations/").await.ok();
    assert_eq!(page["count"], 0);
}
