//! Deleting a message (R9).

#[cfg(test)]
mod tests;

use crate::{
    denial::Denial,
    facts::MessageFacts,
    message::{NewState, Update},
    rules::{access, reading},
    time::Timestamp,
};

/// R7 and R9: only the sender may delete a message, at any time; deleting a tombstone again is allowed.
pub fn may_delete(facts: &MessageFacts) -> Result<(), Denial> {
    reading::may_see(facts)?;
    if facts.message.sender.id == facts.actor.id {
        Ok(())
    } else {
        Err(Denial::NotSender)
    }
}

/// R7 and R9: the update to a tombstone; `None` if the message is one already.
pub fn decide(facts: &MessageFacts, now: Timestamp) -> Result<Option<Update>, Denial> {
    access::is_active(&facts.actor)?;
    may_delete(facts)?;
    Ok((!facts.message.is_deleted).then_some(Update {
        to: NewState::Deleted,
        at: now,
    }))
}
