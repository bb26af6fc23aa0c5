//! Endpoints that clients need besides messages: the settings that concern them, and tickets for their sockets.

use actix_web::{HttpResponse, web};
use protocol::rest;

use crate::http::{
    caller::{Caller, Token},
    error::ApiError,
    responses::CommonErrors,
    state::State,
};

/// The settings that clients need: limits, allowed file types, the edit window, the heartbeat.
#[utoipa::path(get, path = "/api/messaging/config/", tag = "client", operation_id = "client_config",
    responses((status = 200, body = rest::ClientConfig), CommonErrors))]
pub(crate) async fn config(_: Caller, state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.client_config)
}

/// A ticket for one socket: single use, 30 seconds, as `?ticket=`, so that no token ends in a log.
#[utoipa::path(post, path = "/api/messaging/ws_ticket/", tag = "client", operation_id = "socket_ticket",
    responses((status = 200, body = rest::Ticket), CommonErrors))]
pub(crate) async fn ticket(_: Caller, token: Token, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (ticket, expires_in) = state.tickets.issue(&token.0)?;
    Ok(HttpResponse::Ok().json(rest::Ticket { ticket, expires_in }))
}
