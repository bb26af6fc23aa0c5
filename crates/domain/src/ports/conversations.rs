use async_trait::async_trait;

use super::{Decide, Decided, OnCommit, StoreError};
use crate::{
    conversation::{ConversationSummary, ListCounts, ListFilter, ListItem, OpenRequest, RowRequest, RowState, RowUpdate},
    facts::{ConversationFacts, OpeningFacts, RowFacts},
    id::{ConfessionId, ConversationId, UserId},
    message::Message,
    page::{NumberedPage, PageRequest},
    rules::opening::Opening,
};

/// The outcome of opening a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A new conversation was created.
    New(ConversationSummary),
    /// A conversation with these participants and this confession existed already.
    Existing(ConversationId),
}

impl Opened {
    /// The conversation that was created or found.
    pub const fn id(&self) -> ConversationId {
        match self {
            Self::New(summary) => summary.conversation,
            Self::Existing(id) => *id,
        }
    }
}

/// A conversation in full, for one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationDetail {
    /// The conversation, with the facts about the participant's rights in it.
    pub facts: ConversationFacts,
    /// The newest message that is not deleted.
    pub last_message: Option<Message>,
    /// How many messages of others the participant has not read.
    pub unread_count: u64,
    /// The participant's row, as the participant sees it.
    pub row: RowState,
}

/// The outcome of changing a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    /// The rows after the act: of the actor, or of all participants who are staff if the act concerns them all.
    pub summary: ConversationSummary,
    /// Whether something was stored.
    pub is_changed: bool,
}

/// The storage of conversations. Facts exist only for participants, so nobody else can act in a conversation (R7).
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Loads the facts, calls `decide`, and creates the resulting conversation, all in one transaction, so that there is one with the same participants and
    /// confession at most (R13). The facts are `None` if the actor does not exist.
    async fn open(
        &self,
        request: OpenRequest,
        decide: Decide<Option<OpeningFacts>, Opening>,
        on_commit: OnCommit<Opened>,
    ) -> Result<Decided<Opened>, StoreError>;

    /// Loads the facts, calls `decide`, and changes the actor's row, or the conversation's `awaiting_since`, all in one transaction. Takes no `seq`. The facts
    /// are `None` for everybody who does not take part; `unanswered_since` may be `None` unless the request is about an answer.
    async fn arrange(
        &self,
        request: RowRequest,
        decide: Decide<Option<RowFacts>, Option<RowUpdate>>,
        on_commit: OnCommit<Arranged>,
    ) -> Result<Decided<Arranged>, StoreError>;

    /// The facts for acting in a conversation; `None` for everybody who does not take part in it.
    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError>;

    /// The conversation in full; `None` for everybody who does not take part.
    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError>;

    /// A page of a person's conversations, newest activity first: `last_message_at` (or `created_at` while there is no message) descending, then id descending.
    /// With [`ListFilter::waiting`] by `awaiting_since`, then id, ascending. Rows are as the person sees them.
    /// The cost does not depend on how many there are.
    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>, StoreError>;

    /// The number of conversations that each filter has, restricted to a confession if one is named.
    async fn counts(&self, of: UserId, within: Option<ConfessionId>) -> Result<ListCounts, StoreError>;

    /// The number of messages of others, in all conversations, that a person has not read.
    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError>;

    /// The people with whom a person has a conversation, each once; restricted to a confession if one is named.
    async fn counterparts(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<UserId>, StoreError>;

    /// The other participants of a person's conversations with the newest activity, each once; of so many conversations at most. The cost does not depend on
    /// how many there are.
    async fn recent_counterparts(&self, of: UserId, conversations: u32) -> Result<Vec<UserId>, StoreError>;

    /// The conversations that a person takes part in, in no order; restricted to a confession if one is named.
    async fn ids(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<ConversationId>, StoreError>;
}
