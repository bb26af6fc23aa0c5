//! Files of messages.

use super::actors::HERE;
use crate::{
    attachment::Attachment,
    id::{AttachmentId, MessageId},
    testing::builders::{a_file, at},
};

/// The file of the messages with files in the tables.
pub(crate) fn a_stored_file() -> Attachment {
    a_file("key").stored(AttachmentId(1), MessageId(100), HERE, at(0))
}
