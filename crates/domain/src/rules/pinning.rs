//! Who may pin (R10).

#[cfg(test)]
mod tests;

use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::MessageFacts,
    people::{Person, Role},
    rules::reading,
};

/// R10: has this participant the right to pin in this conversation? Its confession's present admin has, and every superadmin.
pub fn is_authority(actor: &Person, conversation: &Conversation) -> bool {
    let administers = conversation
        .confession
        .as_ref()
        .is_some_and(|confession| confession.admin == Some(actor.id));
    actor.role == Role::Superadmin || (administers && conversation.includes(actor.id))
}

/// R7 and R10: pinning needs the authority and a message that is not deleted. Unpinning a deleted one changes nothing and is no fault.
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
