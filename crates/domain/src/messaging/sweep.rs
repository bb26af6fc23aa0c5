use std::{future::poll_fn, pin::Pin};

use futures_core::Stream as _;

use super::{Error, Messaging};
use crate::ports::BlobKeys;

/// How old an object is that no message will name any more, in seconds. Whoever takes files in sees to it that their message is stored sooner.
pub const ORPHAN_AGE: i64 = 3600;

/// How many objects are looked up at once.
const BATCH: usize = 500;

/// What a sweep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects old enough to be looked at.
    pub looked_at: u64,
    /// Those that no message named, and that were deleted.
    pub orphans: u64,
    /// Uploads that never finished, and that were cleared away.
    pub unfinished: u64,
}

impl Messaging {
    /// Removes what crashes have left in the object store: files older than an hour that no message names, and uploads that never finished.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let before = self.clock.now().plus_seconds(-ORPHAN_AGE);
        let mut swept = Swept {
            unfinished: self.blobs.clear_unfinished(before).await?,
            ..Swept::default()
        };
        let mut old = self.blobs.older_than(before);
        loop {
            let batch = take(&mut old, BATCH).await?;
            if batch.is_empty() {
                return Ok(swept);
            }
            let used = self.messages.keys_in_use(&batch).await?;
            swept.looked_at += batch.len() as u64;
            let orphans: Vec<String> = batch.into_iter().filter(|key| !used.contains(key)).collect();
            if !orphans.is_empty() {
                self.blobs.delete(&orphans).await?;
                swept.orphans += orphans.len() as u64;
            }
        }
    }
}

/// The next keys, at most so many.
async fn take(keys: &mut BlobKeys, most: usize) -> Result<Vec<String>, Error> {
    let mut taken = Vec::new();
    while taken.len() < most {
        match poll_fn(|context| Pin::new(&mut *keys).poll_next(context)).await {
            Some(key) => taken.push(key?),
            None => break,
        }
    }
    Ok(taken)
}
