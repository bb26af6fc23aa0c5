//! Messages and their changes.

mod change;
mod files;
mod history;
mod load;
mod sending;

use std::sync::Arc;

use async_trait::async_trait;
use diesel::{OptionalExtension as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;
use domain::{
    change::ChangePage,
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Message, NewMessage, Update},
    page::{HistoryPage, Window},
    people::Role,
    ports::{ChangeOutcome, Decide, Decided, MessageFilter, Messages, OnCommit, SendOutcome, StoreError},
    rules::sending::Sending,
    time::Timestamp,
};
pub(super) use load::{load, load_one};
pub(super) use sending::{PLACES, PendingSend, dispatch};

use super::{
    Connection, Outcome, Postgres, Rule, conversations, directory,
    schema::{messaging_conversation_participants as members, messaging_message as messages},
};
use crate::error::{Result as Loaded, failed};

/// The conversation that a message is in.
pub(super) async fn conversation_of(mut connection: &Connection, id: MessageId) -> Loaded<Option<ConversationId>> {
    let found: Option<i64> = messages::table
        .find(id.0)
        .select(messages::conversation_id)
        .first(&mut connection)
        .await
        .optional()?;
    Ok(found.map(ConversationId))
}

/// The message, to people who take part in its conversation.
async fn get(mut connection: &Connection, id: MessageId, viewer: UserId) -> Loaded<Option<Message>> {
    let Some(within) = conversation_of(connection, id).await? else {
        return Ok(None);
    };
    let takes_part: bool = diesel::select(diesel::dsl::exists(members::table.find((within.0, viewer.0))))
        .get_result(&mut connection)
        .await?;
    if takes_part {
        load_one(connection, within, id).await
    } else {
        Ok(None)
    }
}

async fn facts_to_change(
    connection: &mut Connection,
    id: MessageId,
    within: ConversationId,
    actor: UserId,
) -> Loaded<Option<MessageFacts>> {
    let Some(actor) = directory::find(connection, actor).await? else {
        return Ok(None);
    };
    let conversation = conversations::conversation(connection, within).await?;
    let conversation = conversation.ok_or_else(|| failed("a message is in no conversation"))?;
    let takes_part = conversation.includes(actor.id);
    if !takes_part && actor.role != Role::Superadmin {
        return Ok(None);
    }
    let message = load_one(connection, within, id).await?;
    Ok(Some(MessageFacts {
        actor,
        takes_part,
        conversation,
        message: message.ok_or_else(|| failed("a message is there and is not"))?,
    }))
}

#[async_trait]
impl Messages for Postgres {
    async fn send(
        &self,
        message: Arc<NewMessage>,
        decide: Decide<Option<SendingFacts>, Sending>,
        on_commit: OnCommit<SendOutcome>,
    ) -> Result<Decided<SendOutcome>, StoreError> {
        self.check_open()?;
        self.inner.send(message, Rule::new(decide), on_commit).await
    }

    async fn facts_to_send(&self, message: Arc<NewMessage>) -> Result<Option<SendingFacts>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                Ok(sending::Facts::load(connection, std::slice::from_ref(&message), 0)
                    .await?
                    .of(&message))
            })
        })
        .await
    }

    async fn change(
        &self,
        actor: UserId,
        id: MessageId,
        decide: Decide<Option<MessageFacts>, Option<Update>>,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError> {
        // The conversation of a message never changes, so it can be looked up before its lane is entered.
        let within = self.read_once(move |connection| Box::pin(conversation_of(connection, id))).await?;
        let (store, rule) = (self.clone(), Rule::new(decide));
        let on_commit = self.waking(on_commit, |_| true);
        self.decide(within.iter().map(|within| within.0).collect(), on_commit, move |connection| {
            let (store, rule) = (store.clone(), rule.clone());
            Box::pin(async move {
                let facts = match within {
                    Some(within) => {
                        conversations::lock(connection, within).await?;
                        facts_to_change(connection, id, within, actor).await?
                    }
                    None => None,
                };
                let changed = change::change(connection, facts, &rule).await?;
                if let Ok(Outcome::Keep(ChangeOutcome::Done(change))) = &changed {
                    store.note(change.message.updated_at);
                }
                Ok(changed)
            })
        })
        .await
    }

    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError> {
        self.read(move |connection| Box::pin(get(connection, id, viewer))).await
    }

    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError> {
        self.read(move |connection| Box::pin(files::file(connection, id, viewer))).await
    }

    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |connection| Box::pin(files::keys_in_use(connection, keys))).await
    }

    async fn keys_deleted_before(&self, keys: &[String], before: Timestamp) -> Result<Vec<String>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |connection| Box::pin(files::keys_deleted_before(connection, keys, before)))
            .await
    }

    async fn newest_keys(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| Box::pin(files::newest_keys(connection, limit))).await
    }

    async fn window(&self, of: ConversationId, window: Window, shown: MessageFilter) -> Result<Option<HistoryPage<Message>>, StoreError> {
        self.read(move |connection| Box::pin(history::window(connection, of, window, shown)))
            .await
    }

    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError> {
        self.read(move |connection| Box::pin(history::changes(connection, of, after, limit)))
            .await
    }
}
