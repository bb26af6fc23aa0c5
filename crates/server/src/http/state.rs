//! What the routes work with.

use std::sync::Arc;

use actix_web::HttpRequest;
use domain::{
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
use storage::{intake::Intake, media::ALLOWED};

use super::{
    links::{FileLinks, PublicUrl},
    places::Places,
    signature::LinkSigner,
};
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
    /// Takes files in.
    pub(crate) intake: Intake,
    /// A place for each request that brings files.
    pub(crate) uploads: Places,
    /// Links to files.
    pub(crate) link_signer: LinkSigner,
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
            links: FileLinks::new(self.public_url.base(request), self.link_signer.clone()),
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
pub(crate) fn client_config(config: &Config, timings: &Timings, intake: &Intake) -> ClientConfig {
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
            image_pixels: intake.pixels(),
            messages_per_minute: config.rate.messages_per_minute.into(),
            uploads_per_minute: config.rate.uploads_per_minute.into(),
            requests_per_minute: config.rate.requests_per_minute.into(),
        },
        allowed_types: ALLOWED
            .iter()
            .map(|allowed| AllowedType::new(allowed.mime_type, allowed.extensions, allowed.file_type))
            .collect(),
        heartbeat_seconds: timings.heartbeat.as_secs(),
    }
}
