//! Who may delete a message (R9).

#[cfg(test)]
mod tests;

use crate::{denial::Denial, facts::MessageFacts, rules::reading};

/// R7 and R9: only the sender, at any time; what is deleted can be deleted again.
pub fn may_delete(facts: &MessageFacts) -> Result<(), Denial> {
    reading::may_see(facts)?;
    if facts.message.sender.id == facts.actor.id {
        Ok(())
    } else {
        Err(Denial::NotSender)
    }
}
