//! The bodies of requests.

use domain::{
    attachment::Voice,
    conversation::RowState,
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{ClientId, NewMessage},
    settings::{ConfessionSettingsChange, Language, PersonSettingsChange},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::{Fields, Rejection, request};

request! {
    /// A conversation to be opened.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct OpenConversation {
        /// The other participant.
        #[schema(value_type = Vec<i64>, min_items = 1)]
        pub participant_ids: Vec<UserId>,
        /// The confession that the conversation is about. `confession_id` is accepted too.
        #[schema(value_type = Option<i64>)]
        pub confession: Option<ConfessionId> | "confession_id",
    }
}

request! {
    /// A conversation with one other person, to be opened or found.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct GetOrCreate {
        /// The other participant.
        #[schema(value_type = i64)]
        pub target_user_id: UserId,
        /// The confession that the conversation is about. `confession` is accepted too.
        #[schema(value_type = Option<i64>)]
        pub confession_id: Option<ConfessionId> | "confession",
    }
}

request! {
    /// A message to be sent.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct SendMessage {
        /// The conversation that the message is sent to.
        #[schema(value_type = i64)]
        pub conversation: ConversationId,
        /// The text, kept as sent; may be left out if there are files.
        pub content: Option<String>,
        /// The message that this one answers. `reply_to_id` is accepted too.
        #[schema(value_type = Option<i64>)]
        pub reply_to: Option<MessageId> | "reply_to_id",
        /// The client id of the message, best a UUID: a repeated request with the same one does not send the message twice.
        #[schema(value_type = Option<String>, max_length = 64)]
        pub client_id: Option<ClientId>,
        /// The length and the waveform of a voice message, which has a file and so comes as a form.
        #[schema(ignore)]
        pub voice: Option<Voice>,
    }
}

impl SendMessage {
    /// The message of this sender, without files yet.
    pub fn from_sender(self, sender: UserId) -> NewMessage {
        NewMessage {
            content: self.content,
            reply_to: self.reply_to,
            client_id: self.client_id,
            ..NewMessage::empty(sender, self.conversation)
        }
    }
}

/// A message sent as a form, with files: the fields of `SendMessage` as texts. A file in another field than `attachment_files` is refused.
#[derive(Clone, Debug, ToSchema)]
pub struct SendMessageForm {
    /// The conversation that the message is sent to.
    pub conversation: i64,
    /// The text, kept as sent; may be left out if there are files.
    pub content: Option<String>,
    /// The message that this one answers.
    pub reply_to: Option<i64>,
    /// The client id of the message, best a UUID: a repeated request with the same one does not send the message twice.
    #[schema(max_length = 64)]
    pub client_id: Option<String>,
    /// The files; the field is repeated. `attachment_files[]` is accepted too.
    #[schema(value_type = Option<Vec<String>>, format = Binary, content_media_type = "application/octet-stream")]
    pub attachment_files: Option<Vec<Vec<u8>>>,
    /// Makes the message a voice message, whose only file is the recording, an audio file: a JSON text of the shape `Voice`, such as
    /// `{"duration_ms": 4200, "waveform": [0, 12, 31, 7]}`.
    #[schema(value_type = Option<String>, content_media_type = "application/json")]
    pub voice: Option<String>,
}

request! {
    /// The new text of a message.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct EditMessage {
        /// The new text, kept as sent.
        pub content: String,
    }
}

request! {
    /// The time until which a conversation is muted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
    pub struct MuteConversation {
        /// A time in RFC 3339, or `always`. Null, or a time that has passed, ends the muting.
        #[schema(value_type = Option<String>, required, examples("2026-03-01T09:30:00Z", "always"))]
        pub until: Option<Timestamp> = mute_end,
    }
}

/// `always` is [`RowState::FOREVER`], and so is every later time.
fn mute_end(fields: &mut Fields, name: &str) -> Option<Timestamp> {
    let text = fields.optional_text(&[name]).filter(|text| !text.is_empty())?;
    if text == "always" {
        return Some(RowState::FOREVER);
    }
    let until = Timestamp::parse_rfc3339(&text).map(|until| until.min(RowState::FOREVER));
    if until.is_none() {
        fields.refuse(name, "Must be a time in RFC 3339, always, or null.");
    }
    until
}

request! {
    /// Whether the last messages of the member need no answer.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct AnsweredConversation {
        /// True by default; false takes it back: the member waits again, since the first message that nobody answered.
        #[schema(default = true)]
        pub answered: Option<bool>,
    }
}

request! {
    /// Changes of the caller's settings. What is left out stays as it is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
    pub struct ChangePersonSettings {
        /// Another language. Null, or an empty text, for the platform's.
        #[schema(value_type = Option<crate::names::Language>)]
        pub language: Option<Option<Language>> = language_change,
    } then only_known
}

/// `None` if the field is not there at all.
#[expect(clippy::option_option, reason = "a field may be absent, null, or have a value")]
fn language_change(fields: &mut Fields, name: &str) -> Option<Option<Language>> {
    if !fields.is_given(name) {
        return None;
    }
    let tag = fields.optional_text(&[name]).filter(|tag| !tag.is_empty());
    let language = tag.as_deref().map(Language::parse);
    if language == Some(None) {
        fields.refuse(name, "Must be uz, uz-Cyrl, ru, en, or null.");
    }
    Some(language.flatten())
}

impl ChangePersonSettings {
    /// A setting that is not known here must not look as if it was stored.
    #[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "checks are called so")]
    fn only_known(&self, fields: &mut Fields) {
        fields.refuse_others(Self::FIELDS, NO_SETTING);
    }
}

impl From<ChangePersonSettings> for PersonSettingsChange {
    fn from(asked: ChangePersonSettings) -> Self {
        Self { language: asked.language }
    }
}

/// Changes of a confession's settings: there are none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[expect(clippy::empty_structs_with_brackets, reason = "an object on the wire")]
pub struct ChangeConfessionSettings {}

impl ChangeConfessionSettings {
    /// Reads a body or a form.
    pub fn read(mut fields: Fields) -> Result<ConfessionSettingsChange, Rejection> {
        fields.refuse_others(&[], NO_SETTING);
        fields.finish(ConfessionSettingsChange)
    }
}

const NO_SETTING: &str = "There is no such setting.";

request! {
    /// The person as whom to sign in to the demo.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct DemoLogin {
        /// The id of one of the people of the demo.
        #[schema(value_type = i64)]
        pub user_id: UserId,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    fn refused<T: std::fmt::Debug>(outcome: Result<T, Rejection>) -> String {
        match outcome.unwrap_err() {
            Rejection::Invalid(errors) => serde_json::to_string(&errors).unwrap(),
            Rejection::InvalidJson | Rejection::NotJson(_) => "invalid_json".to_owned(),
        }
    }

    #[test]
    fn a_setting_that_is_left_out_differs_from_one_that_is_unset() {
        for (body, language) in [
            ("{}", None),
            (r#"{"language":null}"#, Some(None)),
            (r#"{"language":""}"#, Some(None)),
            (r#"{"language":"uz-Cyrl"}"#, Some(Some(Language::UzbekCyrillic))),
        ] {
            assert_eq!(
                ChangePersonSettings::read(json(body)),
                Ok(ChangePersonSettings { language }),
                "{body}"
            );
        }
        let form = Fields::from_pairs([("language", "ru"), ("language", "en")]);
        let last = Some(Some(Language::English));
        assert_eq!(ChangePersonSettings::read(form), Ok(ChangePersonSettings { language: last }));
    }

    #[test]
    fn bad_and_unknown_settings_are_named() {
        assert_eq!(
            refused(ChangePersonSettings::read(json(r#"{"language":"de","theme":"dark"}"#))),
            r#"{"language":["Must be uz, uz-Cyrl, ru, en, or null."],"theme":["There is no such setting."]}"#
        );
        assert_eq!(
            refused(ChangePersonSettings::read(json(r#"{"language":7}"#))),
            r#"{"language":["Must be a string."]}"#
        );
        let long = format!(r#"{{"{}":1}}"#, "ж".repeat(65));
        assert_eq!(
            refused(ChangeConfessionSettings::read(json(&long))),
            r#"{"body":["There is no such setting."]}"#
        );
        assert_eq!(ChangeConfessionSettings::read(json("{}")), Ok(ConfessionSettingsChange));
    }

    #[test]
    fn message_comes_from_json_and_from_a_form_alike() {
        let expected = SendMessage {
            conversation: ConversationId(4),
            content: Some(" Salom! ".to_owned()),
            reply_to: Some(MessageId(9)),
            client_id: ClientId::new("c-1"),
            voice: None,
        };
        let body = json(r#"{"conversation":4,"content":" Salom! ","reply_to":9,"client_id":"c-1","unknown":{"x":1}}"#);
        assert_eq!(SendMessage::read(body), Ok(expected.clone()));
        let form = Fields::from_pairs([
            ("conversation", "4"),
            ("content", " Salom! "),
            ("reply_to_id", "9"),
            ("client_id", "c-1"),
        ]);
        assert_eq!(SendMessage::read(form), Ok(expected));
    }

    #[test]
    fn message_needs_only_its_conversation_here() {
        let bare = SendMessage {
            conversation: ConversationId(4),
            content: None,
            reply_to: None,
            client_id: None,
            voice: None,
        };
        assert_eq!(
            SendMessage::read(json(r#"{"conversation":"4","content":null,"reply_to":null,"client_id":""}"#)),
            Ok(bare.clone())
        );
        assert_eq!(
            SendMessage::read(Fields::from_pairs([("conversation", "4"), ("reply_to", "")])),
            Ok(bare)
        );
    }

    #[test]
    fn every_bad_field_of_a_message_is_named() {
        let outcome = SendMessage::read(json(r#"{"content":5,"reply_to":"x","client_id":["a"]}"#));
        insta::assert_snapshot!(refused(outcome), @r#"{"client_id":["Must be a string."],"content":["Must be a string."],"conversation":["This field is required."],"reply_to":["Must be an integer."]}"#);
    }

    #[test]
    fn voice_is_an_object_or_its_text_in_a_form() {
        let expected = Voice::new(4_200, vec![0, 31]).ok();
        let text = r#"{"duration_ms":4200,"waveform":[0,31]}"#;
        let of_json = |voice: &str| SendMessage::read(json(&format!(r#"{{"conversation":4,"voice":{voice}}}"#)));
        let of_form = |voice: &str| SendMessage::read(Fields::from_pairs([("conversation", "4"), ("voice", voice)]));
        assert_eq!(of_json(text).unwrap().voice, expected);
        assert_eq!(of_form(text).unwrap().voice, expected);
        assert_eq!(of_json("null").unwrap().voice, None);
        assert_eq!(of_form("").unwrap().voice, None);
        for bad in [
            "{",
            "4200",
            "[]",
            r#"{"duration_ms":4200}"#,
            r#"{"duration_ms":0,"waveform":[]}"#,
            r#"{"duration_ms":3600001,"waveform":[]}"#,
            r#"{"duration_ms":-1,"waveform":[]}"#,
            r#"{"duration_ms":1,"waveform":[32]}"#,
            r#"{"duration_ms":1,"waveform":"abc"}"#,
        ] {
            let sentence =
                r#"{"voice":["Must be an object with duration_ms (1 to 3600000) and waveform (at most 64 integers from 0 to 31)."]}"#;
            assert_eq!(refused(of_form(bad)), sentence, "{bad}");
        }
        let long = format!(r#"{{"duration_ms":1,"waveform":[{}1]}}"#, "1,".repeat(64));
        assert!(refused(of_json(&long)).contains("voice"));
    }

    #[test]
    fn client_id_is_short_and_without_nul() {
        let with = |client_id: String| SendMessage::read(json(&serde_json::json!({"conversation": 1, "client_id": client_id}).to_string()));
        assert!(with("ш".repeat(64)).is_ok());
        assert_eq!(
            refused(with("ш".repeat(65))),
            r#"{"client_id":["Must have at most 64 characters."]}"#
        );
        assert_eq!(refused(with("a\0".to_owned())), r#"{"client_id":["Must not contain NUL."]}"#);
    }

    #[test]
    fn conversation_is_opened_under_both_names_of_the_confession() {
        let expected = OpenConversation {
            participant_ids: vec![UserId(2), UserId(3)],
            confession: Some(ConfessionId(5)),
        };
        for body in [
            r#"{"participant_ids":[2,"3"],"confession":5}"#,
            r#"{"participant_ids":[2,3],"confession_id":"5"}"#,
        ] {
            assert_eq!(OpenConversation::read(json(body)), Ok(expected.clone()));
        }
        let expected = GetOrCreate {
            target_user_id: UserId(2),
            confession_id: Some(ConfessionId(5)),
        };
        for body in [
            r#"{"target_user_id":2,"confession":5}"#,
            r#"{"target_user_id":"2","confession_id":5}"#,
        ] {
            assert_eq!(GetOrCreate::read(json(body)), Ok(expected.clone()));
        }
    }

    #[test]
    fn an_edit_needs_its_text() {
        assert_eq!(
            EditMessage::read(json(r#"{"content":""}"#)),
            Ok(EditMessage { content: String::new() })
        );
        assert_eq!(
            refused(EditMessage::read(json(r#"{"content":null}"#))),
            r#"{"content":["This field is required."]}"#
        );
    }

    #[test]
    fn a_mute_ends_at_a_time_or_never() {
        let until = |value: &str| MuteConversation::read(json(&format!(r#"{{"until":{value}}}"#))).map(|mute| mute.until);
        assert_eq!(until(r#""1970-01-01T05:00:01+05:00""#), Ok(Some(Timestamp(1_000_000))));
        assert_eq!(until(r#""always""#), Ok(Some(RowState::FOREVER)));
        assert_eq!(until(r#""9999-12-31T23:59:59Z""#), Ok(Some(RowState::FOREVER)));
        for none in ["null", "\"\""] {
            assert_eq!(until(none), Ok(None));
        }
        for bad in [r#""tomorrow""#, "5", r#""2026-03-01""#] {
            assert!(refused(until(bad)).starts_with(r#"{"until":["#), "{bad}");
        }
    }

    #[test]
    fn demo_login_names_a_person() {
        assert_eq!(DemoLogin::read(json(r#"{"user_id":"7"}"#)), Ok(DemoLogin { user_id: UserId(7) }));
    }
}
