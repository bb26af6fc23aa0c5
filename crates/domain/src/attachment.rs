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
    /// Audio only: the recording of a voice message.
    pub voice: Option<Voice>,
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

/// The length and the waveform of a voice message, as the sender's device measured them: players show both before they have loaded the recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "UncheckedVoice")
)]
pub struct Voice {
    duration_ms: u32,
    waveform: Vec<u8>,
}

impl Voice {
    /// The longest voice message, in milliseconds: an hour.
    pub const MAX_DURATION_MS: u32 = 3_600_000;
    /// The most values of a waveform.
    pub const MAX_VALUES: usize = 64;
    /// The greatest value of a waveform.
    pub const LOUDEST: u8 = 31;

    /// Checks the length and the waveform.
    pub fn new(duration_ms: u32, waveform: Vec<u8>) -> Result<Self, InvalidVoice> {
        if !(1..=Self::MAX_DURATION_MS).contains(&duration_ms) {
            return Err(InvalidVoice::Duration);
        }
        if waveform.len() > Self::MAX_VALUES || waveform.iter().any(|value| *value > Self::LOUDEST) {
            return Err(InvalidVoice::Waveform);
        }
        Ok(Self { duration_ms, waveform })
    }

    /// The length in milliseconds, from 1.
    pub const fn duration_ms(&self) -> u32 {
        self.duration_ms
    }

    /// The loudness of equal parts of the recording, from 0 to [`Self::LOUDEST`].
    pub fn waveform(&self) -> &[u8] {
        &self.waveform
    }

    /// The waveform as a text of one digit to the base 32 for each value, as stores keep it.
    pub fn waveform_digits(&self) -> String {
        self.waveform
            .iter()
            .filter_map(|value| char::from_digit(u32::from(*value), 32))
            .collect()
    }

    /// A voice message as a store kept it; `None` if the values cannot be such ones.
    pub fn from_digits(duration_ms: u32, waveform: &str) -> Option<Self> {
        let values: Option<Vec<u8>> = waveform.chars().map(|digit| digit.to_digit(32)?.try_into().ok()).collect();
        Self::new(duration_ms, values?).ok()
    }
}

/// Why numbers are no voice message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVoice {
    /// The length is 0 or too long.
    #[error("the duration must be from 1 to {} ms", Voice::MAX_DURATION_MS)]
    Duration,
    /// There are too many values, or one is too great.
    #[error("the waveform must have at most {} values from 0 to {}", Voice::MAX_VALUES, Voice::LOUDEST)]
    Waveform,
}

/// A voice message whose numbers were not checked yet.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct UncheckedVoice {
    duration_ms: u32,
    waveform: Vec<u8>,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedVoice> for Voice {
    type Error = InvalidVoice;

    fn try_from(UncheckedVoice { duration_ms, waveform }: UncheckedVoice) -> Result<Self, InvalidVoice> {
        Self::new(duration_ms, waveform)
    }
}

/// The kind of the files of a message, as conversation lists name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum AttachmentKind {
    /// Pictures.
    Image,
    /// Videos.
    Video,
    /// Sound recordings or music.
    Audio,
    /// Recordings that were sent as voice messages.
    Voice,
    /// Text, tables, slides, PDF.
    Document,
    /// Files of other types, or of several kinds.
    Other,
}

impl AttachmentKind {
    /// The kind of this file.
    pub const fn of(file: &Attachment) -> Self {
        match file.file_type {
            FileType::Audio if file.voice.is_some() => Self::Voice,
            FileType::Image => Self::Image,
            FileType::Video => Self::Video,
            FileType::Audio => Self::Audio,
            FileType::Document => Self::Document,
            FileType::Other => Self::Other,
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Other => "other",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Image, Self::Video, Self::Audio, Self::Voice, Self::Document, Self::Other]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// The files of a message, as conversation lists show them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttachmentSummary {
    /// The number of files, from 1.
    pub count: u32,
    /// The kind of all files; [`AttachmentKind::Other`] if they are of several kinds.
    pub kind: AttachmentKind,
    /// The name of the first file.
    pub name: String,
}

impl AttachmentSummary {
    /// Summarises the files of a message; `None` if there are none.
    pub fn of(files: &[Attachment]) -> Option<Self> {
        let (first, others) = files.split_first()?;
        let kind = AttachmentKind::of(first);
        let is_same = |file: &Attachment| AttachmentKind::of(file) == kind;
        Some(Self {
            count: u32::try_from(files.len()).unwrap_or(u32::MAX),
            kind: if others.iter().all(is_same) { kind } else { AttachmentKind::Other },
            name: first.file_name.clone(),
        })
    }
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
    /// Audio only: the recording of a voice message.
    pub voice: Option<Voice>,
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
            voice: self.voice,
        }
    }

    /// The keys of the file and of its thumbnail in the object store.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.key).chain(self.thumbnail.as_ref().map(|thumbnail| &thumbnail.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voice_message_has_a_length_and_a_short_waveform_of_small_values() {
        for (duration_ms, waveform, expected) in [
            (1, vec![], None),
            (Voice::MAX_DURATION_MS, vec![Voice::LOUDEST; Voice::MAX_VALUES], None),
            (0, vec![], Some(InvalidVoice::Duration)),
            (Voice::MAX_DURATION_MS + 1, vec![], Some(InvalidVoice::Duration)),
            (1, vec![0; Voice::MAX_VALUES + 1], Some(InvalidVoice::Waveform)),
            (1, vec![Voice::LOUDEST + 1], Some(InvalidVoice::Waveform)),
        ] {
            assert_eq!(Voice::new(duration_ms, waveform).err(), expected, "{duration_ms}");
        }
    }

    #[test]
    fn waveform_survives_as_digits() {
        let all: Vec<u8> = (0..=Voice::LOUDEST).collect();
        let voice = Voice::new(4_200, all).expect("valid");
        assert_eq!(voice.waveform_digits(), "0123456789abcdefghijklmnopqrstuv");
        assert_eq!(Voice::from_digits(4_200, &voice.waveform_digits()), Some(voice));
        assert_eq!(Voice::from_digits(1, ""), Voice::new(1, Vec::new()).ok());
        for (duration_ms, digits) in [(0, "0"), (1, "w"), (1, "-"), (1, &*"0".repeat(65))] {
            assert_eq!(Voice::from_digits(duration_ms, digits), None, "{digits}");
        }
    }
}
