use domain::{
    conversation::{ConversationSummary, ListCounts, ListItem, PresenceStatus, Preview},
    id::UserId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AttachmentSummary, Confession, Message, User};
use crate::time::Time;

/// A conversation in full, as one of its participants sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation<'a> {
    /// The conversation.
    pub id: i64,
    /// All participants, the viewer included.
    pub participants: Vec<User<'a>>,
    /// The confession that the conversation is about; null if it is about none.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
    /// The time at which the conversation was opened.
    pub created_at: Time,
    /// The time of the last change of the conversation.
    pub updated_at: Time,
    /// The time at which the newest message was sent; null while there is none.
    #[schema(required)]
    pub last_message_at: Option<Time>,
    /// The newest message that is not deleted.
    #[schema(required)]
    pub last_message: Option<Message<'a>>,
    /// The number of messages of others that the viewer has not read.
    pub unread_count: u64,
    /// The number of the newest change; 0 while there is none.
    pub last_seq: i64,
    /// Whether the viewer may send in the conversation now.
    pub can_send: bool,
    /// The code of the rule that forbids it; null if it is allowed.
    #[schema(required, value_type = Option<crate::error::Code>)]
    pub cannot_send_reason: Option<&'static str>,
    /// Whether the viewer may pin messages in the conversation now.
    pub can_pin: bool,
    /// The presence of the other participants.
    pub presence: Vec<Presence>,
    /// The time since which a member waits for an answer; null if nobody waits, and always for members.
    #[schema(required)]
    pub awaiting_since: Option<Time>,
    /// The viewer wants to hear nothing of the conversation before this time; null if it is not muted. In the year 2255: ever.
    #[schema(required)]
    pub muted_until: Option<Time>,
    /// The time at which the viewer put the conversation into the archive; null if it is not there.
    #[schema(required)]
    pub archived_at: Option<Time>,
    /// Whether the viewer marked the conversation as unread, although everything in it is read.
    pub is_marked_unread: bool,
}

/// Whether a person is online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// The person.
    pub user_id: i64,
    /// `online` or `offline`.
    #[schema(value_type = crate::names::OnlineStatus)]
    pub status: &'static str,
    /// The time at which the person was online last; null if never.
    #[schema(required)]
    pub last_seen: Option<Time>,
}

impl From<&PresenceStatus> for Presence {
    fn from(presence: &PresenceStatus) -> Self {
        Self {
            user_id: presence.user.0,
            status: online_status(presence.online),
            last_seen: presence.last_seen.map(Time::from),
        }
    }
}

/// The value of `status` for a person who is online, or not.
pub(crate) const fn online_status(online: bool) -> &'static str {
    if online { "online" } else { "offline" }
}

/// A row of a person's conversation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationListItem<'a> {
    /// The conversation.
    pub id: i64,
    /// All participants, the viewer included.
    pub participants: Vec<User<'a>>,
    /// The confession that the conversation is about; null if it is about none.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
    /// The time at which the conversation was opened.
    pub created_at: Time,
    /// The time at which the newest message was sent; null while there is none.
    #[schema(required)]
    pub last_message_at: Option<Time>,
    /// The number of messages of others that the viewer has not read.
    pub unread_count: u64,
    /// The number of the newest change; 0 while there is none.
    pub last_seq: i64,
    /// The newest message that is not deleted.
    #[schema(required)]
    pub last_message_preview: Option<MessagePreview<'a>>,
    /// The time since which a member waits for an answer; null if nobody waits, and always for members.
    #[schema(required)]
    pub awaiting_since: Option<Time>,
    /// The viewer wants to hear nothing of the conversation before this time; null if it is not muted. In the year 2255: ever.
    #[schema(required)]
    pub muted_until: Option<Time>,
    /// The time at which the viewer put the conversation into the archive; null if it is not there.
    #[schema(required)]
    pub archived_at: Option<Time>,
    /// Whether the viewer marked the conversation as unread, although everything in it is read.
    pub is_marked_unread: bool,
}

impl<'a> ConversationListItem<'a> {
    /// The row in the list of this person.
    pub fn of(item: &'a ListItem, viewer: UserId) -> Self {
        Self {
            id: item.id.0,
            participants: item.participants.iter().map(User::from).collect(),
            confession: item.confession.as_ref().map(Confession::from),
            created_at: Time::from(item.created_at),
            last_message_at: item.last_message_at.map(Time::from),
            unread_count: item.unread_count,
            last_seq: item.last_seq.0,
            last_message_preview: item.preview.as_ref().map(|preview| MessagePreview::of(preview, viewer)),
            awaiting_since: item.state.awaiting_since.map(Time::from),
            muted_until: item.state.muted_until.map(Time::from),
            archived_at: item.state.archived_at.map(Time::from),
            is_marked_unread: item.state.is_marked_unread,
        }
    }
}

/// The row of a conversation in the caller's list after an act on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationRow {
    /// The conversation.
    pub id: i64,
    /// The number of messages of others that the caller has not read.
    pub unread_count: u64,
    /// The time since which a member waits for an answer; null if nobody waits, and always for members.
    #[schema(required)]
    pub awaiting_since: Option<Time>,
    /// The viewer wants to hear nothing of the conversation before this time; null if it is not muted. In the year 2255: ever.
    #[schema(required)]
    pub muted_until: Option<Time>,
    /// The time at which the viewer put the conversation into the archive; null if it is not there.
    #[schema(required)]
    pub archived_at: Option<Time>,
    /// Whether the viewer marked the conversation as unread, although everything in it is read.
    pub is_marked_unread: bool,
}

impl ConversationRow {
    /// The row of this person, whom the summary concerns.
    pub fn of(summary: &ConversationSummary, user: UserId) -> Self {
        let row = summary.row_of(user);
        Self {
            id: summary.conversation.0,
            unread_count: summary.unread_of(user).unwrap_or(0),
            awaiting_since: row.awaiting_since.map(Time::from),
            muted_until: row.muted_until.map(Time::from),
            archived_at: row.archived_at.map(Time::from),
            is_marked_unread: row.is_marked_unread,
        }
    }
}

/// The numbers of conversations that the filters of the caller's list have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationCounts {
    /// Conversations that are not in the archive.
    pub all: u64,
    /// Those with unread messages, or marked as unread.
    pub unread: u64,
    /// Those in which a member waits for an answer; 0 for members.
    pub waiting: u64,
    /// Conversations in the archive, which no other number counts.
    pub archived: u64,
}

impl From<ListCounts> for ConversationCounts {
    fn from(counts: ListCounts) -> Self {
        Self {
            all: counts.all,
            unread: counts.unread,
            waiting: counts.waiting,
            archived: counts.archived,
        }
    }
}

/// The beginning of a message, as conversation lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessagePreview<'a> {
    /// The message.
    pub id: i64,
    /// Its sender's unique name.
    pub sender: &'a str,
    /// The first 50 characters, as people count them, and `...`; `[Attachment]` where there is no text.
    pub content: String,
    /// Whether the message has files.
    pub has_attachments: bool,
    /// The number, the kind and the first name of the files; null without files.
    #[schema(required)]
    pub attachments: Option<AttachmentSummary<'a>>,
    /// The status of the message, as the recipient of the list sees it.
    #[schema(value_type = crate::names::MessageStatus)]
    pub status: &'static str,
    /// The time at which the message was stored.
    pub created_at: Time,
}

impl<'a> MessagePreview<'a> {
    /// The preview in the list of this person.
    pub fn of(preview: &'a Preview, viewer: UserId) -> Self {
        Self {
            id: preview.id.0,
            sender: &preview.sender,
            content: preview.text(),
            has_attachments: preview.has_attachments,
            attachments: preview.attachments.as_ref().map(AttachmentSummary::from),
            status: preview.status(viewer).as_str(),
            created_at: preview.created_at.into(),
        }
    }
}

/// The number of messages of others that the caller has not read, in all conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnreadCount {
    /// Deleted messages do not count.
    pub unread_count: u64,
}

/// The answer to reading a whole conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationMarkedAsRead {
    /// A sentence for people.
    pub status: &'static str,
    /// The number of messages that are still unread.
    pub unread_count: u64,
}

impl ConversationMarkedAsRead {
    /// The answer with the number of messages that are still unread: 0, unless a message came meanwhile.
    pub const fn new(unread_count: u64) -> Self {
        Self {
            status: "Messages marked as read",
            unread_count,
        }
    }
}
