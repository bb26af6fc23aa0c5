//! Checks that the database and the object store belong together.

use super::{Error, Messaging, sweep::next};

/// Before a store without an id is claimed, the presence of at most this many known files is checked.
const SAMPLE: u32 = 100;

/// The result of comparing the object store with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectsOwner {
    /// The object store carries the id of this database.
    Ours,
    /// The object store carried no id and was empty, and this database knows no files: it now carries the id of this database.
    Claimed,
    /// The object store carried no id, and holds the files that this database knows: it now carries the id of this database.
    Adopted,
    /// The object store carries the id of another database.
    Foreign,
    /// The object store carries no id and holds files, but none that this database knows.
    Unknown,
    /// The object store carries no id and lacks the files that this database knows: its volume is not mounted, or they are lost.
    Missing,
}

impl ObjectsOwner {
    /// Whether files may be stored in it.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::Claimed | Self::Adopted)
    }
}

impl Messaging {
    /// Determines whether the object store belongs to this database. A store without an id gets that of this database, but only if it certainly belongs to it.
    /// Called at the start only: a store that is empty later may be a mount point without its volume.
    pub async fn claim_objects(&self) -> Result<ObjectsOwner, Error> {
        match self.ports.blobs.owner().await? {
            Some(owner) if owner == self.ports.store => return Ok(ObjectsOwner::Ours),
            Some(_) => return Ok(ObjectsOwner::Foreign),
            None => {}
        }
        let known = self.ports.messages.newest_keys(SAMPLE).await?;
        let owner = if known.is_empty() {
            let mut stored = self.ports.blobs.list();
            if next(&mut stored).await.transpose()?.is_some() {
                return Ok(ObjectsOwner::Unknown);
            }
            ObjectsOwner::Claimed
        } else {
            let mut found = 0;
            for key in &known {
                found += usize::from(self.ports.blobs.size(key).await?.is_some());
            }
            // A few files may be lost although the store is the right one.
            if found * 2 <= known.len() {
                return Ok(ObjectsOwner::Missing);
            }
            ObjectsOwner::Adopted
        };
        self.ports.blobs.claim().await?;
        // Another process may have claimed the store at the same time.
        let is_ours = self.ports.blobs.owner().await?.is_some_and(|owner| owner == self.ports.store);
        Ok(if is_ours { owner } else { ObjectsOwner::Foreign })
    }
}
