//! Rows as Diesel reads them, on their way to the types of the domain.

use std::collections::HashMap;

use diesel::{
    ExpressionMethods as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::RowState,
    id::{ConfessionId, UserId},
    people::{Confession, Person, Role},
    time::Timestamp,
};

use super::{
    Connection,
    schema::{accounts_user, confessions_confession, messaging_conversation_participants},
};
use crate::error::{CorruptValueError, Result, failed};

/// PostgreSQL counts microseconds since 2000, the domain since 1970.
const EPOCH: i64 = 946_684_800_000_000;
/// The first and the last time that PostgreSQL can store: in the year 4714 before, and 294276 after Christ.
const FIRST: i64 = -211_813_488_000_000_000;
const LAST: i64 = 9_223_371_331_199_999_999;

pub(crate) fn sql_time(time: Timestamp) -> PgTimestamp {
    PgTimestamp(time.0.saturating_sub(EPOCH).clamp(FIRST, LAST))
}

pub(super) const fn time(time: PgTimestamp) -> Timestamp {
    Timestamp(time.0.saturating_add(EPOCH))
}

/// A number that the schema keeps from being negative.
pub(super) fn count(number: i64, table: &'static str, column: &'static str) -> std::result::Result<u64, CorruptValueError> {
    u64::try_from(number).map_err(|_| CorruptValueError { table, column })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts_user, check_for_backend(Pg))]
pub(super) struct PersonRow {
    id: i64,
    username: String,
    first_name: String,
    last_name: String,
    role: String,
    avatar: Option<String>,
    is_active: bool,
}

impl TryFrom<PersonRow> for Person {
    type Error = CorruptValueError;

    fn try_from(row: PersonRow) -> std::result::Result<Self, CorruptValueError> {
        Ok(Self {
            id: UserId(row.id),
            username: row.username,
            first_name: row.first_name,
            last_name: row.last_name,
            role: Role::parse(&row.role).ok_or(CorruptValueError {
                table: "accounts_user",
                column: "role",
            })?,
            avatar: row.avatar,
            is_active: row.is_active,
        })
    }
}

/// The row of a participant, as it is stored.
#[derive(Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = messaging_conversation_participants, check_for_backend(Pg))]
pub(super) struct StateRow {
    awaiting_since: Option<PgTimestamp>,
    muted_until: Option<PgTimestamp>,
    archived_at: Option<PgTimestamp>,
    is_marked_unread: bool,
}

impl From<StateRow> for RowState {
    fn from(row: StateRow) -> Self {
        Self {
            awaiting_since: row.awaiting_since.map(time),
            muted_until: row.muted_until.map(time),
            archived_at: row.archived_at.map(time),
            is_marked_unread: row.is_marked_unread,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = confessions_confession, check_for_backend(Pg))]
pub(super) struct ConfessionRow {
    id: i64,
    name: String,
    slug: String,
    admin_id: Option<i64>,
}

impl From<ConfessionRow> for Confession {
    fn from(row: ConfessionRow) -> Self {
        Self {
            id: ConfessionId(row.id),
            name: row.name,
            slug: row.slug,
            admin: row.admin_id.map(UserId),
        }
    }
}

/// People by id.
pub(super) struct People(HashMap<i64, Person>);

impl People {
    /// Those with these ids.
    pub(super) async fn load(mut connection: &Connection, mut ids: Vec<i64>) -> Result<Self> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let rows: Vec<PersonRow> = accounts_user::table
            .filter(accounts_user::id.eq_any(ids))
            .select(PersonRow::as_select())
            .load(&mut connection)
            .await?;
        Ok(Self::of(rows)?)
    }

    pub(super) fn of(rows: Vec<PersonRow>) -> std::result::Result<Self, CorruptValueError> {
        let people = rows.into_iter().map(|row| {
            let person = Person::try_from(row)?;
            Ok((person.id.0, person))
        });
        Ok(Self(people.collect::<std::result::Result<_, CorruptValueError>>()?))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of these ids that are not among them.
    pub(super) fn missing(&self, ids: impl Iterator<Item = i64>) -> Vec<i64> {
        ids.filter(|id| !self.0.contains_key(id)).collect()
    }

    pub(super) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(super) fn find(&self, id: i64) -> Option<Person> {
        self.0.get(&id).cloned()
    }

    /// Somebody whom a foreign key names.
    pub(super) fn get(&self, id: i64) -> Result<Person> {
        Ok(self.find(id).ok_or_else(|| failed("a row names an account that is not there"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were_unless_the_database_cannot_hold_them() {
        for at in [0, 1, -1, EPOCH, 1_700_000_000_123_456] {
            assert_eq!(time(sql_time(Timestamp(at))), Timestamp(at));
        }
        assert_eq!(sql_time(Timestamp(i64::MAX)).0, LAST.min(i64::MAX - EPOCH));
        assert_eq!(sql_time(Timestamp(i64::MIN)).0, FIRST);
    }
}
