//! For tests: facts made from a community, as a store would load them.

use crate::{
    conversation::Conversation,
    facts::{ConversationFacts, MessageFacts, NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, Seq, UserId},
    message::Message,
    people::{Confession, DirectoryDocument, Person, Role, Subscription},
    testing::builders::{at, message},
};

/// The conversation in tests about messages.
pub(crate) const HERE: ConversationId = ConversationId(7);

/// A community that tests can change.
#[derive(Clone, Debug)]
pub(crate) struct TestDirectory(pub(super) DirectoryDocument);

impl TestDirectory {
    pub(crate) fn person(&self, id: UserId) -> Option<Person> {
        self.0.users.iter().find(|person| person.id == id).cloned()
    }

    pub(crate) fn confession(&self, id: ConfessionId) -> Option<Confession> {
        self.0.confessions.iter().find(|confession| confession.id == id).cloned()
    }

    pub(crate) fn follows(&self, user: UserId, confession: ConfessionId) -> bool {
        self.0.subscriptions.contains(&Subscription { user, confession })
    }

    pub(crate) fn unfollow(&mut self, user: UserId, confession: ConfessionId) {
        self.0
            .subscriptions
            .retain(|subscription| *subscription != Subscription { user, confession });
    }

    pub(crate) fn follow(&mut self, user: UserId, confession: ConfessionId) {
        self.0.subscriptions.push(Subscription { user, confession });
    }

    pub(crate) fn set_admin(&mut self, confession: ConfessionId, admin: Option<UserId>) {
        let found = self.0.confessions.iter_mut().find(|other| other.id == confession);
        found.expect("a confession of the directory").admin = admin;
    }

    pub(crate) fn change(&mut self, id: UserId, how: impl FnOnce(&mut Person)) {
        how(self
            .0
            .users
            .iter_mut()
            .find(|person| person.id == id)
            .expect("a person of the directory"));
    }

    pub(crate) fn set_role(&mut self, id: UserId, role: Role) {
        self.change(id, |person| person.role = role);
    }

    pub(crate) fn shared(&self, admin: UserId, member: UserId) -> Vec<Confession> {
        let both = |confession: &&Confession| confession.admin == Some(admin) && self.follows(member, confession.id);
        self.0.confessions.iter().filter(both).cloned().collect()
    }

    /// The facts for opening a conversation; none exists yet.
    pub(crate) fn to_open(&self, actor: UserId, targets: &[UserId], named: Option<ConfessionId>) -> OpeningFacts {
        let target = |id: &UserId| Target {
            id: *id,
            person: self.person(*id),
            followed_by_actor: self.shared(*id, actor),
            follows_of_actor: self.shared(actor, *id),
        };
        OpeningFacts {
            actor: self.person(actor).expect("a person of the directory"),
            targets: targets.iter().map(target).collect(),
            named: named.map(|id| NamedConfession {
                id,
                confession: self.confession(id),
                actor_follows: self.follows(actor, id),
            }),
            existing: Vec::new(),
        }
    }

    /// A conversation of these people, opened by the first of them.
    pub(crate) fn conversation(&self, participants: &[UserId], confession: Option<ConfessionId>) -> Conversation {
        let mut people: Vec<Person> = participants
            .iter()
            .map(|id| self.person(*id).expect("a person of the directory"))
            .collect();
        let opened_by_staff = people[0].role != Role::User;
        people.sort_by_key(|person| person.id);
        Conversation {
            id: HERE,
            participants: people.into(),
            confession: confession.and_then(|id| self.confession(id)),
            opened_by_staff,
            created_at: at(0),
            updated_at: at(0),
            last_message_at: None,
            last_seq: Seq(0),
            awaiting_since: None,
        }
    }

    /// The facts for sending in a conversation.
    pub(crate) fn to_send(&self, actor: UserId, conversation: &Conversation) -> ConversationFacts {
        let confession = conversation.confession.as_ref().map(|confession| confession.id);
        let conversation = Conversation {
            confession: confession.and_then(|id| self.confession(id)),
            ..conversation.clone()
        };
        ConversationFacts {
            actor: self.person(actor).expect("a person of the directory"),
            actor_follows: confession.is_some_and(|id| self.follows(actor, id)),
            conversation,
        }
    }

    /// The facts for changing a message of `sender`, sent at the beginning.
    pub(crate) fn to_change(&self, actor: UserId, sender: UserId, conversation: &Conversation) -> MessageFacts {
        let facts = self.to_send(actor, conversation);
        MessageFacts {
            takes_part: conversation.includes(actor),
            message: self.message(sender, "Assalomu alaykum"),
            actor: facts.actor,
            conversation: facts.conversation,
        }
    }

    pub(crate) fn message(&self, sender: UserId, text: &str) -> Message {
        message(HERE, &self.person(sender).expect("a person of the directory"), text)
    }
}

/// The community of the builders.
pub(crate) fn test_directory() -> TestDirectory {
    TestDirectory(crate::testing::builders::community())
}
