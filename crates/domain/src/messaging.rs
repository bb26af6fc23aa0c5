//! The use cases: one function for one intention, always facts, decision, command, event.

mod attach;
mod change;
mod changes;
mod deliver;
mod files;
mod list;
mod open;
mod read;
mod send;
mod sweep;
#[cfg(test)]
mod tests;
mod typing;

use std::{sync::Arc, time::Duration};

pub use attach::Foreseen;
pub use list::{ConversationView, MessageList};
pub use open::OpenRequest;
pub use send::{SendMessage, Sent};
pub use sweep::{ORPHAN_AGE, Swept};
pub use typing::Membership;

use crate::{
    denial::{Denial, Kind},
    id::UserId,
    people::Person,
    policy::Policy,
    ports::{
        Admission, BlobError, Blobs, Budget, Bus, Clock, Conversations, Directory, Limiter, Messages, Presence, Rate, Receipts, StoreError,
    },
};

/// Everything a person can do. Cheap to clone; the ports are shared.
#[derive(Clone)]
pub struct Messaging {
    /// Who people are.
    pub directory: Arc<dyn Directory>,
    /// Where conversations are kept.
    pub conversations: Arc<dyn Conversations>,
    /// Where messages are kept.
    pub messages: Arc<dyn Messages>,
    /// Who has received and read what.
    pub receipts: Arc<dyn Receipts>,
    /// Where the bytes of files are kept.
    pub blobs: Arc<dyn Blobs>,
    /// Who is here.
    pub presence: Arc<dyn Presence>,
    /// Who hears of it.
    pub bus: Arc<dyn Bus>,
    /// Who does too much.
    pub limiter: Arc<dyn Limiter>,
    /// The service's wall clock.
    pub clock: Arc<dyn Clock>,
    /// The settings of the rules.
    pub policy: Arc<Policy>,
}

/// Why a use case did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The actor's account is missing or no longer active.
    #[error("This account is not active.")]
    AccountInactive,
    /// The actor does this too often; nothing was done.
    #[error("You ask too often; try again in a moment.")]
    RateLimited {
        /// What is allowed.
        rate: Rate,
        /// Then there will be room.
        retry_after: Duration,
    },
    /// The store failed; nothing was changed, or it is unknown whether something was: repeating with the same `client_id` is safe.
    #[error("The service is unavailable for a moment. Try again.")]
    Store(#[from] StoreError),
    /// The store of files failed; messages without files go on.
    #[error("Files cannot be taken or given out for a moment. Try again.")]
    Files(#[from] BlobError),
}

impl Error {
    /// What kind of failure it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Denied(denial) => denial.kind(),
            Self::AccountInactive => Kind::Unauthenticated,
            Self::RateLimited { .. } => Kind::RateLimited,
            Self::Store(StoreError::Busy | StoreError::Failed(_)) | Self::Files(_) => Kind::Unavailable,
            Self::Store(StoreError::Corrupt { .. } | StoreError::Duplicate(_)) => Kind::Internal,
        }
    }

    /// The stable machine code of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.code(),
            Self::AccountInactive => "token_invalid",
            Self::RateLimited { .. } => "rate_limited",
            Self::Store(StoreError::Busy | StoreError::Failed(_)) | Self::Files(_) => "unavailable",
            Self::Store(StoreError::Corrupt { .. } | StoreError::Duplicate(_)) => "internal_error",
        }
    }
}

impl Messaging {
    /// The person who acts; an account that is gone or inactive acts no more.
    pub async fn actor(&self, id: UserId) -> Result<Person, Error> {
        let person = self.directory.person(id).await?.ok_or(Error::AccountInactive)?;
        active(&person)?;
        Ok(person)
    }

    /// Counts an act of a person, unless there were too many lately. Sending counts by itself; [`Budget::Requests`] is for whoever takes requests in.
    pub async fn admit(&self, actor: UserId, budget: Budget) -> Result<(), Error> {
        match self.limiter.check(actor, budget, self.clock.now()).await {
            Admission::Allowed => Ok(()),
            Admission::Denied { rate, retry_after } => Err(Error::RateLimited { rate, retry_after }),
        }
    }
}

/// Facts are loaded with the actor's present account, so this costs nothing.
fn active(actor: &Person) -> Result<(), Error> {
    if actor.is_active { Ok(()) } else { Err(Error::AccountInactive) }
}
