//! Files of messages.

use crate::{
    id::{AttachmentId, ConversationId, MessageId},
    time::Timestamp,
};

/// The kind of a file, as clients show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FileType {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Text, tables, slides, PDF.
    Document,
    /// Anything else that is allowed, such as an archive.
    Other,
}

impl FileType {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Other => "other",
        }
    }

    /// From the name on the wire and in the database.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Image, Self::Video, Self::Audio, Self::Document, Self::Other]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A stored file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attachment {
    /// The file.
    pub id: AttachmentId,
    /// Its message.
    pub message: MessageId,
    /// Its message's conversation.
    pub conversation: ConversationId,
    /// What clients show it as.
    pub file_type: FileType,
    /// For display, never a path.
    pub file_name: String,
    /// Bytes.
    pub file_size: u64,
    /// Decided by content.
    pub mime_type: String,
    /// Pixels, orientation applied; images only.
    pub width: Option<u32>,
    /// Pixels, orientation applied; images only.
    pub height: Option<u32>,
    /// When it was stored.
    pub uploaded_at: Timestamp,
    /// Where the object store keeps it.
    pub key: String,
    /// Where the object store keeps its small picture.
    pub thumbnail_key: Option<String>,
}

/// A file that lies in the object store and waits for its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// What clients show it as.
    pub file_type: FileType,
    /// For display, never a path.
    pub file_name: String,
    /// Bytes.
    pub file_size: u64,
    /// Decided by content.
    pub mime_type: String,
    /// Pixels, orientation applied; images only.
    pub width: Option<u32>,
    /// Pixels, orientation applied; images only.
    pub height: Option<u32>,
    /// Where the object store keeps it.
    pub key: String,
    /// Where the object store keeps its small picture.
    pub thumbnail_key: Option<String>,
}
