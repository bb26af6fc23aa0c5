use super::{Actor, Error, Messaging};
use crate::{
    id::ConfessionId,
    rules::settings,
    settings::{ConfessionSettings, ConfessionSettingsChange, PersonSettingsChange, PersonSettingsView},
};

impl Messaging {
    /// The settings of the viewer.
    pub async fn settings(&self, viewer: &Actor) -> Result<PersonSettingsView, Error> {
        Ok(PersonSettingsView {
            settings: self.ports.settings.person_settings(viewer.id()).await?,
            platform_language: self.ports.settings.platform_language(viewer.id()).await?,
        })
    }

    /// Changes the settings of the actor. Repeating a change changes nothing.
    pub async fn change_settings(&self, actor: &Actor, change: PersonSettingsChange) -> Result<PersonSettingsView, Error> {
        let decide = Box::new(move |stored| Ok(settings::change_person(&stored, change)));
        let changed = self.ports.settings.change_person_settings(actor.id(), self.now(), decide).await??;
        Ok(PersonSettingsView {
            settings: changed,
            platform_language: self.ports.settings.platform_language(actor.id()).await?,
        })
    }

    /// The settings of a confession, for its admin and for superadmins.
    pub async fn confession_settings(&self, viewer: &Actor, of: ConfessionId) -> Result<ConfessionSettings, Error> {
        let facts = self.ports.settings.confession_settings(of, viewer.id()).await?;
        Ok(settings::read_confession(facts)?)
    }

    /// Changes the settings of a confession, as its admin or as a superadmin. Repeating a change changes nothing.
    pub async fn change_confession_settings(
        &self,
        actor: &Actor,
        of: ConfessionId,
        change: ConfessionSettingsChange,
    ) -> Result<ConfessionSettings, Error> {
        let decide = Box::new(move |facts| settings::change_confession(facts, change));
        let changed = self
            .ports
            .settings
            .change_confession_settings(of, actor.id(), self.now(), decide)
            .await??;
        Ok(changed)
    }
}
