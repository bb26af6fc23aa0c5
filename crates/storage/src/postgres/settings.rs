//! The settings of people and confessions, a JSON object each.

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
    pg::data_types::PgTimestamp,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    facts::ConfessionSettingsFacts,
    id::{ConfessionId, UserId},
    ports::{Decide, Decided, Settings, StoreError},
    settings::{ConfessionSettings, Language, PersonSettings},
    time::Timestamp,
};

use super::{
    Connection, Outcome, Postgres, Rule, directory,
    rows::{ConfessionRow, sql_time},
    schema::confessions_confession,
    statement::statement,
};
use crate::{error::Result, settings_text};

struct OfPerson {
    id: i64,
}

statement! {
    OfPerson -> Text:
    "SELECT settings FROM messaging_user_settings WHERE user_id = ", id: BigInt,
}

struct OfConfession {
    id: i64,
}

statement! {
    OfConfession -> Text:
    "SELECT settings FROM messaging_confession_settings WHERE confession_id = ", id: BigInt,
}

/// Makes the row of a person, so that there is one to be locked, and locks it.
struct LockPerson {
    id: i64,
    at: PgTimestamp,
}

statement! {
    LockPerson -> Text:
    "INSERT INTO messaging_user_settings AS s (user_id, settings, updated_at) VALUES (", id: BigInt, ", '{}', ", at: Timestamptz,
    ") ON CONFLICT (user_id) DO UPDATE SET settings = s.settings RETURNING settings"
}

struct LockConfession {
    id: i64,
    by: i64,
    at: PgTimestamp,
}

statement! {
    LockConfession -> Text:
    "INSERT INTO messaging_confession_settings AS s (confession_id, settings, updated_by, updated_at) VALUES (", id: BigInt, ", '{}', ", by: BigInt,
    ", ", at: Timestamptz, ") ON CONFLICT (confession_id) DO UPDATE SET settings = s.settings RETURNING settings"
}

struct SetPerson {
    settings: String,
    at: PgTimestamp,
    id: i64,
}

statement! {
    SetPerson:
    "UPDATE messaging_user_settings SET settings = ", settings: Text, ", updated_at = ", at: Timestamptz, " WHERE user_id = ", id: BigInt,
}

struct SetConfession {
    settings: String,
    by: i64,
    at: PgTimestamp,
    id: i64,
}

statement! {
    SetConfession:
    "UPDATE messaging_confession_settings SET settings = ", settings: Text, ", updated_by = ", by: BigInt, ", updated_at = ", at: Timestamptz,
    " WHERE confession_id = ", id: BigInt,
}

struct ImportedLanguage {
    id: i64,
}

statement! {
    ImportedLanguage -> Text:
    "SELECT language FROM accounts_user_language WHERE user_id = ", id: BigInt,
}

/// In the platform's own table: Suhbat's view of it does not have this column.
struct PlatformLanguage {
    id: i64,
}

statement! {
    PlatformLanguage -> Nullable<Text>:
    "SELECT preferred_language::text FROM public.accounts_user WHERE id = ", id: BigInt,
}

/// The facts, with settings that were read before.
async fn facts(
    mut connection: &Connection,
    of: ConfessionId,
    actor: UserId,
    settings: ConfessionSettings,
) -> Result<Option<ConfessionSettingsFacts>> {
    let Some(actor) = directory::find(connection, actor).await? else {
        return Ok(None);
    };
    let confession: Option<ConfessionRow> = confessions_confession::table
        .filter(confessions_confession::id.eq(of.0))
        .select(ConfessionRow::as_select())
        .first(&mut connection)
        .await
        .optional()?;
    Ok(confession.map(|confession| ConfessionSettingsFacts {
        actor,
        confession: confession.into(),
        settings,
    }))
}

async fn read_facts(mut connection: &Connection, of: ConfessionId, actor: UserId) -> Result<Option<ConfessionSettingsFacts>> {
    let text: Option<String> = OfConfession { id: of.0 }.get_result(&mut connection).await.optional()?;
    let settings = text.as_deref().map(settings_text::confession).transpose()?;
    facts(connection, of, actor, settings.unwrap_or_default()).await
}

#[async_trait]
impl Settings for Postgres {
    async fn person_settings(&self, of: UserId) -> std::result::Result<PersonSettings, StoreError> {
        self.read_once(move |mut connection| {
            Box::pin(async move {
                let text: Option<String> = OfPerson { id: of.0 }.get_result(&mut connection).await.optional()?;
                Ok(text.as_deref().map(settings_text::person).transpose()?.unwrap_or_default())
            })
        })
        .await
    }

    async fn change_person_settings(
        &self,
        of: UserId,
        at: Timestamp,
        decide: Decide<PersonSettings, Option<PersonSettings>>,
    ) -> std::result::Result<Decided<PersonSettings>, StoreError> {
        let rule = Rule::new(decide);
        self.decide(Vec::new(), Box::new(|_| ()), move |connection| {
            let (rule, at) = (rule.clone(), sql_time(at));
            Box::pin(async move {
                let text: String = LockPerson { id: of.0, at }.get_result(connection).await?;
                let stored = settings_text::person(&text)?;
                Ok(match rule.ask(stored.clone()) {
                    Ok(Some(changed)) => {
                        let settings = settings_text::person_text(&changed);
                        SetPerson { settings, at, id: of.0 }.execute(connection).await?;
                        Ok(Outcome::Keep(changed))
                    }
                    Ok(None) => Ok(Outcome::Discard(stored)),
                    Err(refusal) => Err(refusal),
                })
            })
        })
        .await
    }

    async fn platform_language(&self, of: UserId) -> std::result::Result<Option<Language>, StoreError> {
        let is_platform = self.inner.is_platform;
        self.read_once(move |mut connection| {
            Box::pin(async move {
                if !is_platform {
                    let tag: Option<String> = ImportedLanguage { id: of.0 }.get_result(&mut connection).await.optional()?;
                    return Ok(tag.as_deref().and_then(Language::parse));
                }
                let tag: Option<Option<String>> = PlatformLanguage { id: of.0 }.get_result(&mut connection).await.optional()?;
                Ok(tag.flatten().as_deref().and_then(Language::of_platform))
            })
        })
        .await
    }

    async fn confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
    ) -> std::result::Result<Option<ConfessionSettingsFacts>, StoreError> {
        self.read(move |connection| Box::pin(read_facts(connection, of, actor))).await
    }

    async fn change_confession_settings(
        &self,
        of: ConfessionId,
        actor: UserId,
        at: Timestamp,
        decide: Decide<Option<ConfessionSettingsFacts>, Option<ConfessionSettings>>,
    ) -> std::result::Result<Decided<ConfessionSettings>, StoreError> {
        let rule = Rule::new(decide);
        self.decide(Vec::new(), Box::new(|_| ()), move |connection| {
            let (rule, at) = (rule.clone(), sql_time(at));
            Box::pin(async move {
                let (id, by) = (of.0, actor.0);
                // A row that nobody may make, or for a confession that does not exist, is undone with the refusal.
                let text: String = LockConfession { id, by, at }.get_result(connection).await?;
                let stored = settings_text::confession(&text)?;
                Ok(match rule.ask(facts(connection, of, actor, stored.clone()).await?) {
                    Ok(Some(changed)) => {
                        let settings = settings_text::confession_text(&changed);
                        SetConfession { settings, by, at, id }.execute(connection).await?;
                        Ok(Outcome::Keep(changed))
                    }
                    Ok(None) => Ok(Outcome::Discard(stored)),
                    Err(refusal) => Err(refusal),
                })
            })
        })
        .await
    }
}
