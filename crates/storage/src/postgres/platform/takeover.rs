//! Taking the platform's messaging tables over: `suhbat migrate` does it in short transactions while the older service goes on, and can be interrupted at any
//! point. The first `serve` ends it.

use std::{fmt, time::Duration};

use diesel::{
    QueryableByName,
    result::{DatabaseErrorKind, Error as Sql},
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::super::{Connection, OpenError, schema};

/// Runs again whenever the takeover begins or goes on.
const SCHEMA: &str = include_str!("../../../../../migrations/platform/1-schema.sql");
/// Each statement needs a lock for a moment.
const COLUMNS: &str = include_str!("../../../../../migrations/platform/2-columns.sql");
/// Each statement builds an index beside writers.
const INDEXES: &str = include_str!("../../../../../migrations/platform/3-indexes.sql");
const VIEWS: &str = include_str!("../../../../../migrations/platform/4-views.sql");

/// The takeover brings the tables to this version of `migrations/postgres`; later ones are run as on any other database.
const AS_OF: &str = "06directorychanges";

/// Statements of the older service wait for a lock of the takeover, or behind one that it waits for, for about so long at most.
const LONGEST_LOCK: Duration = Duration::from_millis(400);
/// The time that the older service has for itself before a lock is asked for again.
const PAUSE: Duration = Duration::from_millis(600);
/// Messages that are numbered in one transaction, which keeps their rows locked.
const MESSAGES: i64 = 2_000;
/// Conversations that are counted in one transaction, and the messages in them; a larger conversation is counted alone.
const CONVERSATIONS: i64 = 500;
const MESSAGES_OF_CONVERSATIONS: i64 = 20_000;
/// Conversations that have changed meanwhile and are counted again in one transaction, which keeps their rows locked.
const CHANGED_CONVERSATIONS: i64 = 50;
/// `migrate` is done when so few conversations have changed meanwhile; the first `serve` counts them.
const FEW: u64 = 25;

/// The tables that the platform must have.
const TABLES: [&str; 8] = [
    "accounts_user",
    "confessions_confession",
    "confessions_subscription",
    "messaging_conversation",
    "messaging_conversation_participants",
    "messaging_message",
    "messaging_messageread",
    "messaging_messageattachment",
];

/// What holds for all rows from the end of the takeover on.
const CONSTRAINTS: [(&str, &str); 3] = [
    ("messaging_conversation", "messaging_conversation_counted"),
    ("messaging_conversation_participants", "messaging_participants_counted"),
    ("messaging_message", "messaging_message_numbered"),
];

/// Why the platform's database cannot be used. The sentences are for the operator.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum TakeoverError {
    #[error(
        "the database has no table public.{0}: with directory.mode = platform, database.url names the platform's own database, after the platform's own migrations"
    )]
    NoTable(&'static str),
    #[error("the tables in the database are Suhbat's own and not the platform's: directory.mode = own fits it")]
    OwnTables,
    #[error("the platform's messages are not taken over yet: run `suhbat migrate`")]
    NotBegun,
    #[error("the platform's messages are taken over in part: run `suhbat migrate` again, which goes on where it stopped")]
    Incomplete,
    #[error(
        "connections do not look for names in the schema suhbat: something between here and the server drops the option search_path; see docs/operations.md, \"The platform's database\""
    )]
    SearchPath,
    #[error("cannot take the platform's messages over")]
    Failed(#[source] Sql),
}

impl From<Sql> for TakeoverError {
    fn from(error: Sql) -> Self {
        Self::Failed(error)
    }
}

/// A part of the takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// New columns and triggers.
    Columns,
    /// Messages get their numbers.
    Messages,
    /// Conversations get their counters, and participants their marks.
    Conversations,
    /// Indexes are built.
    Indexes,
    /// Conversations of the same people are compared.
    Duplicates,
    /// Conversations that the older service has changed meanwhile are counted again.
    Changes,
}

/// How far a part of the takeover has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The part.
    pub step: Step,
    /// What is done of it.
    pub done: u64,
    /// What there is to do.
    pub of: u64,
    /// It waits until the older service releases a lock.
    pub is_waiting: bool,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, of, .. } = self;
        match self.step {
            Step::Columns => write!(f, "added {done} of {of} groups of columns and triggers"),
            Step::Messages => write!(f, "numbered {done} of {of} messages"),
            Step::Conversations => write!(f, "counted {done} of {of} conversations"),
            Step::Indexes => write!(f, "built {done} of {of} indexes"),
            Step::Duplicates => write!(f, "compared {done} of {of} conversations with others of the same people"),
            Step::Changes => write!(f, "counted {done} conversations again that changed meanwhile"),
        }?;
        if self.is_waiting {
            f.write_str("; waiting for a lock that another program holds")?;
        }
        Ok(())
    }
}

type Report<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// One connection, and how far the present step has come.
struct Takeover<'a> {
    connection: Connection,
    report: Report<'a>,
    progress: Progress,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Truth {
    #[diesel(sql_type = Bool)]
    truth: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

/// Takes the messaging tables over, or goes on with it, until a service can be started. Reports how far it has come.
pub async fn take_over(url: &str, report: Report<'_>) -> Result<(), OpenError> {
    let mut takeover = Takeover::begin(url, report).await?;
    Ok(takeover.run().await?)
}

/// Before a database is opened that must have been taken over: `finish` ends the takeover for good.
pub(super) async fn enter(url: &str, media_url: &str, finish: bool) -> Result<(), OpenError> {
    let mut ignored = |_| ();
    let mut takeover = Takeover::begin(url, &mut ignored).await?;
    Ok(takeover.enter(media_url, finish).await?)
}

/// The statements of a file, without its comments. For files without functions.
fn statements(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    let statements = lines.join("\n");
    statements
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a statement did not get a lock in time, and may get it if it is run again.
fn was_locked_out(error: &Sql) -> bool {
    match error {
        Sql::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // 55P03 and 40P01; Diesel does not pass the code on.
        Sql::DatabaseError(_, about) => matches!(about.message(), "canceling statement due to lock timeout" | "deadlock detected"),
        _ => false,
    }
}

impl<'a> Takeover<'a> {
    /// Connects, and waits until no other program migrates this database.
    async fn begin(url: &str, report: Report<'a>) -> Result<Self, OpenError> {
        let mut connection = super::super::connect(url).await?;
        let settings = format!(
            "SET application_name = 'suhbat'; SET statement_timeout = 0; SET jit = off; SET lock_timeout = {}",
            LONGEST_LOCK.as_millis()
        );
        connection.batch_execute(&settings).await.map_err(TakeoverError::Failed)?;
        let mut takeover = Self {
            connection,
            report,
            progress: Progress {
                step: Step::Columns,
                done: 0,
                of: 0,
                is_waiting: false,
            },
        };
        takeover.wait_for_others().await?;
        Ok(takeover)
    }

    /// Takes the lock of migrations. It is asked for again and again: a statement that waits for it would be a transaction that the other program, or what the
    /// server still does for one that was killed, waits for to build an index.
    async fn wait_for_others(&mut self) -> Result<(), TakeoverError> {
        let lock = format!("SELECT pg_try_advisory_lock({}) AS truth", schema::MIGRATION_LOCK);
        while !self.truth(&lock).await? {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn run(&mut self) -> Result<(), TakeoverError> {
        self.check_tables().await?;
        if self.state().await?.as_deref() == Some("finished") {
            return Ok(());
        }
        // Indexes that are wanted, but were interrupted, are built anew: nothing uses them.
        self.connection.batch_execute(SCHEMA).await?;
        self.add_columns().await?;
        self.number_messages().await?;
        self.count_conversations().await?;
        self.build_indexes().await?;
        self.compare_conversations().await?;
        self.count_changes(FEW).await?;
        self.execute("SELECT suhbat.count_totals()").await?;
        self.connection.batch_execute(VIEWS).await?;
        self.analyze().await?;
        self.note_versions().await?;
        self.execute("UPDATE suhbat.takeover SET state = 'ready' WHERE state = 'copying'")
            .await
    }

    async fn enter(&mut self, media_url: &str, finish: bool) -> Result<(), TakeoverError> {
        self.check_tables().await?;
        match self.state().await?.as_deref() {
            None => return Err(TakeoverError::NotBegun),
            Some("finished") => {}
            Some("ready") if !finish => {}
            Some("ready") => {
                loop {
                    self.count_changes(0).await?;
                    self.execute("SELECT suhbat.count_totals()").await?;
                    if self.truth("SELECT suhbat.finish_takeover() AS truth").await? {
                        break;
                    }
                }
                for (table, constraint) in CONSTRAINTS {
                    self.execute(&format!("ALTER TABLE public.{table} VALIDATE CONSTRAINT {constraint}"))
                        .await?;
                }
                tracing::info!("the platform's messages are taken over: from now on its older service cannot send");
            }
            Some(_) => return Err(TakeoverError::Incomplete),
        }
        sql_query("UPDATE suhbat.settings SET media_url = $1 WHERE media_url <> $1")
            .bind::<Text, _>(media_url)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Tells the platform's database from others.
    async fn check_tables(&mut self) -> Result<(), TakeoverError> {
        for table in TABLES {
            if !self
                .truth(&format!("SELECT to_regclass('public.{table}') IS NOT NULL AS truth"))
                .await?
            {
                return Err(TakeoverError::NoTable(table));
            }
        }
        let own = "SELECT to_regclass('public.__diesel_schema_migrations') IS NOT NULL AND to_regclass('public.messaging_store') IS NOT NULL AS truth";
        if self.truth(own).await? {
            return Err(TakeoverError::OwnTables);
        }
        Ok(())
    }

    /// The state of the takeover; `None` where none was begun.
    async fn state(&mut self) -> Result<Option<String>, TakeoverError> {
        if !self.truth("SELECT to_regclass('suhbat.takeover') IS NOT NULL AS truth").await? {
            return Ok(None);
        }
        let state: Vec<Name> = sql_query("SELECT state AS name FROM suhbat.takeover")
            .load(&mut self.connection)
            .await?;
        Ok(state.into_iter().next().and_then(|row| row.name))
    }

    async fn add_columns(&mut self) -> Result<(), TakeoverError> {
        let statements = statements(COLUMNS);
        self.step(Step::Columns, 0, statements.len() as u64);
        for statement in &statements {
            self.execute(statement).await?;
            self.advance(1);
        }
        Ok(())
    }

    async fn number_messages(&mut self) -> Result<(), TakeoverError> {
        let all = self.number("SELECT count(*) AS number FROM public.messaging_message").await?;
        let left = "SELECT count(*) AS number FROM public.messaging_message WHERE id > (SELECT numbered_up_to FROM suhbat.takeover)";
        let left = self.number(left).await?;
        self.step(Step::Messages, all.saturating_sub(left), all);
        let next = format!("SELECT suhbat.number_messages({MESSAGES}) AS number");
        // The older service goes on sending: the rest is counted as changes.
        while self.batch(&next).await? >= MESSAGES.unsigned_abs() {}
        Ok(())
    }

    async fn count_conversations(&mut self) -> Result<(), TakeoverError> {
        let all = self.number("SELECT count(*) AS number FROM public.messaging_conversation").await?;
        let left = "SELECT count(*) AS number FROM public.messaging_conversation WHERE id > (SELECT counted_up_to FROM suhbat.takeover)";
        let left = self.number(left).await?;
        self.step(Step::Conversations, all.saturating_sub(left), all);
        let next = format!("SELECT suhbat.count_next_conversations({CONVERSATIONS}, {MESSAGES_OF_CONVERSATIONS}) AS number");
        while self.batch(&next).await? > 0 {}
        Ok(())
    }

    async fn compare_conversations(&mut self) -> Result<(), TakeoverError> {
        let all = self.number("SELECT count(*) AS number FROM public.messaging_conversation").await?;
        let left = "SELECT count(*) AS number FROM public.messaging_conversation WHERE id > (SELECT compared_up_to FROM suhbat.takeover)";
        let left = self.number(left).await?;
        self.step(Step::Duplicates, all.saturating_sub(left), all);
        let next = format!("SELECT suhbat.compare_next_conversations({CONVERSATIONS}) AS number");
        while self.batch(&next).await? > 0 {}
        Ok(())
    }

    /// Counts conversations again that the older service has changed, until so few are left at once.
    async fn count_changes(&mut self, few: u64) -> Result<(), TakeoverError> {
        self.step(Step::Changes, 0, 0);
        let number = format!("SELECT suhbat.number_late_messages(suhbat.next_changed({CHANGED_CONVERSATIONS}))");
        let count = format!("SELECT suhbat.count_changed_conversations({CHANGED_CONVERSATIONS}) AS number");
        loop {
            self.execute(&number).await?;
            if self.batch(&count).await? <= few {
                return Ok(());
            }
        }
    }

    /// Builds the indexes that are missing. What an interrupted build left is of no use, and removed.
    async fn build_indexes(&mut self) -> Result<(), TakeoverError> {
        let statements = statements(INDEXES);
        self.step(Step::Indexes, 0, statements.len() as u64);
        // They wait for transactions that are older than they are, with a lock that stops nobody.
        self.connection.batch_execute("SET lock_timeout = 0").await?;
        let unfinished: Vec<Name> = sql_query(
            "SELECT c.relname::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE NOT i.indisvalid AND c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'messaging\\_%'",
        )
        .load(&mut self.connection)
        .await?;
        for name in unfinished.into_iter().filter_map(|row| row.name) {
            if statements
                .iter()
                .any(|statement| statement.split_whitespace().any(|word| word == name))
            {
                self.connection
                    .batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS public.{name}"))
                    .await?;
            }
        }
        for statement in &statements {
            self.connection.batch_execute(statement).await?;
            self.advance(1);
        }
        let again = format!("SET lock_timeout = {}", LONGEST_LOCK.as_millis());
        Ok(self.connection.batch_execute(&again).await?)
    }

    async fn analyze(&mut self) -> Result<(), TakeoverError> {
        for table in TABLES.iter().filter(|table| table.starts_with("messaging_")) {
            self.execute(&format!("ANALYZE public.{table}")).await?;
        }
        Ok(())
    }

    /// Records the versions that the takeover stands for.
    async fn note_versions(&mut self) -> Result<(), TakeoverError> {
        for version in schema::versions_up_to(AS_OF) {
            sql_query("INSERT INTO suhbat.__diesel_schema_migrations (version) VALUES ($1) ON CONFLICT DO NOTHING")
                .bind::<Text, _>(version)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step, done: u64, of: u64) {
        self.progress = Progress {
            step,
            done,
            of,
            is_waiting: false,
        };
        (self.report)(self.progress);
    }

    fn advance(&mut self, by: u64) {
        self.progress.done += by;
        self.progress.of = self.progress.of.max(self.progress.done);
        (self.report)(self.progress);
    }

    /// Runs one transaction that answers how much it did.
    async fn batch(&mut self, statement: &str) -> Result<u64, TakeoverError> {
        let done = self.number(statement).await?;
        if done > 0 {
            self.advance(done);
        }
        Ok(done)
    }

    async fn number(&mut self, statement: &str) -> Result<u64, TakeoverError> {
        loop {
            let found: Result<Number, Sql> = sql_query(statement).get_result(&mut self.connection).await;
            if let Some(found) = self.unless_locked_out(found).await? {
                return Ok(u64::try_from(found.number).unwrap_or(0));
            }
        }
    }

    async fn truth(&mut self, statement: &str) -> Result<bool, TakeoverError> {
        loop {
            let found: Result<Truth, Sql> = sql_query(statement).get_result(&mut self.connection).await;
            if let Some(found) = self.unless_locked_out(found).await? {
                return Ok(found.truth);
            }
        }
    }

    async fn execute(&mut self, statement: &str) -> Result<(), TakeoverError> {
        loop {
            let done = self.connection.batch_execute(statement).await;
            if self.unless_locked_out(done).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// The result of a statement; `None` if it did not get its lock, after a pause for the older service.
    async fn unless_locked_out<T>(&mut self, result: Result<T, Sql>) -> Result<Option<T>, TakeoverError> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(error) if was_locked_out(&error) => {
                (self.report)(Progress {
                    is_waiting: true,
                    ..self.progress
                });
                tokio::time::sleep(PAUSE).await;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_split_into_their_statements() {
        for (text, first_words) in [(COLUMNS, ["ALTER", "CREATE"]), (INDEXES, ["CREATE", "CREATE"])] {
            let found = statements(text);
            assert!(found.len() > 5);
            for statement in found {
                assert!(first_words.iter().any(|word| statement.starts_with(word)), "{statement}");
                assert!(!statement.contains("--"), "{statement}");
            }
        }
    }

    #[test]
    fn the_takeover_stands_for_a_version_that_exists() {
        assert_eq!(schema::versions_up_to(AS_OF).last().map(String::as_str), Some(AS_OF));
    }
}
