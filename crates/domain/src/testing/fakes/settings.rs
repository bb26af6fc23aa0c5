use async_trait::async_trait;

use super::{state::State, store::FakeStore};
use crate::{
    facts::ConfessionSettingsFacts,
    id::{ConfessionId, UserId},
    ports::{Decide, Decided, Settings, StoreError},
    settings::{ConfessionSettings, Language, PersonSettings},
    time::Timestamp,
};

impl State {
    fn confession_settings_facts(&self, of: ConfessionId, actor: UserId) -> Option<ConfessionSettingsFacts> {
        Some(ConfessionSettingsFacts {
            actor: self.people.get(&actor)?.clone(),
            confession: self.confessions.get(&of)?.clone(),
            settings: self.confession_settings.get(&of).cloned().unwrap_or_default(),
        })
    }
}

#[async_trait]
impl Settings for FakeStore {
    async fn person_settings(&self, of: UserId) -> Result<PersonSettings, StoreError> {
        Ok(self.state()?.person_settings.get(&of).cloned().unwrap_or_default())
    }

    async fn change_person_settings(
        &self,
        of: UserId,
        _: Timestamp,
        decide: Decide<PersonSettings, Option<PersonSettings>>,
    ) -> Result<Decided<PersonSettings>, StoreError> {
        let mut state = self.state()?;
        let stored = state.person_settings.get(&of).cloned().unwrap_or_default();
        Ok(match decide(stored.clone()) {
            Ok(None) => Ok(stored),
            Ok(Some(changed)) => {
                state.person_settings.insert(of, changed.clone());
                Ok(changed)
            }
            Err(refusal) => Err(refusal),
        })
    }

    async fn platform_language(&self, of: UserId) -> Result<Option<Language>, StoreError> {
        Ok(self.state()?.languages.get(&of).copied())
    }

    async fn confession_settings(&self, of: ConfessionId, actor: UserId) -> Result<Option<ConfessionSettingsFacts>, StoreError> {
        Ok(self.state()?.confession_settings_facts(of, actor))
    }

    async fn change_confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
        _: Timestamp,
        decide: Decide<Option<ConfessionSettingsFacts>, Option<ConfessionSettings>>,
    ) -> Result<Decided<ConfessionSettings>, StoreError> {
        let mut state = self.state()?;
        Ok(match decide(state.confession_settings_facts(of, actor)) {
            Ok(None) => Ok(state.confession_settings.get(&of).cloned().unwrap_or_default()),
            Ok(Some(changed)) => {
                state.confession_settings.insert(of, changed.clone());
                Ok(changed)
            }
            Err(refusal) => Err(refusal),
        })
    }
}
