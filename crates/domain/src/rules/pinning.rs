//! Pinning and unpinning a message (R10).

#[cfg(test)]
mod tests;

use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::MessageFacts,
    message::{NewState, Update},
    people::{Person, Role},
    rules::{access, reading},
    time::Timestamp,
};

/// R10: whether this participant may pin in this conversation. Its confession's present admin may, and every superadmin.
pub fn is_authority(actor: &Person, conversation: &Conversation) -> bool {
    let administers = conversation
        .confession
        .as_ref()
        .is_some_and(|confession| confession.admin == Some(actor.id));
    actor.role == Role::Superadmin || (administers && conversation.includes(actor.id))
}

/// R7 and R10: pinning needs the right to pin and a message that is not deleted. Unpinning a deleted message is allowed and changes nothing.
pub fn may_pin(facts: &MessageFacts, pinned: bool) -> Result<(), Denial> {
    if facts.actor.role != Role::Superadmin {
        reading::may_see(facts)?;
    }
    if !is_authority(&facts.actor, &facts.conversation) {
        return Err(Denial::NotPinAuthority);
    }
    if pinned && facts.message.is_deleted {
        return Err(Denial::MessageDeleted);
    }
    Ok(())
}

/// R7 and R10: the update that pins or unpins the message; `None` if it is in that state already.
pub fn decide(facts: &MessageFacts, pinned: bool, now: Timestamp) -> Result<Option<Update>, Denial> {
    access::is_active(&facts.actor)?;
    may_pin(facts, pinned)?;
    Ok((facts.message.is_pinned != pinned).then_some(Update {
        to: NewState::Pinned(pinned),
        at: now,
    }))
}
