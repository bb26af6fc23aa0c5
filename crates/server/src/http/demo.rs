//! Being somebody of the demo. Without `--demo` there is nothing here.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::denial::Denial;
use protocol::{
    error::{Code, ErrorBody},
    rest::{self, request::DemoLogin},
};

use super::{
    body,
    error::ApiError,
    problems::{BadRequest, NotFound},
    state::State,
};
use crate::demo;

/// Whom one can be.
#[utoipa::path(get, path = "/api/demo/people/", tag = "demo", operation_id = "demo_people", security(()),
    responses((status = 200, body = Vec<rest::DemoPerson>), (status = 404, description = "This is no demo (`not_found`).", body = ErrorBody)))]
pub(crate) async fn people(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (Some(_), Some(feed)) = (&state.demo, &state.feed) else {
        return Err(ApiError::new(Code::NotFound));
    };
    let roster = demo::people(&**feed).await?;
    Ok(HttpResponse::Ok().json(roster.iter().map(rest::DemoPerson::from).collect::<Vec<_>>()))
}

/// An access token for one of them.
#[utoipa::path(post, path = "/api/demo/login/", tag = "demo", operation_id = "demo_login", security(()), request_body = DemoLogin,
    responses((status = 200, body = rest::DemoAccess), BadRequest, NotFound))]
pub(crate) async fn login(request: HttpRequest, payload: web::Payload, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let Some(demo) = &state.demo else {
        return Err(ApiError::new(Code::NotFound));
    };
    let wish = DemoLogin::read(body::json(&request, payload).await?)?;
    let person = state
        .messaging
        .directory
        .person(wish.user_id)
        .await?
        .filter(|person| person.is_active)
        .ok_or(Denial::UserNotFound)?;
    Ok(HttpResponse::Ok().json(rest::DemoAccess {
        access: demo.token_for(person.id, state.clock.now())?,
    }))
}
