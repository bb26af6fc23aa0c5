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
    /// Where it was said.
    pub conversation: i64,
    /// Who said it.
    pub sender: User<'a>,
    /// As sent; null where there are only files, or once it is deleted.
    #[schema(required)]
    pub content: Option<&'a str>,
    /// What it answers.
    #[schema(required)]
    pub reply_to: Option<ReplyPreview<'a>>,
    /// Was it ever edited?
    pub is_edited: bool,
    /// Is it pinned now?
    pub is_pinned: bool,
    /// A tombstone: neither content nor attachments are left.
    pub is_deleted: bool,
    /// When it was stored.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was last edited.
    #[schema(required)]
    pub edited_at: Option<Time>,
    /// Its files, in the order sent.
    pub attachments: Vec<Attachment<'a>>,
    /// The other participants who have received it.
    pub message_reads: Vec<Receipt<'a>>,
    /// How far it has come. The sender sees `sent` (stored), `delivered` (reached a device of at least one other) or `seen` (read by all others); others see `received`.
    #[schema(value_type = crate::names::MessageStatus)]
    pub status: &'static str,
    /// May the viewer edit it, now?
    pub can_edit: bool,
    /// The last instant at which the sender can edit it.
    pub edit_deadline: Time,
    /// The number of its newest change in its conversation.
    pub seq: i64,
    /// The sender's own name for it; null to everybody else.
    #[schema(required)]
    pub client_id: Option<&'a str>,
}

/// What a reply shows of the message that it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplyPreview<'a> {
    /// The answered message.
    pub id: i64,
    /// Who said it.
    pub sender: User<'a>,
    /// Its present content; null where there are only files, or once it is deleted.
    #[schema(required)]
    pub content: Option<&'a str>,
    /// Its files; none once it is deleted.
    pub attachments: Vec<Attachment<'a>>,
    /// When it was stored.
    pub created_at: Time,
    /// A tombstone.
    pub is_deleted: bool,
}

/// That a participant has received a message, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt<'a> {
    /// Who has it; never the sender.
    pub user: User<'a>,
    /// When the first device had it.
    pub delivered_at: Time,
    /// When it was read.
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
    /// For people.
    pub status: &'static str,
}

impl Default for MessageMarkedAsRead {
    fn default() -> Self {
        Self {
            status: "Message marked as read",
        }
    }
}
