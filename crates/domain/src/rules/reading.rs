//! Who may see a conversation (R7).

#[cfg(test)]
mod tests;

use crate::{
    denial::Denial,
    facts::{FileFacts, MessageFacts},
};

/// R7: only participants read a message or learn that it exists. (For conversations the door is loading: facts exist for participants only.)
pub fn may_see(facts: &MessageFacts) -> Result<(), Denial> {
    if facts.takes_part { Ok(()) } else { Err(Denial::MessageNotFound) }
}

/// How somebody comes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// By a link that the service has signed: whoever has it was shown the message.
    Link,
    /// In person.
    Person,
}

/// R7, R9: the files of a message open to its participants and to whoever holds a link; those of a deleted message to nobody.
pub fn may_open_file(facts: &FileFacts, door: Door) -> bool {
    !facts.message_deleted
        && match door {
            Door::Link => true,
            Door::Person => facts.viewer_takes_part,
        }
}
