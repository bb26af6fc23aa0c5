use super::{Error, Messaging, active};
use crate::{
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    people::Person,
};

/// That somebody takes part in a conversation, which never changes once true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The participant.
    pub person: Person,
    /// The other participants.
    pub others: Vec<UserId>,
    /// The number of the newest change, as stored.
    pub last_seq: Seq,
}

impl Messaging {
    /// R7: lets participants in, and nobody else: for joining, typing and asking for `last_seq`.
    pub async fn membership(&self, actor: UserId, of: ConversationId) -> Result<Membership, Error> {
        let Some(facts) = self.conversations.facts(of, actor).await? else {
            // Whoever may not act at all is told so first, as everywhere.
            self.actor(actor).await?;
            return Err(Denial::ConversationNotFound.into());
        };
        active(&facts.actor)?;
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

    /// Everybody with whom somebody has a conversation, for presence.
    pub async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, Error> {
        Ok(self.conversations.counterparts(of).await?)
    }
}
