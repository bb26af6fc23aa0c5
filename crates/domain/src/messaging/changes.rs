use super::{Error, Messaging};
use crate::{
    change::ChangePage,
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    identity::Epoch,
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
}
