use async_trait::async_trait;

use super::{
    directory::paged,
    state::{State, contains, name_contains},
    store::FakeStore,
};
use crate::{
    conversation::{ListFilter, ListItem, NewConversation},
    facts::{ConversationFacts, NamedConfession, OpeningFacts, SendingFacts, Target},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::ClientId,
    page::{Listing, PageRequest},
    ports::{Announce, ConversationDetail, Conversations, Opened, SendingQuery, StoreError},
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

fn passes(item: &ListItem, viewer: UserId, filter: &ListFilter) -> bool {
    let confession = item.confession.as_ref();
    let found = |part: &String| {
        confession.is_some_and(|confession| contains(&confession.name, part))
            || item
                .participants
                .iter()
                .any(|person| person.id != viewer && name_contains(person, part))
    };
    filter
        .confession
        .is_none_or(|wanted| confession.is_some_and(|confession| confession.id == wanted))
        && (!filter.unread || item.unread_count > 0)
        && filter.query.as_ref().is_none_or(found)
}

#[async_trait]
impl Conversations for FakeStore {
    async fn facts_to_open(
        &self,
        actor: UserId,
        targets: &[UserId],
        confession: Option<ConfessionId>,
    ) -> Result<Option<OpeningFacts>, StoreError> {
        let state = self.state()?;
        let Some(person) = state.people.get(&actor) else { return Ok(None) };
        let mut wanted: Vec<UserId> = Vec::new();
        for target in targets {
            if !wanted.contains(target) {
                wanted.push(*target);
            }
        }
        let mut everybody = wanted.clone();
        everybody.push(actor);
        everybody.sort();
        everybody.dedup();
        let existing = state
            .rooms
            .iter()
            .filter(|(_, room)| room.participants == everybody)
            .map(|(id, room)| (*id, room.confession));
        Ok(Some(OpeningFacts {
            actor: person.clone(),
            targets: wanted.iter().map(|target| state.target(*target, actor)).collect(),
            named: confession.map(|id| NamedConfession {
                id,
                confession: state.confessions.get(&id).cloned(),
                actor_follows: state.follows(actor, id),
            }),
            existing: existing.collect(),
        }))
    }

    async fn open(&self, new: NewConversation, announce: Announce<Opened>) -> Result<Opened, StoreError> {
        let mut state = self.state()?;
        let same = |room: &NewConversation| room.participants == new.participants && room.confession == new.confession;
        if let Some((id, _)) = state.rooms.iter().find(|(_, room)| same(room)) {
            return Ok(Opened::Existing(*id));
        }
        let id = ConversationId(state.rooms.keys().next_back().map_or(1, |newest| newest.0 + 1));
        let users = new.participants.clone();
        state.rooms.insert(id, new);
        let opened = Opened::New(state.inbox(id, &users)?);
        announce(&opened);
        Ok(opened)
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.state()?.facts(id, actor)
    }

    async fn facts_to_send(
        &self,
        id: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError> {
        self.state()?.facts_to_send(&SendingQuery {
            actor,
            conversation: id,
            reply_to,
            client_id: client_id.cloned(),
        })
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

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<Listing<ListItem>, StoreError> {
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

    async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        let state = self.state()?;
        let mut others: Vec<UserId> = state
            .rooms_of(of)
            .flat_map(|(_, room)| room.participants.clone())
            .filter(|user| *user != of)
            .collect();
        others.sort();
        others.dedup();
        Ok(others)
    }
}
