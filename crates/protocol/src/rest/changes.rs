use domain::receipt::Marks;
use serde::Serialize;
use utoipa::ToSchema;

use super::Message;
use crate::time::Time;

/// The changes of a conversation after a `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changes<'a> {
    /// Ascending by `seq`; each changed message once, in its present state, under its newest change.
    pub changes: Vec<ChangeEntry<'a>>,
    /// The number of the conversation's newest change.
    pub last_seq: i64,
    /// The epoch of the database, to which `seq` and message ids belong. If it differs from the one before, the client drops all it holds and loads it anew.
    pub epoch: &'a str,
    /// True if `after` is greater than the newest `seq`: the client drops what it holds of this conversation and loads it anew. Otherwise left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub reset: bool,
    /// Whether there are more changes after these.
    pub has_more: bool,
    /// The marks of each participant.
    pub receipts: Vec<Mark>,
}

/// A changed message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeEntry<'a> {
    /// The number of the change.
    pub seq: i64,
    /// The type of the frame that reported the change.
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

/// The messages up to which a participant has received and read the conversation. Marks are ids of messages.
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
    /// The time at which `read_up_to` last changed; null if never.
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
