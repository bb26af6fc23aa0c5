//! The rights of a participant in a conversation (R6, R10): now, and before a change of the directory.

#[cfg(test)]
mod tests;

use super::{pinning, sending};
use crate::{
    denial::Denial,
    facts::ConversationFacts,
    feeding::DirectoryChanges,
    people::{Person, Subscription},
};

/// The rights of a participant in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// R6: the denial that the participant would get when sending, if any.
    pub cannot_send: Option<Denial>,
    /// R10: whether the participant may pin messages.
    pub can_pin: bool,
}

/// Refuses an inactive account; every rule calls this first.
pub fn is_active(actor: &Person) -> Result<(), Denial> {
    if actor.is_active { Ok(()) } else { Err(Denial::AccountInactive) }
}

/// The actor's rights now.
pub fn now(facts: &ConversationFacts) -> Access {
    Access {
        cannot_send: sending::may_send(facts).err(),
        can_pin: pinning::is_authority(&facts.actor, &facts.conversation),
    }
}

/// The actor's rights before this change; the facts are those after it.
pub fn before(facts: &ConversationFacts, change: &DirectoryChanges) -> Access {
    let mut facts = facts.clone();
    if let Some(role) = change.roles.get(&facts.actor.id) {
        facts.actor.role = *role;
    }
    if let Some(confession) = &mut facts.conversation.confession {
        let subscription = Subscription {
            user: facts.actor.id,
            confession: confession.id,
        };
        if let Some(followed) = change.follows.get(&subscription) {
            facts.actor_follows = *followed;
        }
        if let Some(admin) = change.admins.get(&confession.id) {
            confession.admin = admin.before;
        }
    }
    now(&facts)
}
