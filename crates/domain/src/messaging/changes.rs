use super::{Error, Messaging, active};
use crate::{
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    message::ChangePage,
};

impl Messaging {
    /// What changed in a conversation after `after`: how a client catches up. What is fetched counts as delivered.
    pub async fn changes(&self, viewer: UserId, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, Error> {
        let facts = self.conversations.facts(of, viewer).await?.ok_or(Denial::ConversationNotFound)?;
        active(&facts.actor)?;
        let page = self.messages.changes(of, after, limit).await?;
        self.fetched(viewer, page.changes.iter().map(|(_, message)| message)).await?;
        Ok(page)
    }
}
