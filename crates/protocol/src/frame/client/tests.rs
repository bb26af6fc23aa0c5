use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Envelope {
    ClientFrame::parse(text).unwrap_or_else(|error| panic!("{text} was refused: {error:?}"))
}

/// The answer to a frame that cannot be read.
fn refused(text: &str) -> String {
    ClientFrame::parse(text).expect_err(text).frame().to_text()
}

fn envelope(frame: ClientFrame, conversation: Option<ConversationId>, request_id: Option<String>) -> Envelope {
    let client_id = match &frame {
        ClientFrame::ChatMessage { client_id, .. } => client_id.as_ref().map(|id| id.as_str().to_owned()),
        _ => None,
    };
    Envelope {
        frame,
        correlation: Correlation {
            conversation,
            request_id,
            client_id,
        },
    }
}

fn bare(frame: ClientFrame) -> Envelope {
    envelope(frame, None, None)
}

const M: MessageId = MessageId(7);

#[test]
fn every_frame_of_the_contract_is_read() {
    let cases = [
        (
            r#"{"type":"chat_message","content":" Salom! ","reply_to_id":7,"client_id":"c-1"}"#,
            ClientFrame::ChatMessage {
                content: " Salom! ".into(),
                reply_to_id: Some(M),
                client_id: ClientId::new("c-1"),
            },
        ),
        (
            r#"{"type":"chat_message","content":""}"#,
            ClientFrame::ChatMessage {
                content: String::new(),
                reply_to_id: None,
                client_id: None,
            },
        ),
        (r#"{"type":"typing","is_typing":true}"#, ClientFrame::Typing { is_typing: true }),
        (
            r#"{"type":"read_receipt","message_id":7}"#,
            ClientFrame::ReadReceipt { message_id: M },
        ),
        (r#"{"type":"read_receipt","up_to":7}"#, ClientFrame::ReadUpTo { up_to: M }),
        (
            r#"{"type":"edit_message","message_id":7,"content":"x"}"#,
            ClientFrame::EditMessage {
                message_id: M,
                content: "x".into(),
            },
        ),
        (
            r#"{"type":"delete_message","message_id":7}"#,
            ClientFrame::DeleteMessage { message_id: M },
        ),
        (
            r#"{"type":"pin_message","message_id":7,"is_pinned":false}"#,
            ClientFrame::PinMessage {
                message_id: M,
                is_pinned: false,
            },
        ),
        (r#"{"type":"ping"}"#, ClientFrame::Ping {}),
    ];
    for (text, frame) in cases {
        assert_eq!(parsed(text), bare(frame), "{text}");
    }
}

#[test]
fn a_refusal_names_the_conversation_where_the_frame_did() {
    insta::assert_snapshot!(refused(r#"{"type":"shout","conversation":4}"#), @r#"{"type":"error","conversation":4,"code":"unknown_type","message":"There is no frame of this type."}"#);
    insta::assert_snapshot!(refused(r#"{"type":"delete_message","conversation":4}"#), @r#"{"type":"error","conversation":4,"code":"invalid_request","message":"message_id: This field is required.","details":{"fields":{"message_id":["This field is required."]}}}"#);
}

#[test]
fn any_frame_may_name_its_conversation_and_its_request() {
    let envelope = parsed(r#"{"type":"ping","conversation":4,"request_id":"r","unknown":[{}]}"#);
    assert_eq!(
        envelope,
        super::tests::envelope(ClientFrame::Ping {}, Some(ConversationId(4)), Some("r".into()))
    );
    assert_eq!(
        parsed(r#"{"type":"ping","conversation":null,"request_id":null}"#),
        bare(ClientFrame::Ping {})
    );
}

#[test]
fn older_spellings_are_understood() {
    let expected = ClientFrame::ChatMessage {
        content: "Salom".into(),
        reply_to_id: Some(M),
        client_id: None,
    };
    assert_eq!(
        parsed(r#"{"type":"chat_message","message":"Salom","reply_to":"7","client_id":""}"#),
        bare(expected)
    );
    let expected = ClientFrame::EditMessage {
        message_id: M,
        content: "Salom".into(),
    };
    assert_eq!(
        parsed(r#"{"type":"edit_message","message_id":"7","message":"Salom"}"#),
        bare(expected)
    );
}

#[test]
fn a_body_that_is_not_json_is_refused_as_such() {
    for text in ["", "hello", "{\"type\":", r#"{"type":"chat_message","content":"\ud800"}"#] {
        assert_eq!(
            refused(text),
            r#"{"type":"error","code":"invalid_json","message":"The request is not valid JSON."}"#,
            "{text}"
        );
    }
}

#[test]
fn a_json_value_that_is_no_object_is_invalid() {
    insta::assert_snapshot!(refused("[1]"), @r#"{"type":"error","code":"invalid_request","message":"body: Must be a JSON object.","details":{"fields":{"body":["Must be a JSON object."]}}}"#);
}

#[test]
fn a_type_must_be_there_and_known() {
    insta::assert_snapshot!(refused("{}"), @r#"{"type":"error","code":"invalid_request","message":"type: This field is required.","details":{"fields":{"type":["This field is required."]}}}"#);
    insta::assert_snapshot!(refused(r#"{"type":5,"request_id":"r"}"#), @r#"{"type":"error","code":"invalid_request","message":"type: Must be a string.","details":{"fields":{"type":["Must be a string."]}},"request_id":"r"}"#);
    insta::assert_snapshot!(refused(r#"{"type":"dance","request_id":"r","client_id":"c"}"#), @r#"{"type":"error","code":"unknown_type","message":"There is no frame of this type.","request_id":"r","client_id":"c"}"#);
    assert!(refused(r#"{"type":""}"#).contains("unknown_type"));
}

#[test]
fn every_bad_field_is_named_and_the_error_echoes_its_frame() {
    insta::assert_snapshot!(refused(r#"{"type":"pin_message","message_id":1.5,"conversation":"x","request_id":"r"}"#), @r#"{"type":"error","code":"invalid_request","message":"conversation: Must be an integer.","details":{"fields":{"conversation":["Must be an integer."],"is_pinned":["This field is required."],"message_id":["Must be an integer."]}},"request_id":"r"}"#);
    insta::assert_snapshot!(refused(r#"{"type":"chat_message","reply_to_id":[],"client_id":"c-1"}"#), @r#"{"type":"error","code":"invalid_request","message":"content: This field is required.","details":{"fields":{"content":["This field is required."],"reply_to_id":["Must be an integer."]}},"client_id":"c-1"}"#);
}

#[test]
fn a_read_receipt_names_one_message() {
    insta::assert_snapshot!(refused(r#"{"type":"read_receipt"}"#), @r#"{"type":"error","code":"invalid_request","message":"message_id: This field is required.","details":{"fields":{"message_id":["This field is required."]}}}"#);
    insta::assert_snapshot!(refused(r#"{"type":"read_receipt","message_id":1,"up_to":2}"#), @r#"{"type":"error","code":"invalid_request","message":"up_to: Only one of message_id and up_to can be given.","details":{"fields":{"up_to":["Only one of message_id and up_to can be given."]}}}"#);
    insta::assert_snapshot!(refused(r#"{"type":"read_receipt","up_to":true}"#), @r#"{"type":"error","code":"invalid_request","message":"up_to: Must be an integer.","details":{"fields":{"up_to":["Must be an integer."]}}}"#);
}

#[test]
fn request_id_is_a_short_text() {
    let with = |id: serde_json::Value| ClientFrame::parse(&serde_json::json!({ "type": "ping", "request_id": id }).to_string());
    assert!(with("ш".repeat(64).into()).is_ok());
    for bad in [serde_json::json!("ш".repeat(65)), serde_json::json!(5), serde_json::json!("\0")] {
        let error = with(bad).unwrap_err();
        assert_eq!((error.body.code, error.correlation.request_id), (Code::InvalidRequest, None));
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), Just(String::new()), Just("a\0\u{10ffff}\"\\".to_owned())]
}

fn frames() -> impl Strategy<Value = ClientFrame> {
    let id = || any::<i64>().prop_map(MessageId);
    let client_id = proptest::option::of("[^\0]{1,64}").prop_map(|text| text.as_deref().and_then(ClientId::new));
    prop_oneof![
        (texts(), proptest::option::of(id()), client_id).prop_map(|(content, reply_to_id, client_id)| ClientFrame::ChatMessage {
            content,
            reply_to_id,
            client_id
        }),
        any::<bool>().prop_map(|is_typing| ClientFrame::Typing { is_typing }),
        id().prop_map(|message_id| ClientFrame::ReadReceipt { message_id }),
        id().prop_map(|up_to| ClientFrame::ReadUpTo { up_to }),
        (id(), texts()).prop_map(|(message_id, content)| ClientFrame::EditMessage { message_id, content }),
        id().prop_map(|message_id| ClientFrame::DeleteMessage { message_id }),
        (id(), any::<bool>()).prop_map(|(message_id, is_pinned)| ClientFrame::PinMessage { message_id, is_pinned }),
        Just(ClientFrame::Ping {}),
    ]
}

fn envelopes() -> impl Strategy<Value = Envelope> {
    let conversation = proptest::option::of(any::<i64>().prop_map(ConversationId));
    (frames(), conversation, proptest::option::of("[^\0]{0,64}"))
        .prop_map(|(frame, conversation, request_id)| envelope(frame, conversation, request_id))
}

/// Any JSON at all.
fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        texts().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map(texts(), inner, 0..4)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Objects that look like frames, with anything in the fields that matter.
fn almost_frames() -> impl Strategy<Value = serde_json::Value> {
    const KINDS: &[&str] = &[
        "chat_message",
        "typing",
        "read_receipt",
        "edit_message",
        "delete_message",
        "pin_message",
        "ping",
        "other",
    ];
    const NAMES: &[&str] = &[
        "content",
        "message",
        "reply_to_id",
        "client_id",
        "is_typing",
        "message_id",
        "up_to",
        "is_pinned",
        "conversation",
        "request_id",
        "type",
    ];
    let fields = proptest::collection::btree_map(proptest::sample::select(NAMES), values(), 0..6);
    (proptest::sample::select(KINDS), fields).prop_map(|(kind, fields)| {
        let mut object = serde_json::json!({ "type": kind });
        for (name, value) in fields {
            object[name] = value;
        }
        object
    })
}

proptest! {
    #[test]
    fn well_formed_frames_come_back_as_they_were(envelope in envelopes()) {
        let text = serde_json::to_string(&envelope).unwrap();
        prop_assert_eq!(ClientFrame::parse(&text), Ok(envelope), "{}", text);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = ClientFrame::parse(&text);
    }

    #[test]
    fn no_json_makes_parsing_panic(value in prop_oneof![values(), almost_frames()]) {
        if let Err(error) = ClientFrame::parse(&value.to_string()) {
            // The answer to it is a frame, and says which kind of fault it is.
            let answer: serde_json::Value = serde_json::from_str(&error.frame().to_text()).unwrap();
            prop_assert!(matches!(answer["code"].as_str(), Some("invalid_request" | "unknown_type")), "{}", answer);
        }
    }
}
