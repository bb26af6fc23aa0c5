//! The settings of the caller and of confessions.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{denial::Denial, id::ConfessionId};
use protocol::rest::{
    self,
    request::{ChangeConfessionSettings, ChangePersonSettings},
};

use crate::http::{
    body,
    caller::Caller,
    error::ApiError,
    query::path_id,
    responses::{BadRequest, CommonErrors, NotFound, RequestTimeout, TooLarge},
    state::State,
};

/// The settings of the caller.
#[utoipa::path(get, path = "/api/messaging/me/settings/", tag = "client", operation_id = "get_settings",
    responses((status = 200, body = rest::PersonSettings), CommonErrors))]
pub(crate) async fn mine(caller: Caller, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let found = state.messaging.settings(&caller.0).await?;
    Ok(HttpResponse::Ok().json(rest::PersonSettings::from(&found)))
}

/// Changes the settings of the caller. What is left out stays as it is; a name that is no setting is refused.
#[utoipa::path(patch, path = "/api/messaging/me/settings/", tag = "client", operation_id = "change_settings",
    request_body(content((ChangePersonSettings = "application/json"), (ChangePersonSettings = "application/x-www-form-urlencoded"), (ChangePersonSettings = "multipart/form-data"))),
    responses((status = 200, body = rest::PersonSettings), BadRequest, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn change_mine(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let asked = ChangePersonSettings::read(body::fields(&request, payload).await?)?;
    let changed = state.messaging.change_settings(&caller.0, asked.into()).await?;
    Ok(HttpResponse::Ok().json(rest::PersonSettings::from(&changed)))
}

/// The settings of a confession, for its admin and for superadmins.
#[utoipa::path(get, path = "/api/messaging/confessions/{id}/settings/", tag = "client", operation_id = "get_confession_settings", params(("id" = i64, Path)),
    responses((status = 200, body = rest::ConfessionSettings), NotFound, CommonErrors))]
pub(crate) async fn of_confession(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let found = state.messaging.confession_settings(&caller.0, confession(&request)?).await?;
    Ok(HttpResponse::Ok().json(rest::ConfessionSettings::from(&found)))
}

/// Changes the settings of a confession, as its admin or as a superadmin. What is left out stays as it is; a name that is no setting is refused.
#[utoipa::path(patch, path = "/api/messaging/confessions/{id}/settings/", tag = "client", operation_id = "change_confession_settings", params(("id" = i64, Path)),
    request_body(content((ChangeConfessionSettings = "application/json"), (ChangeConfessionSettings = "application/x-www-form-urlencoded"), (ChangeConfessionSettings = "multipart/form-data"))),
    responses((status = 200, body = rest::ConfessionSettings), BadRequest, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn change_of_confession(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let of = confession(&request)?;
    let asked = ChangeConfessionSettings::read(body::fields(&request, payload).await?)?;
    let changed = state.messaging.change_confession_settings(&caller.0, of, asked).await?;
    Ok(HttpResponse::Ok().json(rest::ConfessionSettings::from(&changed)))
}

fn confession(request: &HttpRequest) -> Result<ConfessionId, ApiError> {
    path_id(request, "id", Denial::ConfessionNotFound).map(ConfessionId)
}
