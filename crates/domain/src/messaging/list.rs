use super::{Error, Messaging, active};
use crate::{
    conversation::{ListFilter, ListItem, PresenceStatus},
    denial::Denial,
    id::{ConversationId, MessageId, UserId},
    message::Message,
    page::{HistoryPage, Listing, PageRequest, Window},
    people::Contact,
    ports::{ConversationDetail, Shown},
    rules::{opening, pinning, sending},
};

/// A conversation and what its viewer may do in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationView {
    /// The conversation.
    pub detail: ConversationDetail,
    /// R6: why the viewer cannot send, if so.
    pub cannot_send: Option<Denial>,
    /// R10.
    pub can_pin: bool,
    /// How the others stand.
    pub presence: Vec<PresenceStatus>,
}

/// A window of a conversation's messages.
pub type MessageList = HistoryPage<Message>;

impl Messaging {
    /// A conversation in full.
    pub async fn conversation(&self, viewer: UserId, id: ConversationId) -> Result<ConversationView, Error> {
        let detail = self.conversations.detail(id, viewer).await?.ok_or(Denial::ConversationNotFound)?;
        active(&detail.facts.actor)?;
        let others: Vec<UserId> = detail
            .facts
            .conversation
            .participant_ids()
            .into_iter()
            .filter(|user| *user != viewer)
            .collect();
        let presence = self.presence.status(&others).await?;
        let cannot_send = sending::may_send(&detail.facts).err();
        let can_pin = pinning::is_authority(&detail.facts.actor, &detail.facts.conversation);
        Ok(ConversationView {
            detail,
            cannot_send,
            can_pin,
            presence,
        })
    }

    /// A page of the viewer's conversations.
    pub async fn conversations(&self, viewer: UserId, filter: &ListFilter, page: PageRequest) -> Result<Listing<ListItem>, Error> {
        Ok(self.conversations.list(viewer, filter, page).await?)
    }

    /// How many messages the viewer has not read.
    pub async fn unread_total(&self, viewer: UserId) -> Result<u64, Error> {
        Ok(self.conversations.unread_total(viewer).await?)
    }

    /// Whom the viewer may open a conversation with.
    pub async fn contacts(&self, viewer: UserId, query: Option<&str>, page: PageRequest) -> Result<Listing<Contact>, Error> {
        let actor = self.actor(viewer).await?;
        let scope = opening::contacts(actor.role, &self.policy);
        Ok(self.directory.contacts(viewer, scope, query, page).await?)
    }

    /// A window of the history. What is fetched counts as delivered.
    pub async fn history(&self, viewer: UserId, of: ConversationId, window: Window, shown: Shown) -> Result<MessageList, Error> {
        let facts = self.conversations.facts(of, viewer).await?.ok_or(Denial::ConversationNotFound)?;
        active(&facts.actor)?;
        let page = self.messages.window(of, window, shown).await?.ok_or(Denial::MessageNotFound)?;
        self.fetched(viewer, page.items.iter()).await?;
        Ok(page)
    }

    /// One message. What is fetched counts as delivered.
    pub async fn message(&self, viewer: UserId, id: MessageId) -> Result<Message, Error> {
        let message = self.messages.get(id, viewer).await?.ok_or(Denial::MessageNotFound)?;
        self.fetched(viewer, std::iter::once(&message)).await?;
        Ok(message)
    }
}
