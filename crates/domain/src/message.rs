//! Messages, drafts and updates.

#[cfg(test)]
mod tests;

use crate::{
    attachment::{Attachment, NewAttachment},
    denial::Denial,
    id::{ConversationId, MessageId, Seq, UserId},
    people::Person,
    policy::Policy,
    receipt::Receipt,
    time::Timestamp,
    visible::shows_something,
};

/// The text of a message: no NUL, not longer than the policy allows, kept as sent. It may be blank ([`crate::visible`]), which only messages with files may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// R12: measures the text once.
    pub fn new(text: String, policy: &Policy) -> Result<Self, Denial> {
        Self::measure(&text, policy)?;
        Ok(Self(text))
    }

    /// R12: whether this text would be a valid content.
    pub fn measure(text: &str, policy: &Policy) -> Result<(), Denial> {
        if text.contains('\0') {
            return Err(Denial::InvalidContent);
        }
        if text.chars().nth(policy.content_chars).is_some() {
            return Err(Denial::ContentTooLong(policy.content_chars));
        }
        Ok(())
    }

    /// R12: whether no character of the content is visible.
    pub fn is_blank(&self) -> bool {
        !shows_something(&self.0)
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives up the content for its text as sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A sender's own name for a message, which makes sending it idempotent for ever: 1 to 64 characters, no NUL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct ClientId(String);

impl ClientId {
    /// The longest client id in characters.
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
    /// Given by the store; grows in the order of `seq` within a conversation.
    pub id: MessageId,
    /// The conversation that the message was sent to.
    pub conversation: ConversationId,
    /// The participant who sent the message.
    pub sender: Person,
    /// As sent; `None` if there are only files, and for a tombstone.
    pub content: Option<String>,
    /// The answered message, in its present state.
    pub reply_to: Option<ReplyPreview>,
    /// Whether it was edited at least once.
    pub is_edited: bool,
    /// Whether it is pinned now.
    pub is_pinned: bool,
    /// True for a tombstone, which has neither content nor attachments.
    pub is_deleted: bool,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Its files, in the order sent; none once deleted.
    pub attachments: Vec<Attachment>,
    /// The receipts of the recipients, ordered by delivery time, then user id.
    pub receipts: Vec<Receipt>,
    /// The number of participants other than the sender.
    pub others: u32,
    /// The number of its newest change.
    pub seq: Seq,
    /// The sender's own name for it.
    pub client_id: Option<ClientId>,
}

/// The status of a message for its viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Status {
    /// Stored, but not delivered to any recipient yet.
    #[default]
    Sent,
    /// Delivered to a device of at least one recipient.
    Delivered,
    /// Read by all recipients.
    Seen,
    /// The status that everybody but the sender gets.
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

    /// Reads the name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sent, Self::Delivered, Self::Seen, Self::Received]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

impl Message {
    /// The last instant at which it can be edited (R8).
    pub fn edit_deadline(&self, policy: &Policy) -> Timestamp {
        self.created_at.plus_seconds(policy.edit_window_seconds)
    }

    /// The status that `viewer` sees.
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

    /// The size of the sender's own data as JSON, in bytes: the content and the file names, and those of the answered message.
    pub fn content_bytes(&self) -> usize {
        let names = |files: &[Attachment]| files.iter().map(|file| json_bytes(&file.file_name)).sum::<usize>();
        let text = |content: &Option<String>| content.as_deref().map_or(0, json_bytes);
        let answered = self
            .reply_to
            .as_ref()
            .map_or(0, |reply| text(&reply.content) + names(&reply.attachments));
        text(&self.content) + names(&self.attachments) + answered
    }

    /// The message for a superadmin who may pin it without reading it (R10): without content, files and receipts.
    #[must_use]
    pub fn withheld(self) -> Self {
        Self {
            content: None,
            reply_to: None,
            attachments: Vec::new(),
            receipts: Vec::new(),
            client_id: None,
            ..self
        }
    }

    /// The preview that replies to this message show.
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

/// The length of a text in JSON, without the quotation marks.
fn json_bytes(text: &str) -> usize {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..=0x1f => 5,
        _ => 0,
    });
    text.len() + escaped.sum::<usize>()
}

/// The part of an answered message that a reply shows. A deleted one has neither content nor attachments (R9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplyPreview {
    /// The id of the answered message.
    pub id: MessageId,
    /// The sender of the answered message.
    pub sender: Person,
    /// The content as it is now, not as it was when the reply was sent.
    pub content: Option<String>,
    /// The files of the answered message, in the order sent.
    pub attachments: Vec<Attachment>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// True for a tombstone, which has neither content nor files.
    pub is_deleted: bool,
}

/// A message that a client asks to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The account that the token names.
    pub sender: UserId,
    /// The conversation that it is sent to.
    pub conversation: ConversationId,
    /// The text as received, not validated yet.
    pub content: Option<String>,
    /// The message that this one answers.
    pub reply_to: Option<MessageId>,
    /// The sender's own name for the message.
    pub client_id: Option<ClientId>,
    /// Files in the object store, in the order of the request.
    pub attachments: Vec<NewAttachment>,
}

impl NewMessage {
    /// A message without text, files, reply and client id.
    pub const fn empty(sender: UserId, conversation: ConversationId) -> Self {
        Self {
            sender,
            conversation,
            content: None,
            reply_to: None,
            client_id: None,
            attachments: Vec::new(),
        }
    }
}

/// A change of a message that the rules allow and that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The part of the message that changes, with its new value.
    pub to: NewState,
    /// The time of the change.
    pub at: Timestamp,
}

/// The new state that an update gives to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewState {
    /// The message has this content, and counts as edited.
    Content(Content),
    /// The message is pinned, or not.
    Pinned(bool),
    /// The message is a tombstone, and not pinned.
    Deleted,
}

impl NewState {
    /// The kind of change that a client receives for this update.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Content(_) => ChangeKind::Edited,
            Self::Pinned(_) => ChangeKind::Pinned,
            Self::Deleted => ChangeKind::Deleted,
        }
    }
}

/// A message that the rules allow and that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The conversation that the message is sent to.
    pub conversation: ConversationId,
    /// The participant who sends the message.
    pub sender: Person,
    /// `None` where there are only files.
    pub content: Option<Content>,
    /// The answered message, which must be in the same conversation.
    pub reply_to: Option<ReplyPreview>,
    /// The sender's own name for it.
    pub client_id: Option<ClientId>,
    /// Its files, in order.
    pub attachments: Vec<NewAttachment>,
    /// The number of participants other than the sender.
    pub others: u32,
    /// The time of sending.
    pub at: Timestamp,
}

impl Draft {
    /// The `awaiting_since` of the conversation after this message, from the one before. A member's message begins the wait for an answer, and one of an admin or
    /// superadmin ends it.
    pub fn awaiting_after(&self, before: Option<Timestamp>) -> Option<Timestamp> {
        if self.sender.role.is_staff() {
            None
        } else {
            before.or(Some(self.at))
        }
    }

    /// The message as it stands once it is stored, with its stored files in place of those of the draft.
    pub fn stored(self, id: MessageId, seq: Seq, attachments: Vec<Attachment>) -> Message {
        Message {
            id,
            conversation: self.conversation,
            sender: self.sender,
            content: self.content.map(Content::into_string),
            reply_to: self.reply_to,
            is_edited: false,
            is_pinned: false,
            is_deleted: false,
            created_at: self.at,
            updated_at: self.at,
            edited_at: None,
            attachments,
            receipts: Vec::new(),
            others: self.others,
            seq,
            client_id: self.client_id,
        }
    }
}

/// The kind of change that a `seq` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ChangeKind {
    /// The message was created.
    Sent,
    /// The content was replaced.
    Edited,
    /// The message was pinned or unpinned; its new state says which.
    Pinned,
    /// The message became a tombstone.
    Deleted,
}
