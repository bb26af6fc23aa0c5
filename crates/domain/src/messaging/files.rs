use std::ops::Range;

use super::{Error, Messaging};
use crate::{
    attachment::{Attachment, Thumbnail},
    id::{AttachmentId, UserId},
    ports::{Blob, LinkHeaders},
    rules::reading::{FileAccess, may_open_file},
};

impl Messaging {
    /// A file, for a participant or for the holder of a link (`viewer` is `None`). `None` for everybody else, and once its message is deleted.
    pub async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<Attachment>, Error> {
        let access = if viewer.is_some() { FileAccess::Person } else { FileAccess::Link };
        let facts = self.ports.messages.file(id, viewer).await?;
        Ok(facts.filter(|facts| may_open_file(facts, access)).map(|facts| facts.file))
    }

    /// The size of a thumbnail in bytes; `None` if the object store has lost it.
    pub async fn thumbnail_size(&self, thumbnail: &Thumbnail) -> Result<Option<u64>, Error> {
        Ok(self.ports.blobs.size(&thumbnail.key).await?)
    }

    /// The bytes of a file or of its thumbnail, by its key.
    pub async fn bytes(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Blob>, Error> {
        Ok(self.ports.blobs.read(key, range).await?)
    }

    /// A URL of the object store for the bytes of a file or of its thumbnail; `None` if downloads pass through the service. It works for a minute, so it is
    /// only for a viewer who may see the file now.
    pub async fn link(&self, key: &str, headers: &LinkHeaders<'_>) -> Result<Option<String>, Error> {
        Ok(self.ports.blobs.link(key, headers).await?)
    }
}
