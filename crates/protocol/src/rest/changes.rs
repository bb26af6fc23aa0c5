use domain::receipt::Marks;
use serde::Serialize;
use utoipa::ToSchema;

use super::Message;
use crate::time::Time;

/// What happened in a conversation after a `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changes<'a> {
    /// Ascending by `seq`; each changed message once, in its present state, under its newest change.
    pub changes: Vec<ChangeEntry<'a>>,
    /// The number of the conversation's newest change.
    pub last_seq: i64,
    /// The line that `seq` and message ids belong to. Another one than before: drop everything and load it anew.
    pub epoch: &'a str,
    /// True where `after` lies beyond what is stored: drop what is held of this conversation and load it anew. Otherwise left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub reset: bool,
    /// Are there more after these?
    pub has_more: bool,
    /// How far each participant has come.
    pub receipts: Vec<Mark>,
}

/// A changed message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeEntry<'a> {
    /// The number of the change.
    pub seq: i64,
    /// The type of the frame that told of it.
    #[serde(rename = "type")]
    #[schema(value_type = crate::names::ChangeType)]
    pub kind: &'static str,
    /// The message, unless it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<Message<'a>>,
    /// The message, if it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_id: Option<i64>,
}

/// How far a participant has come. Marks are ids of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReceiptMark)]
pub struct Mark {
    /// The participant.
    pub user_id: i64,
    /// All messages of others up to here have reached a device; null while none has.
    #[schema(required)]
    pub delivered_up_to: Option<i64>,
    /// All messages of others up to here are read; null while none is.
    #[schema(required)]
    pub read_up_to: Option<i64>,
    /// When `read_up_to` was last moved.
    #[schema(required)]
    pub read_at: Option<Time>,
}

impl From<&Marks> for Mark {
    fn from(marks: &Marks) -> Self {
        Self {
            user_id: marks.user.0,
            delivered_up_to: marks.delivered_up_to.map(|id| id.0),
            read_up_to: marks.read_up_to.map(|id| id.0),
            read_at: marks.read_at.map(Time::from),
        }
    }
}
