//! Conversations, and their rows in conversation lists.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    attachment::AttachmentSummary,
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{Message, Status},
    people::{Confession, Person, Role},
    time::Timestamp,
    visible::shows_something,
};

/// A conversation. Its participants and its confession never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Given by the store.
    pub id: ConversationId,
    /// All participants, the viewer included, ordered by id.
    pub participants: Arc<[Person]>,
    /// The confession that the conversation is about, with its present admin.
    pub confession: Option<Confession>,
    /// Whether an admin or superadmin opened it: then members may answer without following (R6).
    pub opened_by_staff: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When the newest message was sent.
    pub last_message_at: Option<Timestamp>,
    /// The number of the newest change.
    pub last_seq: Seq,
    /// The time since which a member waits for an answer by an admin or superadmin; `None` if nobody waits. [`Draft::awaiting_after`] says how it changes.
    ///
    /// [`Draft::awaiting_after`]: crate::message::Draft::awaiting_after
    pub awaiting_since: Option<Timestamp>,
}

impl Conversation {
    /// Whether this person is a participant.
    pub fn includes(&self, user: UserId) -> bool {
        self.participants.iter().any(|person| person.id == user)
    }

    /// The ids of all participants, ascending.
    pub fn participant_ids(&self) -> Vec<UserId> {
        self.participants.iter().map(|person| person.id).collect()
    }

    /// The number of participants without the viewer.
    pub fn others(&self) -> u32 {
        u32::try_from(self.participants.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// A request to open a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// The account that the token names.
    pub actor: UserId,
    /// The people to talk with: at least one; repeated ids count once.
    pub targets: Vec<UserId>,
    /// The confession that the conversation is to be about, if the request names one.
    pub confession: Option<ConfessionId>,
}

/// A conversation to be created unless one with the same participants and confession exists (R13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConversation {
    /// All participants, the opener included: ascending, without repetitions.
    pub participants: Vec<UserId>,
    /// The confession that the conversation is about.
    pub confession: Option<ConfessionId>,
    /// The participant who opens the conversation.
    pub opened_by: UserId,
    /// Whether the opener is an admin or superadmin.
    pub opened_by_staff: bool,
    /// The time of the opening.
    pub at: Timestamp,
}

/// The newest message that is not deleted, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Preview {
    /// The id of the previewed message.
    pub id: MessageId,
    /// Its sender's unique name.
    pub sender: String,
    /// Its sender; nobody if a node of an older version sent the preview.
    #[cfg_attr(feature = "serde", serde(default = "nobody"))]
    pub sender_id: UserId,
    /// The content, or its first [`Preview::BEGINNING`] scalar values and one more, which shows that the text continues.
    pub content: Option<String>,
    /// Whether the message has files.
    pub has_attachments: bool,
    /// What lists say about the files; `None` if there are none, or if a node of an older version sent the preview.
    #[cfg_attr(feature = "serde", serde(default))]
    pub attachments: Option<AttachmentSummary>,
    /// The status that the sender sees, which is never [`Status::Received`].
    #[cfg_attr(feature = "serde", serde(default))]
    pub sender_status: Status,
    /// When it was sent.
    pub created_at: Timestamp,
}

/// An id that no account has.
#[cfg(feature = "serde")]
const fn nobody() -> UserId {
    UserId(0)
}

impl Preview {
    /// The most characters that lists show, as people count them (grapheme clusters).
    pub const CHARACTERS: usize = 50;
    /// How many scalar values of the content are loaded to find these characters: enough for fifty emoji of many scalar values each.
    pub const BEGINNING: usize = 512;

    /// The preview of a message whose whole content is loaded.
    pub fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            sender: message.sender.username.clone(),
            sender_id: message.sender.id,
            content: message
                .content
                .as_deref()
                .map(|text| text.chars().take(Self::BEGINNING + 1).collect()),
            has_attachments: !message.attachments.is_empty(),
            attachments: AttachmentSummary::of(&message.attachments),
            sender_status: message.status(message.sender.id),
            created_at: message.created_at,
        }
    }

    /// The status that `viewer` sees.
    pub fn status(&self, viewer: UserId) -> Status {
        if viewer == self.sender_id {
            self.sender_status
        } else {
            Status::Received
        }
    }

    /// The text in conversation lists: 50 characters and `...`; `[Attachment]` where there is no text.
    pub fn text(&self) -> String {
        match self.content.as_deref() {
            // Only the beginning of the content is loaded, and it may be blank; but a message without files is never blank.
            Some(text) if !self.has_attachments || shows_something(text) => match cut(text) {
                Some(end) => format!("{}...", &text[..end]),
                None => text.to_owned(),
            },
            _ => "[Attachment]".to_owned(),
        }
    }
}

/// The byte index where the preview is cut, or `None` if all of the text fits.
fn cut(text: &str) -> Option<usize> {
    let goes_on = text.char_indices().nth(Preview::BEGINNING).map(|(end, _)| end);
    let mut characters = text[..goes_on.unwrap_or(text.len())].grapheme_indices(true);
    match characters.nth(Preview::CHARACTERS) {
        Some((end, _)) => Some(end),
        // The beginning has fewer characters than the limit; the last one may continue in the scalar values that are not loaded.
        None => goes_on,
    }
}

/// The state of a conversation as conversation lists need it, right after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConversationSummary {
    /// The conversation whose state this is.
    pub conversation: ConversationId,
    /// The number of the newest change.
    pub last_seq: Seq,
    /// The newest message that is not deleted.
    pub preview: Option<Preview>,
    /// The number of unread messages of each participant whom the change concerns.
    pub unread: Vec<(UserId, u64)>,
    /// The row state of the same participants. A node of an older version sends none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rows: Vec<(UserId, RowState)>,
}

impl ConversationSummary {
    /// The number of unread messages of this participant; `None` if the change does not concern them.
    pub fn unread_of(&self, user: UserId) -> Option<u64> {
        self.unread.iter().find(|(id, _)| *id == user).map(|(_, count)| *count)
    }

    /// The state of this participant's row; that of a new row if the change does not concern them.
    pub fn row_of(&self, user: UserId) -> RowState {
        self.rows
            .iter()
            .find(|(id, _)| *id == user)
            .map_or_else(RowState::default, |(_, state)| *state)
    }
}

/// The state of a conversation in the list of one participant, beside the number of unread messages. Nobody else sees it, except that the participants who are
/// staff share `awaiting_since`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RowState {
    /// The time since which a member waits for an answer. Always `None` for members: they do not learn whether somebody decided that no answer is needed.
    pub awaiting_since: Option<Timestamp>,
    /// The participant wants to hear nothing of the conversation before this time; [`RowState::FOREVER`] has no end.
    pub muted_until: Option<Timestamp>,
    /// When the participant put the conversation into the archive; `None` if it is not there.
    pub archived_at: Option<Timestamp>,
    /// The participant wants to come back to the conversation although everything in it is read. Reading ends this.
    pub is_marked_unread: bool,
}

impl RowState {
    /// The `muted_until` of a conversation that is muted without an end: a time in the year 2255.
    pub const FOREVER: Timestamp = Timestamp(9_000_000_000_000_000);

    /// Whether the conversation is muted at this time.
    pub fn is_muted(&self, at: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| until > at)
    }

    /// The state after a message at this time: it takes the conversation out of the archive unless the participant has muted it.
    #[must_use]
    pub fn after_message(self, at: Timestamp, awaiting_since: Option<Timestamp>) -> Self {
        Self {
            awaiting_since,
            archived_at: self.archived_at.filter(|_| self.is_muted(at)),
            ..self
        }
    }

    /// The state as a person of this role sees it.
    #[must_use]
    pub fn seen_by(self, role: Role) -> Self {
        Self {
            awaiting_since: self.awaiting_since.filter(|_| role.is_staff()),
            ..self
        }
    }
}

/// A request to change the row of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRequest {
    /// The account that the token names.
    pub actor: UserId,
    /// The conversation of the row.
    pub conversation: ConversationId,
    /// The change.
    pub act: RowAct,
}

/// A change of a row that a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowAct {
    /// Mutes the conversation until this time; `None`, or a time that has passed, ends the muting.
    Mute(Option<Timestamp>),
    /// Puts the conversation into the archive, or takes it out.
    Archive(bool),
    /// Marks the conversation as unread, unless it has unread messages anyway.
    MarkUnread,
    /// The last messages of the member need no answer (true), or need one after all (false).
    Answered(bool),
}

/// A change of a row that the rules allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowUpdate {
    /// The actor's `muted_until` becomes this.
    Muted(Option<Timestamp>),
    /// The actor's `archived_at` becomes this.
    Archived(Option<Timestamp>),
    /// The actor's row is marked as unread.
    MarkedUnread,
    /// The conversation's `awaiting_since` becomes this.
    Awaiting(Option<Timestamp>),
}

/// The number of conversations that a person's filters have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// Conversations that are not in the archive.
    pub all: u64,
    /// Those with unread messages, or marked as unread.
    pub unread: u64,
    /// Those in which a member waits for an answer; 0 for members.
    pub waiting: u64,
    /// Conversations in the archive, which no other number counts.
    pub archived: u64,
}

impl ListCounts {
    /// The filters whose conversations are counted, in the order of the fields.
    pub fn filters(within: Option<ConfessionId>) -> [ListFilter; 4] {
        let present = ListFilter {
            confession: within,
            archived: Some(false),
            ..ListFilter::default()
        };
        let unread = ListFilter {
            unread: true,
            ..present.clone()
        };
        let waiting = ListFilter {
            waiting: true,
            ..present.clone()
        };
        let archived = ListFilter {
            archived: Some(true),
            ..present.clone()
        };
        [present, unread, waiting, archived]
    }
}

/// A row of a person's conversation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListItem {
    /// The conversation of the row.
    pub id: ConversationId,
    /// All participants, ordered by id.
    pub participants: Vec<Person>,
    /// The confession that the conversation is about.
    pub confession: Option<Confession>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When the newest message was sent.
    pub last_message_at: Option<Timestamp>,
    /// The number of messages of others that the viewer has not read; deleted ones do not count.
    pub unread_count: u64,
    /// The number of the newest change.
    pub last_seq: Seq,
    /// The newest message that is not deleted.
    pub preview: Option<Preview>,
    /// What the viewer has done with the row, and whether a member waits.
    pub state: RowState,
}

/// Filters of a person's conversation list; a row must satisfy all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only conversations about this confession.
    pub confession: Option<ConfessionId>,
    /// Only conversations with unread messages, and those that are marked as unread.
    pub unread: bool,
    /// Only conversations in which a member waits for an answer, none for members; those who wait longest come first.
    pub waiting: bool,
    /// Only conversations that are in the archive (true), or are not (false); both if `None`.
    pub archived: Option<bool>,
    /// Only conversations where the names of another participant (username, first and last name together) or the name of the confession have every word of this
    /// text, as [`crate::search`] compares them; none where the text has neither a letter nor a digit.
    pub query: Option<String>,
}

/// Whether a user is online, and when they were last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PresenceStatus {
    /// The user whose presence this is.
    pub user: UserId,
    /// The user has an open socket, or had one within the grace.
    pub online: bool,
    /// When the last socket was seen; `None` if never.
    pub last_seen: Option<Timestamp>,
}
