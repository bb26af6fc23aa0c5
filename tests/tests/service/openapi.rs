//! The documents are complete and true.

mod conformance;

use std::collections::BTreeSet;

use domain::testing::builders::{AZIZ, DILNOZA};
use reqwest::Method;
use serde_json::{Value, json};
use suhbat_tests::{Binary, Client, Service};

use self::conformance::{conforms, resolved};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every route of section 3 and 8 of the contract, as the document spells it.
const PROMISED: [&str; 49] = [
    "get /api/messaging/conversations/",
    "post /api/messaging/conversations/",
    "post /api/messaging/conversations/get_or_create/",
    "get /api/messaging/conversations/{id}/",
    "post /api/messaging/conversations/{id}/mark_as_read/",
    "post /api/messaging/conversations/{id}/mark_as_unread/",
    "post /api/messaging/conversations/{id}/archive/",
    "post /api/messaging/conversations/{id}/unarchive/",
    "put /api/messaging/conversations/{id}/mute/",
    "post /api/messaging/conversations/{id}/answered/",
    "get /api/messaging/conversations/counts/",
    "get /api/messaging/conversations/unread_count/",
    "get /api/messaging/conversations/{id}/changes/",
    "get /api/messaging/conversations/{id}/search/",
    "get /api/messaging/search/",
    "get /api/messaging/contacts/",
    "get /api/messaging/contacts/{id}/",
    "get /api/messaging/me/",
    "get /api/messaging/me/settings/",
    "patch /api/messaging/me/settings/",
    "get /api/messaging/confessions/{id}/settings/",
    "patch /api/messaging/confessions/{id}/settings/",
    "get /api/messaging/messages/",
    "post /api/messaging/messages/",
    "get /api/messaging/messages/{id}/",
    "patch /api/messaging/messages/{id}/",
    "delete /api/messaging/messages/{id}/",
    "post /api/messaging/messages/{id}/mark_as_read/",
    "post /api/messaging/messages/{id}/pin/",
    "post /api/messaging/messages/{id}/unpin/",
    "get /api/messaging/attachments/{id}/",
    "get /api/messaging/attachments/{id}/thumbnail/",
    "get /api/messaging/config/",
    "post /api/messaging/ws_ticket/",
    "put /api/directory/users/{id}/",
    "put /api/directory/confessions/{id}/",
    "put /api/directory/subscriptions/{user_id}/{confession_id}/",
    "delete /api/directory/subscriptions/{user_id}/{confession_id}/",
    "post /api/directory/import/",
    "get /api/demo/people/",
    "post /api/demo/login/",
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /api/schema/",
    "get /api/ws-schema/",
    // Answers without a shape to describe.
    "get /api/docs/",
    "get /",
    "get /ws/",
];

async fn document(service: &Service) -> Value {
    let answer = service.client(AZIZ).anonymous().get("/api/schema/").await;
    assert!(
        answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json")),
        "{answer:?}"
    );
    answer.ok()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of = |path: &String, item: &Value| {
        let (path, item) = (path.clone(), item.clone());
        METHODS
            .into_iter()
            .filter_map(move |method| Some((method.to_owned(), path.clone(), item.get(method)?.clone())))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| of(path, item)).collect()
}

#[tokio::test]
async fn the_document_is_openapi_3_1_with_a_title_of_its_own() {
    let service = Service::start().await;
    let document = document(&service).await;
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")),
        "{}",
        document["openapi"]
    );
    assert_eq!(document["info"]["title"], "Suhbat");
}

#[tokio::test]
async fn the_document_names_the_routes_of_the_contract_and_no_others() {
    let service = Service::start().await;
    let document = document(&service).await;
    let named: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let undescribed = ["get /api/docs/", "get /", "get /ws/"];
    let promised: BTreeSet<String> = PROMISED
        .into_iter()
        .filter(|route| !undescribed.contains(route))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, promised);
}

#[tokio::test]
async fn every_route_of_the_document_is_answered_and_other_methods_are_not() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let document = document(&service).await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let real = path.replace("{id}", "1").replace("{user_id}", "5").replace("{confession_id}", "1");
        for method in METHODS {
            let answer = ask(&aziz, method, &real).await;
            let is_demo = path.starts_with("/api/demo/");
            if item.get(method).is_none() {
                assert_eq!(answer.0, 405, "{method} {path} is answered and not in the document");
            } else if is_demo {
                assert_eq!(answer.0, 404, "{method} {path}");
            } else {
                assert!(
                    answer.0 != 405 && answer.1 != "not_found",
                    "{method} {path} is in the document and not answered: {answer:?}"
                );
            }
        }
    }
}

async fn ask(client: &Client, method: &str, path: &str) -> (u16, String) {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let answer = client.run(client.request(method, path)).await;
    let code = serde_json::from_str::<Value>(&answer.text)
        .ok()
        .and_then(|body| body["code"].as_str().map(str::to_owned));
    (answer.status, code.unwrap_or_default())
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let service = Service::start().await;
    for path in ["/api/schema/", "/api/ws-schema/"] {
        let document = service.client(AZIZ).anonymous().get(path).await.ok();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 10, "{path}: {references:?}");
        for reference in references {
            let pointer = reference
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{path}: {reference} leads out of the document"));
            assert!(document.pointer(pointer).is_some(), "{path}: {reference} leads nowhere");
        }
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_documents_its_answers_its_refusals_and_its_parameters() {
    let service = Service::start().await;
    let document = document(&service).await;
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(
            ids.insert(
                operation["operationId"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{what} has no id"))
                    .to_owned()
            ),
            "{what}: an id twice"
        );
        assert!(
            operation["summary"].is_string() || operation["description"].is_string(),
            "{what} says nothing"
        );
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{what} never succeeds");
        if path.starts_with("/api/messaging/") || path.starts_with("/api/directory/") {
            assert!(responses.contains_key("401"), "{what} does not document 401");
        }
        if path.contains('{') && path.starts_with("/api/messaging/") {
            assert!(responses.contains_key("404"), "{what} does not document 404");
        }
        if matches!(method.as_str(), "post" | "put" | "patch") && operation["requestBody"].is_object() {
            assert!(responses.contains_key("400"), "{what} does not document 400");
        }
        for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            let parameters = operation["parameters"]
                .as_array()
                .unwrap_or_else(|| panic!("{what} has no parameters"));
            assert!(
                parameters
                    .iter()
                    .any(|parameter| parameter["name"] == name && parameter["in"] == "path"),
                "{what}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn the_query_parameters_of_the_contract_are_in_it() {
    let service = Service::start().await;
    let document = document(&service).await;
    let cases = [
        ("conversations/", vec!["page", "page_size", "confession", "unread", "q"]),
        (
            "messages/",
            vec![
                "conversation",
                "page",
                "page_size",
                "before",
                "after",
                "around",
                "limit",
                "pinned",
                "include_deleted",
            ],
        ),
        ("contacts/", vec!["q", "own", "page", "page_size"]),
        ("conversations/{id}/changes/", vec!["after", "limit"]),
    ];
    for (path, names) in cases {
        let parameters = &document["paths"][format!("/api/messaging/{path}")]["get"]["parameters"];
        let named: BTreeSet<&str> = parameters
            .as_array()
            .expect("parameters")
            .iter()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        for name in names {
            assert!(named.contains(name), "{path}: {name} is not in {named:?}");
        }
    }
}

#[tokio::test]
async fn every_code_of_the_contract_is_in_it() {
    let service = Service::start().await;
    let text = document(&service).await.to_string();
    let codes = [
        "not_subscribed",
        "not_confession_admin",
        "confession_required",
        "not_an_admin",
        "one_admin_at_a_time",
        "admins_only",
        "too_many_participants",
        "outreach_not_allowed",
        "cannot_message_self",
        "user_inactive",
        "user_not_found",
        "conversation_not_found",
        "message_not_found",
        "not_sender",
        "edit_window_closed",
        "message_deleted",
        "not_pin_authority",
        "invalid_reply",
        "empty_message",
        "content_too_long",
        "invalid_content",
        "not_authenticated",
        "token_expired",
        "token_invalid",
        "invalid_json",
        "invalid_request",
        "payload_too_large",
        "unsupported_file_type",
        "rate_limited",
        "unavailable",
        "client_id_conflict",
        "scope_required",
    ];
    for code in codes {
        assert!(text.contains(&format!("\"{code}\"")), "{code}");
    }
}

#[tokio::test]
async fn answers_have_exactly_the_fields_of_their_shapes() {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let document = document(&service).await;
    let id = aziz.open(DILNOZA).await;
    let first = aziz.says(id, "one").await;
    let reply = dilnoza
        .post("messages/", json!({ "conversation": id, "content": "two", "reply_to": first }))
        .await
        .expect(201);
    dilnoza.post_empty(&format!("conversations/{id}/mark_as_read/")).await.ok();
    let asked = [
        ("get", "/api/messaging/conversations/", "200", aziz.get("conversations/").await.ok()),
        ("get", "/api/messaging/conversations/{id}/", "200", aziz.conversation(id).await),
        (
            "get",
            "/api/messaging/conversations/{id}/changes/",
            "200",
            aziz.changes(id, 0).await,
        ),
        (
            "get",
            "/api/messaging/conversations/unread_count/",
            "200",
            aziz.get("conversations/unread_count/").await.ok(),
        ),
        ("get", "/api/messaging/contacts/", "200", aziz.get("contacts/").await.ok()),
        (
            "get",
            "/api/messaging/contacts/{id}/",
            "200",
            aziz.get(&format!("contacts/{DILNOZA}/")).await.ok(),
        ),
        ("get", "/api/messaging/me/", "200", aziz.get("me/").await.ok()),
        (
            "get",
            "/api/messaging/messages/",
            "200",
            aziz.get(&format!("messages/?conversation={id}")).await.ok(),
        ),
        ("post", "/api/messaging/messages/", "201", reply),
        ("get", "/api/messaging/messages/{id}/", "200", aziz.message(first).await),
        ("get", "/api/messaging/config/", "200", aziz.get("config/").await.ok()),
        ("post", "/api/messaging/ws_ticket/", "200", aziz.post_empty("ws_ticket/").await.ok()),
        ("get", "/healthz", "200", aziz.get("/healthz").await.ok()),
        ("get", "/readyz", "200", aziz.get("/readyz").await.ok()),
        (
            "get",
            "/api/messaging/messages/{id}/",
            "404",
            aziz.get("messages/987654/").await.expect(404),
        ),
        (
            "post",
            "/api/messaging/messages/",
            "400",
            aziz.post("messages/", json!({})).await.expect(400),
        ),
    ];
    for (method, path, status, answer) in asked {
        let what = format!("{method} {path} {status}");
        let response = resolved(&document, &document["paths"][path][method]["responses"][status]);
        let schema = &response["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{what} has no shape");
        conforms(&document, schema, &answer, &what);
    }
}

#[tokio::test]
async fn the_docs_page_asks_for_nothing_from_elsewhere() {
    let service = Service::start().await;
    let anyone = service.client(AZIZ).anonymous();
    let page = anyone.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    let mut scripts = 0;
    for (_, after) in page
        .text
        .match_indices("src=\"")
        .chain(page.text.match_indices("href=\""))
        .map(|(at, found)| (found, &page.text[at + found.len()..]))
    {
        let target = after.split('"').next().expect("a closing quote");
        assert!(!target.starts_with("http") && !target.starts_with("//"), "{target}");
        let part = anyone.get(&format!("/api/docs/{}", target.trim_start_matches("./"))).await;
        assert_eq!(part.status, 200, "{target}");
        scripts += usize::from(target.contains(".js"));
    }
    assert!(scripts > 0, "{}", page.text);
}

#[tokio::test]
async fn the_socket_s_document_is_asyncapi_3_and_names_every_frame_and_close_code() {
    let service = Service::start().await;
    let document = service.client(AZIZ).anonymous().get("/api/ws-schema/").await.ok();
    assert!(
        document["asyncapi"].as_str().is_some_and(|version| version.starts_with("3.")),
        "{}",
        document["asyncapi"]
    );
    let text = document.to_string();
    let frames = [
        "chat_message",
        "typing",
        "read_receipt",
        "edit_message",
        "delete_message",
        "pin_message",
        "ping",
        "ready",
        "message_edited",
        "message_pinned",
        "message_deleted",
        "message_delivered",
        "user_status",
        "conversation_updated",
        "ack",
        "error",
        "pong",
        "resync",
    ];
    for frame in frames {
        assert!(text.contains(&format!("\"{frame}\"")), "{frame}");
    }
    for code in [4401, 4404, 4429, 1008, 1009, 1011, 1012, 1013] {
        assert!(text.contains(&code.to_string()), "{code}");
    }
}

#[tokio::test]
async fn the_committed_document_is_the_one_that_the_program_prints() {
    let committed =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json")).expect("docs/openapi.json can be read");
    let printed = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).run(&["openapi"]).await.stdout;
    assert!(
        committed == printed,
        "docs/openapi.json differs from the routes; `./just generate` writes it anew"
    );
}
