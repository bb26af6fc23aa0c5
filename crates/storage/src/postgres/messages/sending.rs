//! Sending in batches: what waits at the same time shares a transaction, with a number of statements that does not grow with it.

mod dispatch;
mod facts;
#[cfg(feature = "seeded-faults")]
mod seeded;
mod store;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use domain::{
    change::Change,
    conversation::{ConversationSummary, Preview},
    facts::SendingFacts,
    id::{AttachmentId, MessageId},
    message::{Draft, NewMessage},
    ports::{Decided, SendOutcome, StoreError},
    rules::sending::Sending,
};
use futures_util::try_join;
use store::NewRows;

use super::super::{Outcome, Rule, conversations, pool::Taken, transaction};
use crate::error::{Result, failed};
pub(crate) use dispatch::{PLACES, PendingSend, dispatch};
pub(crate) use facts::Facts;

/// The rule of sending.
type SendRule = Rule<Option<SendingFacts>, Sending>;

/// A message to be sent, and the rule that decides it.
#[derive(Clone)]
pub(crate) struct Request {
    message: Arc<NewMessage>,
    rule: SendRule,
    #[cfg(feature = "seeded-faults")]
    early: seeded::Early,
}

impl Request {
    pub(crate) fn new(message: Arc<NewMessage>, rule: SendRule) -> Self {
        Self {
            message,
            rule,
            #[cfg(feature = "seeded-faults")]
            early: seeded::Early::default(),
        }
    }
}

/// The outcome of each message of a batch. An error concerns one message alone.
type Outcomes = Vec<std::result::Result<Decided<SendOutcome>, StoreError>>;

const BEGIN: &str = "BEGIN";
/// A batch does not wait for long for conversations that somebody else acts in, before each of them is sent to by itself.
const BEGIN_WITH_OTHERS: &str = "BEGIN; SET LOCAL lock_timeout = '100ms'";

fn several_conversations(requests: &[Request]) -> bool {
    let mut conversations = requests.iter().map(|request| request.message.conversation);
    let first = conversations.next();
    conversations.any(|conversation| Some(conversation) != first)
}

/// Decides each message by the facts that nobody else can change until the commit, in order, and stores those that are to be.
async fn send(connection: &Taken, requests: &[Request]) -> Result<Outcome<Outcomes>> {
    let within = requests.iter().map(|request| request.message.conversation.0).collect();
    let messages: Vec<_> = requests.iter().map(|request| request.message.clone()).collect();
    let begin = if several_conversations(requests) {
        BEGIN_WITH_OTHERS
    } else {
        BEGIN
    };
    // The facts are read by statements of their own, after the lock: what was committed before it was granted is among them.
    let locked_facts = async {
        try_join!(
            conversations::lock_all(connection, within),
            Facts::load(connection, &messages, messages.len())
        )
    };
    let ((), mut facts) = transaction::begin_with(connection, begin, locked_facts).await?;
    let decided: Vec<_> = requests.iter().map(|request| decide(request, &mut facts)).collect();
    let files = decided.iter().map(|decided| match decided {
        Ok(Ok(Decision::Store(new))) => new.draft.attachments.len(),
        _ => 0,
    });
    let mut file_ids = facts::attachment_ids(connection, files.sum()).await?;
    let mut rows = NewRows::default();
    let mut outcomes = Vec::with_capacity(decided.len());
    for decided in decided {
        outcomes.push(match decided {
            Ok(Ok(Decision::Store(new))) => Ok(Ok(SendOutcome::New(new.complete(&mut rows, &mut file_ids)?))),
            Ok(Ok(Decision::Already(id))) => Ok(Ok(SendOutcome::AlreadySent(id))),
            Ok(Err(denial)) => Ok(Err(denial)),
            Err(error) => Err(error),
        });
    }
    if rows.is_empty() {
        return Ok(Outcome::Discard(outcomes));
    }
    #[cfg(feature = "seeded-faults")]
    seeded::publish_early(requests, &outcomes).await;
    transaction::commit_with(connection, rows.store(connection, &facts)).await?;
    Ok(Outcome::Keep(outcomes))
}

enum Decision {
    Already(MessageId),
    Store(Box<Stored>),
}

/// A message that is to be stored, with its place in the conversation.
struct Stored {
    draft: Draft,
    id: MessageId,
    summary: ConversationSummary,
}

/// Asks the rule, and takes its decision into account for the messages that follow.
fn decide(request: &Request, facts: &mut Facts) -> std::result::Result<Decided<Decision>, StoreError> {
    let message = &request.message;
    let asked = facts.of(message);
    // A rule that panics harms no other message of the batch.
    let decided = catch_unwind(AssertUnwindSafe(|| request.rule.ask(asked))).map_err(|_| failed("a rule panicked"))?;
    let draft = match decided {
        Ok(Sending::New(draft)) => *draft,
        Ok(Sending::Already(id)) => return Ok(Ok(Decision::Already(id))),
        Err(denial) => return Ok(Err(denial)),
    };
    let (id, summary) = facts
        .take_place(&draft)
        .ok_or_else(|| failed("a message was allowed into no conversation"))?;
    Ok(Ok(Decision::Store(Box::new(Stored { draft, id, summary }))))
}

impl Stored {
    /// Adds its rows to those that are to be stored, and makes what is announced.
    fn complete(self, rows: &mut NewRows, file_ids: &mut impl Iterator<Item = AttachmentId>) -> Result<Change> {
        let Self { mut draft, id, summary } = self;
        let mut attachments = Vec::with_capacity(draft.attachments.len());
        for file in draft.attachments.drain(..) {
            let file_id = file_ids.next().ok_or_else(|| failed("too few ids were given to files"))?;
            attachments.push(file.stored(file_id, id, draft.conversation, draft.at));
        }
        let message = draft.stored(id, summary.last_seq, attachments);
        rows.add(&message)?;
        let summary = ConversationSummary {
            preview: Some(Preview::of(&message)),
            ..summary
        };
        Ok(Change {
            message: Arc::new(message),
            summary: Arc::new(summary),
        })
    }
}
