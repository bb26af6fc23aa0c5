use std::sync::Arc;

use async_trait::async_trait;

use super::{
    state::{Row, State, missing},
    store::FakeStore,
};
use crate::{
    attachment::{Attachment, NewAttachment},
    change::{Change, ChangePage},
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{ChangeKind, Content, Draft, Message, NewMessage, NewState, Update},
    page::{HistoryPage, Window},
    people::Role,
    ports::{ChangeOutcome, Decide, Decided, MessageFilter, Messages, OnCommit, OutboxKind, SendOutcome, StoreError},
    rules::sending::Sending,
    time::Timestamp,
};

impl State {
    fn sending_facts(&self, message: &NewMessage) -> Result<Option<SendingFacts>, StoreError> {
        let Some(base) = self.facts(message.conversation, message.sender)? else {
            return Ok(None);
        };
        let answered = message
            .reply_to
            .and_then(|answered| self.messages.get(&answered))
            .filter(|row| row.conversation == message.conversation);
        let is_repeated = |row: &&Row| row.sender == message.sender && row.client_id.is_some() && row.client_id == message.client_id;
        Ok(Some(SendingFacts {
            base,
            reply_to: answered.map(|row| self.as_reply(row)).transpose()?,
            already: self.messages.values().find(is_repeated).map(|row| (row.conversation, row.id)),
        }))
    }

    fn append(&mut self, draft: Draft) -> Result<SendOutcome, StoreError> {
        let reply_to = draft.reply_to.as_ref().map(|reply| reply.id);
        let id = MessageId(self.messages.keys().next_back().map_or(1, |newest| newest.0 + 1));
        let seq = self.last_seq(draft.conversation).next();
        if draft.awaiting_after(Some(draft.at)).is_none() {
            self.answered.insert(draft.conversation, id);
        }
        let arranged = self.arranged.iter_mut().filter(|((of, _), _)| *of == draft.conversation);
        arranged.for_each(|(_, row)| *row = row.after_message(draft.at, None));
        let attachments = draft
            .attachments
            .into_iter()
            .map(|file| self.attach(file, id, draft.conversation, draft.at))
            .collect();
        let row = Row {
            id,
            conversation: draft.conversation,
            sender: draft.sender.id,
            content: draft.content.map(Content::into_string),
            attachments,
            reply_to,
            client_id: draft.client_id,
            is_edited: false,
            is_pinned: false,
            is_deleted: false,
            created_at: draft.at,
            updated_at: draft.at,
            edited_at: None,
            seq,
            kind: ChangeKind::Sent,
        };
        let (conversation, actor, at) = (row.conversation, row.sender, row.created_at);
        self.messages.insert(id, row);
        self.note(ChangeKind::Sent, conversation, id, actor, at);
        Ok(SendOutcome::New(self.change(id)?))
    }

    fn attach(&mut self, file: NewAttachment, message: MessageId, conversation: ConversationId, uploaded_at: Timestamp) -> Attachment {
        self.attachments += 1;
        file.stored(AttachmentId(self.attachments), message, conversation, uploaded_at)
    }

    fn changing_facts(&self, actor: UserId, id: MessageId) -> Result<Option<MessageFacts>, StoreError> {
        let (Some(row), Some(person)) = (self.messages.get(&id), self.people.get(&actor)) else {
            return Ok(None);
        };
        let takes_part = self.takes_part(row.conversation, actor);
        if !takes_part && person.role != Role::Superadmin {
            return Ok(None);
        }
        Ok(Some(MessageFacts {
            actor: person.clone(),
            takes_part,
            conversation: self.conversation(row.conversation)?,
            message: self.message(row)?,
        }))
    }

    /// Changes a message under the next `seq`.
    fn update(&mut self, actor: UserId, id: MessageId, Update { to, at }: Update) -> Result<ChangeOutcome, StoreError> {
        let conversation = self.row(id)?.conversation;
        self.note(to.kind(), conversation, id, actor, at);
        let seq = self.last_seq(conversation).next();
        let row = self.messages.get_mut(&id).ok_or_else(|| missing("message"))?;
        row.kind = to.kind();
        row.seq = seq;
        row.updated_at = at;
        match to {
            NewState::Content(content) => {
                row.content = Some(content.into_string());
                row.is_edited = true;
                row.edited_at = Some(at);
            }
            NewState::Pinned(pinned) => row.is_pinned = pinned,
            NewState::Deleted => {
                row.is_deleted = true;
                row.is_pinned = false;
            }
        }
        Ok(ChangeOutcome::Done(self.change(id)?))
    }

    fn row(&self, id: MessageId) -> Result<&Row, StoreError> {
        self.messages.get(&id).ok_or_else(|| missing("message"))
    }

    fn change(&self, id: MessageId) -> Result<Change, StoreError> {
        let row = self.row(id)?;
        let room = self.rooms.get(&row.conversation).ok_or_else(|| missing("conversation"))?;
        Ok(Change {
            message: Arc::new(self.message(row)?),
            summary: Arc::new(self.summary(row.conversation, &room.participants)?),
        })
    }

    fn messages_of(&self, rows: &[&Row]) -> Result<Vec<Message>, StoreError> {
        rows.iter().map(|row| self.message(row)).collect()
    }
}

/// The bounds of a window in a history of messages with these ids.
fn bounds(ids: &[MessageId], window: Window) -> (usize, usize) {
    let before = |id: MessageId| ids.partition_point(|other| *other < id);
    let after = |id: MessageId| ids.partition_point(|other| *other <= id);
    match window {
        Window::Page(page) => {
            let end = ids.len().saturating_sub(usize::try_from(page.offset()).unwrap_or(usize::MAX));
            (end.saturating_sub(page.size as usize), end)
        }
        Window::Before(id, limit) => (before(id).saturating_sub(limit as usize), before(id)),
        Window::After(id, limit) => (after(id), ids.len().min(after(id) + limit as usize)),
        Window::Around(id, limit) => {
            let older = limit as usize / 2;
            (before(id).saturating_sub(older), ids.len().min(before(id) + limit as usize - older))
        }
    }
}

#[async_trait]
impl Messages for FakeStore {
    async fn send(
        &self,
        message: Arc<NewMessage>,
        decide: Decide<Option<SendingFacts>, Sending>,
        on_commit: OnCommit<SendOutcome>,
    ) -> Result<Decided<SendOutcome>, StoreError> {
        let mut state = self.state()?;
        Ok(match decide(state.sending_facts(&message)?) {
            Err(refusal) => Err(refusal),
            Ok(Sending::Already(id)) => Ok(SendOutcome::AlreadySent(id)),
            Ok(Sending::New(draft)) => {
                let sent = state.append(*draft)?;
                Ok(state.appended(sent, true, on_commit)?)
            }
        })
    }

    async fn facts_to_send(&self, message: Arc<NewMessage>) -> Result<Option<SendingFacts>, StoreError> {
        self.state()?.sending_facts(&message)
    }

    async fn change(
        &self,
        actor: UserId,
        id: MessageId,
        decide: Decide<Option<MessageFacts>, Option<Update>>,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError> {
        let mut state = self.state()?;
        let facts = state.changing_facts(actor, id)?;
        Ok(match (decide(facts.clone()), facts) {
            (Err(refusal), _) => Err(refusal),
            (Ok(Some(update)), _) => {
                let has_entry = OutboxKind::of(update.to.kind()).is_some();
                let changed = state.update(actor, id, update)?;
                Ok(state.appended(changed, has_entry, on_commit)?)
            }
            (Ok(None), Some(facts)) => Ok(ChangeOutcome::Unchanged(Box::new(facts))),
            (Ok(None), None) => return Err(missing("message")),
        })
    }

    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError> {
        let state = self.state()?;
        let row = state.messages.get(&id).filter(|row| state.takes_part(row.conversation, viewer));
        row.map(|row| state.message(row)).transpose()
    }

    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError> {
        let state = self.state()?;
        let found = state
            .messages
            .values()
            .find_map(|row| Some((row, row.attachments.iter().find(|file| file.id == id)?)));
        Ok(found.map(|(row, file)| FileFacts {
            file: file.clone(),
            message_deleted: row.is_deleted,
            viewer_takes_part: viewer.is_some_and(|viewer| {
                state.takes_part(row.conversation, viewer) && state.people.get(&viewer).is_some_and(|person| person.is_active)
            }),
        }))
    }

    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        let state = self.state()?;
        let used = state.messages.values().flat_map(|row| &row.attachments);
        let used = used.flat_map(Attachment::keys);
        Ok(used.filter(|key| keys.contains(key)).cloned().collect())
    }

    async fn keys_deleted_before(&self, keys: &[String], before: Timestamp) -> Result<Vec<String>, StoreError> {
        let state = self.state()?;
        let deleted = state.messages.values().filter(|row| row.is_deleted && row.updated_at < before);
        let files = deleted.flat_map(|row| &row.attachments);
        let found = files.flat_map(Attachment::keys);
        Ok(found.filter(|key| keys.contains(key)).cloned().collect())
    }

    async fn newest_keys(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        let state = self.state()?;
        let mut files: Vec<&Attachment> = state
            .messages
            .values()
            .filter(|row| !row.is_deleted)
            .flat_map(|row| &row.attachments)
            .collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.id));
        Ok(files.into_iter().take(limit as usize).map(|file| file.key.clone()).collect())
    }

    async fn window(&self, of: ConversationId, window: Window, shown: MessageFilter) -> Result<Option<HistoryPage<Message>>, StoreError> {
        let state = self.state()?;
        if let Window::Around(id, _) = window
            && state.messages.get(&id).is_none_or(|row| row.conversation != of)
        {
            return Ok(None);
        }
        let visible = |row: &&Row| (shown.deleted || !row.is_deleted) && (!shown.pinned_only || row.is_pinned);
        let rows: Vec<&Row> = state.history(of).filter(visible).collect();
        let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
        let (start, end) = bounds(&ids, window);
        Ok(Some(HistoryPage {
            items: state.messages_of(&rows[start..end])?,
            total: rows.len() as u64,
            has_older: start > 0,
            has_newer: end < rows.len(),
        }))
    }

    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError> {
        let state = self.state()?;
        let room = state.rooms.get(&of).ok_or_else(|| missing("conversation"))?;
        let mut rows: Vec<&Row> = state.history(of).filter(|row| row.seq > after).collect();
        rows.sort_by_key(|row| row.seq);
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(ChangePage {
            changes: rows.iter().map(|row| row.kind).zip(state.messages_of(&rows)?).collect(),
            last_seq: state.last_seq(of),
            has_more,
            marks: room.participants.iter().map(|user| state.marks(of, *user)).collect(),
        })
    }
}
