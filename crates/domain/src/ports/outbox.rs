use std::{error::Error, sync::Arc};

use async_trait::async_trait;

use super::StoreError;
use crate::{
    id::{ConversationId, MessageId, UserId},
    message::ChangeKind,
    time::Timestamp,
};

/// What happened to a message, as far as a consumer needs to know. Pins and reading marks have no entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxKind {
    /// The message was stored.
    Sent,
    /// Its content was replaced.
    Edited,
    /// It became a tombstone.
    Deleted,
}

impl OutboxKind {
    /// All kinds that this version knows.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Edited, Self::Deleted];

    /// The name in the stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Edited => "edited",
            Self::Deleted => "deleted",
        }
    }

    /// The kind with this name; `None` for one of a later version.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of the entry for this change; `None` for a change that has no entry.
    pub const fn of(change: ChangeKind) -> Option<Self> {
        match change {
            ChangeKind::Sent => Some(Self::Sent),
            ChangeKind::Edited => Some(Self::Edited),
            ChangeKind::Deleted => Some(Self::Deleted),
            ChangeKind::Pinned => None,
        }
    }
}

/// The place of an entry in the order of the outbox. The numbers mean something to the store alone; the default is before all entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxPlace {
    /// The transaction that wrote the entry, in a store with several transactions at once; else 0.
    pub transaction: i64,
    /// The number of the entry.
    pub id: i64,
}

/// A durable change of a message. It holds ids only: a consumer loads the message, which may have changed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its place in the order.
    pub place: OutboxPlace,
    /// What happened.
    pub kind: OutboxKind,
    /// The conversation of the message.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// The person who sent, edited or deleted it.
    pub actor: UserId,
    /// When it happened.
    pub at: Timestamp,
}

/// Where a consumer begins that the store does not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxStart {
    /// At the oldest entry that is stored.
    Beginning,
    /// Behind everything that was committed before the claim. An entry that is committed at the same time may be read.
    End,
}

/// The right of one node to run a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name of the consumer.
    pub consumer: String,
    /// The place of the last entry that the consumer has passed.
    pub position: OutboxPlace,
    /// Raised whenever another node begins to run the consumer.
    pub generation: i64,
}

/// Whether a position was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// It is stored.
    Stored,
    /// Another node runs the consumer by now, so that nothing was stored.
    Fenced,
}

/// How far a consumer is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerLag {
    /// The name of the consumer.
    pub consumer: String,
    /// The place of the last entry that it has passed.
    pub position: OutboxPlace,
    /// How many entries of known kinds are behind its position, counted up to [`Self::MOST`].
    pub entries: u64,
    /// The time of the oldest of them.
    pub oldest: Option<Timestamp>,
}

impl ConsumerLag {
    /// The number up to which entries are counted.
    pub const MOST: u64 = 100_000;
}

/// Called after a commit of this process that appended entries. It must return quickly: other writers wait for it.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The durable changes of messages, for work that follows them: [`super::Messages`] appends an entry to each change in its own transaction, in the order of
/// commits. Each consumer has a position, and reads what is behind it at least once; entries go when all consumers have passed them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes the consumer for `holder` until `until`, or renews this; registers a consumer that the store does not know. `None` while another holder has it. The
    /// generation rises whenever the holder is another one than before.
    async fn claim(
        &self,
        consumer: &str,
        holder: &str,
        start: OutboxStart,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Claim>, StoreError>;

    /// Lets another holder have the consumer at once, unless one has it already.
    async fn release(&self, claim: &Claim) -> Result<(), StoreError>;

    /// The entries behind this place, in their order, at most `limit`. Entries of kinds that this version does not know are left out. No entry is committed later
    /// before one that was read: where several transactions run at once, an entry is read when all older transactions have ended.
    async fn read(&self, after: OutboxPlace, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Stores that the consumer has passed this place, which never goes back. Refused if another holder has claimed the consumer since.
    async fn pass(&self, claim: &Claim, position: OutboxPlace) -> Result<Passed, StoreError>;

    /// Removes the oldest entries that all consumers have passed, at most [`TRIMMED`] of them; without a consumer, that is every entry. The newest entry of all
    /// stays. Returns how many were removed.
    async fn trim(&self) -> Result<u64, StoreError>;

    /// How far each consumer is behind, ordered by name.
    async fn lag(&self) -> Result<Vec<ConsumerLag>, StoreError>;

    /// Has this called after each commit of this process that appended entries, beside those that were given before.
    fn wake_on_append(&self, wake: Wake);
}

/// The most entries that one call of [`Outbox::trim`] removes.
pub const TRIMMED: u64 = 1_000;

/// Work that follows the outbox, such as an index. One node at a time runs it.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Its name in the store, in metrics and in `readyz`.
    fn name(&self) -> &'static str;

    /// Where it begins in a store that does not know it yet.
    fn start(&self) -> OutboxStart {
        OutboxStart::End
    }

    /// Called before the first entries when this node takes the consumer over, with the place that it has passed.
    async fn begin(&self, _position: OutboxPlace) -> Result<(), ConsumerError> {
        Ok(())
    }

    /// Carries out what these entries ask for. After a failure or a crash the same entries come again, perhaps on another node, so doing it twice must have the
    /// effect of doing it once. Called without entries from time to time. Returns the place up to which its effects are durable, which the consumer has then
    /// passed; it may be before the last entry.
    async fn take(&self, entries: &[OutboxEntry]) -> Result<OutboxPlace, ConsumerError>;

    /// Does a piece of the work that needs no entries, when there are none; true if more is left.
    async fn go_on(&self) -> Result<bool, ConsumerError> {
        Ok(false)
    }
}

/// Why a consumer could not take entries; they come again after a pause.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConsumerError(#[source] pub Box<dyn Error + Send + Sync>);

impl From<StoreError> for ConsumerError {
    fn from(error: StoreError) -> Self {
        Self(Box::new(error))
    }
}
