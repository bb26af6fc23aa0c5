use async_trait::async_trait;

use super::{Decide, Decided, StoreError};
use crate::{
    facts::ConfessionSettingsFacts,
    id::{ConfessionId, UserId},
    settings::{ConfessionSettings, Language, PersonSettings},
    time::Timestamp,
};

/// The settings of people and confessions. What another version has stored and this one cannot read is kept by every change. Changes of the same settings at the
/// same time are made one after the other, so that each is decided by what the one before has stored.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The settings of a person; the default if nothing was ever set.
    async fn person_settings(&self, of: UserId) -> Result<PersonSettings, StoreError>;

    /// Stores what the rule decides; `None` changes nothing. Returns the settings after it.
    async fn change_person_settings(
        &self,
        of: UserId,
        at: Timestamp,
        decide: Decide<PersonSettings, Option<PersonSettings>>,
    ) -> Result<Decided<PersonSettings>, StoreError>;

    /// The language that the platform has for a person: in its own database, or else in the last document of the directory that named the account. `None` where
    /// it has none, or none of ours.
    async fn platform_language(&self, of: UserId) -> Result<Option<Language>, StoreError>;

    /// The settings of a confession and whether this person may see them; `None` if there is no such confession.
    async fn confession_settings(&self, of: ConfessionId, actor: UserId) -> Result<Option<ConfessionSettingsFacts>, StoreError>;

    /// Stores what the rule decides by the facts, and that `actor` did it; `None` changes nothing. Returns the settings after it.
    async fn change_confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
        at: Timestamp,
        decide: Decide<Option<ConfessionSettingsFacts>, Option<ConfessionSettings>>,
    ) -> Result<Decided<ConfessionSettings>, StoreError>;
}
