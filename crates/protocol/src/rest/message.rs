use serde::Serialize;
use utoipa::ToSchema;

use super::{Attachment, User};
use crate::time::Time;

/// A message, as its viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the shape is the contract's")]
pub struct Message<'a> {
    /// The message. Inside a conversation, ids grow in the order of `seq`.
    pub id: i64,
    /// The conversation of the message.
    pub conversation: i64,
    /// The person who sent the message.
    pub sender: User<'a>,
    /// The text as sent; null if there are only files, or if the message is deleted.
    #[schema(required)]
    pub content: Option<&'a str>,
    /// The message that this one answers; null if it answers none.
    #[schema(required)]
    pub reply_to: Option<ReplyPreview<'a>>,
    /// Whether the message was ever edited.
    pub is_edited: bool,
    /// Whether the message is pinned now.
    pub is_pinned: bool,
    /// Whether the message is deleted: a tombstone has neither content nor attachments.
    pub is_deleted: bool,
    /// The time at which the message was stored.
    pub created_at: Time,
    /// The time of the last change of the message.
    pub updated_at: Time,
    /// The time of the last edit; null if it was never edited.
    #[schema(required)]
    pub edited_at: Option<Time>,
    /// Its files, in the order sent.
    pub attachments: Vec<Attachment<'a>>,
    /// The other participants who have received it.
    pub message_reads: Vec<Receipt<'a>>,
    /// The sender sees `sent` (stored), `delivered` (a device of at least one other participant has it) or `seen` (read by all others); others see `received`.
    #[schema(value_type = crate::names::MessageStatus)]
    pub status: &'static str,
    /// Whether the viewer may edit the message now.
    pub can_edit: bool,
    /// The end of the edit window.
    pub edit_deadline: Time,
    /// The number of its newest change in its conversation.
    pub seq: i64,
    /// The client id that the sender gave to the message; null for everybody else.
    #[schema(required)]
    pub client_id: Option<&'a str>,
}

/// The answered message, as a reply shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplyPreview<'a> {
    /// The answered message.
    pub id: i64,
    /// The person who sent the message.
    pub sender: User<'a>,
    /// Its present text; null if there are only files, or if the message is deleted.
    #[schema(required)]
    pub content: Option<&'a str>,
    /// Its files; none if the message is deleted.
    pub attachments: Vec<Attachment<'a>>,
    /// The time at which the message was stored.
    pub created_at: Time,
    /// Whether the answered message is deleted.
    pub is_deleted: bool,
}

/// The times at which a participant received and read a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt<'a> {
    /// The participant who has the message; never the sender.
    pub user: User<'a>,
    /// The time at which the first device of the participant received it.
    pub delivered_at: Time,
    /// The time of the reading; null while it is unread.
    #[schema(required)]
    pub read_at: Option<Time>,
}

impl<'a> From<&'a domain::receipt::Receipt> for Receipt<'a> {
    fn from(receipt: &'a domain::receipt::Receipt) -> Self {
        Self {
            user: User::from(&receipt.person),
            delivered_at: receipt.delivered_at.into(),
            read_at: receipt.read_at.map(Time::from),
        }
    }
}

/// The answer to reading one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageMarkedAsRead {
    /// A sentence for people.
    pub status: &'static str,
}

impl Default for MessageMarkedAsRead {
    fn default() -> Self {
        Self {
            status: "Message marked as read",
        }
    }
}
