//! Who may see a conversation (R7).

#[cfg(test)]
mod tests;

use crate::{denial::Denial, facts::MessageFacts};

/// R7: only participants read a message or learn that it exists. (For conversations the door is loading: facts exist for participants only.)
pub fn may_see(facts: &MessageFacts) -> Result<(), Denial> {
    if facts.takes_part { Ok(()) } else { Err(Denial::MessageNotFound) }
}
