//! Writing the rows into the new database, in one transaction.

use std::{sync::Arc, time::Duration};

use diesel::{
    QueryableByName,
    pg::Pg,
    sql_query,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _, TransactionManager as _};
use futures_util::TryStreamExt as _;

use super::{
    TransferError,
    checksums::Checksums,
    reading::{Rows, Values},
    tables::{Column, Kind, Layout, TABLES, Table},
};
use crate::{postgres, url::ServerUrl};

/// Between two reports of the progress of reading back.
const REPORTED_ROWS: u64 = 2_000;

/// How often it is asked whether a program that has just ended is still connected, with a tenth of a second between.
const DISCONNECTS: u32 = 20;

/// The new database, in a transaction that a drop undoes.
pub(super) struct Target {
    connection: AsyncPgConnection,
    /// The statements that make again what [`Self::begin_load`] has dropped.
    dropped: Vec<String>,
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

/// A statement that the catalog has put together.
#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    statement: String,
}

/// A constraint or an index: how to drop it, and how to make it again.
#[derive(QueryableByName)]
struct Dropped {
    #[diesel(sql_type = Text)]
    down: String,
    #[diesel(sql_type = Text)]
    up: String,
}

#[derive(QueryableByName)]
struct TypedColumn {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct StoredRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    conversation: Option<i64>,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    cells: Vec<Option<String>>,
}

impl Target {
    /// Connects, makes the schema of an empty database, and begins the transaction. From now on, a service that starts on the database waits.
    pub(super) async fn open(to: &ServerUrl) -> Result<Self, TransferError> {
        postgres::migrate(to.expose(), false).await?;
        let mut connection = postgres::connect(to.expose()).await?;
        connection.batch_execute("SET application_name = 'suhbat transfer'").await?;
        let mut target = Self {
            connection,
            dropped: Vec::new(),
        };
        // Before the lock, so that a service that is about to stop does not wait for it.
        target.check_alone().await?;
        AnsiTransactionManager::begin_transaction(&mut target.connection).await?;
        let lock = format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '10s';
             LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
            names().join(", ")
        );
        target.connection.batch_execute(&lock).await?;
        target.check_alone().await?;
        target.check_empty().await?;
        Ok(target)
    }

    /// A service that was connected before would go on with the ids of the empty database.
    async fn check_alone(&mut self) -> Result<(), TransferError> {
        const OTHERS: &str = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'suhbat%') AS flag";
        for _ in 0..DISCONNECTS {
            // In a transaction, the server would repeat its first answer.
            self.connection.batch_execute("SELECT pg_stat_clear_snapshot()").await?;
            if !self.flag(OTHERS).await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(TransferError::InUse)
    }

    async fn check_empty(&mut self) -> Result<(), TransferError> {
        for table in TABLES.iter().filter(|table| !table.is_seeded) {
            if self.flag(&format!("SELECT EXISTS (SELECT 1 FROM {}) AS flag", table.name)).await? {
                return Err(TransferError::NotEmpty(table.name));
            }
        }
        Ok(())
    }

    async fn flag(&mut self, query: &str) -> Result<bool, TransferError> {
        let row: Flag = sql_query(query).get_result(&mut self.connection).await?;
        Ok(row.flag)
    }

    /// Finds the types of the columns.
    pub(super) async fn layouts(&mut self, tables: Vec<(&'static Table, Vec<String>)>) -> Result<Vec<Arc<Layout>>, TransferError> {
        let query = format!(
            "SELECT relname::text AS relation, attname::text AS name, format_type(atttypid, NULL) AS kind
             FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             WHERE attrelid IN ({}) AND attnum > 0 AND NOT attisdropped",
            oids()
        );
        let known: Vec<TypedColumn> = sql_query(query).load(&mut self.connection).await?;
        let find = |table: &'static Table, name: String| {
            let found = known.iter().find(|column| column.relation == table.name && column.name == name);
            match found.and_then(|column| Kind::of_type(&column.kind)) {
                Some(kind) => Ok(Column { name, kind }),
                None => Err(TransferError::Column {
                    table: table.name,
                    column: name,
                }),
            }
        };
        let layout = |(table, names): (&'static Table, Vec<String>)| {
            let columns = names.into_iter().map(|name| find(table, name)).collect::<Result<_, _>>()?;
            Ok(Arc::new(Layout { table, columns }))
        };
        tables.into_iter().map(layout).collect()
    }

    /// Removes what the migrations have put into the tables, and what makes each row costly: triggers, foreign keys, indexes.
    pub(super) async fn begin_load(&mut self) -> Result<(), TransferError> {
        let mut statements: Vec<String> = Vec::new();
        for table in &TABLES {
            // They count accounts; the counts are transferred.
            statements.push(format!("ALTER TABLE {} DISABLE TRIGGER USER", table.name));
            if table.is_seeded {
                statements.push(format!("DELETE FROM {}", table.name));
            }
        }
        let keys = format!(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS down,
                    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS up
             FROM pg_constraint WHERE contype = 'f' AND conrelid IN ({})",
            oids()
        );
        let indexes = format!(
            "SELECT format('DROP INDEX %s', indexrelid::regclass) AS down, pg_get_indexdef(indexrelid) AS up
             FROM pg_index WHERE indrelid IN ({}) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
            oids()
        );
        let keys: Vec<Dropped> = sql_query(keys).load(&mut self.connection).await?;
        let indexes: Vec<Dropped> = sql_query(indexes).load(&mut self.connection).await?;
        for Dropped { down, .. } in keys.iter().chain(&indexes) {
            statements.push(down.clone());
        }
        self.dropped = indexes.into_iter().chain(keys).map(|dropped| dropped.up).collect();
        self.run(&statements).await
    }

    pub(super) async fn insert(&mut self, rows: Rows) -> Result<(), TransferError> {
        let Layout { table, columns } = &*rows.layout;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let arrays: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        let statement = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest({})",
            table.name,
            names.join(", "),
            arrays.join(", ")
        );
        let mut query = sql_query(statement).into_boxed::<Pg>();
        for values in rows.values {
            query = match values {
                Values::Integers(values) => query.bind::<Array<Nullable<BigInt>>, _>(values),
                Values::Booleans(values) => query.bind::<Array<Nullable<Bool>>, _>(values),
                Values::Texts(values) => query.bind::<Array<Nullable<Text>>, _>(values),
                Values::Times(values) => query.bind::<Array<Nullable<Timestamptz>>, _>(values),
            };
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Makes indexes, foreign keys and triggers again, and lets new ids begin after the highest.
    pub(super) async fn end_load(&mut self) -> Result<(), TransferError> {
        let mut statements = std::mem::take(&mut self.dropped);
        for table in &TABLES {
            statements.push(format!("ALTER TABLE {} ENABLE TRIGGER USER", table.name));
        }
        let identities = format!(
            "SELECT format('SELECT format(''ALTER TABLE %s ALTER COLUMN %I RESTART WITH %%s'', greatest(max(%I), 0) + 1) AS statement FROM %s',
                           attrelid::regclass, attname, attname, attrelid::regclass) AS statement
             FROM pg_attribute WHERE attrelid IN ({}) AND attidentity <> ''",
            oids()
        );
        let identities: Vec<Statement> = sql_query(identities).load(&mut self.connection).await?;
        for Statement { statement } in identities {
            let restart: Statement = sql_query(statement).get_result(&mut self.connection).await?;
            statements.push(restart.statement);
        }
        statements.extend(TABLES.iter().map(|table| format!("ANALYZE {}", table.name)));
        self.run(&statements).await
    }

    /// Reads all rows back. Reports the number of rows from time to time.
    pub(super) async fn checksums(
        &mut self,
        layouts: &[Arc<Layout>],
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Checksums, TransferError> {
        let mut checksums = Checksums::default();
        let mut rows = 0;
        for layout in layouts {
            let Layout { table, columns } = &**layout;
            let cells: Vec<String> = columns
                .iter()
                .map(|column| column.kind.as_text(&format!("t.{}", column.name)))
                .collect();
            let select = table.select(&format!("ARRAY[{}] AS cells", cells.join(", ")));
            let mut stored = sql_query(select).load_stream::<StoredRow>(&mut self.connection).await?;
            while let Some(StoredRow { conversation, cells }) = stored.try_next().await? {
                checksums.add(table.name, conversation, &cells);
                rows += 1;
                if rows % REPORTED_ROWS == 0 {
                    progress(rows);
                }
            }
        }
        progress(rows);
        Ok(checksums)
    }

    pub(super) async fn commit(mut self) -> Result<(), TransferError> {
        AnsiTransactionManager::commit_transaction(&mut self.connection).await?;
        Ok(())
    }

    async fn run(&mut self, statements: &[String]) -> Result<(), TransferError> {
        for statement in statements {
            self.connection.batch_execute(statement).await?;
        }
        Ok(())
    }
}

fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

/// The tables as the catalog identifies them.
fn oids() -> String {
    let oids: Vec<String> = TABLES.iter().map(|table| format!("'{}'::regclass", table.name)).collect();
    oids.join(", ")
}
