use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, openapi::Components};

use crate::{
    close::CloseCode,
    frame::{ClientFrame, REQUEST_ID_CHARS, ServerFrame},
};

/// The place of the schemas that frames refer to.
const SCHEMAS: &str = "#/components/schemas/";

/// The `AsyncAPI` 3.0 document of the sockets. `components` are those of the `OpenAPI` document; schemas without a reference from a frame are left out.
pub fn asyncapi(version: &str, components: &Components) -> Value {
    let (client, server) = (messages("client", client_frames()), messages("server", frames::<ServerFrame>()));
    // A socket of one conversation shows no list.
    let of_one: Vec<Frame> = server
        .iter()
        .filter(|frame| frame.kind != "conversation_updated")
        .cloned()
        .collect();
    let all: Map<String, Value> = client
        .iter()
        .chain(&server)
        .map(|frame| (frame.key.clone(), frame.message.clone()))
        .collect();
    let schemas = referred(&all, components);
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Suhbat sockets", "version": version, "description": description() },
        "defaultContentType": "application/json",
        "channels": {
            "conversation": channel("/ws/chat/{conversation_id}/", "One conversation.", &client, &of_one),
            "all": channel("/ws/", "All conversations of the user. Frames that concern a conversation name it, in both directions.", &client, &server),
        },
        "operations": {
            "ask_in_conversation": operation("receive", "conversation", "What a client asks for.", &client),
            "tell_in_conversation": operation("send", "conversation", "What the service tells.", &of_one),
            "ask": operation("receive", "all", "What a client asks for.", &client),
            "tell": operation("send", "all", "What the service tells.", &server),
        },
        "components": { "messages": all, "schemas": schemas, "securitySchemes": security_schemes() },
    })
}

/// A frame type of one direction.
#[derive(Clone)]
struct Frame {
    kind: String,
    key: String,
    message: Value,
}

fn description() -> String {
    let codes: Vec<String> = CloseCode::ALL
        .iter()
        .map(|code| format!("- `{}`: {}", code.number(), code.explanation()))
        .collect();
    let codes = codes.join("\n");
    format!(
        "Text frames, one JSON object each, at most 64 KiB, told apart by `type`. Unknown fields are ignored.\n\n\
         On one socket the frames of a conversation arrive in the order of `seq`. A client that sees `seq` jump, a `pong` or `ready` with a newer \
         `last_seq`, or `resync`, asks for `GET /api/messaging/conversations/{{id}}/changes/?after=SEQ`. A send that was not acknowledged can be repeated \
         with the same `client_id`.\n\n\
         More types of frames and of changes may come. A frame, or an entry of `changes/`, that carries `message` is the present state of that message, \
         whatever its `type`. One that carries `message_id` and no `message` says that this message is gone. A client skips an entry that has neither, and \
         takes a frame of a type that it does not know, with a `seq` and without `message`, for a jump of `seq`.\n\n\
         A handshake that is not acceptable is accepted and closed at once, so that a browser can see why. Close codes:\n\n{codes}"
    )
}

/// The schemas of an enum of frames by their types, in the order of the variants. A type that comes in several forms has several schemas.
fn frames<T: PartialSchema>() -> Vec<(String, Vec<Value>)> {
    let schema = serde_json::to_value(T::schema()).expect("schemas are plain JSON");
    let mut types: Vec<(String, Vec<Value>)> = Vec::new();
    for form in schema["oneOf"].as_array().into_iter().flatten() {
        let kind = form["properties"]["type"]["enum"][0].as_str().unwrap_or_default();
        match types.iter_mut().find(|(known, _)| known == kind) {
            Some((_, forms)) => forms.push(form.clone()),
            None => types.push((kind.to_owned(), vec![form.clone()])),
        }
    }
    types
}

/// The schemas of the frames that clients send, each with the fields that any frame may carry.
fn client_frames() -> Vec<(String, Vec<Value>)> {
    let mut types = frames::<ClientFrame>();
    for form in types.iter_mut().flat_map(|(_, forms)| forms) {
        form["properties"]["conversation"] =
            json!({ "type": "integer", "format": "int64", "description": "Which conversation; on `/ws/` all frames but `ping` need it." });
        form["properties"]["request_id"] =
            json!({ "type": "string", "maxLength": REQUEST_ID_CHARS, "description": "Comes back with the answer." });
    }
    types
}

fn messages(direction: &str, types: Vec<(String, Vec<Value>)>) -> Vec<Frame> {
    let message = |(kind, mut forms): (String, Vec<Value>)| {
        let summary: Vec<String> = forms
            .iter()
            .filter_map(|form| form["description"].as_str().map(str::to_owned))
            .collect();
        let payload = if forms.len() == 1 {
            forms.remove(0)
        } else {
            json!({ "oneOf": forms })
        };
        let message =
            json!({ "name": kind, "title": kind, "summary": summary.join(" "), "contentType": "application/json", "payload": payload });
        Frame {
            key: format!("{direction}.{kind}"),
            kind,
            message,
        }
    };
    types.into_iter().map(message).collect()
}

fn channel(address: &str, text: &str, client: &[Frame], server: &[Frame]) -> Value {
    let messages: Map<String, Value> = client
        .iter()
        .chain(server)
        .map(|frame| (frame.key.clone(), json!({ "$ref": format!("#/components/messages/{}", frame.key) })))
        .collect();
    let query = json!({
        "type": "object",
        "properties": {
            "token": { "type": "string", "description": "An access token." },
            "ticket": { "type": "string", "description": "From `POST /api/messaging/ws_ticket/`; works once." },
        },
    });
    let mut channel = json!({
        "address": address,
        "description": text,
        "messages": messages,
        "bindings": { "ws": { "method": "GET", "query": query, "bindingVersion": "0.1.0" } },
    });
    if address.contains('{') {
        channel["parameters"] = json!({ "conversation_id": { "description": "The conversation." } });
    }
    channel
}

/// An operation as `AsyncAPI` 3 counts it: from the service's side.
fn operation(action: &str, channel: &str, text: &str, frames: &[Frame]) -> Value {
    let messages: Vec<Value> = frames
        .iter()
        .map(|frame| json!({ "$ref": format!("#/channels/{channel}/messages/{}", frame.key) }))
        .collect();
    let security: Vec<Value> = ["token", "ticket", "bearer"]
        .map(|scheme| json!({ "$ref": format!("#/components/securitySchemes/{scheme}") }))
        .into();
    json!({ "action": action, "channel": { "$ref": format!("#/channels/{channel}") }, "summary": text, "messages": messages, "security": security })
}

fn security_schemes() -> Value {
    json!({
        "token": { "type": "httpApiKey", "in": "query", "name": "token", "description": "An access token of the platform." },
        "ticket": { "type": "httpApiKey", "in": "query", "name": "ticket", "description": "A ticket, so that no token ends in a log." },
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "For clients that are no browsers." },
    })
}

/// The schemas that the messages refer to, directly or through others.
fn referred(messages: &Map<String, Value>, components: &Components) -> Map<String, Value> {
    let all = serde_json::to_value(&components.schemas).expect("schemas are plain JSON");
    let mut kept = Map::new();
    let mut open = BTreeSet::new();
    messages.values().for_each(|message| references(message, &mut open));
    while let Some(name) = open.pop_first() {
        if let (false, Some(schema)) = (kept.contains_key(&name), all.get(&name)) {
            references(schema, &mut open);
            kept.insert(name, schema.clone());
        }
    }
    kept
}

/// Collects the names of the schemas that a value refers to.
fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| target.strip_prefix(SCHEMAS))
            {
                into.insert(name.to_owned());
            }
            fields.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}
