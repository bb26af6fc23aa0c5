use domain::conversation::{ListItem, PresenceStatus, Preview};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Confession, Message, User};
use crate::time::Time;

/// A conversation in full, as one of its participants sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation<'a> {
    /// The conversation.
    pub id: i64,
    /// Everybody in it, the viewer included.
    pub participants: Vec<User<'a>>,
    /// What it is about.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
    /// When it was opened.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// When the newest message was sent.
    #[schema(required)]
    pub last_message_at: Option<Time>,
    /// The newest message that is not deleted.
    #[schema(required)]
    pub last_message: Option<Message<'a>>,
    /// How many messages of others the viewer has not read.
    pub unread_count: u64,
    /// The number of the newest change; 0 while there is none.
    pub last_seq: i64,
    /// May the viewer send here, now?
    pub can_send: bool,
    /// The code of the rule that says no.
    #[schema(required, value_type = Option<crate::error::Code>)]
    pub cannot_send_reason: Option<&'static str>,
    /// May the viewer pin messages here, now?
    pub can_pin: bool,
    /// Who of the others is here.
    pub presence: Vec<Presence>,
}

/// Whether somebody is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// Who.
    pub user_id: i64,
    /// `online` or `offline`.
    #[schema(value_type = crate::names::OnlineStatus)]
    pub status: &'static str,
    /// When they were last seen; null if never.
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

/// The word for being here or not.
pub(crate) const fn online_status(online: bool) -> &'static str {
    if online { "online" } else { "offline" }
}

/// A row of a person's conversation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationListItem<'a> {
    /// The conversation.
    pub id: i64,
    /// Everybody in it, the viewer included.
    pub participants: Vec<User<'a>>,
    /// What it is about.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
    /// When it was opened.
    pub created_at: Time,
    /// When the newest message was sent.
    #[schema(required)]
    pub last_message_at: Option<Time>,
    /// How many messages of others the viewer has not read.
    pub unread_count: u64,
    /// The number of the newest change; 0 while there is none.
    pub last_seq: i64,
    /// The newest message that is not deleted.
    #[schema(required)]
    pub last_message_preview: Option<MessagePreview<'a>>,
}

impl<'a> From<&'a ListItem> for ConversationListItem<'a> {
    fn from(item: &'a ListItem) -> Self {
        Self {
            id: item.id.0,
            participants: item.participants.iter().map(User::from).collect(),
            confession: item.confession.as_ref().map(Confession::from),
            created_at: Time::from(item.created_at),
            last_message_at: item.last_message_at.map(Time::from),
            unread_count: item.unread_count,
            last_seq: item.last_seq.0,
            last_message_preview: item.preview.as_ref().map(MessagePreview::from),
        }
    }
}

/// What lists show of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessagePreview<'a> {
    /// The message.
    pub id: i64,
    /// Its sender's unique name.
    pub sender: &'a str,
    /// The first 50 characters, as people count them, and `...`; `[Attachment]` where there is no text.
    pub content: String,
    /// Has it files?
    pub has_attachments: bool,
    /// When it was stored.
    pub created_at: Time,
}

impl<'a> From<&'a Preview> for MessagePreview<'a> {
    fn from(preview: &'a Preview) -> Self {
        Self {
            id: preview.id.0,
            sender: &preview.sender,
            content: preview.text(),
            has_attachments: preview.has_attachments,
            created_at: preview.created_at.into(),
        }
    }
}

/// How many messages of others one has not read, in all conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnreadCount {
    /// Deleted ones do not count.
    pub unread_count: u64,
}

/// The answer to reading a whole conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationMarkedAsRead {
    /// For people.
    pub status: &'static str,
    /// What is left.
    pub unread_count: u64,
}

impl ConversationMarkedAsRead {
    /// With what is left: nothing, unless something came meanwhile.
    pub const fn new(unread_count: u64) -> Self {
        Self {
            status: "Messages marked as read",
            unread_count,
        }
    }
}
