//! HTTP/1.0, which knows no chunks.

use actix_http::ConnectionType;
use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Version,
    middleware::Next,
};

/// A middleware around all others that change the length of a body: an answer of unknown length to HTTP/1.0 ends with its connection. The HTTP library sends
/// it in chunks, which such a client takes for content.
pub(crate) async fn unchunk<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let knows_chunks = request.version() >= Version::HTTP_11;
    let mut response = next.call(request).await?;
    if !knows_chunks && response.response().body().size() == BodySize::Stream {
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
