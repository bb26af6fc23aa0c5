//! The ids, the epoch and the newest time of the database: one row, made by the migration.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    dsl::{exists, max, select},
    pg::data_types::PgTimestamp,
};
use diesel_async::RunQueryDsl as _;
use domain::{
    identity::{Epoch, StoreId, StoreIdentity},
    people::DirectoryDocument,
    ports::{ImportOutcome, StoreError},
    time::Timestamp,
};

use super::{
    Connection, Inner, Outcome, Postgres, directory,
    rows::{sql_time, time},
    schema::{
        accounts_user, confessions_confession, greatest, messaging_conversation, messaging_conversation_participants, messaging_message,
        messaging_messageread, messaging_store,
    },
};
use crate::{
    error::{Result, failed},
    store::Origin,
};

/// How many of the newest rows are looked at for their times.
const NEWEST_ROWS: i64 = 1_000;

impl Postgres {
    /// Fails unless the database can be written to now, and read. After a write has failed, the largest message must fit: on a full disk there may be room for
    /// less. That is not tried each time, since the server would log as much.
    pub async fn ping(&self) -> std::result::Result<(), StoreError> {
        let is_doubted = self.last_write_failed();
        self.run(move |inner| async move {
            if is_doubted {
                inner.write_a_lot().await?;
            }
            inner.note_newest_time().await
        })
        .await
    }

    /// Reads how the database came by its people.
    pub async fn origin(&self) -> std::result::Result<Origin, StoreError> {
        self.read(|connection| Box::pin(origin(connection))).await
    }

    /// Imports the directory of the demo, and marks the database as filled by it; both or neither.
    pub async fn import_demo(&self, document: DirectoryDocument) -> std::result::Result<ImportOutcome, StoreError> {
        let document = std::sync::Arc::new(document);
        self.write(move |connection| {
            let document = document.clone();
            Box::pin(async move {
                let imported = directory::import(connection, &document).await?;
                if let Outcome::Keep(_) = imported {
                    diesel::update(messaging_store::table)
                        .set(messaging_store::is_demo.eq(true))
                        .execute(connection)
                        .await?;
                }
                Ok(Ok(imported))
            })
        })
        .await
    }
}

impl Inner {
    /// Writes as much as the largest message needs, and makes it short again.
    async fn write_a_lot(&self) -> Result<()> {
        let digests = i64::try_from(self.largest_message / 32 + 1).map_err(|_| failed("a probe is too large"))?;
        let written = self
            .transact(&move |connection: &mut Connection| -> super::Work<'_, _> {
                Box::pin(async move {
                    // Digests, since the server would compress a text that repeats itself.
                    let longer = "UPDATE messaging_store SET epoch = epoch || (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, $1))";
                    let shorter = "UPDATE messaging_store SET epoch = left(epoch, (length(epoch) - 32 * $1)::integer)";
                    for statement in [longer, shorter] {
                        diesel::sql_query(statement)
                            .bind::<diesel::sql_types::BigInt, _>(digests)
                            .execute(connection)
                            .await?;
                    }
                    Ok(Ok(Outcome::Keep(())))
                })
            })
            .await?;
        drop(written);
        Ok(())
    }

    /// Notes the newest time for the next start, and so proves that something can be written.
    pub(super) async fn note_newest_time(&self) -> Result<()> {
        let newest = sql_time(Timestamp(std::sync::atomic::AtomicI64::load(
            &self.newest,
            std::sync::atomic::Ordering::Relaxed,
        )));
        let written = self
            .transact(&move |connection: &mut Connection| -> super::Work<'_, _> {
                Box::pin(async move {
                    diesel::update(messaging_store::table)
                        .set(messaging_store::newest_at.eq(greatest(messaging_store::newest_at, newest)))
                        .execute(connection)
                        .await?;
                    Ok(Ok(Outcome::Keep(())))
                })
            })
            .await?;
        drop(written);
        Ok(())
    }
}

async fn origin(mut connection: &Connection) -> Result<Origin> {
    let is_demo: bool = messaging_store::table
        .select(messaging_store::is_demo)
        .first(&mut connection)
        .await?;
    let has_people: bool = select(exists(accounts_user::table.select(accounts_user::id)))
        .get_result(&mut connection)
        .await?;
    let has_confessions: bool = select(exists(confessions_confession::table.select(confessions_confession::id)))
        .get_result(&mut connection)
        .await?;
    Ok(match (is_demo, has_people || has_confessions) {
        (true, _) => Origin::Demo,
        (false, true) => Origin::Directory,
        (false, false) => Origin::Empty,
    })
}

pub(super) async fn load(connection: &mut Connection) -> Result<StoreIdentity> {
    let (store, epoch): (String, String) = messaging_store::table
        .find(1)
        .select((messaging_store::store_id, messaging_store::epoch))
        .first(connection)
        .await?;
    Ok(StoreIdentity {
        store: StoreId::new(store),
        epoch: Epoch::new(epoch),
    })
}

/// The newest time that the database holds: the noted one, or a newer one of a conversation, of a reading, or of the rows that were added last.
pub(super) async fn newest_time(connection: &mut Connection) -> Result<Timestamp> {
    let noted: PgTimestamp = messaging_store::table.select(messaging_store::newest_at).first(connection).await?;
    let updated: Option<PgTimestamp> = messaging_conversation::table
        .select(max(messaging_conversation::updated_at))
        .first(connection)
        .await?;
    let read: Option<PgTimestamp> = messaging_conversation_participants::table
        .select(max(messaging_conversation_participants::read_at))
        .first(connection)
        .await?;
    let newest_message: Option<i64> = messaging_message::table
        .select(messaging_message::id)
        .order(messaging_message::id.desc())
        .first(connection)
        .await
        .optional()?;
    let delivered: Option<PgTimestamp> = messaging_messageread::table
        .filter(messaging_messageread::message_id.gt(newest_message.unwrap_or(0).saturating_sub(NEWEST_ROWS)))
        .select(max(messaging_messageread::delivered_at))
        .first(connection)
        .await?;
    let newest = [updated, read, delivered].into_iter().flatten().fold(noted, Ord::max);
    Ok(time(newest))
}
