//! The use cases, one function for each act: load facts, decide, give the command to a port, announce the event.

mod announcing;
mod arrange;
mod attach;
mod change;
mod changes;
mod deliver;
mod directory;
mod files;
mod index;
mod list;
mod objects;
mod open;
mod presence;
mod read;
mod search;
mod send;
mod settings;
mod sweep;
#[cfg(test)]
mod tests;
mod typing;

use std::{sync::Arc, time::Duration};

pub use attach::{NotARecording, StoredObjects, UploadSession};
pub use change::{MessageTarget, Pinned};
pub use changes::MissedChanges;
pub use deliver::Marking;
pub use directory::{DirectoryFeeding, Unpublished};
pub use index::{Built, Indexing};
pub use list::{ConversationView, MessageList};
pub use objects::ObjectsOwner;
pub use search::Searching;
pub use sweep::{DELETED_FILES_DAYS, ORPHAN_AGE, SET_ASIDE_SECONDS, Sweep, SweepStopped, Swept};
pub use typing::Membership;

use crate::{
    denial::{Denial, Kind},
    id::UserId,
    identity::{Epoch, StoreId},
    people::Person,
    policy::Policy,
    ports::{
        Admission, BlobError, Blobs, Budget, Bus, Clock, Conversations, Deliveries, Directory, Limiter, Messages, Presence, Rate, Receipts,
        SearchIndex, Searchable, Settings, StoreError, Unconfirmed,
    },
    rules::access::is_active,
    time::Timestamp,
};

/// The ports, settings and identities that the use cases need.
#[derive(Clone)]
pub struct Ports {
    /// Accounts, confessions and subscriptions.
    pub directory: Arc<dyn Directory>,
    /// Stored conversations and their participants.
    pub conversations: Arc<dyn Conversations>,
    /// Stored messages and their files' records.
    pub messages: Arc<dyn Messages>,
    /// Stored messages, as the search needs them.
    pub searchable: Arc<dyn Searchable>,
    /// The index of the words of all messages.
    pub index: Arc<dyn SearchIndex>,
    /// The settings of people and confessions.
    pub settings: Arc<dyn Settings>,
    /// Delivery and read marks.
    pub receipts: Arc<dyn Receipts>,
    /// Takes delivery marks of fetched messages, without making the reader wait long.
    pub deliveries: Arc<dyn Deliveries>,
    /// The object store with the bytes of files.
    pub blobs: Arc<dyn Blobs>,
    /// Leases of open sockets.
    pub presence: Arc<dyn Presence>,
    /// Carries events to the hubs of all nodes.
    pub bus: Arc<dyn Bus>,
    /// Takes acts of which the store did not say whether they are stored.
    pub unconfirmed: Arc<dyn Unconfirmed>,
    /// Limits how often a person may act.
    pub limiter: Arc<dyn Limiter>,
    /// The service's wall clock.
    pub clock: Arc<dyn Clock>,
    /// The settings of the rules.
    pub policy: Arc<Policy>,
    /// The epoch of the database.
    pub epoch: Epoch,
    /// The database, by the id that its object store carries too.
    pub store: StoreId,
}

/// All use cases. Cheap to clone; the ports are shared.
#[derive(Clone)]
pub struct Messaging {
    ports: Arc<Ports>,
}

/// The person who acts. Their account existed and was active when [`Messaging::actor`] looked it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(Person);

impl Actor {
    /// The id of the account.
    pub const fn id(&self) -> UserId {
        self.0.id
    }

    /// The account.
    pub const fn person(&self) -> &Person {
        &self.0
    }
}

/// The failure of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule forbids the act.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The actor is over a rate limit; nothing was done.
    #[error("You ask too often; try again in a moment.")]
    RateLimited {
        /// The limit that the act would exceed.
        rate: Rate,
        /// The time until the act is allowed.
        retry_after: Duration,
    },
    /// The store failed; nothing was changed, or it is unknown whether something was: repeating with the same `client_id` is safe.
    #[error("The service is unavailable for a moment. Try again.")]
    Store(#[from] StoreError),
    /// The object store failed; messages without files still work.
    #[error("Files cannot be taken or given out for a moment. Try again.")]
    Files(#[from] BlobError),
}

impl Error {
    /// The kind of the failure.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Denied(denial) => denial.code().kind(),
            Self::RateLimited { .. } => Kind::RateLimited,
            Self::Store(error) => error.kind(),
            Self::Files(_) => Kind::Unavailable,
        }
    }
}

impl Messaging {
    /// Builds the use cases on these ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports: Arc::new(ports) }
    }

    /// The time with which changes are stored.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The settings of the rules.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.ports.policy
    }

    /// The epoch of the database.
    pub fn epoch(&self) -> &Epoch {
        &self.ports.epoch
    }

    /// The id of the database, which its object store carries too.
    pub fn store_id(&self) -> &StoreId {
        &self.ports.store
    }

    /// The account of the actor; refuses a missing or inactive one.
    pub async fn actor(&self, id: UserId) -> Result<Actor, Error> {
        let person = self.ports.directory.person(id).await?.ok_or(Denial::AccountInactive)?;
        is_active(&person)?;
        Ok(Actor(person))
    }

    /// Refuses a token of an inactive account. A missing account is allowed, since an empty directory must be fed by somebody.
    pub async fn may_feed_directory(&self, id: UserId) -> Result<(), Error> {
        let person = self.ports.directory.person(id).await?;
        Ok(person.map_or(Ok(()), |person| is_active(&person))?)
    }

    /// The missing and the inactive accounts among these: their sockets must be closed.
    pub async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, Error> {
        Ok(self.ports.directory.inactive_among(ids).await?)
    }

    /// The same use cases for a caller whose reads do not count as delivery.
    #[must_use]
    pub fn without_delivery(&self) -> Self {
        Self::new(Ports {
            deliveries: Arc::new(deliver::Nowhere),
            ..Ports::clone(&self.ports)
        })
    }

    /// Counts an act of a person, and refuses it beyond the rate limit. The use cases count sending themselves; callers that take in requests count [`Budget::Requests`].
    pub async fn admit(&self, actor: UserId, budget: Budget) -> Result<(), Error> {
        admitted(self.ports.limiter.check(actor, budget, self.ports.clock.now()).await)
    }
}

fn admitted(admission: Admission) -> Result<(), Error> {
    match admission {
        Admission::Allowed => Ok(()),
        Admission::Denied { rate, retry_after } => Err(Error::RateLimited { rate, retry_after }),
    }
}
