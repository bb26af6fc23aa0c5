//! WebSockets: the handshake, and the pump between the network and a [`realtime::session::Session`].
//!
//! # How to add a …
//! - **way to authenticate**: a variant of `handshake::Credential`.
//! - **frame**: not here; see [`realtime::session`].

mod connection;
mod handshake;
mod origin;
mod pump;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use domain::{id::ConversationId, ports::Clock};
use protocol::error::{Code, ErrorBody};
use realtime::{hub::Hub, session::Scope};
use tokio::sync::oneshot;
use tracing::Instrument as _;

pub(crate) use connection::tune;

use crate::{
    auth::{TicketIssuer, Verifier},
    config::Config,
    http::{error::ApiError, links::PublicUrl},
    measure,
};
use handshake::{Arrival, Credential};
use origin::Origins;

/// What sockets work with. Shared by all workers.
pub(crate) struct WsState {
    hub: Hub,
    verifier: Arc<Verifier>,
    tickets: Arc<TicketIssuer>,
    clock: Arc<dyn Clock>,
    origins: Origins,
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
            origins: Origins::new(public_url, config.cors.allowed_origins.clone()),
        }
    }
}

/// The routes of the sockets. Expects a [`WsState`] in the application's data.
pub(crate) fn configure(app: &mut ServiceConfig) {
    let resource = |path: &str| web::resource([path, path.trim_end_matches('/')]).default_service(web::to(method_not_allowed));
    app.service(resource("/ws/").route(web::get().to(all)))
        .service(resource("/ws/chat/{conversation_id}/").route(web::get().to(one)));
}

async fn method_not_allowed() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::MethodNotAllowed))
}

async fn all(request: HttpRequest, body: web::Payload, state: web::Data<WsState>) -> Result<HttpResponse, ApiError> {
    accept(&request, body, state, Some(Scope::All))
}

async fn one(
    request: HttpRequest,
    body: web::Payload,
    path: web::Path<String>,
    state: web::Data<WsState>,
) -> Result<HttpResponse, ApiError> {
    // What is no id is the id of no conversation.
    let scope = path.parse().ok().map(|id| Scope::One(ConversationId(id)));
    accept(&request, body, state, scope)
}

/// Accepts the handshake, whoever asks, so that a browser can read the close code; who may stay is found out by the socket's own task.
fn accept(request: &HttpRequest, body: web::Payload, state: web::Data<WsState>, scope: Option<Scope>) -> Result<HttpResponse, ApiError> {
    state.origins.check(request)?;
    let credential = Credential::of(request);
    let (response, socket, stream) = actix_ws::handle(request, body).map_err(|_| not_a_socket())?;
    let (response, frames) = response.into_parts();
    let (outgoing, end) = pump::Outgoing::new(frames);
    let id: Arc<str> = crate::http::request_id::current().unwrap_or_default().into();
    // It outlives the request by hours, and would keep its span from ending.
    let span = tracing::debug_span!(parent: None, "socket", request.id = &*id);
    let incoming = pump::Incoming::new(stream);
    actix_web::rt::spawn(serve(state, Arrival { id, credential, scope }, socket, incoming, end).instrument(span));
    Ok(response.set_body(outgoing).map_into_boxed_body())
}

fn not_a_socket() -> ApiError {
    ErrorBody::saying(Code::InvalidRequest, "This address is for WebSockets.").into()
}

/// The life of a socket. Whatever is needed once is boxed, so that it takes no room for as long as the socket is open.
async fn serve(
    state: web::Data<WsState>,
    arrival: Arrival,
    mut socket: actix_ws::Session,
    mut incoming: pump::Incoming,
    end: oneshot::Sender<Box<pump::Incoming>>,
) {
    match Box::pin(handshake::admit(state, arrival)).await {
        Ok(mut admitted) => {
            let ending = admitted.run(&mut socket, &mut incoming).await;
            Box::pin(async { tokio::join!(admitted.finish(), pump::close(socket, &mut incoming, ending)) }).await;
        }
        Err(code) => {
            metrics::counter!(measure::REFUSED_SOCKETS, "code" => code.number().to_string()).increment(1);
            Box::pin(pump::close(socket, &mut incoming, pump::Ending::Because(code))).await;
        }
    }
    // Nobody takes it where the connection has ended already.
    let _ = end.send(Box::new(incoming));
}
