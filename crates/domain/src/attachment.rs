//! Files of messages.

use crate::{
    id::{AttachmentId, ConversationId, MessageId},
    time::Timestamp,
};

/// The kind of a file, as clients show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FileType {
    /// A picture, shown in the message.
    Image,
    /// A video, shown with a player.
    Video,
    /// A sound recording or music.
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

    /// Reads the name on the wire and in the database.
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
    /// Given by the store.
    pub id: AttachmentId,
    /// The message that the file belongs to.
    pub message: MessageId,
    /// The conversation of that message.
    pub conversation: ConversationId,
    /// The kind of file, derived from the content.
    pub file_type: FileType,
    /// For display, never a path.
    pub file_name: String,
    /// The size in bytes.
    pub file_size: u64,
    /// Derived from the content, not taken from the client.
    pub mime_type: String,
    /// Pixels, orientation applied; images only.
    pub width: Option<u32>,
    /// Pixels, orientation applied; images only.
    pub height: Option<u32>,
    /// When it was stored.
    pub uploaded_at: Timestamp,
    /// The key of the file in the object store.
    pub key: String,
    /// Images only, and not all images have one.
    pub thumbnail: Option<Thumbnail>,
}

impl Attachment {
    /// The keys of the file and of its thumbnail in the object store.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.key).chain(self.thumbnail.as_ref().map(|thumbnail| &thumbnail.key))
    }
}

/// A thumbnail in the object store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Thumbnail {
    /// Its key in the object store.
    pub key: String,
    /// `image/jpeg` or `image/webp`, derived from the source image.
    pub mime_type: String,
}

/// A file in the object store whose message is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// The kind of file, derived from the content.
    pub file_type: FileType,
    /// For display, never a path.
    pub file_name: String,
    /// The size in bytes.
    pub file_size: u64,
    /// Derived from the content, not taken from the client.
    pub mime_type: String,
    /// Pixels, orientation applied; images only.
    pub width: Option<u32>,
    /// Pixels, orientation applied; images only.
    pub height: Option<u32>,
    /// The key of the file in the object store.
    pub key: String,
    /// Images only, and not all images have one.
    pub thumbnail: Option<Thumbnail>,
}

impl NewAttachment {
    /// The attachment that a store makes of this file.
    pub fn stored(self, id: AttachmentId, message: MessageId, conversation: ConversationId, uploaded_at: Timestamp) -> Attachment {
        Attachment {
            id,
            message,
            conversation,
            file_type: self.file_type,
            file_name: self.file_name,
            file_size: self.file_size,
            mime_type: self.mime_type,
            width: self.width,
            height: self.height,
            uploaded_at,
            key: self.key,
            thumbnail: self.thumbnail,
        }
    }

    /// The keys of the file and of its thumbnail in the object store.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.key).chain(self.thumbnail.as_ref().map(|thumbnail| &thumbnail.key))
    }
}
