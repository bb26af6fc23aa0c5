//! Feeding accounts, confessions and subscriptions.

use std::time::Duration;

use domain::{
    id::UserId,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NOBODY, NUR, RUSTAM, SVETLANA, ZAFAR},
};
use serde_json::{Value, json};
use suhbat_tests::{Service, Token, eventually};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

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
async fn a_directory_token_may_name_an_unknown_account_but_no_inactive_one() {
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
    let platform = service.directory_client();
    let person =
        json!({ "username": "laylo", "first_name": "Laylo", "last_name": "Saidova", "role": "user", "avatar": "/media/laylo.png" });
    platform.put("/api/directory/users/77/", person).await.ok();
    platform.put("/api/directory/subscriptions/77/1/", json!({})).await.ok();
    let laylo = service.client(domain::id::UserId(77));
    let id = laylo.open(DILNOZA).await;
    let message = laylo.say(id, "Salom").await;
    assert_eq!(
        message["sender"],
        json!({ "id": 77, "username": "laylo", "first_name": "Laylo", "last_name": "Saidova", "role": "user", "avatar": "/media/laylo.png" })
    );
    platform
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
        .directory_client()
        .put("/api/directory/users/7/", json!({ "username": "svetlana", "role": "superadmin" }))
        .await
        .ok();
    svetlana.post("conversations/get_or_create/", open).await.expect(201);
}

#[tokio::test]
async fn a_deactivated_account_neither_acts_nor_is_written_to() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    service
        .directory_client()
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
        .directory_client()
        .put("/api/directory/users/5/", json!({ "username": "aziz", "role": "user" }))
        .await
        .ok();
    aziz.say(id, "back").await;
}

#[tokio::test]
async fn a_subscription_can_be_put_and_deleted_twice() {
    let service = Service::start().await;
    let platform = service.directory_client();
    for _ in 0..2 {
        let put = platform.put("/api/directory/subscriptions/7/1/", json!({})).await;
        assert!(matches!(put.status, 200 | 201 | 204), "{put:?}");
    }
    service.client(SVETLANA).open(DILNOZA).await;
    for _ in 0..2 {
        platform.delete("/api/directory/subscriptions/7/1/").await.expect(204);
    }
    platform
        .put("/api/directory/subscriptions/999/1/", json!({}))
        .await
        .refused(400, "invalid_request");
    platform
        .put("/api/directory/subscriptions/7/999/", json!({}))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_bad_row_names_itself_and_nothing_is_changed() {
    let service = Service::start().await;
    let platform = service.directory_client();
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
        let refused = platform
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
async fn usernames_are_swapped_within_a_document_in_any_order_of_its_rows() {
    let service = Service::start().await;
    let platform = service.directory_client();
    let user = |id: UserId, username: &str| json!({ "id": id.0, "username": username, "role": "user" });
    let documents = [
        json!({ "users": [user(AZIZ, "malika"), user(MALIKA, "aziz")] }),
        json!({ "users": [user(MALIKA, "malika"), user(SVETLANA, "aziz"), user(AZIZ, "svetlana")] }),
        json!({ "users": [{ "id": 90, "username": "aziz", "role": "user" }, user(SVETLANA, "svetlana"), user(AZIZ, "aziz2")] }),
    ];
    for document in documents {
        platform.post("/api/directory/import/", document).await.ok();
    }
    let slugs = json!({ "confessions": [
        { "id": NUR.0, "name": "Bahor oʻlkasi", "slug": "confession-2", "admin_id": DILNOZA.0 },
        { "id": BAHOR.0, "name": "Nur jamoasi", "slug": "confession-1", "admin_id": DILNOZA.0 },
    ] });
    platform.post("/api/directory/import/", slugs).await.ok();
    let id = service.client(AZIZ).open(DILNOZA).await;
    let conversation = service.client(AZIZ).conversation(id).await;
    assert_eq!(
        conversation["confession"],
        json!({ "id": NUR.0, "name": "Bahor oʻlkasi", "slug": "confession-2" })
    );
    let names: Vec<&Value> = conversation["participants"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["username"])
        .collect();
    assert_eq!(names, ["dilnoza", "aziz2"]);
}

#[tokio::test]
async fn every_bad_row_is_named_in_a_sentence() {
    let service = Service::start().await;
    let document = json!({
        "users": [{ "id": 90, "username": "malika", "role": "user" }, { "id": 91, "username": "new", "role": "user" }, { "id": 92, "username": "new", "role": "user" }],
        "subscriptions": [{ "user_id": 98765, "confession_id": 1 }],
    });
    let refused = service
        .directory_client()
        .post("/api/directory/import/", document)
        .await
        .refused(400, "invalid_request");
    let rows = json!([
        "users[0] (id 90): the username `malika` belongs to user 6, who keeps it.",
        "users[2] (id 92): the username `new` is also in users[1], for user 91.",
        "subscriptions[0] (user_id 98765, confession_id 1): user 98765 does not exist.",
    ]);
    assert_eq!(refused["details"]["rows"], rows);
    assert_eq!(
        refused["error"],
        "users[0] (id 90): the username `malika` belongs to user 6, who keeps it. (and 2 more; see details.rows)"
    );
    assert_eq!(
        refused["details"]["fields"],
        json!({
            "users[0].username": ["The username `malika` belongs to user 6, who keeps it."],
            "users[2].username": ["The username `new` is also in users[1], for user 91."],
            "subscriptions[0].user_id": ["User 98765 does not exist."],
        })
    );
}

#[tokio::test]
async fn a_taken_username_is_refused_with_its_owner() {
    let service = Service::start().await;
    let platform = service.directory_client();
    let refused = async |path: &str, body: Value, field: &str, reason: &str| {
        let refused = platform.put(path, body).await.refused(400, "invalid_request");
        assert_eq!(refused["error"], format!("{field}: {reason}"));
        assert_eq!(refused["details"]["fields"], json!({ field: [reason] }));
        assert!(refused["details"]["rows"].is_null());
    };
    let user = json!({ "username": "malika", "role": "user" });
    refused(
        "/api/directory/users/5/",
        user,
        "username",
        "The username `malika` belongs to user 6, who keeps it.",
    )
    .await;
    let slug = json!({ "name": "New", "slug": "confession-1" });
    refused(
        "/api/directory/confessions/50/",
        slug,
        "slug",
        "The slug `confession-1` belongs to confession 1, which keeps it.",
    )
    .await;
    let name = json!({ "name": "Nur jamoasi", "slug": "new" });
    refused(
        "/api/directory/confessions/50/",
        name,
        "name",
        "The name `Nur jamoasi` belongs to confession 1, which keeps it.",
    )
    .await;
    let admin = json!({ "name": "New", "slug": "new", "admin_id": 98765 });
    refused("/api/directory/confessions/50/", admin, "admin_id", "User 98765 does not exist.").await;
    refused(
        "/api/directory/subscriptions/98765/1/",
        json!({}),
        "user_id",
        "User 98765 does not exist.",
    )
    .await;
    refused(
        "/api/directory/subscriptions/5/98765/",
        json!({}),
        "confession_id",
        "Confession 98765 does not exist.",
    )
    .await;
}

#[tokio::test]
async fn a_document_that_is_no_json_is_refused_with_line_and_column() {
    let service = Service::start().await;
    let platform = service.directory_client();
    let refused = platform
        .post_raw("/api/directory/import/", "{\"users\": [\n{\"id\": 1,}]}")
        .await
        .refused(400, "invalid_json");
    assert_eq!(
        refused["error"],
        "The document is not valid JSON: line 2, column 10: trailing comma."
    );
    platform.post_raw("/api/directory/import/", "\u{feff}{\"users\": []}").await.ok();
}

#[tokio::test]
async fn a_document_is_imported_whole_and_again() {
    let service = Service::start().await;
    let platform = service.directory_client();
    let document = json!({
        "users": [{ "id": 90, "username": "imom", "role": "admin" }, { "id": 91, "username": "shogird", "role": "user", "unknown": 1 }],
        "confessions": [{ "id": 50, "name": "Yangi", "slug": "yangi", "admin_id": 90 }],
        "subscriptions": [{ "user_id": 91, "confession_id": 50 }],
    });
    for _ in 0..2 {
        platform.post("/api/directory/import/", document.clone()).await.ok();
    }
    let id = service.client(domain::id::UserId(91)).open(domain::id::UserId(90)).await;
    assert_eq!(
        service.client(domain::id::UserId(90)).conversation(id).await["confession"]["slug"],
        "yangi"
    );
}

#[tokio::test]
async fn a_null_admin_id_removes_the_admin() {
    let service = Service::start().await;
    let without = json!({ "name": "Nur jamoasi", "slug": "confession-1", "admin_id": null });
    service.directory_client().put("/api/directory/confessions/1/", without).await.ok();
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
        .directory_client()
        .post("/api/directory/import/", suhbat_tests::community())
        .await
        .ok();
    let page: Value = service.client(AZIZ).get("conversations/").await.ok();
    assert_eq!(page["count"], 0);
}

#[tokio::test]
async fn large_documents_are_taken_one_at_a_time_and_small_ones_at_any_time() {
    let service = Service::tuned(&[], |options| options.patience.turn = Duration::from_millis(50)).await;
    let platform = service.directory_client();
    let large = json!({ "padding": "x".repeat(300_000), "users": [{ "id": 90, "username": "imom", "role": "admin" }] }).to_string();
    let token = Token::access(RUSTAM, service.now()).claim("scope", "directory").mint();
    let address = service.base().trim_start_matches("http://");
    let mut slow = TcpStream::connect(address).await.expect("the service listens");
    let head = format!(
        "POST /api/directory/import/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        large.len()
    );
    slow.write_all(head.as_bytes()).await.expect("a head that is taken");
    eventually("the slow one has its turn", async || {
        let answer = platform.post_raw("/api/directory/import/", large.clone()).await;
        (answer.status == 429 && answer.header("retry-after").is_some()).then_some(())
    })
    .await;
    platform.post("/api/directory/import/", json!({ "users": [] })).await.ok();
    slow.write_all(large.as_bytes()).await.expect("a body that is taken");
    eventually("the next one has its turn", async || {
        let answer = platform.post_raw("/api/directory/import/", large.clone()).await;
        (answer.status == 200).then_some(())
    })
    .await;
}
