//! The row that describes the database itself: store id, epoch, newest time, and whether it is the demo's. The migration creates it.

use domain::{
    identity::{Epoch, StoreId, StoreIdentity},
    people::DirectoryDocument,
    ports::{ImportOutcome, StoreError},
    time::Timestamp,
};
use rusqlite::{Connection, Result};

use super::{
    Sqlite, directory,
    rows::{Query, query, row},
    writer::Outcome,
};
use crate::store::Origin;

impl Sqlite {
    /// Reads whether the directory is empty, imported, or that of the demo.
    pub async fn origin(&self) -> std::result::Result<Origin, StoreError> {
        self.read(|connection| Ok(origin(connection)?)).await
    }

    /// Imports the directory of the demo, and marks the database as filled by it; both or neither.
    pub async fn import_demo(&self, document: DirectoryDocument) -> std::result::Result<ImportOutcome, StoreError> {
        self.write(None, move |connection| {
            let imported = directory::import(connection, &document)?;
            if let Outcome::Keep(_) = imported {
                connection.execute("UPDATE messaging_store SET is_demo = 1", [])?;
            }
            Ok(imported)
        })
        .await
    }
}

row!(
    struct Contents of messaging_store {
        is_demo: bool,
        has_directory: bool = "EXISTS (SELECT 1 FROM accounts_user) OR EXISTS (SELECT 1 FROM confessions_confession)",
    }
);

fn origin(connection: &Connection) -> Result<Origin> {
    const SELECT_CONTENTS: Query<Contents> = query!(Contents as "s", "FROM messaging_store s");
    let contents = SELECT_CONTENTS.one(connection, [])?;
    Ok(match (contents.is_demo, contents.has_directory) {
        (true, _) => Origin::Demo,
        (false, true) => Origin::Directory,
        (false, false) => Origin::Empty,
    })
}

row!(
    struct Ids of messaging_store {
        store: String = store_id,
        epoch: String,
    }
);

pub(super) fn load(connection: &Connection) -> Result<StoreIdentity> {
    const SELECT_IDS: Query<Ids> = query!(Ids as "s", "FROM messaging_store s WHERE s.id = 1");
    let Ids { store, epoch } = SELECT_IDS.one(connection, [])?;
    Ok(StoreIdentity {
        store: StoreId::new(store),
        epoch: Epoch::new(epoch),
    })
}

/// Begins a new epoch: from now on, `seq` and message ids are assigned that clients may know from the old epoch with other content.
pub(super) fn begin_epoch(connection: &Connection) -> Result<()> {
    connection
        .execute("UPDATE messaging_store SET epoch = lower(hex(randomblob(8)))", [])
        .map(drop)
}

row!(
    struct NewestTimes of messaging_store {
        /// The noted time, or a newer one from the newest rows.
        near: Timestamp = "max(
             newest_at,
             coalesce((SELECT max(created_at) FROM (SELECT created_at FROM messaging_conversation ORDER BY id DESC LIMIT 1000)), 0),
             coalesce((SELECT max(updated_at) FROM (SELECT updated_at FROM messaging_message ORDER BY id DESC LIMIT 1000)), 0),
             coalesce((SELECT max(max(delivered_at, coalesce(read_at, 0))) FROM messaging_messageread
                       WHERE message_id > (SELECT max(id) FROM messaging_message) - 1000), 0)
         )",
        noted: Timestamp = newest_at,
    }
);

/// The newest time in the database. An orderly end notes it; the newest rows are read all the same, because another program may have written some. After
/// an unclean end, or if the time was never noted, every conversation is read.
pub(super) fn newest_time(connection: &Connection, unclean: bool) -> Result<Timestamp> {
    const SELECT_NEWEST: Query<NewestTimes> = query!(NewestTimes as "s", "FROM messaging_store s");
    const SELECT_NEWEST_OF_ALL: Query<Timestamp> = Query::value(
        "SELECT max(
             coalesce((SELECT max(updated_at) FROM messaging_conversation), 0),
             coalesce((SELECT max(read_at) FROM messaging_conversation_participants), 0)
         )",
    );
    let NewestTimes { near, noted } = SELECT_NEWEST.one(connection, [])?;
    if unclean || noted == Timestamp(0) {
        Ok(near.max(SELECT_NEWEST_OF_ALL.one(connection, [])?))
    } else {
        Ok(near)
    }
}

/// The newest time that was noted at the last orderly end.
pub(super) fn noted_time(connection: &Connection) -> Result<Timestamp> {
    const SELECT_NOTED: Query<Timestamp> = Query::value("SELECT newest_at FROM messaging_store");
    SELECT_NOTED.one(connection, [])
}

/// Notes the newest time for the next start.
pub(super) fn note_newest_time(connection: &Connection, newest: Timestamp) -> Result<()> {
    connection
        .execute("UPDATE messaging_store SET newest_at = ?1 WHERE newest_at < ?1", [newest.0])
        .map(drop)
}
