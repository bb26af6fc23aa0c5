//! What the rules need to know, loaded in one go for one actor.

use crate::{
    attachment::Attachment,
    conversation::Conversation,
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{Message, ReplyPreview},
    people::{Confession, Person},
};

/// Somebody whom the actor wants to open a conversation with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As asked for.
    pub id: UserId,
    /// `None` if nobody has this id.
    pub person: Option<Person>,
    /// The confessions that this target administers and the actor follows, by id.
    pub followed_by_actor: Vec<Confession>,
    /// The confessions that the actor administers and this target follows, by id.
    pub follows_of_actor: Vec<Confession>,
}

/// A confession that was named when opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedConfession {
    /// As asked for.
    pub id: ConfessionId,
    /// `None` if there is none with this id.
    pub confession: Option<Confession>,
    /// Does the actor follow it?
    pub actor_follows: bool,
}

/// What opening a conversation depends on (R1 to R5, R13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningFacts {
    /// Who asks.
    pub actor: Person,
    /// In the order asked for, without doubles.
    pub targets: Vec<Target>,
    /// The confession that was named, if any.
    pub named: Option<NamedConfession>,
    /// The conversations that have exactly the actor and the targets as participants.
    pub existing: Vec<(ConversationId, Option<ConfessionId>)>,
}

/// What sending in a conversation depends on (R6). Exists for participants only (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationFacts {
    /// Who asks; a participant.
    pub actor: Person,
    /// The conversation, with its confession's present admin.
    pub conversation: Conversation,
    /// Does the actor follow the conversation's confession?
    pub actor_follows: bool,
}

/// What sending a particular message depends on (R6, R11, section 4.3). Exists for participants only (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingFacts {
    /// The gate.
    pub gate: ConversationFacts,
    /// The message that is to be answered, if it is in this conversation.
    pub reply_to: Option<ReplyPreview>,
    /// The message for which the actor has used this `client_id` before.
    pub already: Option<(ConversationId, MessageId)>,
}

/// What changing a message depends on (R8 to R10). Exists for participants, and for superadmins (who may pin anywhere).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFacts {
    /// Who asks.
    pub actor: Person,
    /// Does the actor take part in the conversation? If not, the actor is a superadmin.
    pub takes_part: bool,
    /// Where the message is.
    pub conversation: Conversation,
    /// The message.
    pub message: Message,
}

/// What opening a file depends on (R7, R9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The file.
    pub file: Attachment,
    /// Is its message a tombstone?
    pub message_deleted: bool,
    /// Is the viewer active and takes part in the conversation? False where no viewer was named.
    pub viewer_takes_part: bool,
}
