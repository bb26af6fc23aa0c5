//! The suite of [`crate::ports::Outbox`].

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{Scene, Store, Works};
use crate::{
    id::{ConversationId, MessageId, UserId},
    message::Draft,
    ports::{Claim, Outbox, OutboxEntry, OutboxKind, OutboxPlace, OutboxStart, Passed, SendOutcome, TRIMMED},
    testing::{
        builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, RUSTAM, at, client_id},
        join_all,
    },
};

/// Runs the suite of [`crate::ports::Outbox`].
#[macro_export]
macro_rules! outbox_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            outbox: each_change_has_an_entry_in_the_order_of_commits,
            what_changes_no_message_has_no_entry,
            entries_are_read_behind_a_place_up_to_the_limit,
            a_new_consumer_begins_at_the_beginning_or_at_the_end,
            one_holder_has_a_consumer_until_its_lease_ends,
            a_released_consumer_can_be_claimed_at_once,
            an_earlier_holder_is_fenced,
            a_position_is_kept_and_never_goes_back,
            entries_stay_until_all_consumers_have_passed_them,
            without_a_consumer_the_newest_entry_stays,
            a_place_stays_true_after_entries_have_gone,
            trimming_removes_a_limited_number_at_once,
            lag_tells_how_many_entries_are_behind_and_how_old_they_are,
            appending_wakes_after_the_commit,
            a_reader_that_follows_writers_misses_nothing,
        );
    };
}

const SEARCH: &str = "search";
const PUSH: &str = "push";

async fn claim(store: &impl Outbox, consumer: &str, start: OutboxStart) -> Claim {
    let claimed = store.claim(consumer, "node-1", start, at(0), at(10)).await.works();
    claimed.expect("nobody else has it")
}

async fn read(store: &impl Outbox, place: OutboxPlace, limit: usize) -> Vec<OutboxEntry> {
    store.read(place, limit).await.works()
}

/// The entries behind this place, once there are so many. On a database server they can be read when all transactions have ended that are older than theirs,
/// also those of other tests.
async fn behind(store: &impl Outbox, place: OutboxPlace, count: usize) -> Vec<OutboxEntry> {
    loop {
        let entries = read(store, place, 10_000).await;
        if entries.len() >= count {
            return entries;
        }
        yield_now().await;
    }
}

/// All entries, once there are so many.
async fn all(store: &impl Outbox, count: usize) -> Vec<OutboxEntry> {
    behind(store, OutboxPlace::default(), count).await
}

fn summary(entries: &[OutboxEntry]) -> Vec<(OutboxKind, ConversationId, MessageId, UserId)> {
    let facts = |entry: &OutboxEntry| (entry.kind, entry.conversation, entry.message, entry.actor);
    entries.iter().map(facts).collect()
}

fn messages(entries: &[OutboxEntry]) -> Vec<MessageId> {
    entries.iter().map(|entry| entry.message).collect()
}

/// Sent, edited and deleted messages have entries with the person who acted and the time of the act.
pub async fn each_change_has_an_entry_in_the_order_of_commits(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[DILNOZA, MALIKA], Some(BAHOR)).await;
    let first = scene.say(chat, AZIZ, "salom").await;
    let second = scene.say(other, DILNOZA, "salom").await;
    scene.edit(first.id, "assalomu alaykum").await;
    scene.delete(second.id).await;
    let entries = all(store, 4).await;
    assert_eq!(
        summary(&entries),
        [
            (OutboxKind::Sent, chat, first.id, AZIZ),
            (OutboxKind::Sent, other, second.id, DILNOZA),
            // The suites act on messages as a superadmin.
            (OutboxKind::Edited, chat, first.id, RUSTAM),
            (OutboxKind::Deleted, other, second.id, RUSTAM),
        ]
    );
    assert_eq!((entries[0].at, entries[1].at), (first.created_at, second.created_at));
    let edited = scene.message(first.id, AZIZ).await;
    assert_eq!(Some(entries[2].at), edited.edited_at);
    assert!(entries.is_sorted_by(|before, after| before.place < after.place), "{entries:?}");
}

/// Pins, readings, repeated and refused acts append nothing.
pub async fn what_changes_no_message_has_no_entry(store: &(impl Store + Outbox)) {
    use crate::receipt::ReadScope;
    let (scene, chat) = Scene::with_chat(store).await;
    let named = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(chat, AZIZ, "salom").await
    };
    let sent = scene.send(named.clone()).await;
    assert_eq!(scene.append(named).await, Ok(SendOutcome::AlreadySent(sent.id)));
    scene.pin(sent.id, true).await;
    scene.deliver(chat, DILNOZA, sent.id).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent.id)).await;
    scene.delete(sent.id).await;
    scene.delete(sent.id).await;
    let refused = store
        .edit(sent.id, crate::testing::builders::content("x"), scene.tick(), super::silent())
        .await;
    assert!(refused.works().is_err());
    let last = scene.say(chat, AZIZ, "xayr").await;
    let entries = all(store, 3).await;
    let found: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.message)).collect();
    let expected = [
        (OutboxKind::Sent, sent.id),
        (OutboxKind::Deleted, sent.id),
        (OutboxKind::Sent, last.id),
    ];
    assert_eq!(found, expected);
}

/// A reader asks for what is behind the last place that it has seen.
pub async fn entries_are_read_behind_a_place_up_to_the_limit(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 5).await;
    all(store, 5).await;
    let first = read(store, OutboxPlace::default(), 2).await;
    assert_eq!(messages(&first), sent[..2]);
    let rest = read(store, first[1].place, 10).await;
    assert_eq!(messages(&rest), sent[2..]);
    assert_eq!(read(store, rest[2].place, 10).await, []);
    assert_eq!(read(store, OutboxPlace::default(), 0).await, []);
}

/// `start` matters only once.
pub async fn a_new_consumer_begins_at_the_beginning_or_at_the_end(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 2).await;
    all(store, 2).await;
    let whole = claim(store, SEARCH, OutboxStart::Beginning).await;
    let late = claim(store, PUSH, OutboxStart::End).await;
    let third = scene.say(chat, AZIZ, "uchinchi").await.id;
    assert_eq!(messages(&behind(store, whole.position, 3).await), [sent[0], sent[1], third]);
    assert_eq!(messages(&behind(store, late.position, 1).await), [third]);
    let again = claim(store, SEARCH, OutboxStart::End).await;
    assert_eq!(again.position, whole.position);
}

/// A holder renews its lease. Another one gets nothing before the lease ends.
pub async fn one_holder_has_a_consumer_until_its_lease_ends(store: &(impl Store + Outbox)) {
    let claim = async |holder: &str, now: i64| {
        let claimed = store.claim(SEARCH, holder, OutboxStart::End, at(now), at(now + 10)).await;
        claimed.works().map(|claim| claim.generation)
    };
    let first = claim("node-1", 0).await.expect("nobody has it");
    assert_eq!(claim("node-2", 5).await, None);
    assert_eq!(claim("node-1", 8).await, Some(first));
    assert_eq!(claim("node-2", 17).await, None, "it was renewed");
    assert_eq!(claim("node-2", 18).await, Some(first + 1), "the lease has ended");
    assert_eq!(claim("node-1", 19).await, None);
    assert_eq!(claim("node-2", 40).await, Some(first + 1), "nobody else had it meanwhile");
}

/// A node that stops in order holds nobody up.
pub async fn a_released_consumer_can_be_claimed_at_once(store: &(impl Store + Outbox)) {
    let first = claim(store, SEARCH, OutboxStart::End).await;
    store.release(&first).await.works();
    let second = store.claim(SEARCH, "node-2", OutboxStart::End, at(1), at(11)).await.works();
    let second = second.expect("it was released");
    assert!(second.generation > first.generation);
    store.release(&first).await.works();
    let third = store.claim(SEARCH, "node-3", OutboxStart::End, at(2), at(12)).await.works();
    assert_eq!(third, None, "only who has it can release it");
}

/// A node that was paused beyond its lease cannot move the position.
pub async fn an_earlier_holder_is_fenced(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = claim(store, SEARCH, OutboxStart::Beginning).await;
    scene.say(chat, AZIZ, "salom").await;
    let place = all(store, 1).await[0].place;
    let second = store.claim(SEARCH, "node-2", OutboxStart::End, at(20), at(30)).await.works();
    let second = second.expect("the lease has ended");
    assert_eq!(store.pass(&first, place).await.works(), Passed::Fenced);
    assert_eq!(store.lag().await.works()[0].position, first.position);
    assert_eq!(store.pass(&second, place).await.works(), Passed::Stored);
    let unknown = Claim {
        consumer: "nobody".to_owned(),
        ..second
    };
    assert_eq!(store.pass(&unknown, place).await.works(), Passed::Fenced);
}

/// The next holder goes on where the one before stopped.
pub async fn a_position_is_kept_and_never_goes_back(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    let first = claim(store, SEARCH, OutboxStart::Beginning).await;
    let entries = all(store, 3).await;
    for place in [entries[1].place, entries[0].place] {
        assert_eq!(store.pass(&first, place).await.works(), Passed::Stored);
    }
    let second = store.claim(SEARCH, "node-2", OutboxStart::Beginning, at(20), at(30)).await.works();
    let second = second.expect("the lease has ended");
    assert_eq!(second.position, entries[1].place);
    assert_eq!(messages(&read(store, second.position, 10).await), [sent[2]]);
}

/// The slowest consumer decides.
pub async fn entries_stay_until_all_consumers_have_passed_them(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let (fast, slow) = (
        claim(store, SEARCH, OutboxStart::Beginning).await,
        claim(store, PUSH, OutboxStart::Beginning).await,
    );
    let sent = scene.say_many(chat, AZIZ, 4).await;
    let entries = all(store, 4).await;
    assert_eq!(store.pass(&fast, entries[3].place).await.works(), Passed::Stored);
    assert_eq!(store.trim().await.works(), 0);
    assert_eq!(store.pass(&slow, entries[1].place).await.works(), Passed::Stored);
    assert_eq!(store.trim().await.works(), 2);
    assert_eq!(messages(&all(store, 2).await), sent[2..]);
    assert_eq!(store.trim().await.works(), 0);
}

/// Nothing piles up in a store whose outbox nobody reads.
pub async fn without_a_consumer_the_newest_entry_stays(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    assert_eq!(store.trim().await.works(), 0);
    let sent = scene.say_many(chat, AZIZ, 3).await;
    assert_eq!(store.trim().await.works(), 2);
    assert_eq!(messages(&all(store, 1).await), sent[2..]);
    assert_eq!(store.trim().await.works(), 0);
    assert_eq!(store.lag().await.works(), []);
}

/// A new entry is behind every place that was given before.
pub async fn a_place_stays_true_after_entries_have_gone(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    assert_eq!(store.trim().await.works(), 2);
    let late = claim(store, SEARCH, OutboxStart::End).await;
    let fourth = scene.say(chat, AZIZ, "toʻrtinchi").await.id;
    let entries = all(store, 2).await;
    assert_eq!(messages(&entries), [sent[2], fourth]);
    assert!(entries[1].place > late.position);
    assert_eq!(store.pass(&late, entries[1].place).await.works(), Passed::Stored);
    assert_eq!(store.trim().await.works(), 1);
    let fifth = scene.say(chat, AZIZ, "beshinchi").await.id;
    assert_eq!(messages(&behind(store, entries[1].place, 1).await), [fifth]);
}

/// So it holds up no writer for long.
pub async fn trimming_removes_a_limited_number_at_once(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let mut drafts = Vec::new();
    for _ in 0..=TRIMMED + 1 {
        drafts.push(scene.draft(chat, AZIZ, "salom").await);
    }
    join_all(drafts.into_iter().map(|draft| scene.send(draft))).await;
    assert_eq!(store.trim().await.works(), TRIMMED);
    assert_eq!(store.trim().await.works(), 1);
    assert_eq!(store.trim().await.works(), 0);
}

/// The oldest entry tells how long a consumer has been behind.
pub async fn lag_tells_how_many_entries_are_behind_and_how_old_they_are(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let search = claim(store, SEARCH, OutboxStart::Beginning).await;
    claim(store, PUSH, OutboxStart::Beginning).await;
    scene.say_many(chat, AZIZ, 3).await;
    let entries = all(store, 3).await;
    assert_eq!(store.pass(&search, entries[1].place).await.works(), Passed::Stored);
    let lag = async || {
        let lags = store.lag().await.works().into_iter();
        lags.map(|lag| (lag.consumer, lag.entries, lag.oldest)).collect::<Vec<_>>()
    };
    let push = (PUSH.to_owned(), 3, Some(entries[0].at));
    assert_eq!(lag().await, [push.clone(), (SEARCH.to_owned(), 1, Some(entries[2].at))]);
    assert_eq!(store.pass(&search, entries[2].place).await.works(), Passed::Stored);
    assert_eq!(lag().await, [push, (SEARCH.to_owned(), 0, None)]);
}

/// When it is called, the entry can be read.
pub async fn appending_wakes_after_the_commit(store: &(impl Store + Outbox)) {
    let (scene, chat) = Scene::with_chat(store).await;
    let woken = Arc::new(AtomicUsize::new(0));
    let counted = woken.clone();
    store.wake_on_append(Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    let sent = scene.say(chat, AZIZ, "salom").await;
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    scene.edit(sent.id, "assalomu alaykum").await;
    assert_eq!(woken.load(Ordering::SeqCst), 2);
    scene.delete(sent.id).await;
    assert_eq!(woken.load(Ordering::SeqCst), 3);
    scene.delete(sent.id).await;
    assert_eq!(woken.load(Ordering::SeqCst), 3, "nothing was appended");
}

/// Messages that are stored at the same time come each once; those of a conversation in its order.
pub async fn a_reader_that_follows_writers_misses_nothing(store: &(impl Store + Outbox)) {
    const EACH: usize = 60;
    let scene = Scene::new(store).await;
    let chats = [
        scene.open(&[AZIZ, DILNOZA], Some(NUR)).await,
        scene.open(&[MALIKA, DILNOZA], Some(NUR)).await,
        scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await,
    ];
    let write = async |chat: ConversationId| {
        for number in 0..EACH {
            scene.say(chat, DILNOZA, &format!("{number}")).await;
        }
    };
    let follow = async {
        let (mut seen, mut last) = (Vec::new(), OutboxPlace::default());
        while seen.len() < EACH * chats.len() {
            let entries = read(store, last, 7).await;
            last = entries.last().map_or(last, |entry| entry.place);
            seen.extend(entries);
            // In a store without I/O nobody else would come to act.
            yield_now().await;
        }
        (seen, last)
    };
    let (_, (seen, last)) = futures_util::future::join(join_all(chats.map(write)), follow).await;
    assert_eq!(read(store, last, 10).await, [], "some came twice");
    for chat in chats {
        let found: Vec<MessageId> = seen
            .iter()
            .filter(|entry| entry.conversation == chat)
            .map(|entry| entry.message)
            .collect();
        assert_eq!(found.len(), EACH);
        assert!(found.is_sorted(), "{found:?}");
    }
}

/// Lets the other futures of this task go on.
async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
