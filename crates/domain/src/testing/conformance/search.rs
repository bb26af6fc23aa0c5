//! The suite of the search: [`crate::ports::Searchable`] and [`crate::ports::SearchIndex`] together, as [`Searching`] uses them.

mod index;

use std::sync::Arc;

pub use index::{
    an_index_says_only_what_would_survive_a_power_cut, an_index_that_is_behind_its_consumer_is_built_again,
    an_index_that_is_lost_is_built_again, building_goes_on_where_it_stopped, finds_as_by_reading_all, following_twice_is_following_once,
    random_texts_are_found_as_by_reading_all, what_is_asked_of_an_index_cannot_break_out,
};

use super::{
    Scene, Store, Works,
    sending::{picture, text_file},
};
use crate::{
    id::{MessageId, UserId},
    message::Draft,
    message_search::{Has, SearchFilter, SearchPage, SearchRequest, read_query},
    messaging::{Built, Indexing, Searching},
    ports::{Outbox, SearchIndex, Searchable},
    testing::{
        builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, SVET, at},
        fakes::FixedClock,
    },
};

/// Runs the suite of the search. The function returns a [`SearchedStore`] and a guard.
#[macro_export]
macro_rules! search_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            search: a_message_is_found_as_soon_as_it_is_sent,
            a_message_is_found_by_its_present_text_only,
            a_deleted_message_is_not_found,
            nobody_finds_what_is_not_theirs,
            hits_come_newest_first_and_page_by_page,
            filters_leave_out_what_they_do_not_name,
            times_are_bounds,
            names_of_files_are_found,
            the_hits_of_a_conversation_are_counted,
            an_index_that_is_lost_is_built_again,
            building_goes_on_where_it_stopped,
            an_index_that_is_behind_its_consumer_is_built_again,
            following_twice_is_following_once,
            an_index_says_only_what_would_survive_a_power_cut,
            what_is_asked_of_an_index_cannot_break_out,
            random_texts_are_found_as_by_reading_all,
        );
    };
}

/// A store with its index.
pub struct SearchedStore<S> {
    /// The store.
    pub store: S,
    /// Its index.
    pub index: Arc<dyn SearchIndex>,
}

/// The stores that the suite takes.
pub trait Searched: Store + Searchable + Outbox + Clone + 'static {}

impl<S: Store + Searchable + Outbox + Clone + 'static> Searched for S {}

impl<S: Searched> SearchedStore<S> {
    fn searching(&self) -> Searching {
        Searching {
            searchable: Arc::new(self.store.clone()),
            index: self.index.clone(),
            clock: Arc::new(FixedClock::default()),
        }
    }

    fn indexing(&self) -> Indexing {
        Indexing {
            searchable: Arc::new(self.store.clone()),
            index: self.index.clone(),
        }
    }

    async fn search(&self, viewer: UserId, request: &SearchRequest) -> SearchPage {
        self.searching().search(viewer, request).await.works()
    }

    /// The messages that this person finds.
    async fn find(&self, viewer: UserId, query: &str) -> Vec<MessageId> {
        ids(&self.search(viewer, &asking(query)).await)
    }

    /// Has the index follow all that has happened, and build what it lacks. On a database server it waits for transactions of other tests.
    pub async fn catch_up(&self) {
        let indexing = self.indexing();
        loop {
            let state = self.index.state().await.works();
            let entries = Outbox::read(&self.store, state.followed, 100).await.works();
            if entries.is_empty() && self.store.tail(AZIZ, None, state.followed, 1).await.works().entries == 0 {
                break;
            }
            indexing.follow(&entries).await.works();
        }
        while indexing.build().await.works() != Built::Whole {}
    }
}

fn asking(query: &str) -> SearchRequest {
    SearchRequest {
        query: read_query(query).expect("a query"),
        filter: SearchFilter::default(),
        before: None,
        limit: 100,
        is_counted: false,
    }
}

fn within(query: &str, filter: SearchFilter) -> SearchRequest {
    SearchRequest { filter, ..asking(query) }
}

fn ids(page: &SearchPage) -> Vec<MessageId> {
    page.hits.iter().map(|hit| hit.message.id).collect()
}

/// Before the index has taken it in, and after.
pub async fn a_message_is_found_as_soon_as_it_is_sent<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    searched.catch_up().await;
    let message = scene.say(chat, AZIZ, "Roʻza qachon boshlanadi?").await;
    let page = searched.search(DILNOZA, &asking("рўза")).await;
    assert_eq!(ids(&page), [message.id]);
    assert!(page.indexing > 0, "it is not in the index");
    searched.catch_up().await;
    let page = searched.search(DILNOZA, &asking("roza")).await;
    assert_eq!((ids(&page), page.indexing, page.next), (vec![message.id], 0, None));
    assert_eq!(page.hits[0].conversation.id, chat);
    assert_eq!(page.hits[0].found.snippet.text, "Roʻza qachon boshlanadi?");
    assert_eq!(searched.find(AZIZ, "boshlan").await, [message.id], "by its sender, too");
}

/// Before the index has taken the editing in, and after.
pub async fn a_message_is_found_by_its_present_text_only<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let message = scene.say(chat, AZIZ, "masjid").await;
    searched.catch_up().await;
    scene.edit(message.id, "kutubxona").await;
    for _ in 0..2 {
        assert_eq!(searched.find(DILNOZA, "masjid").await, []);
        assert_eq!(searched.find(DILNOZA, "kutubxona").await, [message.id]);
        searched.catch_up().await;
    }
}

/// Before the index has taken the deletion in, and after.
pub async fn a_deleted_message_is_not_found<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let first = scene.say(chat, AZIZ, "namoz").await;
    searched.catch_up().await;
    let second = scene.say(chat, AZIZ, "namoz").await;
    scene.delete(first.id).await;
    scene.delete(second.id).await;
    for _ in 0..2 {
        assert_eq!(searched.find(AZIZ, "namoz").await, []);
        searched.catch_up().await;
    }
}

/// By no filter either; a superadmin finds no more than others.
pub async fn nobody_finds_what_is_not_theirs<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    scene.say(chat, AZIZ, "sir").await;
    for _ in 0..2 {
        for stranger in [MALIKA, PAVEL, RUSTAM] {
            assert_eq!(searched.find(stranger, "sir").await, []);
            let theirs = SearchFilter {
                conversation: Some(chat),
                ..SearchFilter::default()
            };
            let page = searched.search(stranger, &within("sir", theirs)).await;
            assert_eq!(ids(&page), []);
            let theirs = SearchFilter {
                senders: vec![AZIZ],
                confessions: vec![NUR],
                ..SearchFilter::default()
            };
            assert_eq!(ids(&searched.search(stranger, &within("sir", theirs)).await), []);
        }
        searched.catch_up().await;
    }
    let messages = searched.store.texts(MALIKA, vec![MessageId(1)]).await.works();
    assert_eq!(messages, []);
    assert!(searched.store.found(MALIKA, vec![MessageId(1)]).await.works().is_empty());
}

/// Also where a part is in the index and a part is not, and where new ones arrive between two pages.
pub async fn hits_come_newest_first_and_page_by_page<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let mut sent = Vec::new();
    for number in 0..150 {
        sent.push(scene.say(chat, AZIZ, &format!("duo {number}")).await.id);
        if number == 120 {
            searched.catch_up().await;
        }
    }
    // An old one that the index does not know in its present state.
    scene.edit(sent[10], "duo qiling").await;
    let mut request = SearchRequest {
        limit: 40,
        ..asking("duo ")
    };
    let mut found = Vec::new();
    loop {
        let page = searched.search(DILNOZA, &request).await;
        found.extend(ids(&page));
        scene.say(chat, AZIZ, "duo, yangi").await;
        match page.next {
            Some(next) => request.before = Some(next),
            None => break,
        }
        assert!(found.len() <= 150, "it goes round in circles");
    }
    sent.reverse();
    assert_eq!(found, sent);
}

/// Of several confessions, senders or kinds any one is enough.
pub async fn filters_leave_out_what_they_do_not_name<S: Searched>(searched: &SearchedStore<S>) {
    let scene = Scene::new(&searched.store).await;
    let nur = scene.open(&[MALIKA, DILNOZA], Some(NUR)).await;
    let bahor = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let svet = scene.open(&[MALIKA, PAVEL], Some(SVET)).await;
    let in_nur = scene.say(nur, MALIKA, "kitob").await.id;
    let answer = scene.say(nur, DILNOZA, "kitob bor: suhbat.uz/kitob").await.id;
    let in_bahor = scene.say(bahor, MALIKA, "kitob kerak").await.id;
    let in_svet = scene.say(svet, MALIKA, "китоб").await.id;
    let with_picture = Draft {
        attachments: vec![picture("a")],
        ..scene.draft(nur, MALIKA, "kitob rasmi").await
    };
    let with_picture = scene.send(with_picture).await.id;
    let with_text = Draft {
        attachments: vec![text_file("b")],
        ..scene.draft(nur, MALIKA, "kitob matni").await
    };
    let with_text = scene.send(with_text).await.id;
    let any = SearchFilter::default;
    let cases = [
        (any(), vec![with_text, with_picture, in_svet, in_bahor, answer, in_nur]),
        (
            SearchFilter {
                conversation: Some(bahor),
                ..any()
            },
            vec![in_bahor],
        ),
        (
            SearchFilter {
                confessions: vec![SVET, BAHOR],
                ..any()
            },
            vec![in_svet, in_bahor],
        ),
        (
            SearchFilter {
                senders: vec![DILNOZA],
                ..any()
            },
            vec![answer],
        ),
        (
            SearchFilter {
                has: vec![Has::Link],
                ..any()
            },
            vec![answer],
        ),
        (
            SearchFilter {
                has: vec![Has::Image],
                ..any()
            },
            vec![with_picture],
        ),
        (
            SearchFilter {
                has: vec![Has::Document],
                ..any()
            },
            vec![with_text],
        ),
        (
            SearchFilter {
                has: vec![Has::File, Has::Image],
                ..any()
            },
            vec![with_text, with_picture],
        ),
        (
            SearchFilter {
                has: vec![Has::Video, Has::Audio],
                ..any()
            },
            vec![],
        ),
        (
            SearchFilter {
                confessions: vec![NUR],
                senders: vec![DILNOZA],
                has: vec![Has::Image],
                ..any()
            },
            vec![],
        ),
    ];
    for _ in 0..2 {
        for (filter, expected) in &cases {
            let page = searched.search(MALIKA, &within("kitob", filter.clone())).await;
            assert_eq!(&ids(&page), expected, "{filter:?}");
        }
        searched.catch_up().await;
    }
}

/// The first included, the last not.
pub async fn times_are_bounds<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let mut sent = Vec::new();
    for day in 0..5 {
        let mut draft = scene.draft(chat, AZIZ, "salom").await;
        draft.at = at(day * 86_400 + 1_000);
        sent.push((scene.send(draft).await.id, at(day * 86_400 + 1_000)));
    }
    let find = async |from: Option<usize>, until: Option<usize>| {
        let filter = SearchFilter {
            from: from.map(|place| sent[place].1),
            until: until.map(|place| sent[place].1),
            ..SearchFilter::default()
        };
        ids(&searched.search(DILNOZA, &within("salom", filter)).await)
    };
    let newest_first = |places: std::ops::Range<usize>| places.rev().map(|place| sent[place].0).collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(find(Some(1), Some(3)).await, newest_first(1..3));
        assert_eq!(find(Some(2), None).await, newest_first(2..5));
        assert_eq!(find(None, Some(2)).await, newest_first(0..2));
        assert_eq!(find(Some(3), Some(1)).await, []);
        searched.catch_up().await;
    }
    let first_since = async |time| searched.store.first_since(time).await.works();
    assert_eq!(first_since(sent[2].1).await, Some(sent[2].0));
    assert_eq!(first_since(sent[2].1.plus_micros(1)).await, Some(sent[3].0));
    assert_eq!(first_since(sent[4].1.plus_micros(1)).await, None);
    assert_eq!(first_since(at(-1_000_000)).await, Some(sent[0].0));
}

/// A word may be in the text and another in the name of a file.
pub async fn names_of_files_are_found<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let draft = Draft {
        attachments: vec![text_file("x"), picture("hisobot")],
        ..scene.draft(chat, AZIZ, "oylik").await
    };
    let message = scene.send(draft).await;
    for _ in 0..2 {
        let page = searched.search(DILNOZA, &asking("oylik hisobot")).await;
        assert_eq!(ids(&page), [message.id]);
        let file = &message.attachments[1];
        let files: Vec<_> = page.hits[0]
            .found
            .files
            .iter()
            .map(|(id, hits)| (*id, hits[0].start, hits[0].len))
            .collect();
        assert_eq!(files, [(file.id, 0, 7)]);
        searched.catch_up().await;
    }
}

/// Each hit has its place among all, on later pages as well.
pub async fn the_hits_of_a_conversation_are_counted<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let other = scene.open(&[MALIKA, DILNOZA], Some(NUR)).await;
    scene.say(other, MALIKA, "dars").await;
    for number in 0..7 {
        scene.say(chat, AZIZ, &format!("dars {number}")).await;
        scene.say(chat, DILNOZA, "boshqa gap").await;
    }
    for _ in 0..2 {
        let filter = SearchFilter {
            conversation: Some(chat),
            ..SearchFilter::default()
        };
        let request = SearchRequest {
            limit: 3,
            is_counted: true,
            ..within("dars", filter)
        };
        let first = searched.search(DILNOZA, &request).await;
        let places = |page: &SearchPage| page.hits.iter().map(|hit| hit.position).collect::<Vec<_>>();
        assert_eq!((first.total, places(&first)), (Some(7), vec![Some(1), Some(2), Some(3)]));
        let request = SearchRequest {
            before: first.next,
            ..request
        };
        let second = searched.search(DILNOZA, &request).await;
        assert_eq!((second.total, places(&second)), (Some(7), vec![Some(4), Some(5), Some(6)]));
        searched.catch_up().await;
    }
}
