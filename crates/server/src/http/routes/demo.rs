//! Being somebody of the demo. Without `--demo` there is nothing here.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{denial::Denial, messaging};
use protocol::{
    error::{Code, ErrorBody},
    rest::{self, request::DemoLogin},
};

use crate::http::{
    body,
    error::ApiError,
    responses::{BadRequest, NotFound, RequestTimeout, TooLarge},
    state::State,
};

/// The people as whom one can sign in.
#[utoipa::path(get, path = "/api/demo/people/", tag = "demo", operation_id = "demo_people", security(()),
    responses((status = 200, body = Vec<rest::DemoPerson>), (status = 404, description = "This is no demo (`not_found`).", body = ErrorBody)))]
pub(crate) async fn people(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (Some(_), Some(feeding)) = (&state.demo, &state.feeding) else {
        return Err(ApiError::new(Code::NotFound));
    };
    let roster = feeding.roster().await?;
    Ok(HttpResponse::Ok().json(roster.iter().map(rest::DemoPerson::from).collect::<Vec<_>>()))
}

/// An access token for one of them.
#[utoipa::path(post, path = "/api/demo/login/", tag = "demo", operation_id = "demo_login", security(()), request_body(content((DemoLogin = "application/json"), (DemoLogin = "application/x-www-form-urlencoded"), (DemoLogin = "multipart/form-data"))),
    responses((status = 200, body = rest::DemoAccess), BadRequest, NotFound, TooLarge, RequestTimeout))]
pub(crate) async fn login(request: HttpRequest, payload: web::Payload, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let Some(demo) = &state.demo else {
        return Err(ApiError::new(Code::NotFound));
    };
    let asked = DemoLogin::read(body::fields(&request, payload).await?)?;
    let actor = match state.messaging.actor(asked.user_id).await {
        Err(messaging::Error::Denied(Denial::AccountInactive)) => return Err(messaging::Error::from(Denial::UserNotFound).into()),
        actor => actor?,
    };
    Ok(HttpResponse::Ok().json(rest::DemoAccess {
        access: demo.token_for(actor.id(), state.clock.now())?,
    }))
}
