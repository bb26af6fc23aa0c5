//! The outbox: its entries are written by the transactions that change messages. Ids are given before commits, so the order is (`xid`, `id`), and a reader stops
//! below the oldest transaction that still runs.

use async_trait::async_trait;
use diesel::{
    OptionalExtension as _,
    pg::data_types::PgTimestamp,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{ConversationId, MessageId, UserId},
    ports::{Claim, ConsumerLag, OnCommit, Outbox, OutboxEntry, OutboxKind, OutboxPlace, OutboxStart, Passed, StoreError, TRIMMED, Wake},
    time::Timestamp,
};

use super::{
    Connection, Outcome, Postgres,
    rows::{count, sql_time, time},
    statement::statement,
};
use crate::error::{CorruptValueError, Result};

/// Appends the entry of a change to the transaction of the change. Sent messages have theirs in the statement that stores them.
pub(super) async fn append(
    connection: &mut Connection,
    kind: OutboxKind,
    conversation: ConversationId,
    message: MessageId,
    actor: UserId,
    at: Timestamp,
) -> Result<()> {
    let entry = NewEntry {
        kind: kind.as_str(),
        conversation: conversation.0,
        message: message.0,
        actor: actor.0,
        at: sql_time(at),
    };
    entry.execute(connection).await?;
    Ok(())
}

struct NewEntry {
    kind: &'static str,
    conversation: i64,
    message: i64,
    actor: i64,
    at: PgTimestamp,
}

statement! {
    NewEntry:
    "INSERT INTO messaging_outbox (kind, conversation_id, message_id, actor_id, at) VALUES (", kind: Text, ", ", conversation: BigInt,
    ", ", message: BigInt, ", ", actor: BigInt, ", ", at: Timestamptz, ")"
}

/// Transactions are counted anew in another cluster. So if the database was copied there, its entries and positions may be of transactions that are still to come:
/// the entries would not be read, and the positions would hide new ones. Such entries get the present transaction, and their consumers read again what is left.
pub(super) async fn renumber_if_copied(connection: &mut Connection) -> Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Foreign {
        #[diesel(sql_type = Bool)]
        is_foreign: bool,
    }
    let found: Foreign = diesel::sql_query(
        "SELECT coalesce((SELECT o.xid FROM messaging_outbox o ORDER BY o.xid DESC, o.id DESC LIMIT 1) >= pg_snapshot_xmax(pg_current_snapshot()), false)
             OR EXISTS (SELECT FROM messaging_consumer c WHERE c.xid > pg_snapshot_xmax(pg_current_snapshot())) AS is_foreign",
    )
    .get_result(connection)
    .await?;
    if !found.is_foreign {
        return Ok(());
    }
    diesel::sql_query(
        "WITH entries AS (UPDATE messaging_outbox SET xid = pg_current_xact_id() WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
         UPDATE messaging_consumer SET xid = '0', position = 0, holder = NULL, leased_until = NULL",
    )
    .execute(connection)
    .await?;
    tracing::info!("the database was copied from another server: consumers of the outbox begin with the oldest entry that is left");
    Ok(())
}

/// The entries of the kinds that this version knows.
struct Entries {
    transaction: i64,
    id: i64,
    limit: i64,
}

statement! {
    Entries -> (BigInt, BigInt, Text, BigInt, Nullable<BigInt>, Nullable<BigInt>, Timestamptz):
    "SELECT o.xid::text::bigint, o.id, o.kind, o.conversation_id, o.message_id, o.actor_id, o.at FROM messaging_outbox o \
     WHERE (o.xid, o.id) > (", transaction: BigInt, "::text::xid8, ", id: BigInt, ") AND o.xid < pg_snapshot_xmin(pg_current_snapshot()) \
        AND o.kind IN ('sent', 'edited', 'deleted') \
     ORDER BY o.xid, o.id LIMIT ", limit: BigInt,
}

type EntryRow = (i64, i64, String, i64, Option<i64>, Option<i64>, PgTimestamp);

fn entry((transaction, id, kind, conversation, message, actor, at): EntryRow) -> std::result::Result<OutboxEntry, CorruptValueError> {
    let unreadable = |column| CorruptValueError {
        table: "messaging_outbox",
        column,
    };
    Ok(OutboxEntry {
        place: OutboxPlace { transaction, id },
        kind: OutboxKind::parse(&kind).ok_or_else(|| unreadable("kind"))?,
        conversation: ConversationId(conversation),
        message: MessageId(message.ok_or_else(|| unreadable("message_id"))?),
        actor: UserId(actor.ok_or_else(|| unreadable("actor_id"))?),
        at: time(at),
    })
}

/// Registers a consumer, or takes it if nobody else has it.
struct NewClaim {
    consumer: String,
    from_beginning: bool,
    holder: String,
    until: PgTimestamp,
    now: PgTimestamp,
}

// The end is before the oldest transaction that still runs: what is committed later is behind it.
statement! {
    NewClaim -> (BigInt, BigInt, BigInt):
    "INSERT INTO messaging_consumer AS c (name, xid, position, generation, holder, leased_until) VALUES (", consumer: Text,
    ", CASE WHEN ", from_beginning: Bool, " THEN '0'::xid8 ELSE pg_snapshot_xmin(pg_current_snapshot()) END, 0, 1, ", holder: Text,
    ", ", until: Timestamptz, ") \
     ON CONFLICT (name) DO UPDATE SET generation = c.generation + (c.holder IS DISTINCT FROM excluded.holder)::integer, \
        holder = excluded.holder, leased_until = excluded.leased_until \
     WHERE c.holder IS NULL OR c.holder = excluded.holder OR c.leased_until <= ", now: Timestamptz,
    " RETURNING c.xid::text::bigint, c.position, c.generation"
}

struct Release {
    consumer: String,
    generation: i64,
}

statement! {
    Release:
    "UPDATE messaging_consumer SET holder = NULL, leased_until = NULL WHERE name = ", consumer: Text, " AND generation = ", generation: BigInt,
}

/// Moves a position, never back.
struct NewPosition {
    transaction: i64,
    id: i64,
    consumer: String,
    generation: i64,
}

statement! {
    NewPosition:
    "UPDATE messaging_consumer c SET xid = new.xid, position = new.position \
     FROM (SELECT p.name, \
            CASE WHEN (p.xid, p.position) < (passed.xid, passed.position) THEN passed.xid ELSE p.xid END AS xid, \
            CASE WHEN (p.xid, p.position) < (passed.xid, passed.position) THEN passed.position ELSE p.position END AS position \
        FROM messaging_consumer p, (SELECT ", transaction: BigInt, "::text::xid8 AS xid, ", id: BigInt, "::bigint AS position) passed) new \
     WHERE c.name = new.name AND c.name = ", consumer: Text, " AND c.generation = ", generation: BigInt,
}

/// Removes the oldest entries that all consumers have passed. What another node removes at the same time is left to it.
struct Trim {
    limit: i64,
}

statement! {
    Trim:
    "DELETE FROM messaging_outbox WHERE id IN ( \
        SELECT o.id FROM messaging_outbox o \
        WHERE (o.xid, o.id) <= (SELECT slowest.xid, slowest.position FROM ( \
            (SELECT c.xid, c.position FROM messaging_consumer c ORDER BY c.xid, c.position LIMIT 1) \
            UNION ALL SELECT '18446744073709551615'::xid8, 9223372036854775807 LIMIT 1) slowest) \
            AND (o.xid, o.id) < (SELECT n.xid, n.id FROM messaging_outbox n ORDER BY n.xid DESC, n.id DESC LIMIT 1) \
        ORDER BY o.xid, o.id LIMIT ", limit: BigInt, " FOR UPDATE SKIP LOCKED)"
}

/// How many entries are behind each consumer, up to a number, and the time of the oldest.
struct Lag {
    most: i64,
}

statement! {
    Lag -> (Text, BigInt, BigInt, BigInt, Nullable<Timestamptz>):
    "SELECT c.name, c.xid::text::bigint, c.position, behind.entries, behind.oldest \
     FROM messaging_consumer c, LATERAL (SELECT count(*) AS entries, min(o.at) AS oldest FROM ( \
        SELECT e.at FROM messaging_outbox e WHERE (e.xid, e.id) > (c.xid, c.position) AND e.kind IN ('sent', 'edited', 'deleted') \
        ORDER BY e.xid, e.id LIMIT ", most: BigInt, ") o) behind \
     ORDER BY c.name"
}

type LagRow = (String, i64, i64, i64, Option<PgTimestamp>);

fn consumer_lag((consumer, transaction, id, entries, oldest): LagRow) -> std::result::Result<ConsumerLag, CorruptValueError> {
    Ok(ConsumerLag {
        consumer,
        position: OutboxPlace { transaction, id },
        entries: count(entries, "messaging_outbox", "count")?,
        oldest: oldest.map(time),
    })
}

impl Postgres {
    /// Calls those who wait for entries, too, if the act has appended any.
    pub(super) fn waking<T: 'static>(&self, on_commit: OnCommit<T>, has_entry: fn(&T) -> bool) -> OnCommit<T> {
        let inner = self.inner.clone();
        Box::new(move |outcome| {
            on_commit(outcome);
            if has_entry(outcome) {
                inner.wakes.wake();
            }
        })
    }
}

#[async_trait]
impl Outbox for Postgres {
    async fn claim(
        &self,
        consumer: &str,
        holder: &str,
        start: OutboxStart,
        now: Timestamp,
        until: Timestamp,
    ) -> std::result::Result<Option<Claim>, StoreError> {
        let consumer = consumer.to_owned();
        let holder = holder.to_owned();
        self.write(move |connection| {
            let wanted = NewClaim {
                consumer: consumer.clone(),
                from_beginning: start == OutboxStart::Beginning,
                holder: holder.clone(),
                until: sql_time(until),
                now: sql_time(now),
            };
            Box::pin(async move {
                let consumer = wanted.consumer.clone();
                let claimed: Option<(i64, i64, i64)> = wanted.get_result(connection).await.optional()?;
                let claim = claimed.map(|(transaction, id, generation)| Claim {
                    consumer,
                    position: OutboxPlace { transaction, id },
                    generation,
                });
                Ok(Ok(Outcome::Keep(claim)))
            })
        })
        .await
    }

    async fn release(&self, claim: &Claim) -> std::result::Result<(), StoreError> {
        let claim = claim.clone();
        self.write(move |connection| {
            let release = Release {
                consumer: claim.consumer.clone(),
                generation: claim.generation,
            };
            Box::pin(async move {
                release.execute(connection).await?;
                Ok(Ok(Outcome::Keep(())))
            })
        })
        .await
    }

    async fn read(&self, after: OutboxPlace, limit: usize) -> std::result::Result<Vec<OutboxEntry>, StoreError> {
        let entries = Entries {
            transaction: after.transaction,
            id: after.id,
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        };
        self.read_once(move |mut connection| {
            Box::pin(async move {
                let rows: Vec<EntryRow> = entries.load(&mut connection).await?;
                Ok(rows.into_iter().map(entry).collect::<std::result::Result<_, _>>()?)
            })
        })
        .await
    }

    async fn pass(&self, claim: &Claim, position: OutboxPlace) -> std::result::Result<Passed, StoreError> {
        let claim = claim.clone();
        self.write(move |connection| {
            let position = NewPosition {
                transaction: position.transaction,
                id: position.id,
                consumer: claim.consumer.clone(),
                generation: claim.generation,
            };
            Box::pin(async move {
                let stored = position.execute(connection).await?;
                Ok(Ok(match stored {
                    0 => Outcome::Discard(Passed::Fenced),
                    _ => Outcome::Keep(Passed::Stored),
                }))
            })
        })
        .await
    }

    async fn trim(&self) -> std::result::Result<u64, StoreError> {
        self.write(|connection| {
            let trim = Trim {
                limit: TRIMMED.cast_signed(),
            };
            Box::pin(async move { Ok(Ok(Outcome::Keep(trim.execute(connection).await? as u64))) })
        })
        .await
    }

    async fn lag(&self) -> std::result::Result<Vec<ConsumerLag>, StoreError> {
        let lag = Lag {
            most: ConsumerLag::MOST.cast_signed(),
        };
        self.read_once(move |mut connection| {
            Box::pin(async move {
                let rows: Vec<LagRow> = lag.load(&mut connection).await?;
                Ok(rows.into_iter().map(consumer_lag).collect::<std::result::Result<_, _>>()?)
            })
        })
        .await
    }

    fn wake_on_append(&self, wake: Wake) {
        self.inner.wakes.add(wake);
    }
}
