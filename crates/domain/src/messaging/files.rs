use std::ops::Range;

use super::{Error, Messaging};
use crate::{
    attachment::Attachment,
    id::{AttachmentId, UserId},
    ports::{Blob, BlobResult},
    rules::reading::{Door, may_open_file},
};

impl Messaging {
    /// A file, to a participant in person or to whoever holds a link (`viewer` is `None`). To everybody else, and once its message is deleted, there is none.
    pub async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<Attachment>, Error> {
        let door = if viewer.is_some() { Door::Person } else { Door::Link };
        let facts = self.messages.file(id, viewer).await?;
        Ok(facts.filter(|facts| may_open_file(facts, door)).map(|facts| facts.file))
    }

    /// The bytes of a file or of its small picture, by its key.
    pub async fn bytes(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        self.blobs.read(key, range).await
    }
}
