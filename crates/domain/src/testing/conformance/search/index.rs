//! The part of the suite about the index: how it follows, is built again, and gives what reading all messages would find.

use std::collections::BTreeMap;

use super::{
    super::{Scene, Works},
    Searched, SearchedStore, asking, ids,
};
use crate::{
    id::{ConversationId, MessageId},
    message_search::IndexState,
    messaging::Built,
    people::DirectoryDocument,
    ports::{Outbox, OutboxPlace},
    testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, SVET, follows},
};

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
    // Ids begin with 1 in a new store, and all of them are still to be taken in.
    let lacking = u64::try_from(deleted.0).expect("a positive id");
    assert_eq!(searched.search(DILNOZA, &asking("message")).await.indexing, lacking);
    assert_eq!(searched.indexing().lag().await.works(), lacking);
    searched.catch_up().await;
    let page = searched.search(DILNOZA, &asking("message")).await;
    assert_eq!((page.hits.len(), page.indexing), (sent.len(), 0));
    assert_eq!(searched.indexing().lag().await.works(), 0);
    scene.say(chat, AZIZ, "message").await;
    assert_eq!(searched.indexing().lag().await.works(), 1);
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

/// A run that takes seconds; [`finds_as_by_reading_all`] can be longer.
pub async fn random_texts_are_found_as_by_reading_all<S: Searched>(searched: &SearchedStore<S>) {
    finds_as_by_reading_all(searched, 240).await;
}

/// Malika follows Nur again.
fn following() -> DirectoryDocument {
    DirectoryDocument {
        subscriptions: vec![follows(MALIKA, NUR)],
        ..DirectoryDocument::default()
    }
}

/// Sends, edits, deletes, unfollows and follows again, and has the index follow, all in random order: so many steps. What each person finds is what reading all
/// messages of their conversations would find, after every step as soon as it is acknowledged.
pub async fn finds_as_by_reading_all<S: Searched>(searched: &SearchedStore<S>, steps: usize) {
    const MOST_MESSAGES: usize = 400;
    let scene = Scene::new(&searched.store).await;
    let chats = [
        (scene.open(&[AZIZ, DILNOZA], Some(NUR)).await, AZIZ),
        (scene.open(&[MALIKA, DILNOZA], Some(NUR)).await, MALIKA),
        (scene.open(&[MALIKA, PAVEL], Some(SVET)).await, MALIKA),
    ];
    let mut random = Random(18);
    let mut messages: BTreeMap<MessageId, (ConversationId, String)> = BTreeMap::new();
    for step in 0..steps {
        let known: Vec<MessageId> = messages.keys().copied().collect();
        match random.below(11) {
            0..5 if known.len() < MOST_MESSAGES => {
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
            0..5 | 7 if !known.is_empty() => {
                let id = known[random.below(known.len())];
                scene.delete(id).await;
                messages.remove(&id);
            }
            8 => searched.catch_up().await,
            9 => drop(searched.store.unfollow(follows(MALIKA, NUR)).await.works()),
            10 => scene.import(following()).await,
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
