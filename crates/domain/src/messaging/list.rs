use super::{Actor, Error, Messaging};
use crate::{
    conversation::{ListFilter, ListItem, PresenceStatus},
    denial::Denial,
    id::{ConversationId, MessageId, UserId},
    message::Message,
    page::{HistoryPage, NumberedPage, PageRequest, Window},
    people::{Contact, ContactDetail, ContactFilter},
    ports::{ConversationDetail, MessageFilter},
    rules::{
        access::{self, Access, is_active},
        opening,
    },
};

/// A conversation and its viewer's rights in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationView {
    /// The conversation with its newest message.
    pub detail: ConversationDetail,
    /// R6: the denial that the viewer would get when sending, if any.
    pub cannot_send: Option<Denial>,
    /// R10: whether the viewer may pin messages.
    pub can_pin: bool,
    /// The presence of the other participants.
    pub presence: Vec<PresenceStatus>,
}

/// A window of a conversation's messages.
pub type MessageList = HistoryPage<Message>;

impl Messaging {
    /// A conversation in full, for one of its participants.
    pub async fn conversation(&self, viewer: UserId, id: ConversationId) -> Result<ConversationView, Error> {
        let detail = self
            .ports
            .conversations
            .detail(id, viewer)
            .await?
            .ok_or(Denial::ConversationNotFound)?;
        is_active(&detail.facts.actor)?;
        let others: Vec<UserId> = detail
            .facts
            .conversation
            .participant_ids()
            .into_iter()
            .filter(|user| *user != viewer)
            .collect();
        let presence = self.ports.presence.status(&others).await?;
        let Access { cannot_send, can_pin } = access::now(&detail.facts);
        Ok(ConversationView {
            detail,
            cannot_send,
            can_pin,
            presence,
        })
    }

    /// A page of the viewer's conversations.
    pub async fn conversations(&self, viewer: &Actor, filter: &ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>, Error> {
        Ok(self.ports.conversations.list(viewer.id(), filter, page).await?)
    }

    /// The number of messages in all conversations that the viewer has not read.
    pub async fn unread_total(&self, viewer: &Actor) -> Result<u64, Error> {
        Ok(self.ports.conversations.unread_total(viewer.id()).await?)
    }

    /// The people with whom the viewer may open a conversation.
    pub async fn contacts(&self, viewer: &Actor, filter: &ContactFilter, page: PageRequest) -> Result<NumberedPage<Contact>, Error> {
        let scope = opening::contacts(viewer.person().role, &self.ports.policy);
        let Some(scope) = opening::narrowed(scope, filter.own) else {
            return Ok(NumberedPage::empty());
        };
        let contacts = self.ports.directory.contacts(viewer.id(), scope, filter.query.as_deref(), page);
        Ok(contacts.await?)
    }

    /// One person with whom the viewer may open a conversation. All others are as if they did not exist.
    pub async fn contact(&self, viewer: &Actor, id: UserId) -> Result<ContactDetail, Error> {
        let scope = opening::contacts(viewer.person().role, &self.ports.policy);
        let own = self
            .ports
            .directory
            .affiliation(viewer.id())
            .await?
            .ok_or(Denial::AccountInactive)?;
        let other = self.ports.directory.affiliation(id).await?.ok_or(Denial::UserNotFound)?;
        Ok(opening::contact(&own, &other, scope).ok_or(Denial::UserNotFound)?)
    }

    /// A window of the history, cut where its contents are too large for one page ([`crate::page::PAGE_BYTES`]). Fetched messages count as delivered.
    pub async fn history(&self, viewer: UserId, of: ConversationId, window: Window, shown: MessageFilter) -> Result<MessageList, Error> {
        let facts = self
            .ports
            .conversations
            .facts(of, viewer)
            .await?
            .ok_or(Denial::ConversationNotFound)?;
        is_active(&facts.actor)?;
        let page = self
            .ports
            .messages
            .window(of, window, shown)
            .await?
            .ok_or(Denial::MessageNotFound)?;
        let page = page.bounded(window);
        self.fetched(viewer, page.items.iter()).await;
        Ok(page)
    }

    /// One message, which counts as delivered by being fetched.
    pub async fn message(&self, viewer: &Actor, id: MessageId) -> Result<Message, Error> {
        let message = self.ports.messages.get(id, viewer.id()).await?.ok_or(Denial::MessageNotFound)?;
        self.fetched(viewer.id(), std::iter::once(&message)).await;
        Ok(message)
    }
}
