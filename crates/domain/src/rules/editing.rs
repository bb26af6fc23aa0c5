//! Editing a message within the edit window (R8).

#[cfg(test)]
mod tests;

use crate::{
    denial::Denial,
    facts::MessageFacts,
    id::UserId,
    message::{Content, Message, NewState, Update},
    policy::Policy,
    rules::{access, reading, sending},
    time::Timestamp,
};

/// R8: only the sender, within the edit window (its last instant included), never a deleted message.
pub fn may_edit(message: &Message, actor: UserId, policy: &Policy, now: Timestamp) -> Result<(), Denial> {
    if message.sender.id != actor {
        return Err(Denial::NotSender);
    }
    if message.is_deleted {
        return Err(Denial::MessageDeleted);
    }
    if now > message.edit_deadline(policy) {
        return Err(Denial::EditWindowClosed);
    }
    Ok(())
}

/// R7, R8 and R12: the update with the new content.
pub fn decide(facts: &MessageFacts, content: &str, policy: &Policy, now: Timestamp) -> Result<Update, Denial> {
    access::is_active(&facts.actor)?;
    reading::may_see(facts)?;
    may_edit(&facts.message, facts.actor.id, policy, now)?;
    let content = Content::new(content.to_owned(), policy)?;
    sending::says_something(Some(&content), !facts.message.attachments.is_empty())?;
    Ok(Update {
        to: NewState::Content(content),
        at: now,
    })
}
