use async_trait::async_trait;

use super::StoreError;
use crate::{
    feeding::{BadRow, DirectoryChanges},
    id::UserId,
    page::{NumberedPage, PageRequest},
    people::{Affiliation, Confession, Contact, ContactScope, DirectoryDocument, Person, Subscription},
};

/// Accounts, confessions and subscriptions. Read at the time of every act, never cached.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The person with this id, active or not.
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError>;

    /// A page of the people to whom `of` may write: active ones, never `of`, in the order of (username, confession id); [`ContactScope::MOST_SORTED`] has the
    /// exception. `query` finds people and confessions as [`crate::conversation::ListFilter::query`] does. In the scopes for staff each person appears once, and the confession is the one that
    /// opening without naming one would choose: the only one that `of` administers and the member follows, else none.
    async fn contacts(
        &self,
        of: UserId,
        scope: ContactScope,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<NumberedPage<Contact>, StoreError>;

    /// The person with this id, active or not, with the confessions that they administer and follow.
    async fn affiliation(&self, id: UserId) -> Result<Option<Affiliation>, StoreError>;

    /// The accounts among these that are missing or not active.
    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError>;
}

/// The outcome of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The import is durable, with these changes.
    Done(DirectoryChanges),
    /// Nothing was changed, because of these rows: in the order of the document, one at least and [`crate::feeding::MOST_BAD_ROWS`] at most.
    Rejected(Vec<BadRow>),
}

/// A person and the confessions that they follow or administer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// The account, which is active.
    pub person: Person,
    /// Ordered by id.
    pub confessions: Vec<Confession>,
}

/// The writing side of the directory in mode `own` (section 8 of the contract). A change takes effect with the next request of anyone.
#[async_trait]
pub trait DirectoryWriter: Send + Sync {
    /// Takes a whole document in one transaction: users, then confessions, then subscriptions, each upserted. Of several rows with the same id the last one
    /// counts. Rows that [`crate::feeding::judge`] finds bad, compared with the data stored at the moment of the transaction, make the import fail.
    async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError>;

    /// Takes a document as [`Self::import`] does, for a process that cannot announce what it changes, and leaves in the same transaction a note for the service
    /// that runs on this store. Nothing is noted where nothing was changed; and where the store knows that no service runs, it need note nothing, since a
    /// service that starts later reads the directory as it is.
    async fn import_with_note(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError>;

    /// Takes the oldest note off the store: the changes of one import. `None` if there is no note, in which case nothing is written.
    async fn take_note(&self) -> Result<Option<DirectoryChanges>, StoreError>;

    /// Ends a subscription; does nothing if there is none.
    async fn unfollow(&self, subscription: Subscription) -> Result<DirectoryChanges, StoreError>;

    /// All active people, by id.
    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError>;
}
