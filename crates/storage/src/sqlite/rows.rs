//! Rows as Rust types. A row is declared once with [`row!`], and the SELECT list and its reader both come from that declaration.

use std::{marker::PhantomData, rc::Rc};

use domain::{
    attachment::{AttachmentKind, FileType},
    conversation::RowState,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ChangeKind, ClientId, Status},
    page::PageRequest,
    people::{Confession, Person, Role},
    ports::OutboxKind,
    time::Timestamp,
};
use rusqlite::{
    Connection, Error, Params, Result, Row,
    types::{Value, ValueRef},
};

use crate::{change_kind::parse_kind, error::CorruptValueError};

/// A value that is read from one column or from several consecutive ones.
pub(super) trait FromRow: Sized {
    /// How many columns it has.
    const WIDTH: usize;

    fn read(cells: &mut Cells<'_, '_>) -> Result<Self>;
}

/// A value whose columns are declared, so that a query can select them. Made by [`row!`].
pub(super) trait Columns: FromRow {
    const COLUMNS: &'static [Column];
}

/// One entry of a SELECT list.
pub(super) enum Column {
    /// A column of the table that the row is declared of, under whichever alias the query gives it.
    Own(&'static str),
    /// An expression, whose aliases are those of the query.
    Expression(&'static str),
    /// All columns of another row, under this alias.
    Nested(&'static [Column], &'static str),
}

/// The columns of one row, read from left to right.
pub(super) struct Cells<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
    table: &'static str,
    column: &'static str,
}

impl<'r, 's> Cells<'r, 's> {
    pub(super) fn new(row: &'r Row<'s>) -> Self {
        Self {
            row,
            next: 0,
            table: "a query",
            column: "its value",
        }
    }

    /// Reads the next value. An unreadable one is reported under these names, unless it is a row with names of its own.
    pub(super) fn read<T: FromRow>(&mut self, table: &'static str, column: &'static str) -> Result<T> {
        (self.table, self.column) = (table, column);
        T::read(self)
    }

    /// Reads the next value as a text, without a copy.
    pub(super) fn text(&mut self, table: &'static str, column: &'static str) -> Result<&'r str> {
        let index = self.next;
        self.next += 1;
        let text = self.row.get_ref(index)?.as_str();
        text.map_err(|_| CorruptValueError { table, column }.into())
    }

    fn value<T>(&mut self, convert: impl FnOnce(ValueRef<'_>) -> Option<T>) -> Result<T> {
        let index = self.next;
        self.next += 1;
        convert(self.row.get_ref(index)?).ok_or_else(|| {
            CorruptValueError {
                table: self.table,
                column: self.column,
            }
            .into()
        })
    }
}

/// NULL is `None`. A row that an outer join did not find is NULL in its first column, which is its key.
impl<T: FromRow> FromRow for Option<T> {
    const WIDTH: usize = T::WIDTH;

    fn read(cells: &mut Cells<'_, '_>) -> Result<Self> {
        if matches!(cells.row.get_ref(cells.next)?, ValueRef::Null) {
            cells.next += T::WIDTH;
            return Ok(None);
        }
        T::read(cells).map(Some)
    }
}

impl<T: Columns> Columns for Option<T> {
    const COLUMNS: &'static [Column] = T::COLUMNS;
}

/// Implements [`FromRow`] for values of one column, by a function that is `None` for what cannot be such a value.
macro_rules! values {
    ($($type:ty: $convert:expr),+ $(,)?) => {
        $(impl FromRow for $type {
            const WIDTH: usize = 1;

            fn read(cells: &mut Cells<'_, '_>) -> Result<Self> {
                cells.value($convert)
            }
        })+
    };
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    value.as_i64().ok()
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

values! {
    bool: |value| integer(value).map(|number| number != 0),
    i64: integer,
    u32: |value| integer(value)?.try_into().ok(),
    // Numbers that are never negative in the schema.
    u64: |value| integer(value)?.try_into().ok(),
    String: |value| text(value).map(str::to_owned),
    AttachmentId: |value| integer(value).map(AttachmentId),
    ConfessionId: |value| integer(value).map(ConfessionId),
    ConversationId: |value| integer(value).map(ConversationId),
    MessageId: |value| integer(value).map(MessageId),
    Seq: |value| integer(value).map(Seq),
    Timestamp: |value| integer(value).map(Timestamp),
    UserId: |value| integer(value).map(UserId),
    AttachmentKind: |value| AttachmentKind::parse(text(value)?),
    ChangeKind: |value| parse_kind(text(value)?),
    ClientId: |value| ClientId::new(text(value)?),
    FileType: |value| FileType::parse(text(value)?),
    OutboxKind: |value| OutboxKind::parse(text(value)?),
    Role: |value| Role::parse(text(value)?),
    Status: |value| Status::parse(text(value)?),
}

/// Declares a row: `row!(struct Found of some_table { … })` makes the type too, `row!(impl Person of accounts_user { … })` takes one that is there. Fields are
///
/// - `id: UserId`, the column of that name;
/// - `admin: Option<UserId> = admin_id`, a column of another name;
/// - `total: u64 = "count(*)"`, an expression;
/// - `sender: Person as "s"`, another row, whose table the query calls `s`. With `Option`, one that an outer join may not find.
macro_rules! row {
    ($(#[$about:meta])* struct $row:ident of $table:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $column:tt)? $(as $alias:literal)?),+ $(,)?
    }) => {
        $(#[$about])*
        pub(in crate::sqlite) struct $row {
            $($(#[$doc])* pub(in crate::sqlite) $field: $type),+
        }

        $crate::sqlite::rows::row!(impl $row of $table { $($field: $type $(= $column)? $(as $alias)?),+ });
    };
    (impl $row:ident of $table:ident { $($field:ident: $type:ty $(= $column:tt)? $(as $alias:literal)?),+ $(,)? }) => {
        impl $crate::sqlite::rows::FromRow for $row {
            const WIDTH: usize = 0 $(+ <$type as $crate::sqlite::rows::FromRow>::WIDTH)+;

            fn read(cells: &mut $crate::sqlite::rows::Cells<'_, '_>) -> rusqlite::Result<Self> {
                // Fields of a struct are evaluated in the order in which they are written here, which is that of the columns.
                Ok(Self {
                    $($field: cells.read(stringify!($table), $crate::sqlite::rows::row!(@name $field $(= $column)?))?),+
                })
            }
        }

        impl $crate::sqlite::rows::Columns for $row {
            const COLUMNS: &'static [$crate::sqlite::rows::Column] =
                &[$($crate::sqlite::rows::row!(@column $field: $type $(= $column)? $(as $alias)?)),+];
        }
    };
    (@name $field:ident = $column:ident) => { stringify!($column) };
    (@name $field:ident $(= $expression:literal)?) => { stringify!($field) };
    (@column $field:ident: $type:ty) => { $crate::sqlite::rows::row!(@column $field: $type = $field) };
    (@column $field:ident: $type:ty = $column:ident) => {{
        assert!(<$type as $crate::sqlite::rows::FromRow>::WIDTH == 1);
        $crate::sqlite::rows::Column::Own(stringify!($column))
    }};
    (@column $field:ident: $type:ty = $expression:literal) => {{
        assert!(<$type as $crate::sqlite::rows::FromRow>::WIDTH == 1);
        $crate::sqlite::rows::Column::Expression($expression)
    }};
    (@column $field:ident: $type:ty as $alias:literal) => {
        $crate::sqlite::rows::Column::Nested(<$type as $crate::sqlite::rows::Columns>::COLUMNS, $alias)
    };
}
pub(super) use row;

/// A statement whose rows are read as `T`.
pub(super) struct Query<T> {
    pub(super) sql: &'static str,
    row: PhantomData<fn() -> T>,
}

/// A query that selects the columns of a row: `query!(Person as "u", "FROM accounts_user u WHERE u.id = ?1")`. The text is put together by the compiler.
macro_rules! query {
    ($row:ty as $alias:literal, $rest:expr $(,)?) => {{
        const COLUMNS: &[$crate::sqlite::rows::Column] = <$row as $crate::sqlite::rows::Columns>::COLUMNS;
        const LENGTH: usize = $crate::sqlite::rows::select_length(COLUMNS, $alias, $rest);
        const TEXT: [u8; LENGTH] = $crate::sqlite::rows::select(COLUMNS, $alias, $rest);
        $crate::sqlite::rows::Query::<$row>::selecting(&TEXT)
    }};
}
pub(super) use query;

impl<T: FromRow> Query<T> {
    /// A query for values of one column.
    pub(super) const fn value(sql: &'static str) -> Self {
        assert!(T::WIDTH == 1);
        Self { sql, row: PhantomData }
    }

    /// For [`query!`].
    pub(super) const fn selecting(sql: &'static [u8]) -> Self {
        match std::str::from_utf8(sql) {
            Ok(sql) => Self { sql, row: PhantomData },
            Err(_) => panic!("put together from texts"),
        }
    }

    /// All rows.
    pub(super) fn all(&self, connection: &Connection, params: impl Params) -> Result<Vec<T>> {
        all(connection, self.sql, params)
    }

    /// The only row; a query without one fails.
    pub(super) fn one(&self, connection: &Connection, params: impl Params) -> Result<T> {
        self.first(connection, params)?.ok_or(Error::QueryReturnedNoRows)
    }

    /// The first row; `None` if there is none.
    pub(super) fn first(&self, connection: &Connection, params: impl Params) -> Result<Option<T>> {
        first(connection, self.sql, params)
    }
}

const SELECT: &str = "SELECT ";

/// The length of what [`select`] writes.
pub(super) const fn select_length(columns: &[Column], alias: &str, rest: &str) -> usize {
    SELECT.len() + list_length(columns, alias) + 1 + rest.len()
}

const fn list_length(columns: &[Column], alias: &str) -> usize {
    let (mut length, mut index) = (0, 0);
    while index < columns.len() {
        length += match columns[index] {
            Column::Own(name) => alias.len() + 1 + name.len(),
            Column::Expression(sql) => sql.len(),
            Column::Nested(columns, alias) => list_length(columns, alias),
        };
        index += 1;
    }
    length + 2 * (columns.len() - 1)
}

/// `SELECT` with these columns, and the rest of the statement.
pub(super) const fn select<const N: usize>(columns: &[Column], alias: &str, rest: &str) -> [u8; N] {
    let mut text = [b' '; N];
    let at = put(SELECT, &mut text, 0);
    let at = put_list(columns, alias, &mut text, at);
    put(rest, &mut text, at + 1);
    text
}

const fn put_list(columns: &[Column], alias: &str, text: &mut [u8], mut at: usize) -> usize {
    let mut index = 0;
    while index < columns.len() {
        if index > 0 {
            at = put(", ", text, at);
        }
        at = match columns[index] {
            Column::Own(name) => {
                at = put(alias, text, at);
                at = put(".", text, at);
                put(name, text, at)
            }
            Column::Expression(sql) => put(sql, text, at),
            Column::Nested(columns, alias) => put_list(columns, alias, text, at),
        };
        index += 1;
    }
    at
}

/// Writes the part, and returns where it ends.
const fn put(part: &str, text: &mut [u8], at: usize) -> usize {
    let part = part.as_bytes();
    let mut index = 0;
    while index < part.len() {
        text[at + index] = part[index];
        index += 1;
    }
    at + part.len()
}

row!(impl Person of accounts_user {
    id: UserId,
    username: String,
    first_name: String,
    last_name: String,
    role: Role,
    avatar: Option<String>,
    is_active: bool,
});

row!(impl RowState of messaging_conversation_participants {
    awaiting_since: Option<Timestamp>,
    muted_until: Option<Timestamp>,
    archived_at: Option<Timestamp>,
    is_marked_unread: bool,
});

row!(impl Confession of confessions_confession {
    id: ConfessionId,
    name: String,
    slug: String,
    admin: Option<UserId> = admin_id,
});

/// A list of ids for `rarray(?)`: one statement for any number of them.
pub(super) fn array(ids: impl IntoIterator<Item = i64>) -> Rc<Vec<Value>> {
    Rc::new(ids.into_iter().map(Value::from).collect())
}

/// All rows of a query, prepared once for each connection.
pub(super) fn all<T: FromRow>(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params, |row| T::read(&mut Cells::new(row)))?.collect()
}

/// The first row of a query, prepared once for each connection; `None` if there is none.
pub(super) fn first<T: FromRow>(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(|row| T::read(&mut Cells::new(row))).transpose()
}

/// Runs a statement that answers with no rows, prepared once for each connection; how many rows it changed.
pub(super) fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    connection.prepare_cached(sql)?.execute(params)
}

/// How many rows a page leaves out before it.
pub(super) fn offset(page: PageRequest) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AdapterError;

    row!(struct Pair of some_table {
        number: i64 = "1 + 1",
        found: Option<Confession> as "f",
        person: Person as "u",
        last: Option<String> = other,
    });

    const PAIR: Query<Pair> = query!(
        Pair as "p",
        "FROM (SELECT ?1 AS other) p
         LEFT JOIN (SELECT ?2 AS id, 'Nur' AS name, 'nur' AS slug, NULL AS admin_id) f ON f.id > 0
         CROSS JOIN (SELECT 7 AS id, 'aziz' AS username, 'A' AS first_name, 'B' AS last_name, ?3 AS role, NULL AS avatar, 1 AS is_active) u"
    );

    fn read(params: (&str, Option<i64>, &str)) -> Result<Pair> {
        let connection = Connection::open_in_memory().unwrap();
        PAIR.first(&connection, params).map(Option::unwrap)
    }

    #[test]
    fn the_list_of_a_query_has_the_columns_of_nested_rows_in_their_place() {
        let list = PAIR.sql.split(" FROM").next().unwrap();
        assert_eq!(
            list,
            "SELECT 1 + 1, f.id, f.name, f.slug, f.admin_id, u.id, u.username, u.first_name, u.last_name, u.role, u.avatar, u.is_active, p.other"
        );
        assert_eq!(Pair::WIDTH, list.split(", ").count());
    }

    #[test]
    fn a_row_that_an_outer_join_did_not_find_moves_no_other_column() {
        for id in [Some(3), None] {
            let pair = read(("last", id, "user")).unwrap();
            assert_eq!(pair.found.map(|confession| confession.id.0), id);
            assert_eq!((pair.number, pair.person.id, pair.person.role), (2, UserId(7), Role::User));
            assert_eq!(pair.last.as_deref(), Some("last"));
        }
    }

    #[test]
    fn an_unreadable_value_names_its_table_and_column() {
        use domain::ports::StoreError::Corrupt;
        let error = read(("last", None, "king")).map(drop).map_err(AdapterError::from).unwrap_err().0;
        assert!(
            matches!(
                error,
                Corrupt {
                    table: "accounts_user",
                    column: "role"
                }
            ),
            "{error:?}"
        );
    }
}
