//! Conversations and what lists of them show.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::Message,
    people::{Confession, Person},
    time::Timestamp,
};

/// A conversation. Its participants and its confession never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The conversation.
    pub id: ConversationId,
    /// Everybody in it, the viewer included, by id.
    pub participants: Arc<[Person]>,
    /// What it is about, with its present admin.
    pub confession: Option<Confession>,
    /// Opened by an admin or superadmin: then members may answer without following (R6).
    pub opened_by_staff: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When the newest message was sent.
    pub last_message_at: Option<Timestamp>,
    /// The number of the newest change.
    pub last_seq: Seq,
}

impl Conversation {
    /// Does this person take part?
    pub fn includes(&self, user: UserId) -> bool {
        self.participants.iter().any(|person| person.id == user)
    }

    /// Everybody's id.
    pub fn participant_ids(&self) -> Vec<UserId> {
        self.participants.iter().map(|person| person.id).collect()
    }

    /// How many others each participant has.
    pub fn others(&self) -> u32 {
        u32::try_from(self.participants.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// A conversation to be created unless one with the same participants and confession exists (R13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConversation {
    /// Everybody in it, the opener included: ascending, without doubles.
    pub participants: Vec<UserId>,
    /// What it is about.
    pub confession: Option<ConfessionId>,
    /// Who opens it.
    pub opened_by: UserId,
    /// Is that an admin or superadmin?
    pub opened_by_staff: bool,
    /// When.
    pub at: Timestamp,
}

/// The newest message that is not deleted, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Preview {
    /// The message.
    pub id: MessageId,
    /// Its sender's unique name.
    pub sender: String,
    /// Its content, or at least the first 51 scalar values of it.
    pub content: Option<String>,
    /// Has it files?
    pub has_attachments: bool,
    /// When it was sent.
    pub created_at: Timestamp,
}

impl Preview {
    /// The most scalar values that lists show.
    pub const CHARS: usize = 50;

    /// Of a whole message.
    pub fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            sender: message.sender.username.clone(),
            content: message.content.as_deref().map(|text| text.chars().take(Self::CHARS + 1).collect()),
            has_attachments: !message.attachments.is_empty(),
            created_at: message.created_at,
        }
    }

    /// What lists show: 50 characters and `...`; `[Attachment]` where there is no text.
    pub fn text(&self) -> String {
        match self.content.as_deref() {
            // Only the beginning is here, and that may be blank; but a message without files is not.
            Some(text) if !self.has_attachments || !text.trim().is_empty() => match text.char_indices().nth(Self::CHARS) {
                Some((end, _)) => format!("{}...", &text[..end]),
                None => text.to_owned(),
            },
            _ => "[Attachment]".to_owned(),
        }
    }
}

/// The state of a conversation as conversation lists need it, right after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Inbox {
    /// The conversation.
    pub conversation: ConversationId,
    /// The number of the newest change.
    pub last_seq: Seq,
    /// The newest message that is not deleted.
    pub preview: Option<Preview>,
    /// How many messages each participant has not read; of the people that the change concerns.
    pub unread: Vec<(UserId, u64)>,
}

impl Inbox {
    /// How many messages this participant has not read; `None` if the change does not concern them.
    pub fn unread_of(&self, user: UserId) -> Option<u64> {
        self.unread.iter().find(|(id, _)| *id == user).map(|(_, count)| *count)
    }
}

/// A row of a person's conversation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListItem {
    /// The conversation.
    pub id: ConversationId,
    /// Everybody in it, by id.
    pub participants: Vec<Person>,
    /// What it is about.
    pub confession: Option<Confession>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When the newest message was sent.
    pub last_message_at: Option<Timestamp>,
    /// How many messages of others the viewer has not read; deleted ones do not count.
    pub unread_count: u64,
    /// The number of the newest change.
    pub last_seq: Seq,
    /// The newest message that is not deleted.
    pub preview: Option<Preview>,
}

/// Which conversations of a person to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only those of this confession.
    pub confession: Option<ConfessionId>,
    /// Only those with unread messages.
    pub unread: bool,
    /// Only those where a name of another participant (username, first, last or both) or of the confession contains this text; case does not matter in any script.
    pub query: Option<String>,
}

/// Whether somebody is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PresenceStatus {
    /// Who.
    pub user: UserId,
    /// Has an open socket, or had one within the grace.
    pub online: bool,
    /// When the last socket was seen; `None` if never.
    pub last_seen: Option<Timestamp>,
}
