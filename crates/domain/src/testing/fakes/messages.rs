use std::sync::Arc;

use async_trait::async_trait;

use super::{
    state::{Row, State, missing},
    store::FakeStore,
};
use crate::{
    attachment::{Attachment, NewAttachment},
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Change, ChangeKind, ChangePage, Content, Draft, Message},
    page::{HistoryPage, Window},
    people::Role,
    ports::{Announce, Appended, Changed, Decide, Messages, SendingQuery, Shown, StoreError},
    rules::sending::Sending,
    time::Timestamp,
};

impl State {
    pub(super) fn facts_to_send(&self, query: &SendingQuery) -> Result<Option<SendingFacts>, StoreError> {
        let Some(gate) = self.facts(query.conversation, query.actor)? else {
            return Ok(None);
        };
        let answered = query
            .reply_to
            .and_then(|message| self.messages.get(&message))
            .filter(|row| row.conversation == query.conversation);
        let is_repeated = |row: &&Row| row.sender == query.actor && row.client_id.is_some() && row.client_id == query.client_id;
        Ok(Some(SendingFacts {
            gate,
            reply_to: answered.map(|row| self.as_reply(row)).transpose()?,
            already: self.messages.values().find(is_repeated).map(|row| (row.conversation, row.id)),
        }))
    }

    fn append(&mut self, draft: Draft) -> Result<Appended, StoreError> {
        let reply_to = draft.reply_to.as_ref().map(|reply| reply.id);
        let id = MessageId(self.messages.keys().next_back().map_or(1, |newest| newest.0 + 1));
        let seq = self.last_seq(draft.conversation).next();
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
        self.messages.insert(id, row);
        Ok(Appended::New(self.change(id)?))
    }

    fn attach(&mut self, file: NewAttachment, message: MessageId, conversation: ConversationId, uploaded_at: Timestamp) -> Attachment {
        self.attachments += 1;
        Attachment {
            id: AttachmentId(self.attachments),
            message,
            conversation,
            file_type: file.file_type,
            file_name: file.file_name,
            file_size: file.file_size,
            mime_type: file.mime_type,
            width: file.width,
            height: file.height,
            uploaded_at,
            key: file.key,
            thumbnail_key: file.thumbnail_key,
        }
    }

    /// Changes a message under the next `seq`.
    fn amend(&mut self, id: MessageId, kind: ChangeKind, at: Timestamp, how: impl FnOnce(&mut Row)) -> Result<Changed, StoreError> {
        let conversation = self.row(id)?.conversation;
        let seq = self.last_seq(conversation).next();
        let row = self.messages.get_mut(&id).ok_or_else(|| missing("message"))?;
        how(row);
        row.kind = kind;
        row.seq = seq;
        row.updated_at = at;
        Ok(Changed::Done(self.change(id)?))
    }

    fn row(&self, id: MessageId) -> Result<&Row, StoreError> {
        self.messages.get(&id).ok_or_else(|| missing("message"))
    }

    fn change(&self, id: MessageId) -> Result<Change, StoreError> {
        let row = self.row(id)?;
        let room = self.rooms.get(&row.conversation).ok_or_else(|| missing("conversation"))?;
        Ok(Change {
            message: Arc::new(self.message(row)?),
            inbox: Arc::new(self.inbox(row.conversation, &room.participants)?),
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

/// Announces what was committed.
fn announced(changed: Changed, announce: Announce<Changed>) -> Changed {
    if matches!(changed, Changed::Done(_)) {
        announce(&changed);
    }
    changed
}

#[async_trait]
impl Messages for FakeStore {
    async fn send(&self, query: SendingQuery, decide: Decide, announce: Announce<Appended>) -> Result<Appended, StoreError> {
        let mut state = self.state()?;
        match decide(state.facts_to_send(&query)?) {
            Err(refusal) => Ok(Appended::Refused(refusal)),
            Ok(Sending::Already(id)) => Ok(Appended::AlreadySent(id)),
            Ok(Sending::New(draft)) => {
                let appended = state.append(*draft)?;
                announce(&appended);
                Ok(appended)
            }
        }
    }

    async fn facts_to_change(&self, id: MessageId, actor: UserId) -> Result<Option<MessageFacts>, StoreError> {
        let state = self.state()?;
        let (Some(row), Some(person)) = (state.messages.get(&id), state.people.get(&actor)) else {
            return Ok(None);
        };
        let takes_part = state.takes_part(row.conversation, actor);
        if !takes_part && person.role != Role::Superadmin {
            return Ok(None);
        }
        let conversation = state.conversation(row.conversation)?;
        Ok(Some(MessageFacts {
            actor: person.clone(),
            takes_part,
            conversation,
            message: state.message(row)?,
        }))
    }

    async fn edit(&self, id: MessageId, content: Content, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        let mut state = self.state()?;
        if state.row(id)?.is_deleted {
            return Ok(Changed::Gone);
        }
        let edited = state.amend(id, ChangeKind::Edited, at, |row| {
            row.content = Some(content.into_string());
            row.is_edited = true;
            row.edited_at = Some(at);
        })?;
        Ok(announced(edited, announce))
    }

    async fn delete(&self, id: MessageId, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        let mut state = self.state()?;
        if state.row(id)?.is_deleted {
            return Ok(Changed::Unchanged);
        }
        let deleted = state.amend(id, ChangeKind::Deleted, at, |row| {
            row.is_deleted = true;
            row.is_pinned = false;
        })?;
        Ok(announced(deleted, announce))
    }

    async fn set_pinned(&self, id: MessageId, pinned: bool, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        let mut state = self.state()?;
        let row = state.row(id)?;
        if pinned && row.is_deleted {
            return Ok(Changed::Gone);
        }
        if row.is_pinned == pinned {
            return Ok(Changed::Unchanged);
        }
        Ok(announced(
            state.amend(id, ChangeKind::Pinned, at, |row| row.is_pinned = pinned)?,
            announce,
        ))
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
        let used = used.flat_map(|file| std::iter::once(&file.key).chain(&file.thumbnail_key));
        Ok(used.filter(|key| keys.contains(key)).cloned().collect())
    }

    async fn window(&self, of: ConversationId, window: Window, shown: Shown) -> Result<Option<HistoryPage<Message>>, StoreError> {
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
