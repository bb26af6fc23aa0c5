//! The facts that rules need, loaded by one query for one actor.

use crate::{
    attachment::Attachment,
    conversation::{Conversation, RowState},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{Message, ReplyPreview},
    people::{Confession, Person},
    settings::ConfessionSettings,
    time::Timestamp,
};

/// A person with whom the actor wants to open a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The id in the request.
    pub id: UserId,
    /// `None` if nobody has this id.
    pub person: Option<Person>,
    /// The confessions that this target administers and the actor follows, by id.
    pub followed_by_actor: Vec<Confession>,
    /// The confessions that the actor administers and this target follows, by id.
    pub follows_of_actor: Vec<Confession>,
}

/// The confession that an opening request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedConfession {
    /// The id in the request.
    pub id: ConfessionId,
    /// `None` if there is none with this id.
    pub confession: Option<Confession>,
    /// Whether the actor has a subscription to it.
    pub actor_follows: bool,
}

/// The facts for opening a conversation (R1 to R5, R13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningFacts {
    /// The account that makes the request.
    pub actor: Person,
    /// The targets in the order of the request, without repetitions.
    pub targets: Vec<Target>,
    /// The confession that the request names, if any.
    pub named: Option<NamedConfession>,
    /// The conversations that have exactly the actor and the targets as participants; the one with the newest activity first.
    pub existing: Vec<(ConversationId, Option<ConfessionId>)>,
}

/// The facts for sending in a conversation (R6). They exist for participants only (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationFacts {
    /// The participant who makes the request.
    pub actor: Person,
    /// The conversation, with its confession's present admin.
    pub conversation: Conversation,
    /// Whether the actor follows the conversation's confession.
    pub actor_follows: bool,
}

/// The facts for sending a particular message (R6, R11, section 4.3). They exist for participants only (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingFacts {
    /// The conversation and the sender's rights in it.
    pub base: ConversationFacts,
    /// The answered message, if it is in this conversation.
    pub reply_to: Option<ReplyPreview>,
    /// The message for which the actor has used this `client_id` before.
    pub already: Option<(ConversationId, MessageId)>,
}

/// The facts for marking messages as read (R7). They exist for participants only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingFacts {
    /// The conversation and the reader's rights in it.
    pub base: ConversationFacts,
    /// Whether the named message is in this conversation; true if the request names none.
    pub includes_message: bool,
}

/// The facts for changing the row of a conversation (R20, R21). They exist for participants only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFacts {
    /// The conversation and the actor's rights in it.
    pub base: ConversationFacts,
    /// The actor's row.
    pub row: RowState,
    /// The number of messages of others that the actor has not read.
    pub unread_count: u64,
    /// The time of the first message after the newest one of an admin or superadmin; deleted messages do not count. `None` if there is none.
    pub unanswered_since: Option<Timestamp>,
}

/// The facts for changing a message (R8 to R10). They exist for participants, and for superadmins (who may pin anywhere).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFacts {
    /// The account that makes the request.
    pub actor: Person,
    /// Whether the actor is a participant. If not, the actor is a superadmin.
    pub takes_part: bool,
    /// The conversation of the message.
    pub conversation: Conversation,
    /// The message before the change.
    pub message: Message,
}

/// The facts for opening a file (R7, R9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The attachment as stored.
    pub file: Attachment,
    /// Whether its message is a tombstone.
    pub message_deleted: bool,
    /// Whether the viewer is an active participant. False if the request names no viewer.
    pub viewer_takes_part: bool,
}

/// The facts for reading and changing the settings of a confession. They exist if the confession does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfessionSettingsFacts {
    /// The account that makes the request.
    pub actor: Person,
    /// The confession, with its present admin.
    pub confession: Confession,
    /// Its settings; the default if nothing was ever set.
    pub settings: ConfessionSettings,
}
