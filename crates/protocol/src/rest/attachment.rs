use domain::attachment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{render::Links, time::Time};

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attachment<'a> {
    /// The file.
    pub id: i64,
    /// A URL that works without a header for as long as `limits.link_seconds` of `config/` says.
    #[schema(format = "uri")]
    pub file: String,
    /// The URL of the thumbnail, which works like that of the file; null unless the file is a picture.
    #[schema(required, format = "uri")]
    pub thumbnail: Option<String>,
    /// The kind of the file, for display.
    #[schema(value_type = crate::names::FileType)]
    pub file_type: &'static str,
    /// The name that the sender gave to the file.
    pub file_name: &'a str,
    /// The size in bytes.
    pub file_size: u64,
    /// The media type, found by the content of the file.
    pub mime_type: &'a str,
    /// The width in pixels; null unless the file is a picture.
    #[schema(required)]
    pub width: Option<u32>,
    /// The height in pixels; null unless the file is a picture.
    #[schema(required)]
    pub height: Option<u32>,
    /// The time at which the file was stored.
    pub uploaded_at: Time,
    /// The length and the waveform of a voice message; null for other files.
    #[schema(required)]
    pub voice: Option<Voice<'a>>,
}

/// The length and the waveform of a voice message, as its sender measured them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Voice<'a> {
    /// The length in milliseconds, at most an hour.
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub duration_ms: u32,
    /// The loudness of equal parts of the recording, from 0 to 31; at most 64 values.
    #[schema(value_type = Vec<u8>, max_items = 64)]
    pub waveform: &'a [u8],
}

impl<'a> From<&'a attachment::Voice> for Voice<'a> {
    fn from(voice: &'a attachment::Voice) -> Self {
        Self {
            duration_ms: voice.duration_ms(),
            waveform: voice.waveform(),
        }
    }
}

/// The files of a message, as conversation lists show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttachmentSummary<'a> {
    /// The number of files.
    #[schema(minimum = 1)]
    pub count: u32,
    /// The kind of all files; `other` if they are of several kinds.
    #[schema(value_type = crate::names::AttachmentKind)]
    pub kind: &'static str,
    /// The name that the sender gave to the first file.
    pub name: &'a str,
}

impl<'a> From<&'a attachment::AttachmentSummary> for AttachmentSummary<'a> {
    fn from(files: &'a attachment::AttachmentSummary) -> Self {
        Self {
            count: files.count,
            kind: files.kind.as_str(),
            name: &files.name,
        }
    }
}

impl<'a> Attachment<'a> {
    /// The file with its URLs, which `links` makes.
    pub fn new(file: &'a attachment::Attachment, links: &dyn Links) -> Self {
        Self {
            id: file.id.0,
            file: links.file(file),
            thumbnail: links.thumbnail(file),
            file_type: file.file_type.as_str(),
            file_name: &file.file_name,
            file_size: file.file_size,
            mime_type: &file.mime_type,
            width: file.width,
            height: file.height,
            uploaded_at: file.uploaded_at.into(),
            voice: file.voice.as_ref().map(Voice::from),
        }
    }
}
