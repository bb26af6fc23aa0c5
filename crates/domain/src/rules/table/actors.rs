//! People, conversations and files of the tables.

use crate::{
    attachment::Attachment,
    conversation::Conversation,
    facts::MessageFacts,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::Message,
    people::{Confession, Person, Role},
    testing::builders::{self, a_file, at, confession, person},
};

use super::combinations::axis;

/// The person who acts in all cases.
pub(super) const ACTOR: UserId = UserId(20);
/// The other participant of the conversation.
pub(super) const OTHER: UserId = UserId(10);
/// A person who does not take part.
pub(super) const OUTSIDER: UserId = UserId(30);
/// The conversation of all cases.
pub(super) const HERE: ConversationId = ConversationId(7);
/// The confession that the conversation is about.
pub(super) const ITS_CONFESSION: ConfessionId = ConfessionId(5);

axis! {
    /// The role of the actor.
    Actor { Member = "user", Admin = "admin", Superadmin = "superadmin" }
}

impl Actor {
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Member => Role::User,
            Self::Admin => Role::Admin,
            Self::Superadmin => Role::Superadmin,
        }
    }

    pub(super) fn person(self) -> Person {
        person(ACTOR.0, "actor", self.role())
    }
}

axis! {
    /// The present admin of the conversation's confession.
    Administrator {
        Other = "the other participant",
        Actor = "the actor",
        Outsider = "somebody else",
        Nobody = "nobody",
        NoConfession = "–",
    }
}

impl Administrator {
    pub(super) fn confession(self) -> Option<Confession> {
        let admin = match self {
            Self::Other => Some(OTHER),
            Self::Actor => Some(ACTOR),
            Self::Outsider => Some(OUTSIDER),
            Self::Nobody => None,
            Self::NoConfession => return None,
        };
        Some(confession(ITS_CONFESSION.0, "Nur", admin))
    }
}

/// A conversation of these people.
pub(super) fn conversation(mut participants: Vec<Person>, confession: Option<Confession>, opened_by_staff: bool) -> Conversation {
    participants.sort_by_key(|person| person.id);
    Conversation {
        id: HERE,
        participants: participants.into(),
        confession,
        opened_by_staff,
        created_at: at(0),
        updated_at: at(0),
        last_message_at: None,
        last_seq: Seq(0),
        awaiting_since: None,
    }
}

/// The facts that all tables about messages share.
pub(super) struct Scene {
    pub(super) actor: Actor,
    pub(super) takes_part: bool,
    pub(super) is_sender: bool,
    pub(super) is_deleted: bool,
    pub(super) administrator: Administrator,
}

impl Scene {
    pub(super) fn facts(&self) -> MessageFacts {
        let actor = self.actor.person();
        let other = person(OTHER.0, "other", Role::Admin);
        let third = person(40, "third", Role::User);
        let participants = vec![other.clone(), if self.takes_part { actor.clone() } else { third }];
        MessageFacts {
            takes_part: self.takes_part,
            conversation: conversation(participants, self.administrator.confession(), false),
            message: Message {
                is_deleted: self.is_deleted,
                ..message(if self.is_sender { &actor } else { &other })
            },
            actor,
        }
    }
}

/// A message of the conversation of all cases.
pub(super) fn message(sender: &Person) -> Message {
    builders::message(HERE, sender, "Assalomu alaykum")
}

/// The file of the messages with files in the tables.
pub(crate) fn a_stored_file() -> Attachment {
    a_file("key").stored(AttachmentId(1), MessageId(100), HERE, at(0))
}
