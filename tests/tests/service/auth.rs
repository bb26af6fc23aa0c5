//! Authentication of requests.

use domain::testing::builders::{AZIZ, NOBODY, ZAFAR};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use suhbat_tests::{SECRET, Service, Socket, Token, Upload};

#[tokio::test]
async fn without_a_token_nothing_is_shown() {
    let service = Service::start().await;
    let nobody = service.client(AZIZ).anonymous();
    for path in [
        "conversations/",
        "conversations/1/",
        "conversations/unread_count/",
        "contacts/",
        "contacts/2/",
        "messages/?conversation=1",
        "messages/1/",
        "config/",
    ] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
        answer.refused(401, "not_authenticated");
    }
    nobody.post("messages/", json!({})).await.refused(401, "not_authenticated");
    nobody.post_empty("ws_ticket/").await.refused(401, "not_authenticated");
    nobody
        .post("/api/directory/import/", json!({}))
        .await
        .refused(401, "not_authenticated");
}

#[tokio::test]
async fn only_a_valid_access_token_authenticates() {
    let service = Service::start().await;
    let now = service.now();
    let token = || Token::access(AZIZ, now);
    let at = now.seconds();
    let good = [
        token().mint(),
        token().claim("exp", at - 4).mint(),
        token().claim("nbf", at + 5).mint(),
        token().claim("user_id", "5").mint(),
        token().claim("user_id", Value::Null).claim("sub", "5").mint(),
        token().claim("aud", "whoever").claim("iss", "whoever").mint(),
    ];
    for token in good {
        service.client(AZIZ).with_token(token).get("conversations/").await.ok();
    }
    let bad = [
        (token().claim("exp", at - 6).mint(), "token_expired"),
        (token().claim("exp", Value::Null).mint(), "token_invalid"),
        (token().claim("nbf", at + 6).mint(), "token_invalid"),
        (token().claim("token_type", "refresh").mint(), "token_invalid"),
        (token().claim("token_type", Value::Null).mint(), "token_invalid"),
        (token().claim("user_id", NOBODY.0).mint(), "token_invalid"),
        (token().claim("user_id", ZAFAR.0).mint(), "token_invalid"),
        (token().claim("user_id", "aziz").mint(), "token_invalid"),
        (token().claim("user_id", 5.5).mint(), "token_invalid"),
        (token().claim("user_id", Value::Null).mint(), "token_invalid"),
        (
            token().signed(
                Algorithm::HS256,
                &EncodingKey::from_secret(b"another secret, also long enough to be one"),
            ),
            "token_invalid",
        ),
        (
            token().signed(Algorithm::HS512, &EncodingKey::from_secret(SECRET.as_bytes())),
            "token_invalid",
        ),
        (unsigned(&token().mint()), "token_invalid"),
        (token().mint() + "x", "token_invalid"),
        ("not.a.token".to_owned(), "token_invalid"),
        ("x".repeat(5000), "token_invalid"),
    ];
    for (token, code) in bad {
        let answer = service.client(AZIZ).with_token(token.clone()).get("conversations/").await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{token}");
        answer.refused(401, code);
    }
}

/// The same claims under a header with the algorithm `none`, without a signature.
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("three parts");
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
}

#[tokio::test]
async fn issuer_and_audience_are_checked_where_they_are_set() {
    let service = Service::with(&[("auth.issuer", "platform"), ("auth.audience", "suhbat")]).await;
    let token = || Token::access(AZIZ, service.now()).claim("iss", "platform").claim("aud", "suhbat");
    let get = async |token: Token| service.client(AZIZ).with_token(token.mint()).get("conversations/").await;
    get(token()).await.ok();
    get(token().claim("aud", json!(["else", "suhbat"]))).await.ok();
    for bad in [
        token().claim("iss", "else"),
        token().claim("iss", Value::Null),
        token().claim("aud", "else"),
        token().claim("aud", Value::Null),
    ] {
        get(bad).await.refused(401, "token_invalid");
    }
}

#[tokio::test]
async fn public_keys_are_taken_inline_from_a_file_and_as_a_key_set() {
    let keys = [
        ("RS256", Algorithm::RS256, "rsa"),
        ("ES256", Algorithm::ES256, "p256"),
        ("EdDSA", Algorithm::EdDSA, "ed25519"),
    ];
    for (name, algorithm, file) in keys {
        let path = |end: &str| format!("{}/keys/{file}{end}", env!("CARGO_MANIFEST_DIR"));
        let private = std::fs::read(path(".pem")).expect("a private key");
        let public = std::fs::read_to_string(path(".pub.pem")).expect("a public key");
        let key = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(&private),
            Algorithm::ES256 => EncodingKey::from_ec_pem(&private),
            _ => EncodingKey::from_ed_pem(&private),
        }
        .expect("a private key");
        let settings = [
            ("auth.public_key", public),
            ("auth.public_key", path(".pub.pem")),
            ("auth.jwks", path(".jwks.json")),
        ];
        for (setting, value) in settings {
            let service = Service::with(&[("auth.algorithm", name), (setting, &value)]).await;
            let aziz = service.client(AZIZ);
            let token = Token::access(AZIZ, service.now());
            aziz.with_token(token.signed_by(algorithm, &key, file))
                .get("conversations/")
                .await
                .ok();
            aziz.with_token(token.claim("exp", 1).signed_by(algorithm, &key, file))
                .get("conversations/")
                .await
                .refused(401, "token_expired");
            // The classic: the public key as an HMAC secret, or the shared secret under another algorithm.
            let confused = Token::access(AZIZ, service.now()).signed(Algorithm::HS256, &EncodingKey::from_secret(value.as_bytes()));
            aziz.with_token(confused).get("conversations/").await.refused(401, "token_invalid");
            aziz.with_token(Token::access(AZIZ, service.now()).mint())
                .get("conversations/")
                .await
                .refused(401, "token_invalid");
        }
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_within_thirty_seconds() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let base = service.base().replacen("http", "ws", 1);
    let ticket = async || {
        let body = aziz.post_empty("ws_ticket/").await.ok();
        assert_eq!(body["expires_in"], 30);
        body["ticket"].as_str().expect("a ticket").to_owned()
    };
    let open = async |path: &str, ticket: &str| Socket::open(&format!("{base}{path}?ticket={ticket}")).await;

    let first = ticket().await;
    assert_eq!(open(&format!("/ws/chat/{id}/"), &first).await.expect("ready").await["user_id"], 5);
    assert_eq!(open("/ws/", &first).await.closed().await.code, 4401, "single use");

    let second = ticket().await;
    service.clock.advance(29);
    assert_eq!(open("/ws/", &second).await.expect("ready").await["user_id"], 5);

    let third = ticket().await;
    service.clock.advance(31);
    assert_eq!(open("/ws/", &third).await.closed().await.code, 4401, "30 seconds");
    assert_eq!(open("/ws/", "made-up").await.closed().await.code, 4401);
    aziz.with_token(ticket().await)
        .get("conversations/")
        .await
        .refused(401, "token_invalid");
}

/// The secret changes in steps, on one node after the other; the node that changes and the one that does not yet accept each other's signatures.
#[tokio::test]
async fn while_the_secret_changes_nobody_is_signed_out() {
    const NEXT: &str = "the next secret for tests, long enough too";
    let signed_with_next = |now| Token::access(AZIZ, now).signed(Algorithm::HS256, &EncodingKey::from_secret(NEXT.as_bytes()));

    // Before the change: the next secret is accepted, and signs nothing.
    let (service, aziz, _, id) = Service::with_conversation_and(&[("auth.previous_secret", NEXT)]).await;
    aziz.with_token(signed_with_next(service.now())).get("conversations/").await.ok();
    let file = aziz.attach(id, &Upload::text("a.txt", 10)).await;
    let old_link = path_of(&file["file"]);
    let ticket = aziz.post_empty("ws_ticket/").await.ok()["ticket"].clone();

    // The change: what the old secret signed is good on.
    let service = service
        .restart_with(&[("auth.secret", NEXT), ("auth.previous_secret", SECRET)])
        .await;
    let old = service.client(AZIZ);
    let new = old.with_token(signed_with_next(service.now()));
    for client in [&old, &new] {
        client.get("conversations/").await.ok();
        let mut socket = client.chat(id).await;
        socket.act("chat_message", json!({ "content": "words" })).await;
    }
    assert_eq!(old.anonymous().get(&old_link).await.status, 200);
    let by_ticket = format!(
        "{}/ws/?ticket={}",
        service.base().replacen("http", "ws", 1),
        ticket.as_str().expect("a ticket")
    );
    assert_eq!(Socket::open(&by_ticket).await.expect("ready").await["user_id"], 5);
    let new_link = path_of(&new.attach(id, &Upload::text("b.txt", 10)).await["file"]);

    // The end: the old secret is worth nothing.
    let service = service.restart_with(&[("auth.secret", NEXT)]).await;
    let old = service.client(AZIZ);
    old.get("conversations/").await.refused(401, "token_invalid");
    old.anonymous().get(&old_link).await.refused(404, "attachment_not_found");
    assert_eq!(old.anonymous().get(&new_link).await.status, 200);
    old.with_token(signed_with_next(service.now())).get("conversations/").await.ok();
}

/// A link without the address of the service, which changes at a restart.
fn path_of(link: &Value) -> String {
    let url: reqwest::Url = link.as_str().expect("a link").parse().expect("a URL");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}
