//! Reading a conversation and its files (R7), and finding messages (R14).

use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::{FileFacts, MessageFacts, ReadingFacts},
    id::UserId,
    message::Message,
    receipt::{ReadMark, ReadRequest, ReadScope},
    rules::access,
    time::Timestamp,
};

/// R7: only participants may read a message or learn that it exists. (For conversations the store enforces this: facts exist for participants only.)
pub fn may_see(facts: &MessageFacts) -> Result<(), Denial> {
    if facts.takes_part { Ok(()) } else { Err(Denial::MessageNotFound) }
}

/// R14: a search finds what the viewer may read now and what is not deleted. A superadmin finds no more than others.
pub fn may_find(viewer: UserId, conversation: &Conversation, message: &Message) -> bool {
    conversation.includes(viewer) && !message.is_deleted
}

/// R7: the read mark to store; a mark has no effect on the reader's own messages. A single message must be in the conversation.
pub fn decide(facts: Option<ReadingFacts>, request: &ReadRequest, now: Timestamp) -> Result<ReadMark, Denial> {
    let facts = facts.ok_or(match request.scope() {
        ReadScope::One(_) => Denial::MessageNotFound,
        ReadScope::UpTo(_) | ReadScope::All => Denial::ConversationNotFound,
    })?;
    access::is_active(&facts.base.actor)?;
    if !facts.includes_message {
        return Err(Denial::MessageNotFound);
    }
    let conversation = facts.base.conversation;
    Ok(ReadMark {
        conversation: conversation.id,
        participants: conversation.participant_ids(),
        reader: facts.base.actor,
        scope: request.scope(),
        at: now,
    })
}

/// The way by which a file is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAccess {
    /// A signed link of the service; its holder was shown the message.
    Link,
    /// A token of the viewer.
    Person,
}

/// R7, R9: the files of a message open to its participants and to holders of a link; those of a deleted message to nobody.
pub fn may_open_file(facts: &FileFacts, access: FileAccess) -> bool {
    !facts.message_deleted
        && match access {
            FileAccess::Link => true,
            FileAccess::Person => facts.viewer_takes_part,
        }
}

#[cfg(test)]
mod tests {
    use super::may_see;
    use crate::{
        denial::Denial,
        rules::test_directory::test_directory,
        testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM},
    };

    #[test]
    fn participants_see_a_message_and_to_everybody_else_it_does_not_exist() {
        let mut directory = test_directory();
        let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
        directory.set_admin(NUR, Some(PAVEL));
        for participant in [AZIZ, DILNOZA] {
            assert_eq!(may_see(&directory.to_change(participant, AZIZ, &room)), Ok(()));
        }
        for stranger in [MALIKA, PAVEL, RUSTAM] {
            assert_eq!(may_see(&directory.to_change(stranger, AZIZ, &room)), Err(Denial::MessageNotFound));
        }
    }

    #[test]
    fn history_stays_readable_without_following() {
        let mut directory = test_directory();
        let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
        directory.unfollow(AZIZ, NUR);
        assert_eq!(may_see(&directory.to_change(AZIZ, DILNOZA, &room)), Ok(()));
    }
}
