use super::{Error, Messaging};
use crate::{
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    people::Person,
    rules::access::is_active,
};

/// The newest conversations of a person whose participants are told of each other's presence (section 4.2 of the contract).
const CONVERSATIONS_WITH_PRESENCE: u32 = 500;

/// The proof that a person takes part in a conversation. Participants never change, so it stays valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The account of the participant.
    pub person: Person,
    /// The ids of all other participants, for events.
    pub others: Vec<UserId>,
    /// The number of the newest change, as stored.
    pub last_seq: Seq,
}

impl Messaging {
    /// R7: refuses everybody but participants; for joining, typing and asking for `last_seq`.
    pub async fn membership(&self, actor: UserId, of: ConversationId) -> Result<Membership, Error> {
        let Some(facts) = self.ports.conversations.facts(of, actor).await? else {
            // An inactive account gets the same denial here as everywhere else.
            self.actor(actor).await?;
            return Err(Denial::ConversationNotFound.into());
        };
        is_active(&facts.actor)?;
        let others = facts
            .conversation
            .participant_ids()
            .into_iter()
            .filter(|user| *user != actor)
            .collect();
        Ok(Membership {
            person: facts.actor,
            others,
            last_seq: facts.conversation.last_seq,
        })
    }

    /// The people whose presence a person is told, and who are told theirs: those of the newest 500 conversations, so that neither grows with the number of
    /// conversations.
    pub async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, Error> {
        Ok(self
            .ports
            .conversations
            .recent_counterparts(of, CONVERSATIONS_WITH_PRESENCE)
            .await?)
    }
}
