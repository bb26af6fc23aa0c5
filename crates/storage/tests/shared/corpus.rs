//! The corpus of the lexicon, searched in a store: an index must give every message as a candidate that the lexicon finds.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    id::MessageId,
    message_search::{SearchFilter, SearchRequest, read_query},
    messaging::Searching,
    testing::{
        builders::{AZIZ, DILNOZA},
        conformance::{
            Scene,
            search::{Searched, SearchedStore},
        },
        fakes::FixedClock,
    },
};

/// Sends the messages of the corpus, and asks its queries.
pub(crate) async fn finds_what_the_lexicon_finds<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let mut texts: BTreeMap<MessageId, &str> = BTreeMap::new();
    for line in include_str!("../../../lexicon/tests/corpus/messages.txt").lines() {
        let text = line.split('|').nth(1).unwrap_or_else(|| panic!("a line without a text: {line}"));
        texts.insert(scene.say(chat, AZIZ, text).await.id, text);
    }
    searched.catch_up().await;
    let searching = Searching {
        searchable: Arc::new(searched.store.clone()),
        index: searched.index.clone(),
        clock: Arc::new(FixedClock::default()),
    };
    for line in include_str!("../../../lexicon/tests/corpus/queries.txt").lines() {
        let typed = line.split('|').nth(1).unwrap_or_else(|| panic!("a line without a query: {line}"));
        let query = read_query(typed).unwrap_or_else(|denial| panic!("{typed}: {denial}"));
        let expected: Vec<MessageId> = texts
            .iter()
            .rev()
            .filter(|(_, text)| query.matches(text).is_some())
            .map(|(id, _)| *id)
            .collect();
        let request = SearchRequest {
            query,
            filter: SearchFilter::default(),
            before: None,
            limit: 200,
            is_counted: false,
        };
        let page = searching.search(DILNOZA, &request).await;
        let page = page.unwrap_or_else(|error| panic!("{typed}: {error:?}"));
        let found: Vec<MessageId> = page.hits.iter().map(|hit| hit.message.id).collect();
        assert_eq!(found, expected, "{typed}");
    }
}
