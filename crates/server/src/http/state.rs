//! What the routes work with.

use std::sync::Arc;

use actix_web::HttpRequest;
use domain::{
    attachment::FileType,
    id::UserId,
    message::ClientId,
    messaging::{ConversationView, Messaging},
    page::MAX_PAGE,
    policy::Policy,
    ports::{Clock, DirectoryFeed},
    time::Timestamp,
};
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::{
    render::Viewer,
    rest::{self, AllowedType, ClientConfig, Limits},
};
use realtime::timings::Timings;

use super::links::{FileLinks, PublicUrl};
use crate::{
    auth::{TicketIssuer, Verifier},
    config::Config,
    demo::Demo,
    health::Health,
};

/// Shared by all workers.
pub(crate) struct State {
    /// The use cases.
    pub(crate) messaging: Messaging,
    /// The directory, where it is ours (mode `own`).
    pub(crate) feed: Option<Arc<dyn DirectoryFeed>>,
    /// Who may come in.
    pub(crate) verifier: Arc<Verifier>,
    /// Tickets for sockets.
    pub(crate) tickets: Arc<TicketIssuer>,
    /// Whether the parts answer.
    pub(crate) health: Health,
    /// What `config/` tells clients.
    pub(crate) client_config: ClientConfig,
    /// Where clients reach the service.
    pub(crate) public_url: PublicUrl,
    /// The service's wall clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// What `/metrics` shows.
    pub(crate) metrics: PrometheusHandle,
    /// Present with `--demo`.
    pub(crate) demo: Option<Demo>,
}

impl State {
    /// How this person sees things, in the answer to this request.
    pub(crate) fn eyes(&self, id: UserId, request: &HttpRequest) -> Eyes {
        Eyes {
            id,
            now: self.clock.now(),
            policy: self.messaging.policy.clone(),
            links: FileLinks::new(self.public_url.base(request)),
        }
    }
}

/// A person's view of things, with what it borrows from.
pub(crate) struct Eyes {
    id: UserId,
    now: Timestamp,
    policy: Arc<Policy>,
    links: FileLinks,
}

impl Eyes {
    pub(crate) fn viewer(&self) -> Viewer<'_> {
        Viewer {
            id: self.id,
            now: self.now,
            policy: &self.policy,
            links: &self.links,
        }
    }

    pub(crate) fn conversation<'a>(&'a self, view: &'a ConversationView) -> rest::Conversation<'a> {
        self.viewer().conversation(view)
    }
}

/// What `config/` tells clients.
pub(crate) fn client_config(config: &Config, timings: &Timings) -> ClientConfig {
    let limits = &config.limits;
    ClientConfig {
        edit_window_seconds: config.policy.edit_window_seconds,
        limits: Limits {
            content_chars: limits.content_chars as u64,
            files_per_message: limits.files_per_message as u64,
            file_bytes: limits.file_bytes,
            request_bytes: limits.request_bytes,
            sockets_per_user: limits.sockets_per_user as u64,
            link_seconds: limits.link_seconds,
            participants: Policy::default().max_participants as u64,
            client_id_chars: ClientId::MAX_CHARS as u64,
            page_size: u64::from(MAX_PAGE),
        },
        allowed_types: ALLOWED.to_vec(),
        heartbeat_seconds: timings.heartbeat.as_secs(),
    }
}

/// The file types of the contract, section 5.
const ALLOWED: &[AllowedType] = &[
    AllowedType::new("image/jpeg", &["jpg", "jpeg"], FileType::Image),
    AllowedType::new("image/png", &["png"], FileType::Image),
    AllowedType::new("image/gif", &["gif"], FileType::Image),
    AllowedType::new("image/webp", &["webp"], FileType::Image),
    AllowedType::new("image/avif", &["avif"], FileType::Image),
    AllowedType::new("image/heic", &["heic", "heif"], FileType::Image),
    AllowedType::new("video/mp4", &["mp4", "m4v"], FileType::Video),
    AllowedType::new("video/webm", &["webm"], FileType::Video),
    AllowedType::new("video/quicktime", &["mov"], FileType::Video),
    AllowedType::new("audio/mpeg", &["mp3"], FileType::Audio),
    AllowedType::new("audio/mp4", &["m4a"], FileType::Audio),
    AllowedType::new("audio/ogg", &["ogg", "oga", "opus"], FileType::Audio),
    AllowedType::new("audio/wav", &["wav"], FileType::Audio),
    AllowedType::new("audio/flac", &["flac"], FileType::Audio),
    AllowedType::new("application/pdf", &["pdf"], FileType::Document),
    AllowedType::new("application/msword", &["doc"], FileType::Document),
    AllowedType::new(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["docx"],
        FileType::Document,
    ),
    AllowedType::new("application/vnd.ms-excel", &["xls"], FileType::Document),
    AllowedType::new(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["xlsx"],
        FileType::Document,
    ),
    AllowedType::new("application/vnd.ms-powerpoint", &["ppt"], FileType::Document),
    AllowedType::new(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["pptx"],
        FileType::Document,
    ),
    AllowedType::new("application/vnd.oasis.opendocument.text", &["odt"], FileType::Document),
    AllowedType::new("application/vnd.oasis.opendocument.spreadsheet", &["ods"], FileType::Document),
    AllowedType::new("application/vnd.oasis.opendocument.presentation", &["odp"], FileType::Document),
    AllowedType::new("text/plain", &["txt"], FileType::Document),
    AllowedType::new("text/csv", &["csv"], FileType::Document),
    AllowedType::new("application/zip", &["zip"], FileType::Other),
];
