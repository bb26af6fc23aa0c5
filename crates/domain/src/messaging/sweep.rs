use std::{collections::HashSet, future::poll_fn, pin::Pin};

use futures_core::Stream as _;

use super::{Error, Messaging};
use crate::{
    ports::{BlobEntries, BlobEntry, BlobResult},
    time::Timestamp,
};

/// The age in seconds from which an object without a message is an orphan. Uploads must store their message before that.
pub const ORPHAN_AGE: i64 = 3600;
/// Objects that were set aside are removed after this many seconds.
pub const SET_ASIDE_SECONDS: i64 = 86_400;
/// Files of a deleted message are kept for this many days.
pub const DELETED_FILES_DAYS: i64 = 30;

/// A sweep sets aside at most one of this many objects.
const ONE_OF: u64 = 10;
/// The number of objects looked up in one query.
const BATCH: usize = 500;

/// The result of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// The sweep examined all objects.
    Done(Swept),
    /// Database and object store do not seem to belong together. Nothing was set aside or removed.
    Stopped(SweepStopped),
}

/// The counts of a finished sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects in the store, whatever their age.
    pub looked_at: u64,
    /// Orphans that were set aside.
    pub orphans: u64,
    /// Files of messages deleted long ago that were set aside.
    pub deleted: u64,
    /// Objects that were set aside earlier and put back, because a message names them.
    pub put_back: u64,
    /// Objects that were set aside at least a day ago and removed.
    pub removed: u64,
    /// Remains of unfinished uploads that were removed.
    pub unfinished: u64,
}

/// The reason why a sweep changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepStopped {
    /// The object store does not carry the id of this database.
    NotOurs,
    /// The database knows none of the files.
    NothingKnown {
        /// The number of objects in the store.
        objects: u64,
    },
    /// The newest orphan is younger than the newest object that a message names: the database may be an older copy.
    OlderDatabase {
        /// The time at which the newest orphan was stored.
        orphan: Timestamp,
        /// The time at which the newest object of a message was stored.
        known: Timestamp,
    },
    /// More than a tenth of the objects are orphans.
    TooMany {
        /// The number of orphans.
        orphans: u64,
        /// The number of objects, orphans included.
        objects: u64,
    },
}

impl SweepStopped {
    /// The value of the label in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::NothingKnown { .. } => "nothing_known",
            Self::OlderDatabase { .. } => "older_database",
            Self::TooMany { .. } => "too_many",
        }
    }
}

/// The counts of the first pass, by which the sweep decides whether to go on.
#[derive(Default)]
struct Census {
    objects: u64,
    orphans: u64,
    newest_known: Option<Timestamp>,
    newest_orphan: Option<Timestamp>,
}

impl Census {
    /// Refuses the sweep if database and object store do not seem to belong together.
    fn verdict(&self) -> Result<(), SweepStopped> {
        let Some(known) = self.newest_known else {
            return Err(SweepStopped::NothingKnown { objects: self.objects });
        };
        if let Some(orphan) = self.newest_orphan.filter(|orphan| *orphan > known) {
            return Err(SweepStopped::OlderDatabase { orphan, known });
        }
        if self.orphans > self.objects / ONE_OF {
            return Err(SweepStopped::TooMany {
                orphans: self.orphans,
                objects: self.objects,
            });
        }
        Ok(())
    }
}

impl Messaging {
    /// Sets aside the files that crashes have left (files older than an hour that no message names) and the files of messages deleted long ago, and removes
    /// unfinished uploads. Files stay set aside for a day, and are put back if a message names them after all.
    ///
    /// An object that one database does not name may still belong to another. So all objects are counted first, and none is set aside if the two stores do not
    /// seem to belong together. The memory that it needs does not grow with the number of files.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        if self.ports.blobs.owner().await?.is_none_or(|owner| owner != self.ports.store) {
            return Ok(Sweep::Stopped(SweepStopped::NotOurs));
        }
        let now = self.ports.clock.now();
        let mut swept = Swept {
            put_back: self.put_back(now).await?,
            ..Swept::default()
        };
        let census = self.census(now).await?;
        swept.looked_at = census.objects;
        if census.newest_known.is_none() && census.orphans == 0 {
            // No file is stored yet, or the first one is being stored.
            return Ok(Sweep::Done(swept));
        }
        if let Err(stopped) = census.verdict() {
            return Ok(Sweep::Stopped(stopped));
        }
        self.set_aside(&census, now, &mut swept).await?;
        swept.removed = self.remove_set_aside(now).await?;
        swept.unfinished = self.ports.blobs.clear_unfinished(now.plus_seconds(-ORPHAN_AGE)).await?;
        Ok(Sweep::Done(swept))
    }

    /// The first pass, which only counts.
    async fn census(&self, now: Timestamp) -> Result<Census, Error> {
        let mut census = Census::default();
        let mut all = self.ports.blobs.list();
        loop {
            let batch = take(&mut all).await?;
            if batch.is_empty() {
                return Ok(census);
            }
            let known = self.known(&batch).await?;
            census.objects += batch.len() as u64;
            for BlobEntry { key, since } in batch {
                if known.contains(&key) {
                    census.newest_known = census.newest_known.max(Some(since));
                } else if is_old(since, now) {
                    census.orphans += 1;
                    census.newest_orphan = census.newest_orphan.max(Some(since));
                }
            }
        }
    }

    /// Sets aside the counted orphans, unless a message names them by now, and files of messages deleted long ago: as many as one sweep may take, and the rest
    /// in the next one.
    async fn set_aside(&self, census: &Census, now: Timestamp, swept: &mut Swept) -> Result<(), Error> {
        let mut all = self.ports.blobs.list();
        loop {
            let batch = take(&mut all).await?;
            if batch.is_empty() {
                return Ok(());
            }
            let known = self.known(&batch).await?;
            let mut expired = self.expired(&batch, now).await?;
            let room = (census.objects / ONE_OF).saturating_sub(census.orphans + swept.deleted);
            expired.truncate(usize::try_from(room).unwrap_or(usize::MAX));
            let is_orphan =
                |entry: &&BlobEntry| !known.contains(&entry.key) && is_old(entry.since, now) && Some(entry.since) <= census.newest_orphan;
            let mut taken: Vec<String> = batch.iter().filter(is_orphan).map(|entry| entry.key.clone()).collect();
            let orphans = taken.len() as u64;
            if swept.orphans + orphans > census.orphans {
                // Rows are being deleted by another program; the service never does that.
                return Ok(());
            }
            taken.extend(expired);
            if !taken.is_empty() {
                self.ports.blobs.set_aside(&taken).await?;
                swept.orphans += orphans;
                swept.deleted += taken.len() as u64 - orphans;
            }
        }
    }

    /// Puts back the objects that a message names: they were set aside when the database was another one.
    async fn put_back(&self, now: Timestamp) -> Result<u64, Error> {
        let (mut put_back, mut aside) = (0, self.ports.blobs.list_set_aside());
        loop {
            let batch = take(&mut aside).await?;
            if batch.is_empty() {
                return Ok(put_back);
            }
            let needed = self.needed(&batch, now).await?;
            if !needed.is_empty() {
                self.ports.blobs.put_back(&needed).await?;
                put_back += needed.len() as u64;
            }
        }
    }

    /// Removes for good the objects that were set aside a day ago, unless a message names them by now.
    async fn remove_set_aside(&self, now: Timestamp) -> Result<u64, Error> {
        let before = now.plus_seconds(-SET_ASIDE_SECONDS);
        let (mut removed, mut aside) = (0, self.ports.blobs.list_set_aside());
        loop {
            let mut batch = take(&mut aside).await?;
            if batch.is_empty() {
                return Ok(removed);
            }
            batch.retain(|entry| entry.since < before);
            let needed: HashSet<String> = self.needed(&batch, now).await?.into_iter().collect();
            let gone: Vec<String> = batch
                .into_iter()
                .map(|entry| entry.key)
                .filter(|key| !needed.contains(key))
                .collect();
            if !gone.is_empty() {
                self.ports.blobs.delete_set_aside(&gone).await?;
                removed += gone.len() as u64;
            }
        }
    }

    /// The keys among these that belong to messages, deleted ones included.
    async fn known(&self, entries: &[BlobEntry]) -> Result<HashSet<String>, Error> {
        Ok(self.ports.messages.keys_in_use(&keys(entries)).await?.into_iter().collect())
    }

    /// The keys among these that belong to messages deleted long ago.
    async fn expired(&self, entries: &[BlobEntry], now: Timestamp) -> Result<Vec<String>, Error> {
        let before = now.plus_seconds(-DELETED_FILES_DAYS * 86_400);
        Ok(self.ports.messages.keys_deleted_before(&keys(entries), before).await?)
    }

    /// The keys among these that belong to messages that are not deleted, or were deleted lately.
    async fn needed(&self, entries: &[BlobEntry], now: Timestamp) -> Result<Vec<String>, Error> {
        let mut needed = self.known(entries).await?;
        for key in self.expired(entries, now).await? {
            needed.remove(&key);
        }
        Ok(needed.into_iter().collect())
    }
}

/// Whether the object is too old for a running upload to store its message.
fn is_old(since: Timestamp, now: Timestamp) -> bool {
    since < now.plus_seconds(-ORPHAN_AGE)
}

fn keys(entries: &[BlobEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.key.clone()).collect()
}

/// The next blobs of a list, at most [`BATCH`].
async fn take(list: &mut BlobEntries) -> Result<Vec<BlobEntry>, Error> {
    let mut taken = Vec::new();
    while taken.len() < BATCH {
        match next(list).await {
            Some(entry) => taken.push(entry?),
            None => break,
        }
    }
    Ok(taken)
}

/// The next blob of a list.
pub(super) async fn next(list: &mut BlobEntries) -> Option<BlobResult<BlobEntry>> {
    poll_fn(|context| Pin::new(&mut *list).poll_next(context)).await
}
