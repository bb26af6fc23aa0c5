//! The suite of the search: [`crate::ports::Searchable`] and [`crate::ports::SearchIndex`] together, as [`Searching`] uses them.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Scene, Store, Works,
    sending::{picture, text_file},
};
use crate::{
    id::{ConversationId, MessageId, UserId},
    message::Draft,
    message_search::{Has, IndexState, SearchFilter, SearchPage, SearchRequest, read_query},
    messaging::{Built, Indexing, Searching},
    ports::{Outbox, OutboxPlace, SearchIndex, Searchable},
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
    async fn catch_up(&self) {
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

/// Meanwhile the answers say so.
pub async fn an_index_that_is_lost_is_built_again<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let sent = scene.say_many(chat, AZIZ, 5).await;
    let deleted = scene.say(chat, AZIZ, "message").await.id;
    scene.delete(deleted).await;
    searched.catch_up().await;
    assert_eq!(searched.find(DILNOZA, "message").await.len(), sent.len());
    // As a new file would say.
    let newest = searched.index.state().await.works().followed;
    let lost = IndexState {
        followed: newest,
        ..IndexState::default()
    };
    searched.index.apply(Vec::new(), lost).await.works();
    let state = searched.indexing().prepare(newest).await.works();
    assert_eq!(state.lexicon, lexicon::VERSION);
    assert!(searched.search(DILNOZA, &asking("message")).await.indexing > 0);
    searched.catch_up().await;
    let page = searched.search(DILNOZA, &asking("message")).await;
    assert_eq!((page.hits.len(), page.indexing), (sent.len(), 0));
}

/// And takes in the newest first.
pub async fn building_goes_on_where_it_stopped<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let sent = scene.say_many(chat, AZIZ, 1_200).await;
    let newest = Outbox::read(&searched.store, OutboxPlace::default(), 10_000)
        .await
        .works()
        .last()
        .map(|entry| entry.place);
    let lost = IndexState {
        followed: newest.expect("entries"),
        ..IndexState::default()
    };
    searched.index.apply(Vec::new(), lost).await.works();
    let Built::Below(below) = searched.indexing().build().await.works() else {
        panic!("more messages than one step takes in")
    };
    assert!(below < sent[1_199] && below > sent[0], "the newest first");
    let found = searched.find(DILNOZA, "message").await;
    assert!(found.contains(&sent[1_199]) && !found.contains(&sent[0]));
    let mut steps = 1;
    while searched.indexing().build().await.works() != Built::Whole {
        steps += 1;
    }
    assert!(steps < 4, "it went on below {below:?}");
    assert_eq!(searched.find(DILNOZA, "message 1 ").await, [sent[0]]);
}

/// Its file was restored from a copy, or a power cut took changes back: entries of the outbox that it lacks may be gone.
pub async fn an_index_that_is_behind_its_consumer_is_built_again<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    scene.say(chat, AZIZ, "salom").await;
    searched.catch_up().await;
    let state = searched.index.state().await.works();
    assert_eq!(searched.indexing().prepare(state.followed).await.works(), state, "all is well");
    let later = OutboxPlace {
        id: state.followed.id + 1,
        ..state.followed
    };
    let state = searched.indexing().prepare(later).await.works();
    assert_eq!(state.followed, later);
    assert!(state.unbuilt_below.is_some());
    searched.catch_up().await;
    assert_eq!(searched.find(DILNOZA, "salom").await.len(), 1);
}

/// A consumer may get the same entries again.
pub async fn following_twice_is_following_once<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    let kept = scene.say(chat, AZIZ, "bahor").await.id;
    let gone = scene.say(chat, AZIZ, "bahor").await.id;
    scene.edit(kept, "bahor keldi").await;
    scene.delete(gone).await;
    let entries = Outbox::read(&searched.store, OutboxPlace::default(), 100).await.works();
    for _ in 0..2 {
        searched.indexing().follow(&entries).await.works();
        let state = searched.index.state().await.works();
        assert_eq!(Some(state.followed), entries.last().map(|entry| entry.place));
        assert_eq!(searched.find(AZIZ, "bahor").await, [kept]);
    }
    searched.indexing().follow(&entries[..1]).await.works();
    let state = searched.index.state().await.works();
    assert_eq!(Some(state.followed), entries.last().map(|entry| entry.place), "it never goes back");
}

/// Never more than it has followed.
pub async fn an_index_says_only_what_would_survive_a_power_cut<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    scene.say(chat, AZIZ, "bir").await;
    let entries = Outbox::read(&searched.store, OutboxPlace::default(), 100).await.works();
    let durable = searched.indexing().follow(&entries).await.works();
    assert!(durable <= searched.index.state().await.works().followed);
}

/// Whatever people type is words and nothing else.
pub async fn what_is_asked_of_an_index_cannot_break_out<S: Searched>(searched: &SearchedStore<S>) {
    let (scene, chat) = Scene::with_chat(&searched.store).await;
    scene.say(chat, AZIZ, "or and not near u5 scope words").await;
    searched.catch_up().await;
    let typed = [
        "\"or\" OR scope",
        "words:(and",
        "near(or and)",
        "or*",
        "{or and} :",
        "^or",
        "not -zzz",
        "'or' & ('and' | u5",
        "or:*",
        "\\or\\",
        "!!or",
        "<->or",
        "%or_",
        "or;--",
    ];
    for query in typed {
        let found = searched.search(DILNOZA, &asking(query)).await;
        assert!(found.hits.len() <= 1, "{query}");
        assert_eq!(searched.find(MALIKA, query).await, [], "{query}");
    }
    assert_eq!(searched.find(DILNOZA, "u5").await.len(), 1, "a word like a mark is a word");
    assert_eq!(searched.find(DILNOZA, "c1").await, []);
}

/// A sequence of numbers that look random, the same for each seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Numerical Recipes' generator; its low bits are poor.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn text(&mut self) -> String {
        const WORDS: [&str; 24] = [
            "roʻza",
            "рўза",
            "ro'za",
            "namoz",
            "намоз",
            "namozga",
            "молитва",
            "молитвы",
            "ёлка",
            "елка",
            "prayer",
            "prayers",
            "book",
            "صلاة",
            "الصلاة",
            "祈祷",
            "kitob",
            "китобни",
            "u5",
            "oʻqituvchi",
            "укитувчи",
            "bosh",
            "boshlanadi",
            "13:00",
        ];
        let count = 1 + self.below(4);
        (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}

/// Sends, edits, deletes and follows in random order; what is found is what reading all messages would find.
pub async fn random_texts_are_found_as_by_reading_all<S: Searched>(searched: &SearchedStore<S>) {
    let scene = Scene::new(&searched.store).await;
    let chats = [
        (scene.open(&[AZIZ, DILNOZA], Some(NUR)).await, AZIZ),
        (scene.open(&[MALIKA, DILNOZA], Some(NUR)).await, MALIKA),
        (scene.open(&[MALIKA, PAVEL], Some(SVET)).await, MALIKA),
    ];
    let mut random = Random(18);
    let mut messages: BTreeMap<MessageId, (ConversationId, String)> = BTreeMap::new();
    for step in 0..240 {
        let known: Vec<MessageId> = messages.keys().copied().collect();
        match random.below(10) {
            0..5 => {
                let (chat, sender) = chats[random.below(chats.len())];
                let text = random.text();
                messages.insert(scene.say(chat, sender, &text).await.id, (chat, text));
            }
            5..7 if !known.is_empty() => {
                let (id, text) = (known[random.below(known.len())], random.text());
                scene.edit(id, &text).await;
                if let Some(message) = messages.get_mut(&id) {
                    message.1 = text;
                }
            }
            7 if !known.is_empty() => {
                let id = known[random.below(known.len())];
                scene.delete(id).await;
                messages.remove(&id);
            }
            8 => searched.catch_up().await,
            _ => {}
        }
        if step % 3 != 0 {
            continue;
        }
        let typed = random.text();
        let request = asking(&typed);
        for viewer in [AZIZ, DILNOZA, MALIKA, PAVEL] {
            let own: Vec<ConversationId> = match viewer {
                AZIZ => vec![chats[0].0],
                DILNOZA => vec![chats[0].0, chats[1].0],
                MALIKA => vec![chats[1].0, chats[2].0],
                _ => vec![chats[2].0],
            };
            let fits = |(id, (chat, text)): (&MessageId, &(ConversationId, String))| {
                (own.contains(chat) && request.query.matches(text).is_some()).then_some(*id)
            };
            let expected: Vec<MessageId> = messages.iter().rev().filter_map(fits).take(100).collect();
            assert_eq!(
                ids(&searched.search(viewer, &request).await),
                expected,
                "{typed} by {viewer} in step {step}"
            );
        }
    }
}
