//! WebSockets: the handshake, and the pump between the network and a [`realtime::session::Session`].
//!
//! # How to add a …
//! - **way to authenticate**: a variant of `handshake::Credential`.
//! - **frame**: not here; see [`realtime::session`].

mod frames;
mod handshake;
mod inlet;
mod origin;
mod pump;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use domain::{id::ConversationId, ports::Clock};
use protocol::{
    close::CloseCode,
    error::{Code, ErrorBody},
};
use realtime::{hub::Hub, session::Scope};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::{
    auth::{TicketIssuer, Verifier},
    config::Config,
    http::{error::ApiError, links::PublicUrl, resource::resource},
    measure,
};
use handshake::{Credential, Place};
use origin::Origins;

/// The dependencies of the sockets. Shared by all workers.
pub(crate) struct WsState {
    hub: Hub,
    verifier: Arc<Verifier>,
    tickets: Arc<TicketIssuer>,
    clock: Arc<dyn Clock>,
    origins: Origins,
    public_url: PublicUrl,
}

impl WsState {
    /// For the sockets of this hub.
    pub(crate) fn new(hub: Hub, verifier: Arc<Verifier>, tickets: Arc<TicketIssuer>, clock: Arc<dyn Clock>, config: &Config) -> Self {
        let public_url = PublicUrl::new(config.server.public_url.as_deref());
        Self {
            hub,
            verifier,
            tickets,
            clock,
            origins: Origins::new(public_url.clone(), config.cors.allowed_origins.clone()),
            public_url,
        }
    }
}

/// The routes of the sockets. Expects a [`WsState`] in the application's data.
pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(resource("/ws/").get(all))
        .service(resource("/ws/chat/{conversation_id}/").get(one));
}

async fn all(request: HttpRequest, body: web::Payload, state: web::Data<WsState>) -> Result<HttpResponse, ApiError> {
    accept(&request, body, state, Some(Scope::All)).await
}

async fn one(
    request: HttpRequest,
    body: web::Payload,
    path: web::Path<String>,
    state: web::Data<WsState>,
) -> Result<HttpResponse, ApiError> {
    // A path that holds no id belongs to no conversation.
    let scope = path.parse().ok().map(|id| Scope::One(ConversationId(id)));
    accept(&request, body, state, scope).await
}

/// Accepts every handshake, so that a browser can read the close code. The socket is registered in the hub before the response leaves, so that it
/// receives all events that become durable after the client knows that it is accepted. The socket's own task does all other checks.
async fn accept(
    request: &HttpRequest,
    body: web::Payload,
    state: web::Data<WsState>,
    scope: Option<Scope>,
) -> Result<HttpResponse, ApiError> {
    state.origins.check(request)?;
    let credential = Credential::of(request);
    let (response, socket, incoming) = pump::accept(request, body).await.map_err(|_| not_a_socket())?;
    let id: Arc<str> = crate::http::request_id::current().unwrap_or_default().into();
    let base = state.public_url.base(request);
    let place = handshake::place(&state, credential, scope, base).await.map(Box::new);
    let (response, frames) = response.into_parts();
    let (outgoing, end) = pump::Outgoing::new(frames);
    // It outlives the request by hours, and would keep its span from ending.
    let span = tracing::debug_span!(parent: None, "socket", request.id = &*id);
    actix_web::rt::spawn(serve(state, id, place, socket, incoming, end).instrument(span));
    Ok(response.set_body(outgoing).map_into_boxed_body())
}

fn not_a_socket() -> ApiError {
    ErrorBody::saying(Code::InvalidRequest, "This address is for WebSockets.").into()
}

/// The life of a socket. Parts that are needed once are boxed, so that they take no memory for as long as the socket is open; so is the large argument, of
/// which the future would hold two.
async fn serve(
    state: web::Data<WsState>,
    id: Arc<str>,
    place: Result<Box<Place>, CloseCode>,
    mut socket: actix_ws::Session,
    mut incoming: Box<pump::Incoming>,
    end: oneshot::Sender<Box<pump::Incoming>>,
) {
    let admitted = match place {
        Ok(place) => Box::pin(handshake::admit(state, id, *place)).await,
        Err(code) => Err(code),
    };
    match admitted {
        Ok(mut admitted) => {
            let ending = admitted.run(&mut socket, &mut incoming).await;
            Box::pin(async { tokio::join!(admitted.finish(), pump::close(socket, &mut incoming, ending, pump::UNWANTED)) }).await;
        }
        Err(code) => {
            metrics::counter!(measure::REFUSED_SOCKETS, "code" => code.number().to_string()).increment(1);
            let code = if incoming.announces_too_much().await {
                CloseCode::FrameTooBig
            } else {
                code
            };
            let ending = pump::Ending::Because(code);
            Box::pin(pump::close(socket, &mut incoming, ending, pump::UNWANTED_OF_REFUSED)).await;
        }
    }
    // Nobody takes it where the connection has ended already.
    let _ = end.send(incoming);
}
