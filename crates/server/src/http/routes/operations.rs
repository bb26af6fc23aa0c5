//! For operators: health, readiness and metrics; and the OpenAPI and AsyncAPI documents.

use actix_web::{HttpRequest, HttpResponse, web};
use protocol::error::ErrorBody;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{error::ApiError, routes::descriptions, state::State};

/// The process lives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `ok`.
    status: &'static str,
}

/// All parts that are needed work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// The parts that work.
    parts: Vec<&'static str>,
    /// The parts that do not work, and without which the service does less: without `objects` it takes no files.
    degraded: Vec<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "healthz", security(()), responses((status = 200, body = Alive)))]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: "ok" })
}

/// Storage and bus answer, and a message could be stored now: it is tried by writing.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "readyz", security(()),
    responses((status = 200, body = Ready), (status = 503, description = "`details.part` names what does not work (`unavailable`).", body = ErrorBody)))]
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
    Ok(descriptions::show(&request, state.descriptions.schema()?))
}

/// The sockets, as an AsyncAPI 3 document.
#[utoipa::path(get, path = "/api/ws-schema/", tag = "operations", operation_id = "asyncapi", security(()),
    responses((status = 200, description = "AsyncAPI 3.", body = serde_json::Value)))]
pub(crate) async fn ws_schema(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    Ok(descriptions::show(&request, state.descriptions.ws_schema()?))
}
