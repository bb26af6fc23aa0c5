//! Messages and what they are made of.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    attachment::{Attachment, NewAttachment},
    conversation::Inbox,
    denial::Denial,
    id::{ConversationId, MessageId, Seq, UserId},
    people::Person,
    policy::Policy,
    receipt::Receipt,
    time::Timestamp,
};

/// The text of a message: no NUL, not longer than the policy allows, kept as sent. It may be blank, which only messages with files may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// R12: measures the text once.
    pub fn new(text: String, policy: &Policy) -> Result<Self, Denial> {
        Self::measure(&text, policy)?;
        Ok(Self(text))
    }

    /// R12: would it be a content?
    pub fn measure(text: &str, policy: &Policy) -> Result<(), Denial> {
        if text.contains('\0') {
            return Err(Denial::InvalidContent);
        }
        if text.chars().nth(policy.content_chars).is_some() {
            return Err(Denial::ContentTooLong(policy.content_chars));
        }
        Ok(())
    }

    /// Nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A sender's own name for a message, which makes sending it idempotent for ever: 1 to 64 characters, no NUL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct ClientId(String);

impl ClientId {
    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// `None` if it is empty, too long or holds NUL.
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.chars().count() <= Self::MAX_CHARS && !text.contains('\0');
        fits.then(|| Self(text.to_owned()))
    }

    /// As given by the sender.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A stored message, complete enough to be rendered for any viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// The message.
    pub id: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Who said it.
    pub sender: Person,
    /// As sent; `None` where there are only files, or once deleted.
    pub content: Option<String>,
    /// What it answers.
    pub reply_to: Option<ReplyPreview>,
    /// Was it ever edited?
    pub is_edited: bool,
    /// Is it pinned now?
    pub is_pinned: bool,
    /// A tombstone: has neither content nor attachments.
    pub is_deleted: bool,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Its files, in the order sent; none once deleted.
    pub attachments: Vec<Attachment>,
    /// Who has received it; ordered by delivery time, then user id.
    pub receipts: Vec<Receipt>,
    /// How many other participants the conversation has.
    pub others: u32,
    /// The number of its newest change.
    pub seq: Seq,
    /// The sender's own name for it.
    pub client_id: Option<ClientId>,
}

/// How far a message has come, in the eyes of its viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Stored.
    Sent,
    /// Reached a device of at least one other participant.
    Delivered,
    /// Read by all others.
    Seen,
    /// What everybody but the sender sees.
    Received,
}

impl Status {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Seen => "seen",
            Self::Received => "received",
        }
    }
}

impl Message {
    /// The last instant at which it can be edited (R8).
    pub fn edit_deadline(&self, policy: &Policy) -> Timestamp {
        self.created_at.plus_seconds(policy.edit_window_seconds)
    }

    /// How far it has come, as `viewer` sees it.
    pub fn status(&self, viewer: UserId) -> Status {
        if viewer != self.sender.id {
            return Status::Received;
        }
        let readers = self.receipts.iter().filter(|receipt| receipt.read_at.is_some()).count();
        if self.others > 0 && readers >= self.others as usize {
            Status::Seen
        } else if self.receipts.is_empty() {
            Status::Sent
        } else {
            Status::Delivered
        }
    }

    /// What replies to it show.
    pub fn as_reply(&self) -> ReplyPreview {
        ReplyPreview {
            id: self.id,
            sender: self.sender.clone(),
            content: self.content.clone(),
            attachments: self.attachments.clone(),
            created_at: self.created_at,
            is_deleted: self.is_deleted,
        }
    }
}

/// What a reply shows of the message that it answers. A deleted one has neither content nor attachments (R9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplyPreview {
    /// The answered message.
    pub id: MessageId,
    /// Its sender.
    pub sender: Person,
    /// Its present content.
    pub content: Option<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// A tombstone.
    pub is_deleted: bool,
}

/// A message that the rules have let pass and that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub sender: Person,
    /// `None` where there are only files.
    pub content: Option<Content>,
    /// What it answers; a message of the same conversation.
    pub reply_to: Option<ReplyPreview>,
    /// The sender's own name for it.
    pub client_id: Option<ClientId>,
    /// Its files, in order.
    pub attachments: Vec<NewAttachment>,
    /// How many other participants the conversation has.
    pub others: u32,
    /// When.
    pub at: Timestamp,
}

/// What kind of change a `seq` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ChangeKind {
    /// Created.
    Sent,
    /// Its content was replaced.
    Edited,
    /// Pinned or unpinned.
    Pinned,
    /// Deleted.
    Deleted,
}

impl ChangeKind {
    /// The type of the WebSocket frame that tells of it.
    pub const fn frame_type(self) -> &'static str {
        match self {
            Self::Sent => "chat_message",
            Self::Edited => "message_edited",
            Self::Pinned => "message_pinned",
            Self::Deleted => "message_deleted",
        }
    }
}

/// A change that is durable now: the message as it stands, and what conversation lists show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The message in its new state.
    pub message: Arc<Message>,
    /// The state of the conversation right after this change.
    pub inbox: Arc<Inbox>,
}

/// A page of changes, see section 4.3 of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePage {
    /// Ascending by `seq`; each message once, in its present state, under its newest change.
    pub changes: Vec<(ChangeKind, Message)>,
    /// The newest `seq` of the conversation.
    pub last_seq: Seq,
    /// Are there more after these?
    pub has_more: bool,
    /// How far each participant has come.
    pub marks: Vec<crate::receipt::Marks>,
}
