//! Answers on their way to clients: one person has only so many at once, and long ones leave in pieces, so that a slow reader holds little memory.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Bytes,
};
use pin_project_lite::pin_project;

use super::turns::Turn;

/// The HTTP library copies each piece of a body into the buffer of its connection; it asks for the next piece while that holds less than 32 KiB.
const PIECE: usize = 16 * 1024;

/// A middleware that keeps the turn of an answer until its body was handed to the connection or dropped, and cuts bodies into pieces. It is to be around
/// all others that change bodies.
pub(crate) async fn hold<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<InPieces<B>>, Error> {
    let response = next.call(request).await?;
    let turn = response.request().extensions_mut().remove::<Turn>();
    Ok(response.map_body(|_, body| InPieces {
        body,
        rest: Bytes::new(),
        turn,
    }))
}

pin_project! {
    /// A body that leaves in pieces.
    pub(crate) struct InPieces<B> {
        #[pin]
        body: B,
        rest: Bytes,
        turn: Option<Turn>,
    }
}

impl<B: MessageBody> MessageBody for InPieces<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            match ready!(this.body.poll_next(context)) {
                Some(Ok(bytes)) => *this.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    *this.turn = None;
                    return Poll::Ready(None);
                }
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin, time::Duration};

    use domain::id::UserId;

    use super::*;
    use crate::http::turns::Turns;

    #[tokio::test]
    async fn a_body_is_sent_in_pieces_and_keeps_its_turn_until_its_end() {
        let turns = Turns::new(1, Duration::from_secs(1));
        let bytes = Bytes::from(vec![7; 2 * PIECE + 1]);
        let mut body = pin!(InPieces {
            body: bytes.clone(),
            rest: Bytes::new(),
            turn: turns.take(UserId(1)).await,
        });
        assert_eq!(body.size(), BodySize::Sized(bytes.len() as u64));
        let mut pieces = Vec::new();
        while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            assert_eq!(turns.people(), 1);
            pieces.push(piece.unwrap());
        }
        assert_eq!(turns.people(), 0);
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [PIECE, PIECE, 1]);
        assert_eq!(pieces.concat(), bytes);
    }
}
