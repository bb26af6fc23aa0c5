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
    /// What this service has beside messages. A client shows nothing of what is off; a request for it is refused with `feature_off`.
    pub features: Features,
}

/// What a service may have beside messages. A client treats a feature that is missing here as off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the shape is the contract's")]
pub struct Features {
    /// Whether messages can be searched.
    pub search: bool,
    /// The reactions that people may give: `all` emoji, those in the list, or `off`.
    pub reactions: Reactions,
    /// Whether messages can be forwarded.
    pub forwarding: bool,
    /// How devices are notified; null if they are not.
    #[schema(required)]
    pub push: Option<PushFeature>,
    /// Whether members can write to all admins of a confession at once.
    pub desk: bool,
    /// Whether there are groups.
    pub groups: bool,
    /// Whether confessions can announce something to their followers.
    pub announcements: bool,
    /// How calls are made; null if there are none.
    #[schema(required)]
    pub calls: Option<CallsFeature>,
    /// Whether conversations can be encrypted from end to end.
    pub encryption: bool,
    /// Whether messages and conversations can be reported.
    pub report: bool,
}

/// The reactions that people may give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Reactions {
    /// All emoji, or none.
    Switch(ReactionsSwitch),
    /// These emoji.
    These(Vec<String>),
}

/// All emoji, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReactionsSwitch {
    /// Every emoji.
    All,
    /// There are no reactions.
    Off,
}

/// How devices are notified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PushFeature {
    /// The key with which a device subscribes: the public key of VAPID in base64url.
    pub public_key: String,
}

/// How calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallsFeature {
    /// Whether calls go through the relay, so that neither side learns the other's address.
    pub relay_only: bool,
}

impl Features {
    /// The features of this version.
    pub const fn present() -> Self {
        Self {
            search: true,
            reactions: Reactions::Switch(ReactionsSwitch::Off),
            forwarding: false,
            push: None,
            desk: false,
            groups: false,
            announcements: false,
            calls: None,
            encryption: false,
            report: false,
        }
    }
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
