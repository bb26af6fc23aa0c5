use domain::attachment::FileType;
use serde::Serialize;
use utoipa::ToSchema;

/// The settings of this service that clients need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClientConfig {
    /// The seconds after sending in which a message can be edited.
    pub edit_window_seconds: i64,
    /// The limits of the service.
    pub limits: Limits,
    /// The types of files that can be sent.
    pub allowed_types: Vec<AllowedType>,
    /// The seconds between two pings of a socket.
    pub heartbeat_seconds: u64,
}

/// The limits of the service. The names are those of its settings, as far as there are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Limits {
    /// Characters (Unicode scalar values) of a message's text.
    pub content_chars: u64,
    /// Files of a message.
    pub files_per_message: u64,
    /// Bytes of a file.
    pub file_bytes: u64,
    /// Bytes of a request.
    pub request_bytes: u64,
    /// Sockets that a user may have open.
    pub sockets_per_user: u64,
    /// The seconds for which a link to a file works.
    pub link_seconds: u64,
    /// People in a conversation, the opener included.
    pub participants: u64,
    /// Characters of a `client_id`.
    pub client_id_chars: u64,
    /// Rows of a page.
    pub page_size: u64,
    /// Pixels of a picture.
    pub image_pixels: u64,
    /// Messages that a user may send in a minute, of which a sixth may come at once; 0 means unlimited.
    pub messages_per_minute: u64,
    /// Requests with files, likewise.
    pub uploads_per_minute: u64,
    /// All requests, likewise.
    pub requests_per_minute: u64,
    /// Bytes of files that a user may send in a day; 0 means unlimited.
    pub upload_bytes_per_day: u64,
}

/// A type of file that can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AllowedType {
    /// Such as `image/png`.
    pub mime_type: &'static str,
    /// Such as `png`, without a dot.
    pub extensions: &'static [&'static str],
    /// The kind of the file, for display.
    #[schema(value_type = crate::names::FileType)]
    pub file_type: &'static str,
}

impl AllowedType {
    /// A type with the extensions that its files may have.
    pub const fn new(mime_type: &'static str, extensions: &'static [&'static str], file_type: FileType) -> Self {
        Self {
            mime_type,
            extensions,
            file_type: file_type.as_str(),
        }
    }
}
