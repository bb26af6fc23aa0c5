//! The outbox: its entries are written by the commands that change messages ([`append`]).

use async_trait::async_trait;
use domain::{
    id::{ConversationId, MessageId, UserId},
    ports::{Claim, ConsumerLag, OnCommit, Outbox, OutboxEntry, OutboxKind, OutboxPlace, OutboxStart, Passed, StoreError, TRIMMED, Wake},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    Sqlite,
    rows::{Query, first, query, row, run},
    writer::Outcome,
};
use crate::error::Result;

/// Appends the entry of a change to the transaction of the change.
pub(super) fn append(
    connection: &Connection,
    kind: OutboxKind,
    conversation: ConversationId,
    message: MessageId,
    actor: UserId,
    at: Timestamp,
) -> rusqlite::Result<()> {
    const INSERT_ENTRY: &str = "INSERT INTO messaging_outbox (kind, conversation_id, message_id, actor_id, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(
        connection,
        INSERT_ENTRY,
        params![kind.as_str(), conversation.0, message.0, actor.0, at.0],
    )
    .map(drop)
}

/// Ends the leases of an earlier service: the lock on the database shows that it runs no more.
pub(super) fn end_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute(
            "UPDATE messaging_consumer SET holder = NULL, leased_until = NULL WHERE holder IS NOT NULL",
            [],
        )
        .map(drop)
}

row!(
    struct Entry of messaging_outbox {
        id: i64,
        kind: OutboxKind,
        conversation: ConversationId = conversation_id,
        message: MessageId = message_id,
        actor: UserId = actor_id,
        at: Timestamp,
    }
);

/// The entries of the kinds that this version knows. Parameters: the last id before them, their number.
pub(super) const SELECT_ENTRIES: Query<Entry> = query!(
    Entry as "o",
    "FROM messaging_outbox o WHERE o.id > ?1 AND o.kind IN ('sent', 'edited', 'deleted') ORDER BY o.id LIMIT ?2"
);

row!(
    struct Behind of messaging_outbox {
        entries: u64 = "count(*)",
        oldest: Option<Timestamp> = "min(o.at)",
    }
);

/// Counts the entries that [`SELECT_ENTRIES`] would select, with the same parameters.
pub(super) const COUNT_ENTRIES: Query<Behind> = query!(
    Behind as "o",
    "FROM (SELECT b.at FROM messaging_outbox b WHERE b.id > ?1 AND b.kind IN ('sent', 'edited', 'deleted') ORDER BY b.id LIMIT ?2) o"
);

/// Removes the oldest entries up to an id, but for the newest of all, after whose id the next one is given. Parameters: the id, their number.
pub(super) const TRIM: &str = "DELETE FROM messaging_outbox WHERE id IN (
        SELECT o.id FROM messaging_outbox o WHERE o.id <= ?1 AND o.id < (SELECT max(id) FROM messaging_outbox) ORDER BY o.id LIMIT ?2)";

row!(
    struct Registered of messaging_consumer {
        name: String,
        position: i64,
        generation: i64,
        holder: Option<String>,
        leased_until: Option<Timestamp>,
    }
);

const SELECT_CONSUMER: Query<Registered> = query!(Registered as "c", "FROM messaging_consumer c WHERE c.name = ?1");
const SELECT_CONSUMERS: Query<Registered> = query!(Registered as "c", "FROM messaging_consumer c ORDER BY c.name");

const fn place(id: i64) -> OutboxPlace {
    OutboxPlace { transaction: 0, id }
}

/// The last id that was given to an entry.
fn last_id(connection: &Connection) -> rusqlite::Result<i64> {
    let last: Option<Option<i64>> = first(connection, "SELECT max(id) FROM messaging_outbox", [])?;
    Ok(last.flatten().unwrap_or(0))
}

fn claim(
    connection: &Connection,
    consumer: &str,
    holder: &str,
    start: OutboxStart,
    now: Timestamp,
    until: Timestamp,
) -> Result<Outcome<Option<Claim>>> {
    let (position, generation) = match SELECT_CONSUMER.first(connection, [consumer])? {
        Some(row) => {
            let is_same = row.holder.as_deref() == Some(holder);
            if !is_same && row.leased_until.is_some_and(|until| until > now) {
                return Ok(Outcome::Discard(None));
            }
            (row.position, row.generation + i64::from(!is_same))
        }
        None => match start {
            OutboxStart::Beginning => (0, 1),
            OutboxStart::End => (last_id(connection)?, 1),
        },
    };
    run(
        connection,
        "INSERT INTO messaging_consumer (name, position, generation, holder, leased_until) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, holder = excluded.holder, leased_until = excluded.leased_until",
        params![consumer, position, generation, holder, until.0],
    )?;
    Ok(Outcome::Keep(Some(Claim {
        consumer: consumer.to_owned(),
        position: place(position),
        generation,
    })))
}

fn trim(connection: &Connection) -> Result<Outcome<u64>> {
    let passed: Option<i64> = first(connection, "SELECT min(position) FROM messaging_consumer HAVING count(*) > 0", [])?;
    let removed = run(connection, TRIM, params![passed.unwrap_or(i64::MAX), TRIMMED.cast_signed()])?;
    Ok(match removed as u64 {
        0 => Outcome::Discard(0),
        removed => Outcome::Keep(removed),
    })
}

fn lag(connection: &Connection) -> Result<Vec<ConsumerLag>> {
    let consumers = SELECT_CONSUMERS.all(connection, [])?.into_iter();
    let lags = consumers.map(|row| {
        let behind = COUNT_ENTRIES.one(connection, [row.position, ConsumerLag::MOST.cast_signed()])?;
        Ok(ConsumerLag {
            consumer: row.name,
            position: place(row.position),
            entries: behind.entries,
            oldest: behind.oldest,
        })
    });
    lags.collect()
}

impl Sqlite {
    /// Calls those who wait for entries, too, if the act has appended any.
    pub(super) fn waking<T: 'static>(&self, on_commit: OnCommit<T>, has_entry: fn(&T) -> bool) -> OnCommit<T> {
        let wakes = self.inner.wakes.clone();
        Box::new(move |outcome| {
            on_commit(outcome);
            if has_entry(outcome) {
                wakes.wake();
            }
        })
    }
}

#[async_trait]
impl Outbox for Sqlite {
    async fn claim(
        &self,
        consumer: &str,
        holder: &str,
        start: OutboxStart,
        now: Timestamp,
        until: Timestamp,
    ) -> std::result::Result<Option<Claim>, StoreError> {
        let (consumer, holder) = (consumer.to_owned(), holder.to_owned());
        self.write(None, move |connection| claim(connection, &consumer, &holder, start, now, until))
            .await
    }

    async fn release(&self, claim: &Claim) -> std::result::Result<(), StoreError> {
        let claim = claim.clone();
        self.write(None, move |connection| {
            run(
                connection,
                "UPDATE messaging_consumer SET holder = NULL, leased_until = NULL WHERE name = ?1 AND generation = ?2",
                params![claim.consumer, claim.generation],
            )?;
            Ok(Outcome::Keep(()))
        })
        .await
    }

    async fn read(&self, after: OutboxPlace, limit: usize) -> std::result::Result<Vec<OutboxEntry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let entries = Sqlite::read(self, move |connection| Ok(SELECT_ENTRIES.all(connection, [after.id, limit])?)).await?;
        let entry = |entry: Entry| OutboxEntry {
            place: place(entry.id),
            kind: entry.kind,
            conversation: entry.conversation,
            message: entry.message,
            actor: entry.actor,
            at: entry.at,
        };
        Ok(entries.into_iter().map(entry).collect())
    }

    async fn pass(&self, claim: &Claim, position: OutboxPlace) -> std::result::Result<Passed, StoreError> {
        let claim = claim.clone();
        self.write(None, move |connection| {
            let stored = run(
                connection,
                "UPDATE messaging_consumer SET position = max(position, ?3) WHERE name = ?1 AND generation = ?2",
                params![claim.consumer, claim.generation, position.id],
            )?;
            Ok(match stored {
                0 => Outcome::Discard(Passed::Fenced),
                _ => Outcome::Keep(Passed::Stored),
            })
        })
        .await
    }

    async fn trim(&self) -> std::result::Result<u64, StoreError> {
        self.write(None, trim).await
    }

    async fn lag(&self) -> std::result::Result<Vec<ConsumerLag>, StoreError> {
        self.scan(lag).await
    }

    fn wake_on_append(&self, wake: Wake) {
        self.inner.wakes.add(wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::migrated_in_memory;

    #[test]
    fn kinds_of_a_later_version_are_skipped_and_hold_nothing_up() {
        let connection = migrated_in_memory();
        let insert = |kind: &str, message: Option<i64>| {
            connection
                .execute(
                    "INSERT INTO messaging_outbox (kind, conversation_id, message_id, actor_id, at) VALUES (?1, 1, ?2, 1, 5)",
                    params![kind, message],
                )
                .unwrap();
        };
        insert("sent", Some(1));
        insert("joined", None);
        insert("reacted", Some(1));
        insert("edited", Some(1));
        insert("joined", None);
        let read = SELECT_ENTRIES.all(&connection, [0, 10]).unwrap();
        let ids: Vec<i64> = read.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [1, 4]);
        let behind = COUNT_ENTRIES.one(&connection, [1, 10]).unwrap();
        assert_eq!((behind.entries, behind.oldest), (1, Some(Timestamp(5))));
        assert_eq!(COUNT_ENTRIES.one(&connection, [4, 10]).unwrap().entries, 0);
    }

    #[test]
    fn a_service_ends_the_leases_of_the_one_before() {
        let connection = migrated_in_memory();
        let claim = |holder: &str| {
            let claimed = claim(&connection, "search", holder, OutboxStart::End, Timestamp(0), Timestamp(100)).unwrap();
            match claimed {
                Outcome::Keep(claim) | Outcome::Discard(claim) => claim.map(|claim| claim.generation),
            }
        };
        assert_eq!(claim("before"), Some(1));
        assert_eq!(claim("after"), None);
        end_leases(&connection).unwrap();
        assert_eq!(claim("after"), Some(2));
    }

    #[test]
    fn queries_name_all_kinds_that_this_version_knows() {
        let names: Vec<String> = OutboxKind::ALL.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let list = format!("IN ({})", names.join(", "));
        for sql in [SELECT_ENTRIES.sql, COUNT_ENTRIES.sql] {
            assert!(sql.contains(&list), "{list} is not in {sql}");
        }
    }
}
