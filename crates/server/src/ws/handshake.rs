use std::{sync::Arc, time::Instant};

use actix_web::{HttpRequest, http::header::AUTHORIZATION, web};
use domain::time::Timestamp;
use protocol::close::CloseCode;
use realtime::{
    hub::{JoinError, SocketHandle},
    session::{Scope, Session},
};

use super::{WsState, pump::Admitted};
use crate::auth::{self, AuthError, Claims, LEEWAY_SECONDS};

/// The credential of a handshake. Never logged.
pub(super) enum Credential {
    /// `?token=`, or the `Authorization` header.
    Token(String),
    /// The value of `?ticket=`.
    Ticket(String),
}

impl Credential {
    /// The credential of the request; its possible places are looked up in this order.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let query = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
            pairs
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        let header = || {
            let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
            auth::bearer(header).ok().map(str::to_owned)
        };
        query("token")
            .map(Self::Token)
            .or_else(|| query("ticket").map(Self::Ticket))
            .or_else(|| header().map(Self::Token))
    }
}

/// A place in the hub, and whose it is.
pub(super) struct Place {
    handle: SocketHandle,
    claims: Claims,
}

/// Authenticates the handshake, and registers a handle in the hub that receives events from then on. `scope` is `None` if there is no such address.
pub(super) async fn place(state: &WsState, credential: Option<Credential>, scope: Option<Scope>, base: String) -> Result<Place, CloseCode> {
    let claims = claims(state, credential).await.map_err(unauthenticated)?;
    let scope = scope.ok_or(CloseCode::ConversationNotFound)?;
    let handle = state.hub.open(claims.user, scope, base).await?;
    Ok(Place { handle, claims })
}

/// Accepts the socket, or returns the code to close it with. `id` is the request id of the handshake.
pub(super) async fn admit(state: web::Data<WsState>, id: Arc<str>, place: Place) -> Result<Box<Admitted>, CloseCode> {
    let Place { handle, claims } = place;
    let welcome = handle.join().await.map_err(|error| refused(&error, &id))?;
    let (now, wall) = (Instant::now(), state.clock.now());
    let mut session = Session::new(
        id,
        claims.user,
        handle.scope(),
        state.hub.epoch(),
        state.hub.timings(),
        expiry(claims.expires_at, wall, now),
        now,
    );
    session.welcome(&welcome);
    Ok(Box::new(Admitted::new(handle, session)))
}

fn refused(error: &JoinError, id: &str) -> CloseCode {
    if let JoinError::Store(source) = error {
        tracing::error!(request.id = id, error = %source, source = ?std::error::Error::source(source), "the store failed while a socket was opened");
    }
    error.close_code()
}

async fn claims(state: &WsState, credential: Option<Credential>) -> Result<Claims, AuthError> {
    match credential {
        Some(Credential::Ticket(ticket)) => state.tickets.redeem(&ticket).await,
        Some(Credential::Token(token)) => state.verifier.authenticate(token).await,
        None => Err(AuthError::NotAuthenticated),
    }
}

const fn unauthenticated(error: AuthError) -> CloseCode {
    match error {
        AuthError::NotAuthenticated | AuthError::TokenExpired | AuthError::TokenInvalid => CloseCode::NotAuthenticated,
        AuthError::Unavailable => CloseCode::Internal,
    }
}

/// The moment, by the monotonic clock, at which the token expires; `None` if it is too far away to be represented.
fn expiry(expires_at: Timestamp, wall: Timestamp, now: Instant) -> Option<Instant> {
    let left = expires_at.plus_seconds(LEEWAY_SECONDS).0.saturating_sub(wall.0);
    now.checked_add(std::time::Duration::from_micros(u64::try_from(left).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn shown(uri: &str, header: Option<&str>) -> Option<(&'static str, String)> {
        let mut request = TestRequest::with_uri(uri);
        if let Some(header) = header {
            request = request.insert_header((AUTHORIZATION, header));
        }
        Credential::of(&request.to_http_request()).map(|credential| match credential {
            Credential::Token(token) => ("token", token),
            Credential::Ticket(ticket) => ("ticket", ticket),
        })
    }

    #[test]
    fn token_ticket_and_header_are_looked_for_in_this_order() {
        let table = [
            ("/ws/?token=a.b&ticket=t", Some("Bearer h"), Some(("token", "a.b"))),
            ("/ws/?ticket=t%2Bt", Some("Bearer h"), Some(("ticket", "t+t"))),
            ("/ws/", Some("Bearer h"), Some(("token", "h"))),
            ("/ws/?token=", Some("Bearer h"), Some(("token", "h"))),
            ("/ws/?other=1", None, None),
            ("/ws/", Some("Basic h"), None),
        ];
        for (uri, header, credential) in table {
            assert_eq!(shown(uri, header), credential.map(|(kind, text)| (kind, text.to_owned())), "{uri}");
        }
    }

    #[test]
    fn expiry_counts_the_leeway_and_survives_any_number() {
        let (now, wall) = (Instant::now(), Timestamp(1_000_000_000));
        let in_seconds = |seconds| now.checked_add(std::time::Duration::from_secs(seconds));
        assert_eq!(expiry(wall.plus_seconds(300), wall, now), in_seconds(305));
        assert_eq!(expiry(wall.plus_seconds(-60), wall, now), in_seconds(0));
        assert_eq!(expiry(Timestamp(i64::MIN), wall, now), in_seconds(0));
        assert!(expiry(Timestamp(i64::MAX), Timestamp(0), now).is_none_or(|at| Some(at) > in_seconds(1_000_000)));
    }
}
