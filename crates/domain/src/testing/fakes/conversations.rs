use async_trait::async_trait;

use super::{directory::paged, state::State, store::FakeStore};
use crate::{
    conversation::{ListCounts, ListFilter, ListItem, NewConversation, OpenRequest, RowRequest, RowUpdate},
    facts::{ConversationFacts, NamedConfession, OpeningFacts, RowFacts, Target},
    id::{ConfessionId, ConversationId, UserId},
    page::{NumberedPage, PageRequest},
    ports::{Arranged, ConversationDetail, Conversations, Decide, Decided, OnCommit, Opened, StoreError, UniqueKey},
    rules::opening::Opening,
    search,
};

impl State {
    pub(super) fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        if !self.takes_part(id, actor) {
            return Ok(None);
        }
        let conversation = self.conversation(id)?;
        let actor_follows = conversation
            .confession
            .as_ref()
            .is_some_and(|confession| self.follows(actor, confession.id));
        Ok(Some(ConversationFacts {
            actor: self.person(actor)?.clone(),
            conversation,
            actor_follows,
        }))
    }

    fn opening_facts(&self, request: &OpenRequest) -> Option<OpeningFacts> {
        let actor = request.actor;
        let person = self.people.get(&actor)?;
        let mut wanted: Vec<UserId> = Vec::new();
        for target in &request.targets {
            if !wanted.contains(target) {
                wanted.push(*target);
            }
        }
        let mut everybody = wanted.clone();
        everybody.push(actor);
        everybody.sort();
        everybody.dedup();
        let mut existing: Vec<_> = self.rooms.iter().filter(|(_, room)| room.participants == everybody).collect();
        existing.sort_by_key(|(id, room)| std::cmp::Reverse((self.last_message_at(**id).unwrap_or(room.at), **id)));
        Some(OpeningFacts {
            actor: person.clone(),
            targets: wanted.iter().map(|target| self.target(*target, actor)).collect(),
            named: request.confession.map(|id| NamedConfession {
                id,
                confession: self.confessions.get(&id).cloned(),
                actor_follows: self.follows(actor, id),
            }),
            existing: existing.into_iter().map(|(id, room)| (*id, room.confession)).collect(),
        })
    }

    fn open(&mut self, new: NewConversation) -> Result<Opened, StoreError> {
        let same = |room: &NewConversation| room.participants == new.participants && room.confession == new.confession;
        if self.rooms.values().any(same) {
            return Err(StoreError::Duplicate(UniqueKey::Participants));
        }
        let id = ConversationId(self.rooms.keys().next_back().map_or(1, |newest| newest.0 + 1));
        let users = new.participants.clone();
        self.rooms.insert(id, new);
        Ok(Opened::New(self.summary(id, &users)?))
    }

    fn target(&self, id: UserId, actor: UserId) -> Target {
        Target {
            id,
            person: self.people.get(&id).cloned(),
            followed_by_actor: self.administered_and_followed(id, actor),
            follows_of_actor: self.administered_and_followed(actor, id),
        }
    }

    fn list_item(&self, id: ConversationId, viewer: UserId) -> Result<ListItem, StoreError> {
        let conversation = self.conversation(id)?;
        Ok(ListItem {
            id,
            participants: conversation.participants.to_vec(),
            confession: conversation.confession,
            created_at: conversation.created_at,
            last_message_at: conversation.last_message_at,
            unread_count: self.unread(id, viewer),
            last_seq: conversation.last_seq,
            preview: self.preview(id)?,
            state: self.row_state(id, viewer)?,
        })
    }

    fn row_facts(&self, request: RowRequest) -> Result<Option<RowFacts>, StoreError> {
        let RowRequest { actor, conversation, .. } = request;
        let Some(base) = self.facts(conversation, actor)? else {
            return Ok(None);
        };
        Ok(Some(RowFacts {
            base,
            row: self.row_state(conversation, actor)?,
            unread_count: self.unread(conversation, actor),
            unanswered_since: self.unanswered_since(conversation),
        }))
    }

    /// Changes a row; returns the participants whose rows were changed.
    fn arrange(&mut self, request: RowRequest, update: RowUpdate) -> Result<Vec<UserId>, StoreError> {
        let RowRequest { actor, conversation, .. } = request;
        let newest = self.history(conversation).next_back().map(|message| message.id);
        let answered = match update {
            RowUpdate::Awaiting(None) => newest,
            RowUpdate::Awaiting(Some(_)) => self.newest_of_staff(conversation),
            _ => {
                let row = self.arranged.entry((conversation, actor)).or_default();
                match update {
                    RowUpdate::Muted(until) => row.muted_until = until,
                    RowUpdate::Archived(at) => row.archived_at = at,
                    RowUpdate::MarkedUnread => row.is_marked_unread = true,
                    RowUpdate::Awaiting(_) => {}
                }
                return Ok(vec![actor]);
            }
        };
        match answered {
            Some(message) => self.answered.insert(conversation, message),
            None => self.answered.remove(&conversation),
        };
        let people = self.conversation(conversation)?.participants;
        Ok(people
            .iter()
            .filter(|person| person.role.is_staff())
            .map(|person| person.id)
            .collect())
    }

    fn rooms_of(&self, user: UserId) -> impl Iterator<Item = (&ConversationId, &NewConversation)> {
        self.rooms.iter().filter(move |(_, room)| room.participants.contains(&user))
    }
}

fn is_found(item: &ListItem, viewer: UserId, query: &str) -> bool {
    let Some(query) = search::Query::parse(query) else { return false };
    let confession = item.confession.as_ref();
    confession.is_some_and(|confession| query.matches(&search::name_of(confession)))
        || item
            .participants
            .iter()
            .any(|person| person.id != viewer && query.matches(&search::names_of(person)))
}

fn passes(item: &ListItem, viewer: UserId, filter: &ListFilter) -> bool {
    let confession = item.confession.as_ref();
    filter
        .confession
        .is_none_or(|wanted| confession.is_some_and(|confession| confession.id == wanted))
        && (!filter.unread || item.unread_count > 0 || item.state.is_marked_unread)
        && (!filter.waiting || item.state.awaiting_since.is_some())
        && filter.archived.is_none_or(|archived| archived == item.state.archived_at.is_some())
        && filter.query.as_ref().is_none_or(|query| is_found(item, viewer, query))
}

#[async_trait]
impl Conversations for FakeStore {
    async fn open(
        &self,
        request: OpenRequest,
        decide: Decide<Option<OpeningFacts>, Opening>,
        on_commit: OnCommit<Opened>,
    ) -> Result<Decided<Opened>, StoreError> {
        let mut state = self.state()?;
        Ok(match decide(state.opening_facts(&request)) {
            Err(refusal) => Err(refusal),
            Ok(Opening::Existing(id)) => Ok(Opened::Existing(id)),
            Ok(Opening::New(new)) => {
                let opened = state.open(new)?;
                Ok(state.committed(opened, on_commit)?)
            }
        })
    }

    async fn arrange(
        &self,
        request: RowRequest,
        decide: Decide<Option<RowFacts>, Option<RowUpdate>>,
        on_commit: OnCommit<Arranged>,
    ) -> Result<Decided<Arranged>, StoreError> {
        let mut state = self.state()?;
        let update = match decide(state.row_facts(request)?) {
            Ok(update) => update,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(update) = update else {
            return Ok(Ok(Arranged {
                summary: state.summary(request.conversation, &[request.actor])?,
                is_changed: false,
            }));
        };
        let concerned = state.arrange(request, update)?;
        let arranged = Arranged {
            summary: state.summary(request.conversation, &concerned)?,
            is_changed: true,
        };
        Ok(Ok(state.committed(arranged, on_commit)?))
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.state()?.facts(id, actor)
    }

    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError> {
        let state = self.state()?;
        let Some(facts) = state.facts(id, viewer)? else { return Ok(None) };
        let last_message = state.newest_shown(id).map(|row| state.message(row)).transpose()?;
        Ok(Some(ConversationDetail {
            facts,
            last_message,
            unread_count: state.unread(id, viewer),
            row: state.row_state(id, viewer)?,
        }))
    }

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>, StoreError> {
        let state = self.state()?;
        let mut ids: Vec<_> = state
            .rooms_of(of)
            .map(|(id, room)| (state.last_message_at(*id).unwrap_or(room.at), *id))
            .collect();
        ids.sort_by(|one, other| other.cmp(one));
        let mut items = ids
            .into_iter()
            .map(|(_, id)| state.list_item(id, of))
            .collect::<Result<Vec<_>, _>>()?;
        items.retain(|item| passes(item, of, filter));
        if filter.waiting {
            items.sort_by_key(|item| (item.state.awaiting_since, item.id));
        }
        Ok(paged(items, page))
    }

    async fn counts(&self, of: UserId, within: Option<ConfessionId>) -> Result<ListCounts, StoreError> {
        let everything = ListFilter {
            confession: within,
            ..ListFilter::default()
        };
        let page = PageRequest { number: 1, size: u32::MAX };
        let mut counts = ListCounts::default();
        for item in self.list(of, &everything, page).await?.items {
            if item.state.archived_at.is_some() {
                counts.archived += 1;
                continue;
            }
            counts.all += 1;
            counts.unread += u64::from(item.unread_count > 0 || item.state.is_marked_unread);
            counts.waiting += u64::from(item.state.awaiting_since.is_some());
        }
        Ok(counts)
    }

    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError> {
        let state = self.state()?;
        Ok(state.rooms_of(of).map(|(id, _)| state.unread(*id, of)).sum())
    }

    async fn counterparts(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<UserId>, StoreError> {
        let state = self.state()?;
        let mut others: Vec<UserId> = state
            .rooms_of(of)
            .filter(|(_, room)| within.is_none() || room.confession == within)
            .flat_map(|(_, room)| room.participants.clone())
            .filter(|user| *user != of)
            .collect();
        others.sort();
        others.dedup();
        Ok(others)
    }

    async fn recent_counterparts(&self, of: UserId, conversations: u32) -> Result<Vec<UserId>, StoreError> {
        let page = PageRequest {
            number: 1,
            size: conversations,
        };
        let recent = self.list(of, &ListFilter::default(), page).await?.items;
        let mut others: Vec<UserId> = recent.iter().flat_map(|item| &item.participants).map(|person| person.id).collect();
        others.retain(|user| *user != of);
        others.sort();
        others.dedup();
        Ok(others)
    }

    async fn ids(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<ConversationId>, StoreError> {
        let state = self.state()?;
        let rooms = state.rooms_of(of).filter(|(_, room)| within.is_none() || room.confession == within);
        Ok(rooms.map(|(id, _)| *id).collect())
    }
}
