//! Files of messages.

use super::cast::HERE;
use crate::{
    attachment::Attachment,
    id::{AttachmentId, MessageId},
    testing::builders::{a_file, at},
};

/// A stored file.
pub(crate) fn a_stored_file() -> Attachment {
    let file = a_file("key");
    Attachment {
        id: AttachmentId(1),
        message: MessageId(100),
        conversation: HERE,
        file_type: file.file_type,
        file_name: file.file_name,
        file_size: file.file_size,
        mime_type: file.mime_type,
        width: file.width,
        height: file.height,
        uploaded_at: at(0),
        key: file.key,
        thumbnail_key: file.thumbnail_key,
    }
}
