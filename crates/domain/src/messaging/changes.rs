use super::{Error, Messaging};
use crate::{
    change::ChangePage,
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    identity::Epoch,
    message::{ChangeKind, Message},
    page::bounded_prefix,
    rules::access::is_active,
};

/// The changes of a conversation that a client has missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedChanges {
    /// The stored changes after the requested `seq`.
    pub page: ChangePage,
    /// The line of history that they belong to.
    pub epoch: Epoch,
    /// True if the client asked for changes after one that is not stored: it must drop what it holds of the conversation and load it anew.
    pub reset: bool,
}

impl Messaging {
    /// The changes of a conversation after `after`, by which a client catches up. A page ends early where its contents are too large
    /// ([`crate::page::PAGE_BYTES`]). Fetched messages count as delivered.
    pub async fn changes(&self, viewer: UserId, of: ConversationId, after: Seq, limit: u32) -> Result<MissedChanges, Error> {
        let facts = self
            .ports
            .conversations
            .facts(of, viewer)
            .await?
            .ok_or(Denial::ConversationNotFound)?;
        is_active(&facts.actor)?;
        let mut page = self.ports.messages.changes(of, after, limit).await?;
        let kept = bounded_prefix(page.changes.iter().map(|(_, message)| message));
        page.has_more |= kept < page.changes.len();
        page.changes.truncate(kept);
        self.fetched(viewer, page.changes.iter().map(|(_, message)| message)).await;
        Ok(MissedChanges {
            reset: ChangePage::lies_beyond(after, page.last_seq),
            epoch: self.ports.epoch.clone(),
            page,
        })
    }
    /// The changes of a conversation between two of its changes, for a node that missed them. A message that changed again later is not among them.
    pub async fn changes_between(&self, of: ConversationId, after: Seq, before: Seq) -> Result<Vec<(ChangeKind, Message)>, Error> {
        let limit = u32::try_from(before.0 - after.0).unwrap_or(0);
        let page = self.ports.messages.changes(of, after, limit).await?;
        let between = page.changes.into_iter().filter(|(_, message)| message.seq < before);
        Ok(between.collect())
    }
}
