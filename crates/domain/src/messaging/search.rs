use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Actor, Error, Messaging, index::unbuilt};
use crate::{
    conversation::Conversation,
    denial::Denial,
    id::{MessageId, UserId},
    message::Message,
    message_search::{IndexQuery, IndexState, MOST_COUNTED, Match, MessageText, SearchHit, SearchPage, SearchRequest},
    page::PAGE_BYTES,
    ports::{Budget, Clock, SearchIndex, Searchable, StoreError},
    rules::{access::is_active, reading::may_find},
    time::Timestamp,
};

/// The candidates that are looked at for one answer. The next request goes on where it ended.
const MOST_CANDIDATES: usize = 2_000;
/// The time after which an answer ends early, in microseconds.
const LONGEST_MICROS: i64 = 150_000;
/// The messages behind the index that are looked at themselves.
const MOST_OF_TAIL: u32 = 256;
/// The candidates that an index is asked for at first. Each further question asks for twice as many, up to [`LARGEST_STEP`].
const FIRST_STEP: u32 = 64;
const LARGEST_STEP: u32 = 512;
/// Ids grow with the times of sending, but for messages that were sent at about the same time; so much is searched around a time, in seconds.
const TIME_MARGIN: i64 = 60;

/// A message that fits the request.
struct Fitting {
    id: MessageId,
    found: Match,
}

/// The messages that may fit, newest first: from the index, and from the tail of the outbox.
struct Candidates {
    viewer: UserId,
    query: IndexQuery,
    /// The messages of the tail that come after those looked at.
    tail: BTreeSet<MessageId>,
    is_exhausted: bool,
    /// Whether the index could not be asked.
    is_index_missed: bool,
    looked_at: usize,
    since: Timestamp,
}

impl Candidates {
    /// The searched parts of the next messages, and the last id of those that were looked at; `None` at the end.
    async fn next(&mut self, searching: &Searching) -> Result<Option<(Vec<MessageText>, MessageId)>, StoreError> {
        let mut ids: BTreeSet<MessageId> = BTreeSet::new();
        if !self.is_exhausted {
            let indexed = match searching.index.candidates(self.query.clone()).await {
                Ok(indexed) => indexed,
                Err(StoreError::Busy) => return Err(StoreError::Busy),
                // Without the index the tail is all that is found, and the answer says so. The consumer that keeps the index reports the failure.
                Err(_) => {
                    self.is_index_missed = true;
                    Vec::new()
                }
            };
            self.is_exhausted = indexed.len() < self.query.limit as usize;
            self.query.below = indexed.last().copied().or(self.query.below);
            self.query.limit = (self.query.limit * 2).min(LARGEST_STEP);
            ids.extend(indexed);
        }
        // What is older than the index's answer waits for its place among the next ones.
        ids.extend(match self.query.below {
            Some(below) if !self.is_exhausted => self.tail.split_off(&below),
            _ => std::mem::take(&mut self.tail),
        });
        let Some(lowest) = ids.first().copied() else { return Ok(None) };
        self.looked_at += ids.len();
        let newest_first = ids.into_iter().rev().collect();
        let texts = searching.searchable.texts(self.viewer, newest_first).await?;
        Ok(Some((texts, lowest)))
    }

    /// Whether the answer has to end with what was looked at.
    fn is_over_budget(&self, now: Timestamp) -> bool {
        self.looked_at >= MOST_CANDIDATES || now.0 - self.since.0 >= LONGEST_MICROS
    }
}

/// Searches messages. Who may search is decided by [`Messaging::search`].
#[derive(Clone)]
pub struct Searching {
    /// The stored messages.
    pub searchable: Arc<dyn Searchable>,
    /// The index of their words.
    pub index: Arc<dyn SearchIndex>,
    /// Measures how long an answer takes.
    pub clock: Arc<dyn Clock>,
}

impl Messaging {
    /// The messages of the viewer's conversations that have the words, newest first (R14). A message whose sending or editing was acknowledged is found, even if
    /// the index has not taken it in. A hit does not count as delivered. An answer may end before its limit where many candidates had to be looked at.
    pub async fn search(&self, viewer: &Actor, request: SearchRequest) -> Result<SearchPage, Error> {
        self.admit(viewer.id(), Budget::Searches).await?;
        if let Some(conversation) = request.filter.conversation {
            let facts = self.ports.conversations.facts(conversation, viewer.id()).await?;
            is_active(&facts.ok_or(Denial::ConversationNotFound)?.actor)?;
        }
        let searching = Searching {
            searchable: self.ports.searchable.clone(),
            index: self.ports.index.clone(),
            clock: self.ports.clock.clone(),
        };
        Ok(searching.search(viewer.id(), &request).await?)
    }
}

impl Searching {
    /// The messages that this person may read and that fit the request.
    pub async fn search(&self, viewer: UserId, request: &SearchRequest) -> Result<SearchPage, StoreError> {
        if !request.is_counted {
            return self.page(viewer, request).await;
        }
        let places = self.count(viewer, request).await?;
        let mut page = self.page(viewer, request).await?;
        for hit in &mut page.hits {
            hit.position = places.get(&hit.message.id).copied();
        }
        page.total = Some(u32::try_from(places.len()).unwrap_or(MOST_COUNTED));
        Ok(page)
    }

    async fn page(&self, viewer: UserId, request: &SearchRequest) -> Result<SearchPage, StoreError> {
        let (mut candidates, indexing) = self.candidates(viewer, request).await?;
        let mut fitting: Vec<Fitting> = Vec::new();
        let (mut bytes, mut next) = (0, None);
        'page: while let Some((texts, lowest)) = candidates.next(self).await? {
            for text in texts {
                let Some(found) = request.judge(&text) else { continue };
                bytes += text.content.as_ref().map_or(0, String::len);
                if fitting.len() == request.limit as usize || (bytes > PAGE_BYTES && !fitting.is_empty()) {
                    next = fitting.last().map(|last| last.id);
                    break 'page;
                }
                fitting.push(Fitting { id: text.id, found });
            }
            if candidates.is_over_budget(self.clock.now()) {
                next = Some(lowest);
                break;
            }
        }
        Ok(SearchPage {
            hits: self.with_facts(viewer, fitting).await?,
            next,
            total: None,
            // At least one where nobody knows.
            indexing: indexing.max(u64::from(candidates.is_index_missed)),
        })
    }

    /// The places of the hits, from 1, newest first; of [`MOST_COUNTED`] hits, or fewer where many candidates had to be looked at.
    async fn count(&self, viewer: UserId, request: &SearchRequest) -> Result<HashMap<MessageId, u32>, StoreError> {
        let request = SearchRequest {
            before: None,
            ..request.clone()
        };
        let (mut candidates, _) = self.candidates(viewer, &request).await?;
        let mut places = HashMap::new();
        while let Some((texts, _)) = candidates.next(self).await? {
            for text in texts {
                if request.judge(&text).is_some() {
                    let place = u32::try_from(places.len() + 1).unwrap_or(MOST_COUNTED);
                    places.insert(text.id, place);
                }
                if places.len() >= MOST_COUNTED as usize {
                    return Ok(places);
                }
            }
            if candidates.is_over_budget(self.clock.now()) {
                break;
            }
        }
        Ok(places)
    }

    /// The candidates of a request, and the number of messages that the index has not taken in.
    async fn candidates(&self, viewer: UserId, request: &SearchRequest) -> Result<(Candidates, u64), StoreError> {
        let since = self.clock.now();
        // The state first: what the index takes in after this is in the tail, too.
        let (state, is_index_missed) = match self.index.state().await {
            Ok(state) => (state, false),
            Err(StoreError::Busy) => return Err(StoreError::Busy),
            Err(_) => (IndexState::default(), true),
        };
        let within = request.filter.conversation;
        let tail = self.searchable.tail(viewer, within, state.followed, MOST_OF_TAIL).await?;
        let unbuilt = unbuilt(&*self.searchable, &state).await?;
        let mut query = IndexQuery {
            limit: FIRST_STEP,
            ..request.index_query(viewer)
        };
        let mut is_exhausted = false;
        if let Some(until) = request.filter.until {
            let bound = self.searchable.first_since(until.plus_seconds(TIME_MARGIN)).await?;
            query.below = [query.below, bound].into_iter().flatten().min();
        }
        if let Some(from) = request.filter.from {
            match self.searchable.first_since(from.plus_seconds(-TIME_MARGIN)).await? {
                Some(first) => query.above = Some(MessageId(first.0 - 1)),
                None => is_exhausted = true,
            }
        }
        let candidates = Candidates {
            viewer,
            query,
            tail: tail.messages.into_iter().collect(),
            is_exhausted: is_exhausted || is_index_missed,
            is_index_missed,
            looked_at: 0,
            since,
        };
        Ok((candidates, tail.entries + unbuilt))
    }

    async fn with_facts(&self, viewer: UserId, fitting: Vec<Fitting>) -> Result<Vec<SearchHit>, StoreError> {
        let ids = fitting.iter().map(|hit| hit.id).collect();
        let found = self.searchable.found(viewer, ids).await?;
        let mut found: HashMap<MessageId, (Message, Arc<Conversation>)> = found
            .into_iter()
            .map(|(message, conversation)| (message.id, (message, conversation)))
            .collect();
        let hit = |hit: Fitting| {
            let (message, conversation) = found.remove(&hit.id)?;
            // It may have been deleted since its text was read.
            may_find(viewer, &conversation, &message).then_some(SearchHit {
                message,
                conversation,
                found: hit.found,
                position: None,
            })
        };
        Ok(fitting.into_iter().filter_map(hit).collect())
    }
}
