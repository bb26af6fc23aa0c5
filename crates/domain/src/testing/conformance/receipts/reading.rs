//! The suite of [`crate::ports::Receipts::mark_read`].

use super::{delivered_to_dilnoza, four_messages, read_by_dilnoza, receipt};
use crate::{
    id::{MessageId, Seq},
    ports::ReadOutcome,
    receipt::{ReadRequest, ReadScope},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, PAVEL, RUSTAM},
        conformance::{PublishedOutcomes, Scene, Store, Works, silent},
        join_all,
    },
};

/// Messages before it stay unread.
pub async fn reading_one_reads_exactly_this_one(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[2])).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [false, false, true, false]);
    assert_eq!(delivered_to_dilnoza(&scene, &sent).await, [false, false, true, false]);
    assert_eq!(scene.unread(chat, DILNOZA).await, 3);
}

/// Messages after it stay unread.
pub async fn reading_up_to_reads_all_before_too(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[2])).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [true, true, true, false]);
    assert_eq!(scene.unread(chat, DILNOZA).await, 1);
}

/// The id may be that of an own message, of another conversation, or not exist yet.
pub async fn reading_up_to_need_not_name_a_message(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(MessageId(0))).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 4);
    let own = scene.say(chat, DILNOZA, "o‘zimniki").await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(own.id)).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [true; 4]);
    scene.say(chat, AZIZ, "yana").await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(MessageId(i64::MAX))).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 0);
    scene.say(chat, AZIZ, "keyin").await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 1, "later messages are unread");
}

/// Other conversations are not affected.
pub async fn reading_all_reads_everything_up_to_now(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [true; 4]);
    assert_eq!(
        (scene.unread(chat, DILNOZA).await, store.unread_total(DILNOZA).await.works()),
        (0, 0)
    );
}

/// Earlier readings do not cover later messages.
pub async fn later_messages_are_unread(store: &impl Store) {
    let (scene, chat, mut sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    sent.push(scene.say(chat, AZIZ, "yangi").await.id);
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [true, true, true, true, false]);
    assert_eq!(scene.unread(chat, DILNOZA).await, 1);
}

/// Messages are read one by one, in any order, with repeats and deletions between.
pub async fn reading_counts_down_to_zero_and_not_below(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let count = async || scene.unread(chat, DILNOZA).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[3])).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[3])).await;
    assert_eq!(count().await, 3);
    scene.delete(sent[0]).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await;
    assert_eq!(count().await, 2);
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[1])).await;
    assert_eq!(count().await, 1);
    scene.delete(sent[1]).await;
    assert_eq!(count().await, 1);
    for _ in 0..2 {
        scene.read(chat, DILNOZA, ReadScope::All).await;
        assert_eq!(count().await, 0);
    }
}

/// Neither times nor counts change, and the outcome says so.
pub async fn reading_again_changes_nothing(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[2])).await;
    let before = (
        scene.history(chat).await,
        scene.marks(chat, DILNOZA).await,
        scene.row(chat, DILNOZA).await,
    );
    for scope in [ReadScope::One(sent[1]), ReadScope::UpTo(sent[2]), ReadScope::UpTo(sent[0])] {
        let read = scene.read(chat, DILNOZA, scope).await;
        assert_eq!((read.message, read.summary.unread), (None, vec![(DILNOZA, 1)]), "{scope:?}");
    }
    assert_eq!(
        (
            scene.history(chat).await,
            scene.marks(chat, DILNOZA).await,
            scene.row(chat, DILNOZA).await
        ),
        before
    );
}

/// No scope covers own messages; the counts of others stay.
pub async fn own_messages_are_never_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    for scope in [ReadScope::One(sent[1]), ReadScope::UpTo(sent[3]), ReadScope::All] {
        assert_eq!(scene.read(chat, AZIZ, scope).await.message, None, "{scope:?}");
    }
    assert!(scene.history(chat).await.iter().all(|message| message.receipts.is_empty()));
    assert_eq!((scene.unread(chat, DILNOZA).await, scene.unread(chat, AZIZ).await), (4, 0));
}

/// Neither naming them nor their age makes them read.
pub async fn messages_of_other_conversations_are_never_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let other = scene.open(&[AZIZ, DILNOZA], None).await;
    let newer = scene.say(other, AZIZ, "boshqa suhbat").await;
    assert_eq!(scene.read(other, DILNOZA, ReadScope::One(sent[0])).await.message, None);
    assert_eq!(scene.read(other, DILNOZA, ReadScope::UpTo(newer.id)).await.message, Some(newer.id));
    scene.read(other, DILNOZA, ReadScope::All).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [false; 4]);
    assert_eq!(scene.unread(chat, DILNOZA).await, 4);
}

/// A tombstone has no content to read.
pub async fn deleted_messages_are_not_newly_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.delete(sent[3]).await;
    scene.delete(sent[0]).await;
    assert_eq!(scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await.message, None);
    assert_eq!(scene.read(chat, DILNOZA, ReadScope::All).await.message, Some(sent[2]));
    assert_eq!(scene.unread(chat, DILNOZA).await, 0);
}

/// The outcome names the newest newly read message, not the one of the request.
pub async fn reading_returns_the_newest_message_newly_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let own = scene.say(chat, DILNOZA, "o‘zimniki").await.id;
    for (scope, newest) in [
        (ReadScope::One(sent[2]), Some(sent[2])),
        (ReadScope::UpTo(sent[2]), Some(sent[1])),
        (ReadScope::UpTo(own), Some(sent[3])),
        (ReadScope::All, None),
    ] {
        assert_eq!(scene.read(chat, DILNOZA, scope).await.message, newest, "{scope:?}");
    }
}

/// Each outcome is announced once, before the caller resumes.
pub async fn reading_is_announced_after_the_commit(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let published = PublishedOutcomes::default();
    let mut outcomes = Vec::new();
    for scope in [ReadScope::One(sent[2]), ReadScope::UpTo(sent[1]), ReadScope::All] {
        let read = store.read(scene.reading(chat, DILNOZA, scope), published.on_commit()).await.works();
        outcomes.push(read);
        assert_eq!(published.all(), outcomes);
    }
}

/// The messages are already read, the reader's own, or of another conversation.
pub async fn reading_nothing_new_is_not_announced(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let other = scene.open(&[AZIZ, DILNOZA], None).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let published = PublishedOutcomes::<ReadOutcome>::default();
    for (chat, user, scope) in [
        (chat, DILNOZA, ReadScope::All),
        (chat, DILNOZA, ReadScope::One(sent[0])),
        (chat, AZIZ, ReadScope::All),
        (other, DILNOZA, ReadScope::UpTo(sent[3])),
    ] {
        store.read(scene.reading(chat, user, scope), published.on_commit()).await.works();
    }
    assert_eq!(published.all(), []);
}

/// The summary is that of the reader's list after the reading.
pub async fn the_summary_of_a_reading_has_the_reader_alone(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let read = scene.read(chat, DILNOZA, ReadScope::One(sent[1])).await;
    let row = scene.row(chat, DILNOZA).await;
    assert_eq!(read.summary.unread, [(DILNOZA, 3)]);
    assert_eq!(
        (read.summary.conversation, read.summary.last_seq, read.summary.preview),
        (chat, row.last_seq, row.preview)
    );
}

/// Receipts are no changes of messages.
pub async fn reading_takes_no_seq(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let seq_and_times = async || {
        let messages = scene.history(chat).await;
        messages.iter().map(|message| (message.seq, message.updated_at)).collect::<Vec<_>>()
    };
    let before = seq_and_times().await;
    scene.deliver(chat, DILNOZA, sent[3]).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!(seq_and_times().await, before);
    assert_eq!(scene.row(chat, AZIZ).await.last_seq, Seq(4));
}

/// The facts are `None` for everybody but participants.
pub async fn strangers_read_nothing(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    for scope in [ReadScope::All, ReadScope::One(sent[0])] {
        let request = ReadRequest::within(chat, PAVEL, scope);
        assert_eq!(store.facts_to_read(request).await.works(), None);
    }
    assert!(scene.history(chat).await.iter().all(|message| message.receipts.is_empty()));
    assert_eq!(scene.unread(chat, DILNOZA).await, 4);
}

/// R7: a single message must be in the named conversation; without a named conversation it is in its own.
pub async fn facts_to_read_say_whether_the_message_is_in_the_conversation(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let other = scene.open(&[AZIZ, DILNOZA], None).await;
    for (named, scope, includes) in [
        (chat, ReadScope::One(sent[0]), true),
        (other, ReadScope::One(sent[0]), false),
        (chat, ReadScope::One(MessageId(sent[0].0 + 1000)), false),
        (other, ReadScope::UpTo(sent[0]), true),
        (chat, ReadScope::All, true),
    ] {
        let facts = store.facts_to_read(ReadRequest::within(named, DILNOZA, scope)).await.works();
        let facts = facts.expect("she takes part");
        assert_eq!((facts.base.conversation.id, facts.includes_message), (named, includes), "{scope:?}");
    }
    let facts = store.facts_to_read(ReadRequest::message(DILNOZA, sent[0])).await.works();
    assert_eq!(
        facts.map(|facts| (facts.base.conversation.id, facts.includes_message)),
        Some((chat, true))
    );
    for request in [
        ReadRequest::message(PAVEL, sent[0]),
        ReadRequest::message(DILNOZA, MessageId(sent[0].0 + 1000)),
    ] {
        assert_eq!(store.facts_to_read(request).await.works(), None);
    }
    assert_eq!(scene.unread(chat, DILNOZA).await, 4, "a refusal stores nothing");
}

/// The conversation has several participants.
pub async fn each_participant_reads_for_themselves(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL], None).await;
    let sent = scene.say_many(chat, PAVEL, 2).await;
    let of_kamol = scene.say(chat, KAMOL, "ikkinchi").await.id;
    scene.read(chat, KAMOL, ReadScope::All).await;
    scene.read(chat, RUSTAM, ReadScope::One(of_kamol)).await;
    for (user, unread) in [(RUSTAM, 2), (PAVEL, 1), (KAMOL, 0)] {
        assert_eq!(scene.unread(chat, user).await, unread, "{user}");
    }
    assert!(receipt(&scene, sent[0], PAVEL, KAMOL).await.is_some());
    assert_eq!(receipt(&scene, sent[0], PAVEL, RUSTAM).await, None);
}

/// A message that was not delivered before gets the same time for both.
pub async fn reading_implies_delivery(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let mark = scene.reading(chat, DILNOZA, ReadScope::One(sent[0]));
    store.read(mark, silent()).await.works();
    assert_eq!(receipt(&scene, sent[0], AZIZ, DILNOZA).await, Some((mark.at, Some(mark.at))));
    let delivered_at = scene.deliver(chat, DILNOZA, sent[1]).await[0].delivered_at;
    let mark = crate::testing::direct::Reading {
        scope: ReadScope::All,
        at: scene.tick(),
        ..mark
    };
    store.read(mark, silent()).await.works();
    assert_eq!(receipt(&scene, sent[1], AZIZ, DILNOZA).await, Some((delivered_at, Some(mark.at))));
    assert_eq!(receipt(&scene, sent[3], AZIZ, DILNOZA).await, Some((mark.at, Some(mark.at))));
    assert_eq!(scene.deliver(chat, DILNOZA, sent[3]).await, [], "it was delivered before");
}

/// The first delivery and the first reading count.
pub async fn times_once_set_stay(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, sent[1]).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await;
    let times = async || {
        [
            receipt(&scene, sent[0], AZIZ, DILNOZA).await,
            receipt(&scene, sent[1], AZIZ, DILNOZA).await,
        ]
    };
    let before = times().await;
    scene.deliver(chat, DILNOZA, sent[3]).await;
    assert_eq!(times().await, before);
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let after = times().await;
    assert_eq!(after[0], before[0]);
    assert_eq!(
        after[1].map(|(delivered_at, _)| delivered_at),
        before[1].map(|(delivered_at, _)| delivered_at)
    );
    scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!(times().await, after);
}

/// The readings come from several devices of one person.
pub async fn sixteen_readings_at_once_count_once(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let published = PublishedOutcomes::default();
    let scopes = [ReadScope::One(sent[1]), ReadScope::UpTo(sent[2])];
    let reading = |index: usize| store.read(scene.reading(chat, DILNOZA, scopes[index % 2]), published.on_commit());
    for read in join_all((0..16).map(reading)).await {
        read.works();
    }
    assert_eq!(scene.unread(chat, DILNOZA).await, 1);
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [true, true, true, false]);
    assert!((1..=2).contains(&published.all().len()), "{:?}", published.all());
}

/// The count equals the number of messages without a read receipt.
pub async fn reading_while_messages_arrive_counts_right(store: &impl Store) {
    let (scene, chat, _) = four_messages(store).await;
    let mut drafts = Vec::new();
    for number in 0..8 {
        drafts.push(scene.draft(chat, AZIZ, &format!("yana {number}")).await);
    }
    let sending = join_all(drafts.into_iter().map(|draft| store.append(draft, silent())));
    let reading = join_all((0..8).map(|_| store.read(scene.reading(chat, DILNOZA, ReadScope::All), silent())));
    let both: [std::pin::Pin<Box<dyn Future<Output = ()>>>; 2] = [
        Box::pin(async {
            for appended in sending.await {
                appended.works().expect("allowed");
            }
        }),
        Box::pin(async {
            for read in reading.await {
                read.works();
            }
        }),
    ];
    join_all(both).await;
    let sent: Vec<MessageId> = scene.history(chat).await.iter().map(|message| message.id).collect();
    let unread = read_by_dilnoza(&scene, &sent).await.into_iter().filter(|read| !read).count();
    assert_eq!(scene.unread(chat, DILNOZA).await, unread as u64);
    assert_eq!(sent.len(), 12);
}
