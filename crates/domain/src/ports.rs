//! What the use cases need from the outside. The doc comment of a port is the promise that the conformance suite checks.
//!
//! Ports are chosen at run time, so all are dyn-compatible. Absence is `Ok(None)`, a foreseeable conflict is a value, and an [`StoreError`] is a
//! failure of the machinery. Adapters make up neither times nor rules.

mod blobs;
mod bus;
mod clock;
mod conversations;
mod directory;
mod limiter;
mod messages;
mod presence;
mod receipts;
mod tickets;

pub use blobs::{Blob, BlobError, BlobKeys, BlobResult, BlobStream, BlobWriter, Blobs};
pub use bus::Bus;
pub use clock::Clock;
pub use conversations::{ConversationDetail, Conversations, Opened};
pub use directory::{ContactScope, Directory, DirectoryFeed, Fed, RosterEntry};
pub use limiter::{Admission, Budget, Limiter, Rate, Rates};
pub use messages::{Appended, Changed, Decide, Messages, Refusal, SendingQuery, Shown};
pub use presence::{Presence, SocketId};
pub use receipts::{ReadMark, ReadScope, Receipts, WasRead};
pub use tickets::Tickets;

/// Called with the outcome of a command in the order of commits, right after the commit and before the caller resumes; not called if nothing was
/// committed. It must return quickly: other writers wait for it. This is what lets frames leave in the order of `seq`.
pub type Announce<T> = Box<dyn FnOnce(&T) + Send>;

/// A unique key of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// A person's unique name.
    Username,
    /// A confession's slug.
    ConfessionSlug,
    /// Participants and confession of a conversation.
    Participants,
    /// A sender's `client_id`.
    ClientId,
    /// Any other.
    Other,
}

/// A failure of the store. A failed query is never "not found".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken, where the port does not foresee it.
    #[error("{0:?} is taken")]
    Duplicate(UniqueKey),
    /// It has more to do than it can take, or is locked; trying again later helps.
    #[error("the store is busy")]
    Busy,
    /// A row holds something that this program cannot have written.
    #[error("unreadable value in {table}.{column}")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Where in it.
        column: &'static str,
    },
    /// Anything else that went wrong below.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
