//! Answers on their way to clients: one person has only so many at once, and long ones leave in pieces, so that a slow reader holds little memory.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Bytes,
};
use domain::id::UserId;
use pin_project_lite::pin_project;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The HTTP library copies each piece of a body into the buffer of its connection; it asks for the next piece while that holds less than 32 KiB.
const PIECE: usize = 16 * 1024;

/// Slots for the answers of each person. Clones share them.
#[derive(Clone)]
pub(crate) struct Answers {
    each: usize,
    turn: Duration,
    people: Arc<People>,
}

/// The people who have a slot, or wait for one.
#[derive(Default)]
struct People(Mutex<HashMap<UserId, Arc<Semaphore>>>);

impl People {
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    /// So many for each person; a request waits its turn for so long.
    pub(crate) fn new(each: usize, turn: Duration) -> Self {
        Self {
            each,
            turn,
            people: Arc::default(),
        }
    }

    /// A place for an answer to this person, in the order of asking; `None` where none became free in time.
    pub(crate) async fn take(&self, person: UserId) -> Option<AnswerSlot> {
        let semaphore = self
            .people
            .lock()
            .entry(person)
            .or_insert_with(|| Arc::new(Semaphore::new(self.each)))
            .clone();
        // From here on, so that a request that ends while it waits leaves nothing behind.
        let mut place = AnswerSlot {
            person,
            semaphore,
            permit: None,
            people: self.people.clone(),
        };
        let permit = timeout(self.turn, place.semaphore.clone().acquire_owned()).await;
        place.permit = Some(permit.ok()?.ok()?);
        Some(place)
    }
}

/// A place, until it is dropped.
pub(crate) struct AnswerSlot {
    person: UserId,
    semaphore: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    people: Arc<People>,
}

impl Drop for AnswerSlot {
    fn drop(&mut self) {
        self.permit = None;
        let mut people = self.people.lock();
        // The map's own, and this one: no other request has a slot or waits for one.
        if Arc::strong_count(&self.semaphore) == 2 {
            people.remove(&self.person);
        }
    }
}

/// A middleware that keeps the place of an answer until its body was handed to the connection or dropped, and cuts bodies into pieces. It is to be around
/// all others that change bodies.
pub(crate) async fn hold<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<InPieces<B>>, Error> {
    let response = next.call(request).await?;
    let place = response.request().extensions_mut().remove::<AnswerSlot>();
    Ok(response.map_body(|_, body| InPieces {
        body,
        rest: Bytes::new(),
        place,
    }))
}

pin_project! {
    /// A body that leaves in pieces.
    pub(crate) struct InPieces<B> {
        #[pin]
        body: B,
        rest: Bytes,
        place: Option<AnswerSlot>,
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
                    *this.place = None;
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
    use std::{future::poll_fn, pin::pin};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_user_with_all_slots_waits_and_others_do_not() {
        let answers = Answers::new(2, 10 * SECOND);
        let (first, second) = (answers.take(UserId(1)).await, answers.take(UserId(1)).await);
        assert!(first.is_some() && second.is_some());
        let waiting = tokio::spawn({
            let answers = answers.clone();
            async move { answers.take(UserId(1)).await.is_some() }
        });
        assert!(answers.take(UserId(2)).await.is_some());
        tokio::time::sleep(9 * SECOND).await;
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.await.unwrap());
        let third = answers.take(UserId(1)).await;
        assert!(third.is_some());
        assert!(answers.take(UserId(1)).await.is_none(), "after ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn users_without_an_answer_in_progress_are_forgotten() {
        let answers = Answers::new(1, 10 * SECOND);
        let place = answers.take(UserId(1)).await;
        let mut given_up = pin!(answers.take(UserId(1)));
        assert!(futures_util::poll!(given_up.as_mut()).is_pending());
        assert!(answers.take(UserId(1)).await.is_none());
        drop(place);
        assert_eq!(answers.people.lock().len(), 1, "somebody waits");
        assert!(given_up.await.is_some());
        let abandoned = answers.take(UserId(1)).await;
        drop(abandoned);
        assert!(answers.people.lock().is_empty());
    }

    #[tokio::test]
    async fn a_body_is_sent_in_chunks_and_keeps_its_slot_until_its_end() {
        let answers = Answers::new(1, SECOND);
        let bytes = Bytes::from(vec![7; 2 * PIECE + 1]);
        let mut body = pin!(InPieces {
            body: bytes.clone(),
            rest: Bytes::new(),
            place: answers.take(UserId(1)).await,
        });
        assert_eq!(body.size(), BodySize::Sized(bytes.len() as u64));
        let mut pieces = Vec::new();
        while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            assert_eq!(answers.people.lock().len(), 1);
            pieces.push(piece.unwrap());
        }
        assert!(answers.people.lock().is_empty());
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [PIECE, PIECE, 1]);
        assert_eq!(pieces.concat(), bytes);
    }
}
