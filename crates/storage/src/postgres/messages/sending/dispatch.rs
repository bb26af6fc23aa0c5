//! Which messages are sent together, and when.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use domain::{
    message::NewMessage,
    ports::{Decided, OnCommit, SendOutcome, StoreError},
};
use futures_util::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    super::super::{
        Inner, Outcome, Work, error,
        lanes::{Lanes, Taken},
        pool::Taken as TakenConnection,
    },
    Outcomes, Request, SendRule, send, several_conversations,
};
use crate::{
    error::{AdapterError, Result, failed},
    measure,
};

/// How many messages share a transaction at most. More would not be faster, and would hold up their conversations for longer.
const MOST: usize = 128;

/// How many batches run at once at most; usually it is one, for two that share the messages between them are slower than one.
const BATCHES: usize = 4;

/// How many messages wait or are being sent at once at most, those included whose callers have gone.
pub(crate) const PLACES: usize = 4096;

/// After this time a batch is held up by something, and another begins beside it.
const SLOW: Duration = Duration::from_millis(20);

type Answer = std::result::Result<Decided<SendOutcome>, StoreError>;

/// A message that waits to be sent.
pub(crate) struct PendingSend {
    request: Request,
    on_commit: OnCommit<SendOutcome>,
    answer: oneshot::Sender<Answer>,
    /// From here until the message is durable; `on_commit` runs in it.
    span: tracing::Span,
    /// Lets the store close only when the message is answered.
    _begun: TaskTrackerToken,
    _place: OwnedSemaphorePermit,
}

impl Inner {
    /// Sends the message with others that wait, and answers as busy if its turn does not come in time. It is sent whether its caller still waits or not.
    pub(crate) async fn send(&self, message: Arc<NewMessage>, rule: SendRule, on_commit: OnCommit<SendOutcome>) -> Answer {
        let conversation = message.conversation.0;
        // First come, first served, so that the order of the callers stays.
        let place = tokio::time::timeout(self.wait, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(StoreError::Busy) };
        let (answer, mut answered) = oneshot::channel();
        let request = Request::new(message, rule);
        #[cfg(feature = "seeded-faults")]
        let (request, on_commit) = {
            let mut request = request;
            let on_commit = request.take_early(on_commit);
            (request, on_commit)
        };
        let pending = PendingSend {
            request,
            on_commit,
            answer,
            span: tracing::debug_span!("commit"),
            _begun: self.tasks.token(),
            _place: place,
        };
        let ticket = self.lanes.put(conversation, pending);
        let answered = match tokio::time::timeout(self.wait, &mut answered).await {
            Ok(answered) => answered,
            Err(_) if self.lanes.withdraw(conversation, ticket).is_some() => return Err(StoreError::Busy),
            // It is being sent.
            Err(_) => answered.await,
        };
        answered.unwrap_or_else(|_| Err(failed("a batch of messages panicked, or its runtime has ended")))
    }
}

/// Sends what waits, for ever.
pub(crate) async fn dispatch(store: Weak<Inner>, lanes: Lanes<PendingSend>) {
    let batches = Arc::new(Semaphore::new(BATCHES));
    // Whoever has it is the one batch that runs, or is held up for not long enough yet.
    let in_time = Arc::new(Semaphore::new(1));
    loop {
        lanes.ready().await;
        loop {
            let permits = (batches.clone().acquire_owned().await, in_time.clone().acquire_owned().await);
            let (Ok(batch), Ok(in_time)) = permits else { return };
            let Some(taken) = lanes.take(MOST) else { break };
            let Some(store) = store.upgrade() else { return };
            let runtime = store.runtime.clone();
            runtime.spawn(async move {
                let mut sending = pin!(carry_out(store, taken));
                if tokio::time::timeout(SLOW, &mut sending).await.is_err() {
                    drop(in_time);
                    sending.await;
                }
                drop(batch);
            });
        }
    }
}

/// Sends these messages, announces them in their order, and answers their callers.
async fn carry_out(store: Arc<Inner>, taken: Taken<PendingSend>) {
    #[expect(clippy::cast_precision_loss, reason = "batches are far smaller than 2^52")]
    metrics::histogram!(measure::BATCH_SIZE).record(taken.items.len() as f64);
    let began = Instant::now();
    match transact(&store, requests_of(&taken)).await {
        // Not for want of a connection: somebody else has one of the conversations, which holds up no other one.
        Err(AdapterError(StoreError::Busy)) if several_conversations(&requests_of(&taken)) && began.elapsed() < store.wait => {
            let parts = taken.split(|pending| pending.request.message.conversation.0).into_iter();
            let store = &store;
            join_all(parts.map(async |part| {
                let sent = transact(store, requests_of(&part)).await;
                answer(store, part, sent).await;
            }))
            .await;
        }
        sent => answer(&store, taken, sent).await,
    }
}

fn requests_of(taken: &Taken<PendingSend>) -> Vec<Request> {
    taken.items.iter().map(|pending| pending.request.clone()).collect()
}

async fn one_by_one(store: &Inner, requests: Vec<Request>) -> Outcomes {
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        match transact(store, vec![request]).await {
            Ok(mut outcome) => outcomes.append(&mut outcome),
            Err(AdapterError(error)) => outcomes.push(Err(error)),
        }
    }
    outcomes
}

/// Announces what was stored, answers the callers, and frees the lanes.
async fn answer(store: &Inner, taken: Taken<PendingSend>, sent: Result<Outcomes>) {
    let outcomes = match sent {
        Ok(outcomes) => outcomes,
        // One of them is to blame, and the others are not harmed by it.
        Err(AdapterError(error)) if taken.items.len() > 1 && error::concerns_a_row(&error) => one_by_one(store, requests_of(&taken)).await,
        Err(AdapterError(error)) => shared_by(error, taken.items.len()),
    };
    let Taken { items, hold } = taken;
    let mut outcomes = outcomes.into_iter();
    let mut has_entries = false;
    for pending in items {
        let outcome = outcomes.next().unwrap_or_else(|| Err(failed("a batch has too few outcomes")));
        if let Ok(Ok(sent @ SendOutcome::New(change))) = &outcome {
            has_entries = true;
            store.note(change.message.created_at);
            let _entered = pending.span.entered();
            tracing::debug!("durable");
            let on_commit = pending.on_commit;
            if catch_unwind(AssertUnwindSafe(|| on_commit(sent))).is_err() {
                tracing::error!("announcing a durable change panicked");
            }
        }
        // The caller may have gone.
        let _ = pending.answer.send(outcome);
    }
    if has_entries {
        store.wakes.wake();
    }
    drop(hold);
}

async fn transact(store: &Inner, requests: Vec<Request>) -> Result<Outcomes> {
    let requests: Arc<[Request]> = requests.into();
    let sent = store
        .transact_in_few_trips(&move |connection: &TakenConnection| -> Work<'_, _> {
            let requests = requests.clone();
            Box::pin(async move { send(connection, &requests).await })
        })
        .await?;
    let (Outcome::Keep(outcomes) | Outcome::Discard(outcomes)) = sent;
    Ok(outcomes)
}

/// The error, for each message of a batch that failed as a whole.
fn shared_by(error: StoreError, messages: usize) -> Outcomes {
    if matches!(error, StoreError::Busy) {
        return (0..messages).map(|_| Err(StoreError::Busy)).collect();
    }
    if messages == 1 {
        return vec![Err(error)];
    }
    let error = Arc::new(error);
    (0..messages).map(|_| Err(StoreError::Failed(Box::new(error.clone())))).collect()
}
