//! Reading the rows of the embedded database.

use std::{borrow::Cow, sync::Arc};

use diesel::pg::data_types::PgTimestamp;
use domain::time::Timestamp;
use rusqlite::types::{FromSqlError, ValueRef};
use tokio::sync::mpsc::Sender;

use super::{
    TransferError,
    checksums::Checksums,
    tables::{Kind, Layout, TABLES, Table},
};
use crate::{postgres::sql_time, sqlite::Source};

/// The most rows of a batch.
const ROWS: u64 = 2_000;
/// A batch ends with the row whose texts exceed these bytes in all.
const BYTES: usize = 1 << 20;

/// Rows of one table, column by column.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) layout: Arc<Layout>,
    /// One entry for each column.
    pub(super) values: Vec<Values>,
    pub(super) count: u64,
    /// The number of rows of the whole database.
    pub(super) of: u64,
}

impl Rows {
    fn new(layout: Arc<Layout>, of: u64) -> Self {
        Self {
            values: layout.columns.iter().map(|column| Values::new(column.kind)).collect(),
            layout,
            count: 0,
            of,
        }
    }
}

/// The values of one column.
#[derive(Clone)]
pub(super) enum Values {
    Integers(Vec<Option<i64>>),
    Booleans(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Times(Vec<Option<PgTimestamp>>),
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integers(Vec::new()),
            Kind::Boolean => Self::Booleans(Vec::new()),
            Kind::Text => Self::Texts(Vec::new()),
            Kind::Time => Self::Times(Vec::new()),
        }
    }

    /// Adds a value of SQLite, and returns it as text; an error if it has not the type of the column.
    fn push<'v>(&mut self, value: ValueRef<'v>) -> Result<Option<Cow<'v, str>>, FromSqlError> {
        Ok(match self {
            Self::Integers(values) => {
                let value = value.as_i64_or_null()?;
                values.push(value);
                value.map(|value| value.to_string().into())
            }
            Self::Booleans(values) => {
                let value = value.as_i64_or_null()?;
                values.push(value.map(|value| value != 0));
                value.map(|value| value.to_string().into())
            }
            Self::Texts(values) => {
                let value = value.as_str_or_null()?;
                values.push(value.map(str::to_owned));
                value.map(Cow::Borrowed)
            }
            Self::Times(values) => {
                let value = value.as_i64_or_null()?;
                values.push(value.map(|value| sql_time(Timestamp(value))));
                value.map(|value| value.to_string().into())
            }
        })
    }
}

/// The names of the columns of each table.
pub(super) fn columns(source: &Source) -> Result<Vec<(&'static Table, Vec<String>)>, TransferError> {
    let names = |table: &Table| -> rusqlite::Result<Vec<String>> {
        let mut statement = source.connection().prepare("SELECT name FROM pragma_table_info(?1)")?;
        statement.query_map([table.name], |row| row.get(0))?.collect()
    };
    let columns = TABLES.iter().map(|table| Ok((table, names(table)?)));
    columns.collect::<Result<_, _>>().map_err(failed(source))
}

/// Reads all tables and sends their rows. Ends early if nobody receives them any more.
pub(super) fn read(source: &Source, layouts: &[Arc<Layout>], to: &Sender<Rows>) -> Result<Checksums, TransferError> {
    read_all(source, layouts, to).map_err(|error| match source.check_unchanged() {
        // A file that another program writes to may look damaged.
        Err(changed) => changed.into(),
        Ok(()) => error,
    })
}

fn read_all(source: &Source, layouts: &[Arc<Layout>], to: &Sender<Rows>) -> Result<Checksums, TransferError> {
    let mut of = 0;
    for table in &TABLES {
        let count = format!("SELECT count(*) FROM {}", table.name);
        let count = source.connection().query_row(&count, [], |row| row.get::<_, i64>(0));
        of += count.map_err(failed(source))?.unsigned_abs();
    }
    let mut checksums = Checksums::default();
    for layout in layouts {
        read_table(source, &Rows::new(layout.clone(), of), to, &mut checksums)?;
    }
    Ok(checksums)
}

fn failed(source: &Source) -> impl Fn(rusqlite::Error) -> TransferError {
    |error| TransferError::Source(source.error(error))
}

fn read_table(source: &Source, empty: &Rows, to: &Sender<Rows>, checksums: &mut Checksums) -> Result<(), TransferError> {
    let Layout { table, columns } = &*empty.layout;
    let list: Vec<String> = columns.iter().map(|column| format!("t.{}", column.name)).collect();
    let mut statement = source
        .connection()
        .prepare(&table.select(&list.join(", ")))
        .map_err(failed(source))?;
    let mut rows = statement.query([]).map_err(failed(source))?;
    let (mut batch, mut bytes) = (empty.clone(), 0);
    while let Some(row) = rows.next().map_err(failed(source))? {
        let conversation = row.get(0).map_err(failed(source))?;
        let mut cells = Vec::with_capacity(columns.len());
        for (index, (column, values)) in columns.iter().zip(&mut batch.values).enumerate() {
            let value = row.get_ref(index + 1).map_err(failed(source))?;
            let (table, column) = (table.name, || column.name.clone());
            let cell = values
                .push(value)
                .map_err(|_| TransferError::Unreadable { table, column: column() })?;
            if cell.as_ref().is_some_and(|cell| cell.contains('\0')) {
                return Err(TransferError::Nul { table, column: column() });
            }
            bytes += cell.as_ref().map_or(0, |cell| cell.len());
            cells.push(cell);
        }
        checksums.add(table.name, conversation, &cells);
        batch.count += 1;
        if batch.count == ROWS || bytes > BYTES {
            bytes = 0;
            send(to, std::mem::replace(&mut batch, empty.clone()))?;
        }
    }
    if batch.count > 0 {
        send(to, batch)?;
    }
    Ok(())
}

/// Waits until the server has taken an earlier batch.
fn send(to: &Sender<Rows>, batch: Rows) -> Result<(), TransferError> {
    to.blocking_send(batch).map_err(|_| TransferError::Interrupted)
}
