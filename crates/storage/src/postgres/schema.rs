//! The tables as the compiler checks queries against them, and the migrations that make them.

use diesel::{
    ExpressionMethods as _, QueryDsl as _,
    dsl::sql,
    migration::{Migration, MigrationSource as _},
    pg::Pg,
    sql_types::Bool,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::OpenError;

diesel::table! {
    accounts_user (id) {
        id -> BigInt,
        username -> Text,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        avatar -> Nullable<Text>,
        is_active -> Bool,
        searchable -> Text,
    }
}

diesel::table! {
    accounts_user_totals (is_staff) {
        is_staff -> Bool,
        active -> BigInt,
    }
}

diesel::table! {
    confessions_confession (id) {
        id -> BigInt,
        name -> Text,
        slug -> Text,
        admin_id -> Nullable<BigInt>,
        searchable -> Text,
    }
}

diesel::table! {
    confessions_subscription (user_id, confession_id) {
        user_id -> BigInt,
        confession_id -> BigInt,
    }
}

diesel::table! {
    accounts_user_language (user_id) {
        user_id -> BigInt,
        language -> Text,
    }
}

diesel::table! {
    directory_changes (id) {
        id -> BigInt,
        changes -> Text,
    }
}

diesel::table! {
    directory_folding (version) {
        version -> BigInt,
    }
}

diesel::table! {
    messaging_conversation (id) {
        id -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        last_message_at -> Nullable<Timestamptz>,
        confession_id -> Nullable<BigInt>,
        participants_key -> Text,
        opened_by -> BigInt,
        opened_by_staff -> Bool,
        last_message_id -> Nullable<BigInt>,
        message_count -> BigInt,
        deleted_count -> BigInt,
        last_seq -> BigInt,
        awaiting_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    messaging_conversation_participants (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
        confession_id -> Nullable<BigInt>,
        last_activity_at -> Timestamptz,
        unread_count -> BigInt,
        delivered_up_to -> Nullable<BigInt>,
        read_up_to -> Nullable<BigInt>,
        read_at -> Nullable<Timestamptz>,
        awaiting_since -> Nullable<Timestamptz>,
        muted_until -> Nullable<Timestamptz>,
        archived_at -> Nullable<Timestamptz>,
        is_marked_unread -> Bool,
    }
}

diesel::table! {
    messaging_conversation_totals (user_id, confession_id) {
        user_id -> BigInt,
        confession_id -> BigInt,
        conversations -> BigInt,
    }
}

diesel::table! {
    messaging_message (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        sender_id -> BigInt,
        content -> Nullable<Text>,
        reply_to_id -> Nullable<BigInt>,
        is_edited -> Bool,
        is_pinned -> Bool,
        is_deleted -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        edited_at -> Nullable<Timestamptz>,
        created_seq -> BigInt,
        seq -> BigInt,
        last_change -> Text,
        client_id -> Nullable<Text>,
        has_attachments -> Bool,
    }
}

diesel::table! {
    messaging_messageread (message_id, user_id) {
        message_id -> BigInt,
        user_id -> BigInt,
        delivered_at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    messaging_messageattachment (id) {
        id -> BigInt,
        message_id -> BigInt,
        file -> Text,
        thumbnail -> Nullable<Text>,
        file_type -> Text,
        file_name -> Text,
        file_size -> BigInt,
        mime_type -> Text,
        width -> Nullable<BigInt>,
        height -> Nullable<BigInt>,
        uploaded_at -> Timestamptz,
        thumbnail_mime_type -> Nullable<Text>,
        voice_duration_ms -> Nullable<BigInt>,
        voice_waveform -> Nullable<Text>,
    }
}

diesel::table! {
    messaging_store (id) {
        id -> Integer,
        store_id -> Text,
        epoch -> Text,
        is_demo -> Bool,
        newest_at -> Timestamptz,
    }
}

diesel::joinable!(confessions_subscription -> accounts_user (user_id));
diesel::joinable!(confessions_subscription -> confessions_confession (confession_id));
diesel::joinable!(messaging_conversation_participants -> accounts_user (user_id));
diesel::joinable!(messaging_conversation_participants -> messaging_conversation (conversation_id));
diesel::joinable!(messaging_conversation_participants -> confessions_confession (confession_id));
diesel::joinable!(messaging_conversation -> confessions_confession (confession_id));
diesel::joinable!(messaging_message -> accounts_user (sender_id));
diesel::joinable!(messaging_messageread -> messaging_message (message_id));
diesel::joinable!(messaging_messageread -> accounts_user (user_id));
diesel::joinable!(messaging_messageattachment -> messaging_message (message_id));

diesel::allow_tables_to_appear_in_same_query!(
    accounts_user,
    confessions_confession,
    confessions_subscription,
    messaging_conversation,
    messaging_conversation_participants,
    messaging_message,
    messaging_messageread,
    messaging_messageattachment,
);

diesel::define_sql_function! {
    /// The first characters of a text.
    fn left(text: diesel::sql_types::Nullable<diesel::sql_types::Text>, characters: diesel::sql_types::Integer) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

diesel::define_sql_function! {
    /// The later of two times.
    fn greatest(one: diesel::sql_types::Timestamptz, other: diesel::sql_types::Timestamptz) -> diesel::sql_types::Timestamptz;
}

diesel::define_sql_function! {
    /// Waits for a lock that ends with the connection.
    fn pg_advisory_lock(key: diesel::sql_types::BigInt);
}

diesel::infix_operator!(Matches, " ~ ", backend: Pg);

// A sum of numbers is a decimal number.
diesel::postfix_operator!(AsBigInt, "::bigint", diesel::sql_types::Nullable<diesel::sql_types::BigInt>, backend: Pg);

// Conditions of partial indexes. A plan that is made once for all values finds such an index only if its condition stands in the statement literally.
diesel::postfix_operator!(IsPositive, " > 0", backend: Pg);
diesel::postfix_operator!(IsStaff, " <> 'user'", backend: Pg);

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Keeps two programs from migrating at once; any number that nobody else uses.
pub(super) const MIGRATION_LOCK: i64 = 0x5355_4842_4154;

diesel::table! {
    /// The migrations that a database has, as `diesel_migrations` notes them.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Brings the schema up to date: an empty database by all migrations, an older one by those that it lacks, if that is wanted. One program at a time; the lock
/// ends with the connection.
pub(crate) async fn migrate(url: &str, older_too: bool) -> Result<(), OpenError> {
    let mut connection = super::connect(url).await?;
    if yes_or_no(&mut connection, "current_setting('transaction_read_only')::boolean").await? {
        return Err(OpenError::ReadOnly);
    }
    // Most starts change nothing and need no lock. Behind a pooler the lock would stay with a connection that others use.
    if is_current(&mut connection).await? {
        return Ok(());
    }
    diesel::select(pg_advisory_lock(MIGRATION_LOCK))
        .execute(&mut connection)
        .await
        .map_err(|error| OpenError::Migration(error.into()))?;
    // The harness blocks, which a worker of the runtime must not.
    tokio::task::spawn_blocking(move || Harness(AsyncMigrationHarness::new(connection)).run(older_too))
        .await
        .map_err(|_| OpenError::Interrupted)?
}

/// Whether the database has all migrations that this program knows, and no other.
async fn is_current(connection: &mut AsyncPgConnection) -> Result<bool, OpenError> {
    if !yes_or_no(connection, "to_regclass('__diesel_schema_migrations') IS NOT NULL").await? {
        return Ok(false);
    }
    let applied: Vec<String> = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version.asc())
        .load(connection)
        .await
        .map_err(|error| OpenError::Migration(error.into()))?;
    let mut known = known_versions()?;
    known.sort_unstable();
    Ok(applied == known)
}

async fn yes_or_no(connection: &mut AsyncPgConnection, question: &'static str) -> Result<bool, OpenError> {
    diesel::select(sql::<Bool>(question))
        .get_result(connection)
        .await
        .map_err(|error| OpenError::Migration(error.into()))
}

/// The migrations, run on a connection of their own. Blocks.
struct Harness(AsyncMigrationHarness<AsyncPgConnection>);

impl Harness {
    fn run(&mut self, older_too: bool) -> Result<(), OpenError> {
        let (known, applied) = (known_versions()?, self.applied_versions()?);
        if let Some(found) = applied.iter().find(|version| !known.contains(version)) {
            return Err(OpenError::TooNew { found: found.clone() });
        }
        if !older_too && !applied.is_empty() && applied.len() < known.len() {
            return Err(OpenError::TooOld);
        }
        self.0.run_pending_migrations(MIGRATIONS).map_err(OpenError::Migration)?;
        Ok(())
    }

    fn applied_versions(&mut self) -> Result<Vec<String>, OpenError> {
        let applied = self.0.applied_migrations().map_err(OpenError::Migration)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    }
}

/// The versions that this program knows, up to this one, in their order. The folders are built in, so that they can be read.
pub(super) fn versions_up_to(last: &str) -> Vec<String> {
    let mut versions = known_versions().unwrap_or_default();
    versions.retain(|version| version.as_str() <= last);
    versions.sort_unstable();
    versions
}

/// The versions that this program knows.
fn known_versions() -> Result<Vec<String>, OpenError> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(OpenError::Migration)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn versions_in(folder: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn both_databases_have_the_same_versions_and_the_program_contains_them() {
        let versions = versions_in("postgres");
        assert_eq!(versions, versions_in("sqlite"));
        let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap();
        let known: BTreeSet<String> = migrations.iter().map(|migration| migration.name().to_string()).collect();
        assert_eq!(known, versions);
    }
}
