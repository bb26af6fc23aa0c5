use async_trait::async_trait;

use super::{Announce, StoreError};
use crate::{
    conversation::{Inbox, ListFilter, ListItem, NewConversation},
    facts::{ConversationFacts, OpeningFacts, SendingFacts},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{ClientId, Message},
    page::{Listing, PageRequest},
};

/// What became of opening a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was created.
    New(Inbox),
    /// One with these participants and this confession was there.
    Existing(ConversationId),
}

impl Opened {
    /// The conversation.
    pub const fn id(&self) -> ConversationId {
        match self {
            Self::New(inbox) => inbox.conversation,
            Self::Existing(id) => *id,
        }
    }
}

/// A conversation in full, for one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationDetail {
    /// What may be done in it.
    pub facts: ConversationFacts,
    /// The newest message that is not deleted.
    pub last_message: Option<Message>,
    /// How many messages of others the participant has not read.
    pub unread_count: u64,
}

/// Where conversations are kept, and the door to them: facts exist only for people who take part (R7).
#[async_trait]
pub trait Conversations: Send + Sync {
    /// What opening depends on; `None` if the actor does not exist.
    async fn facts_to_open(
        &self,
        actor: UserId,
        targets: &[UserId],
        confession: Option<ConfessionId>,
    ) -> Result<Option<OpeningFacts>, StoreError>;

    /// Creates the conversation unless there is one with the same participants and confession (R13), also when asked for several times at once.
    async fn open(&self, new: NewConversation, announce: Announce<Opened>) -> Result<Opened, StoreError>;

    /// What acting in a conversation depends on; `None` to everybody who does not take part in it.
    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError>;

    /// What sending depends on, for whoever wants to know beforehand; `None` to everybody who does not take part. [`super::Messages::send`] looks again.
    async fn facts_to_send(
        &self,
        id: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError>;

    /// The conversation in full; `None` to everybody who does not take part.
    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError>;

    /// A page of a person's conversations, newest activity first: `last_message_at` (or `created_at` while there is no message) descending, then id descending.
    /// The cost does not depend on how many there are.
    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<Listing<ListItem>, StoreError>;

    /// How many messages of others a person has not read, in all conversations.
    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError>;

    /// Everybody with whom a person has a conversation, without doubles.
    async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, StoreError>;
}
