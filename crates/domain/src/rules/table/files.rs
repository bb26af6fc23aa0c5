//! Files of messages.

use super::cast::HERE;
use crate::{
    attachment::{Attachment, FileType, NewAttachment},
    id::{AttachmentId, MessageId},
    testing::builders::at,
};

/// A file that waits for its message.
pub(crate) fn a_file() -> NewAttachment {
    NewAttachment {
        file_type: FileType::Image,
        file_name: "gul.png".to_owned(),
        file_size: 5,
        mime_type: "image/png".to_owned(),
        width: Some(1),
        height: Some(1),
        key: "key".to_owned(),
        thumbnail_key: None,
    }
}

/// The same, stored.
pub(crate) fn a_stored_file() -> Attachment {
    let file = a_file();
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
