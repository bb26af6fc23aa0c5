//! The dependencies of the routes.

use std::{borrow::Cow, sync::Arc};

use actix_web::{HttpRequest, http::Method};
use domain::{id::UserId, message::ClientId, messaging::ConversationView, page::MAX_PAGE, policy::Policy, ports::Clock, time::Timestamp};
use media::ALLOWED_TYPES;
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::{
    render::Viewer,
    rest::{self, AllowedType, ClientConfig, Features, Limits},
};
use realtime::{observed::Observed, timings::Timings};
use uploads::Uploads;

use super::{
    links::{FileLinks, PublicUrl},
    routes::{descriptions::Descriptions, directory::Documents},
    signature::LinkSigner,
    turns::Turns,
    upload_slots::UploadSlots,
};
use crate::{
    auth::{TicketIssuer, Verifier},
    config::Config,
    demo::Demo,
    feeding::FeedingTasks,
    health::Health,
    room::Room,
};

/// Shared by all workers.
pub(crate) struct State {
    pub(crate) messaging: Observed,
    /// Changes of the directory, where it is ours (mode `own`).
    pub(crate) feeding: Option<FeedingTasks>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) tickets: Arc<TicketIssuer>,
    /// Uploads into the object store.
    pub(crate) uploads: Uploads,
    /// A turn for each answer on its way.
    pub(crate) answers: Turns,
    /// The place of the directory document that is being taken.
    pub(crate) documents: Documents,
    /// A slot for each request that uploads files.
    pub(crate) upload_slots: UploadSlots,
    /// A turn for each request that searches.
    pub(crate) searches: Turns,
    /// Whether there is room for files.
    pub(crate) room: Room,
    pub(crate) link_signer: LinkSigner,
    /// Whether the parts answer.
    pub(crate) health: Health,
    /// The documents that describe the service.
    pub(crate) descriptions: Descriptions,
    /// The answer to `config/`, which is the same for all clients.
    pub(crate) client_config: ClientConfig,
    /// The base of absolute URLs.
    pub(crate) public_url: PublicUrl,
    /// The wall clock, which tokens are made by. What is stored has the clock of `messaging`.
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: PrometheusHandle,
    /// Only present with `--demo`.
    pub(crate) demo: Option<Demo>,
}

impl State {
    /// The use cases for reading. HEAD brings no content to a device, so nothing is delivered by it.
    pub(crate) fn reading(&self, request: &HttpRequest) -> Cow<'_, Observed> {
        if request.method() == Method::HEAD {
            Cow::Owned(self.messaging.without_delivery())
        } else {
            Cow::Borrowed(&self.messaging)
        }
    }

    /// The viewer context of this person for the answer to this request.
    pub(crate) fn viewer_context(&self, id: UserId, request: &HttpRequest) -> ViewerContext {
        ViewerContext {
            id,
            now: self.messaging.now(),
            policy: self.messaging.policy().clone(),
            links: FileLinks::new(self.public_url.base(request), self.link_signer.clone()),
        }
    }
}

/// A person's viewer context, with the values that it borrows from.
pub(crate) struct ViewerContext {
    id: UserId,
    now: Timestamp,
    policy: Arc<Policy>,
    links: FileLinks,
}

impl ViewerContext {
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

/// The answer to `config/`.
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
            image_pixels: limits.image_pixels,
            messages_per_minute: config.rate.messages_per_minute.into(),
            uploads_per_minute: config.rate.uploads_per_minute.into(),
            requests_per_minute: config.rate.requests_per_minute.into(),
            upload_bytes_per_day: limits.upload_bytes_per_day,
        },
        allowed_types: ALLOWED_TYPES
            .iter()
            .map(|allowed| AllowedType::new(allowed.mime_type, allowed.extensions, allowed.file_type))
            .collect(),
        heartbeat_seconds: timings.heartbeat.as_secs(),
        features: Features::present(),
    }
}
