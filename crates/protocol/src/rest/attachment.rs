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
    /// The like for a small picture of it; only pictures have one.
    #[schema(required, format = "uri")]
    pub thumbnail: Option<String>,
    /// What to show it as.
    #[schema(value_type = crate::names::FileType)]
    pub file_type: &'static str,
    /// The sender's name for it.
    pub file_name: &'a str,
    /// Bytes.
    pub file_size: u64,
    /// Decided by its content.
    pub mime_type: &'a str,
    /// Pixels; only pictures have them.
    #[schema(required)]
    pub width: Option<u32>,
    /// Pixels; only pictures have them.
    #[schema(required)]
    pub height: Option<u32>,
    /// When it was stored.
    pub uploaded_at: Time,
}

impl<'a> Attachment<'a> {
    /// With links made by the server.
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
        }
    }
}
