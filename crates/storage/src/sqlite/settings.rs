//! The settings of people and confessions, a JSON object each.

use async_trait::async_trait;
use domain::{
    facts::ConfessionSettingsFacts,
    id::{ConfessionId, UserId},
    people::Confession,
    ports::{Decide, Decided, Settings, StoreError},
    settings::{ConfessionSettings, Language, PersonSettings},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    Sqlite, directory,
    rows::{Query, query, run},
    writer::Outcome,
};
use crate::{error::Result, settings_text};

const SELECT_OF_PERSON: Query<String> = Query::value("SELECT settings FROM messaging_user_settings WHERE user_id = ?1");
const SELECT_OF_CONFESSION: Query<String> = Query::value("SELECT settings FROM messaging_confession_settings WHERE confession_id = ?1");
const SELECT_LANGUAGE: Query<String> = Query::value("SELECT language FROM accounts_user_language WHERE user_id = ?1");
const SELECT_CONFESSION: Query<Confession> = query!(Confession as "f", "FROM confessions_confession f WHERE f.id = ?1");

/// Parameters: person, settings, time.
const PUT_OF_PERSON: &str = "INSERT INTO messaging_user_settings (user_id, settings, updated_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (user_id) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at";
/// Parameters: confession, settings, who changes them, time.
const PUT_OF_CONFESSION: &str =
    "INSERT INTO messaging_confession_settings (confession_id, settings, updated_by, updated_at) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (confession_id) DO UPDATE SET settings = excluded.settings, updated_by = excluded.updated_by, updated_at = excluded.updated_at";

fn of_person(connection: &Connection, of: UserId) -> Result<PersonSettings> {
    let text = SELECT_OF_PERSON.first(connection, [of.0])?;
    Ok(text.as_deref().map(settings_text::person).transpose()?.unwrap_or_default())
}

fn facts(connection: &Connection, of: ConfessionId, actor: UserId) -> Result<Option<ConfessionSettingsFacts>> {
    let Some(actor) = directory::find(connection, actor)? else {
        return Ok(None);
    };
    let Some(confession) = SELECT_CONFESSION.first(connection, [of.0])? else {
        return Ok(None);
    };
    let settings = of_confession(connection, of)?;
    Ok(Some(ConfessionSettingsFacts {
        actor,
        confession,
        settings,
    }))
}

fn of_confession(connection: &Connection, of: ConfessionId) -> Result<ConfessionSettings> {
    let text = SELECT_OF_CONFESSION.first(connection, [of.0])?;
    Ok(text.as_deref().map(settings_text::confession).transpose()?.unwrap_or_default())
}

#[async_trait]
impl Settings for Sqlite {
    async fn person_settings(&self, of: UserId) -> std::result::Result<PersonSettings, StoreError> {
        self.read(move |connection| of_person(connection, of)).await
    }

    async fn change_person_settings(
        &self,
        of: UserId,
        at: Timestamp,
        decide: Decide<PersonSettings, Option<PersonSettings>>,
    ) -> std::result::Result<Decided<PersonSettings>, StoreError> {
        self.decide(Box::new(|_| ()), move |connection| {
            let stored = of_person(connection, of)?;
            Ok(match decide(stored.clone()) {
                Ok(Some(changed)) => {
                    run(connection, PUT_OF_PERSON, params![of.0, settings_text::person_text(&changed), at.0])?;
                    Ok(Outcome::Keep(changed))
                }
                Ok(None) => Ok(Outcome::Discard(stored)),
                Err(refusal) => Err(refusal),
            })
        })
        .await
    }

    async fn platform_language(&self, of: UserId) -> std::result::Result<Option<Language>, StoreError> {
        self.read(move |connection| {
            let tag = SELECT_LANGUAGE.first(connection, [of.0])?;
            Ok(tag.as_deref().and_then(Language::parse))
        })
        .await
    }

    async fn confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
    ) -> std::result::Result<Option<ConfessionSettingsFacts>, StoreError> {
        self.read(move |connection| facts(connection, of, actor)).await
    }

    async fn change_confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
        at: Timestamp,
        decide: Decide<Option<ConfessionSettingsFacts>, Option<ConfessionSettings>>,
    ) -> std::result::Result<Decided<ConfessionSettings>, StoreError> {
        self.decide(Box::new(|_| ()), move |connection| {
            Ok(match decide(facts(connection, of, actor)?) {
                Ok(Some(changed)) => {
                    let text = settings_text::confession_text(&changed);
                    run(connection, PUT_OF_CONFESSION, params![of.0, text, actor.0, at.0])?;
                    Ok(Outcome::Keep(changed))
                }
                Ok(None) => Ok(Outcome::Discard(of_confession(connection, of)?)),
                Err(refusal) => Err(refusal),
            })
        })
        .await
    }
}
