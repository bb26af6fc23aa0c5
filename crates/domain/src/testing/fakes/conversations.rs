use async_trait::async_trait;

use super::{directory::paged, state::State, store::FakeStore};
use crate::{
    conversation::{ListFilter, ListItem, NewConversation, OpenRequest},
    facts::{ConversationFacts, NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, UserId},
    page::{NumberedPage, PageRequest},
    ports::{ConversationDetail, Conversations, Decide, Decided, OnCommit, Opened, StoreError, UniqueKey},
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
        })
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
        && (!filter.unread || item.unread_count > 0)
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
        Ok(paged(items, page))
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
