use std::collections::{BTreeMap, BTreeSet};

use domain::{attachment, message, people};
use serde_json::Value;

use super::*;
use crate::frame::ServerFrameType;

/// Follows every reference of a document; gives those that lead nowhere.
fn dangling(document: &Value) -> Vec<String> {
    fn collect(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| collect(value, into));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let mut references = BTreeSet::new();
    collect(document, &mut references);
    assert!(references.len() > 10, "the document refers to almost nothing");
    let leads_nowhere = |reference: &String| reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)).is_none();
    references.into_iter().filter(leads_nowhere).collect()
}

fn document() -> Value {
    asyncapi("0.1.0", &components())
}

#[test]
fn every_reference_of_the_components_leads_somewhere() {
    let document = serde_json::json!({ "components": components() });
    assert_eq!(dangling(&document), Vec::<String>::new());
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    assert_eq!(dangling(&document()), Vec::<String>::new());
}

#[test]
fn asyncapi_document_has_every_frame_of_both_directions() {
    let document = document();
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in document["components"]["messages"].as_object().unwrap().keys() {
        let (direction, kind) = key.split_once('.').unwrap();
        kinds.entry(direction).or_default().push(kind);
    }
    insta::assert_json_snapshot!(kinds, @r#"
    {
      "client": [
        "chat_message",
        "delete_message",
        "edit_message",
        "pin_message",
        "ping",
        "read_receipt",
        "typing"
      ],
      "server": [
        "ack",
        "chat_message",
        "conversation_access",
        "conversation_updated",
        "error",
        "message_deleted",
        "message_delivered",
        "message_edited",
        "message_pinned",
        "pong",
        "read_receipt",
        "ready",
        "resync",
        "typing",
        "user_status"
      ]
    }
    "#);
}

#[test]
fn payloads_name_their_type_and_require_it() {
    for (key, message) in document()["components"]["messages"].as_object().unwrap() {
        let payload = &message["payload"];
        let forms = payload["oneOf"].as_array().cloned().unwrap_or_else(|| vec![payload.clone()]);
        for form in forms {
            assert_eq!(form["properties"]["type"]["enum"][0], message["name"], "{key}");
            assert!(form["required"].as_array().unwrap().contains(&Value::from("type")), "{key}");
        }
    }
}

#[test]
fn operations_use_messages_of_their_own_channel() {
    let document = document();
    for (name, operation) in document["operations"].as_object().unwrap() {
        let channel = operation["channel"]["$ref"].as_str().unwrap();
        let messages = operation["messages"].as_array().unwrap();
        assert!(!messages.is_empty(), "{name}");
        for message in messages {
            assert!(
                message["$ref"].as_str().unwrap().starts_with(&format!("{channel}/messages/")),
                "{name}"
            );
        }
        assert_eq!(operation["security"].as_array().unwrap().len(), 3, "{name}");
    }
}

#[test]
fn list_updates_are_sent_on_sockets_of_all_conversations_only() {
    let document = document();
    let has = |channel: &str| {
        document["channels"][channel]["messages"]
            .get("server.conversation_updated")
            .is_some()
    };
    assert!(has("all") && !has("conversation"));
}

#[test]
fn asyncapi_document_names_every_close_code() {
    let document = document();
    let description = document["info"]["description"].as_str().unwrap();
    for number in [4401, 4404, 4429, 1008, 1009, 1011, 1012, 1013] {
        assert!(description.contains(&format!("- `{number}`: ")), "{number}");
    }
}

#[test]
fn asyncapi_document_has_the_parts_that_version_3_requires() {
    let document = document();
    assert_eq!(document["asyncapi"], "3.0.0");
    assert_eq!(document["info"]["version"], "0.1.0");
    let addresses: Vec<&str> = document["channels"]
        .as_object()
        .unwrap()
        .values()
        .map(|channel| channel["address"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["/ws/", "/ws/chat/{conversation_id}/"]);
    assert!(document["channels"]["conversation"]["parameters"]["conversation_id"].is_object());
}

#[test]
fn committed_asyncapi_document_is_current() {
    let committed =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/asyncapi.json")).expect("docs/asyncapi.json can be read");
    let document = asyncapi(env!("CARGO_PKG_VERSION"), &components());
    assert!(
        committed == format!("{document:#}\n"),
        "docs/asyncapi.json differs from the frames; `./just generate` writes it anew"
    );
}

#[test]
fn answers_always_have_their_nullable_fields() {
    let schemas = serde_json::to_value(components().schemas).unwrap();
    for (name, fields) in [
        ("Message", 18),
        ("User", 6),
        ("Conversation", 17),
        ("Attachment", 11),
        ("ConversationListItem", 12),
        ("MessagePreview", 7),
        ("MessageList", 4),
    ] {
        assert_eq!(schemas[name]["required"].as_array().map(Vec::len), Some(fields), "{name}");
    }
}

#[test]
fn lists_refer_to_the_schema_of_their_rows() {
    let schemas = serde_json::to_value(components().schemas).unwrap();
    for (list, row) in [
        ("MessageList", "Message"),
        ("ConversationList", "ConversationListItem"),
        ("ContactList", "Contact"),
    ] {
        let items = &schemas[list]["properties"]["results"]["items"];
        assert_eq!(items, &serde_json::json!({ "$ref": format!("#/components/schemas/{row}") }));
    }
}

#[test]
fn every_error_code_stands_in_the_schema_with_its_status() {
    let schemas = serde_json::to_value(components().schemas).unwrap();
    let code = &schemas["ErrorCode"];
    assert_eq!(code["enum"].as_array().unwrap().len(), error::Code::all().count());
    for known in error::Code::all() {
        assert!(
            code["description"]
                .as_str()
                .unwrap()
                .contains(&format!("`{known}` ({})", known.status())),
            "{known}"
        );
    }
}

#[test]
fn enum_values_of_the_schemas_are_those_of_the_domain() {
    let schemas = serde_json::to_value(components().schemas).unwrap();
    let words = |name: &str| {
        schemas[name]["enum"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words("Role"),
        [people::Role::User, people::Role::Admin, people::Role::Superadmin].map(people::Role::as_str)
    );
    assert!(words("FileType").iter().all(|word| attachment::FileType::parse(word).is_some()));
    assert!(
        words("AttachmentKind")
            .iter()
            .all(|word| attachment::AttachmentKind::parse(word).is_some())
    );
    let statuses = [
        message::Status::Sent,
        message::Status::Delivered,
        message::Status::Seen,
        message::Status::Received,
    ];
    assert_eq!(words("MessageStatus"), statuses.map(message::Status::as_str));
    let changes = [
        message::ChangeKind::Sent,
        message::ChangeKind::Edited,
        message::ChangeKind::Pinned,
        message::ChangeKind::Deleted,
    ];
    assert_eq!(words("ChangeType"), changes.map(|kind| ServerFrameType::from(kind).as_str()));
    assert_eq!(words("OnlineStatus"), ["online", "offline"]);
}

#[test]
fn the_form_of_a_message_has_the_fields_of_its_json_and_files() {
    let schemas = serde_json::to_value(components().schemas).unwrap();
    let fields = |name: &str| {
        schemas[name]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let mut expected = fields("SendMessage");
    expected.extend(["attachment_files", "voice"].map(str::to_owned));
    assert_eq!(fields("SendMessageForm"), expected);
}
