use async_trait::async_trait;

use super::StoreError;
use crate::{
    id::UserId,
    page::{Listing, PageRequest},
    people::{Confession, Contact, DirectoryDocument, Person, Subscription},
};

/// Whom a person may write to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactScope {
    /// The admins of the confessions that the person follows: one pair for each confession.
    FollowedAdmins,
    /// Admins and superadmins.
    Staff,
    /// Admins and superadmins, and members who follow a confession that the person administers.
    StaffAndOwnSubscribers,
    /// Everybody.
    Everyone,
}

/// Who people are and what they follow. Read at the time of every act, never cached.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The person with this id, active or not.
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError>;

    /// A page of the people whom `of` may write to: active ones, never oneself, in the order of (username, confession id). `query` finds people and
    /// confessions as [`crate::conversation::ListFilter::query`] does. In the scopes for staff each person stands once, and the confession is the one that
    /// opening without naming one would choose: the only one that `of` administers and the member follows, else none.
    async fn contacts(
        &self,
        of: UserId,
        scope: ContactScope,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Listing<Contact>, StoreError>;

    /// Which of these accounts are missing or not active.
    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError>;
}

/// Whether a change of the directory was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    /// It is durable.
    Done,
    /// Nothing was changed, because of this row.
    Rejected {
        /// The row, such as `subscriptions[3]`; for a change of a single thing, the field.
        row: String,
        /// What is wrong with it, for people.
        reason: String,
    },
}

/// A person and the confessions that they follow or administer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// Who.
    pub person: Person,
    /// By id.
    pub confessions: Vec<Confession>,
}

/// Where the directory comes from in mode `own` (section 8 of the contract). What changes here acts on the next request of anyone.
///
/// Rejected are: a username, confession name or slug that another one has; a confession whose admin does not exist; a subscription whose user or confession does not exist.
#[async_trait]
pub trait DirectoryFeed: Send + Sync {
    /// Takes a whole document in one transaction: users, then confessions, then subscriptions, each upserted.
    async fn import(&self, document: DirectoryDocument) -> Result<Fed, StoreError>;

    /// Ends a subscription; there may be none.
    async fn unfollow(&self, subscription: Subscription) -> Result<(), StoreError>;

    /// Everybody who is active, by id.
    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError>;
}
