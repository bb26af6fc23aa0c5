//! `suhbat import` beside a running service sends frames to the open sockets of those whose access it changes, as the same document over HTTP does (`access.rs`).

use domain::{
    id::UserId,
    testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, someone},
};
use serde_json::{Value, json};
use suhbat_tests::{Binary, Client, SECRET, Served, Socket, community};

/// The program with the standard community, serving.
async fn served() -> Served {
    let binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET);
    let people = binary.file("people.json", &community().to_string());
    let imported = binary.run(&["import", &people]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    binary.serve(&[]).await
}

async fn client(service: &Served, user: UserId) -> Client {
    let token = service.token(&["--user", &user.0.to_string(), "--ttl", "86400"]).await;
    service.client().with_token(token)
}

/// Runs `suhbat import` with this document beside the service.
async fn import(service: &Served, document: Value) {
    std::fs::write(service.folder().join("change.json"), document.to_string()).expect("a folder that can be written to");
    let imported = service.suhbat(&["import", "change.json"]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
}

fn account(id: UserId, role: &str, is_active: bool) -> Value {
    json!({ "id": id.0, "username": someone(id).username, "role": role, "is_active": is_active })
}

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

#[tokio::test]
async fn a_new_admin_and_a_new_role_are_announced_to_the_affected_people_only() {
    let service = served().await;
    let (aziz, dilnoza, malika) = (
        client(&service, AZIZ).await,
        client(&service, DILNOZA).await,
        client(&service, MALIKA).await,
    );
    let id = aziz.open(DILNOZA).await;
    let of_malika = malika.open(PAVEL).await;
    let mut affected = [aziz.chat(id).await, dilnoza.all().await];
    let mut promoted = [malika.all().await];
    let mut others = [
        client(&service, RUSTAM).await.all().await,
        client(&service, PAVEL).await.all().await,
    ];

    let nur = json!({ "id": NUR.0, "name": "Nur jamoasi", "slug": "confession-1", "admin_id": RUSTAM.0 });
    import(&service, json!({ "confessions": [nur] })).await;
    let reason = Some("not_confession_admin");
    assert_eq!(affected[0].expect("conversation_access").await, access(id, reason, false));
    assert_eq!(affected[1].expect("conversation_access").await, access(id, None, false));
    let shown = aziz.conversation(id).await;
    assert_eq!((&shown["can_send"], &shown["cannot_send_reason"]), (&json!(false), &json!(reason)));

    import(&service, json!({ "users": [account(MALIKA, "superadmin", true)] })).await;
    assert_eq!(promoted[0].expect("conversation_access").await, access(of_malika, None, true));

    // Importing unchanged rows sends no frames; the next change arrives first.
    import(&service, json!({ "users": [account(MALIKA, "superadmin", true)] })).await;
    import(&service, json!({ "users": [account(MALIKA, "user", true)] })).await;
    assert_eq!(promoted[0].expect("conversation_access").await, access(of_malika, None, false));
    silent(&mut affected).await;
    silent(&mut promoted).await;
    silent(&mut others).await;
    service.stop().await;
}

#[tokio::test]
async fn a_deactivated_account_loses_its_sockets() {
    let service = served().await;
    let (aziz, dilnoza) = (client(&service, AZIZ).await, client(&service, DILNOZA).await);
    let id = aziz.open(DILNOZA).await;
    let mut his = aziz.all().await;
    let mut hers = [dilnoza.all().await, dilnoza.chat(id).await];
    import(&service, json!({ "users": [account(AZIZ, "user", false)] })).await;
    assert_eq!(his.closed().await.code, 4401);
    silent(&mut hers).await;
    assert_eq!(dilnoza.conversation(id).await["can_send"], true);
    service.stop().await;
}
