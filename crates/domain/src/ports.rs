//! The traits through which the use cases reach storage and other adapters. The doc comment of a port is the promise that the conformance suite checks.
//!
//! Ports are chosen at run time, so all are dyn-compatible. Absence is `Ok(None)`, a foreseeable conflict is a value, and an [`StoreError`] is a
//! failure of the store. Adapters use the times they are given, and contain no rules.

mod blobs;
mod bus;
mod clock;
mod conversations;
mod directory;
mod jobs;
mod limiter;
mod messages;
mod outbox;
mod presence;
mod receipts;
mod search;
mod settings;
mod tickets;
mod unconfirmed;

pub use blobs::{Blob, BlobEntries, BlobEntry, BlobError, BlobResult, BlobStream, BlobWriter, Blobs, LinkHeaders};
pub use bus::{Batch, Bus, Gap, Received, Subscriber};
pub use clock::Clock;
pub use conversations::{Arranged, ConversationDetail, Conversations, Opened};
pub use directory::{Directory, DirectoryWriter, ImportOutcome, RosterEntry};
pub use jobs::{Job, JobCount, JobState, Jobs, NewJob, Settled};
pub use limiter::{Admission, Budget, Limiter, Period, Rate, Rates};
pub use messages::{ChangeOutcome, MessageFilter, Messages, SendOutcome};
pub use outbox::{
    Claim, Consumer, ConsumerError, ConsumerLag, Outbox, OutboxEntry, OutboxKind, OutboxPlace, OutboxStart, Passed, TRIMMED, Wake,
};
pub use presence::{Presence, SocketId};
pub use receipts::{Deliveries, ReadOutcome, Receipts};
pub use search::{SearchIndex, Searchable, Tail};
pub use settings::Settings;
pub use tickets::Tickets;
pub use unconfirmed::{Unconfirmed, UnconfirmedAct};

use crate::denial::{Denial, Kind};

/// Called with the outcome of a command in the order of commits, right after the commit and before the caller resumes; not called if nothing was
/// committed. It must return quickly: other writers wait for it. This is what lets frames leave in the order of `seq`.
pub type OnCommit<T> = Box<dyn FnOnce(&T) + Send>;

/// The rule of an act: decides by the facts of the moment, inside the transaction that carries the decision out. It may be called more than once, and must
/// not block.
pub type Decide<F, D> = Box<dyn Fn(F) -> Result<D, Denial> + Send>;

/// The outcome of an act in the store, or the denial of the rule, with which nothing is stored.
pub type Decided<T> = Result<T, Denial>;

/// A unique key of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// A person's unique name.
    Username,
    /// The slug of a confession.
    ConfessionSlug,
    /// Participants and confession of a conversation.
    Participants,
    /// The client id of a message, unique for its sender.
    ClientId,
    /// Any other unique key.
    Other,
}

/// A failure of the store. A failed query is never "not found".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken, in a case for which the port has no outcome.
    #[error("{0:?} is taken")]
    Duplicate(UniqueKey),
    /// The store is overloaded or locked; trying again later helps.
    #[error("the store is busy")]
    Busy,
    /// A row contains a value that this program cannot have written.
    #[error("unreadable value in {table}.{column}")]
    Corrupt {
        /// The table of the row.
        table: &'static str,
        /// The column of the value.
        column: &'static str,
    },
    /// The database is damaged, or its file is no longer the one that was opened. Trying again does not help: the operator has to act.
    #[error("the database is damaged or was replaced")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Any other failure of the database.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether an act that failed with this error may be stored nevertheless.
    pub const fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Damaged(_) => true,
            Self::Busy | Self::Corrupt { .. } | Self::Duplicate(_) => false,
        }
    }

    /// [`Kind::Unavailable`] where trying again later may help, else [`Kind::Internal`].
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Busy | Self::Failed(_) => Kind::Unavailable,
            Self::Corrupt { .. } | Self::Damaged(_) | Self::Duplicate(_) => Kind::Internal,
        }
    }
}
