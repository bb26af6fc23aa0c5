//! The people and things of the tables.

use crate::{
    conversation::Conversation,
    facts::MessageFacts,
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::Message,
    people::{Confession, Person, Role},
    testing::builders::{at, confession, person},
};

use super::grid::axis;

/// Who acts.
pub(super) const ACTOR: UserId = UserId(20);
/// The other participant.
pub(super) const OTHER: UserId = UserId(10);
/// Somebody who is not there.
pub(super) const OUTSIDER: UserId = UserId(30);
/// The conversation.
pub(super) const HERE: ConversationId = ConversationId(7);
/// The conversation's confession.
pub(super) const ITS_CONFESSION: ConfessionId = ConfessionId(5);

axis! {
    /// What the actor is on the platform.
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
    /// Who administers the conversation's confession now.
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
    }
}

/// What the tables about messages have in common.
pub(super) struct Scene {
    pub(super) actor: Actor,
    pub(super) takes_part: bool,
    pub(super) is_sender: bool,
    pub(super) is_deleted: bool,
    pub(super) administrator: Administrator,
}

impl Scene {
    /// A message that was sent at [`at`]`(0)`.
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

/// A message that was sent at [`at`]`(0)`.
pub(super) fn message(sender: &Person) -> Message {
    Message {
        id: MessageId(100),
        conversation: HERE,
        sender: sender.clone(),
        content: Some("Assalomu alaykum".to_owned()),
        reply_to: None,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: at(0),
        updated_at: at(0),
        edited_at: None,
        attachments: Vec::new(),
        receipts: Vec::new(),
        others: 1,
        seq: Seq(1),
        client_id: None,
    }
}
