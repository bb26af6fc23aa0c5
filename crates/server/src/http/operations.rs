//! For whoever runs the service: is it alive, is it ready, what does it do; and what it can do, as documents.

use actix_web::{HttpRequest, HttpResponse, http::header::ContentType, web};
use protocol::error::{Code, ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::{error::ApiError, openapi, state::State};

/// The process lives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `ok`.
    status: &'static str,
}

/// All parts answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// The parts that answer.
    parts: Vec<&'static str>,
    /// The parts that do not answer, and without which the service does less: without `objects` it takes and gives no files.
    degraded: Vec<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "healthz", security(()), responses((status = 200, body = Alive)))]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: "ok" })
}

/// Storage and bus answer.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "readyz", security(()),
    responses((status = 200, body = Ready), (status = 503, description = "`details.part` names what does not answer (`unavailable`).", body = ErrorBody)))]
pub(crate) async fn readyz(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let parts = state.health.check().await;
    match parts.iter().find(|(_, answers)| !answers) {
        Some((part, _)) => Err(ApiError::unavailable(part)),
        None => Ok(HttpResponse::Ok().json(Ready {
            status: "ready",
            parts: parts.into_iter().map(|(part, _)| part).collect(),
            degraded: state.health.missed().await,
        })),
    }
}

/// Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", operation_id = "metrics", security(()),
    responses((status = 200, description = "Prometheus' text format.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Type", "text/plain; version=0.0.4; charset=utf-8"))
        .body(state.metrics.render())
}

/// This document.
#[utoipa::path(get, path = "/api/schema/", tag = "operations", operation_id = "openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
pub(crate) async fn schema(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let mut document = openapi::document();
    document.servers = Some(vec![utoipa::openapi::Server::new(state.public_url.base(&request))]);
    let text = document.to_json().map_err(|_| ApiError::new(Code::Internal))?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(text))
}

/// The sockets, as an AsyncAPI 3 document.
#[utoipa::path(get, path = "/api/ws-schema/", tag = "operations", operation_id = "asyncapi", security(()),
    responses((status = 200, description = "AsyncAPI 3.", body = serde_json::Value)))]
pub(crate) async fn ws_schema() -> HttpResponse {
    HttpResponse::Ok().json(protocol::schema::asyncapi(
        env!("CARGO_PKG_VERSION"),
        &protocol::schema::components(),
    ))
}
