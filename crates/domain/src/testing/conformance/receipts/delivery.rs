//! The suite of [`crate::ports::Receipts::mark_delivered`], and of receipts in messages.

use super::{delivered_to_dilnoza, four_messages, read_by_dilnoza, receipt};
use crate::{
    id::{ConversationId, MessageId},
    message::Status,
    receipt::{Delivered, DeliveryMark, ReadScope, Receipt},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, PAVEL, RUSTAM, someone},
        conformance::{PublishedOutcomes, Scene, Store, Works, silent},
    },
};

/// Messages after it are not delivered.
pub async fn delivery_marks_all_up_to_the_message(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let news = scene.deliver(chat, DILNOZA, sent[2]).await;
    assert_eq!(delivered_to_dilnoza(&scene, &sent).await, [true, true, true, false]);
    for id in &sent[..3] {
        assert_eq!(receipt(&scene, *id, AZIZ, DILNOZA).await, Some((news[0].delivered_at, None)));
    }
}

/// The id may be that of an own message, or not exist yet.
pub async fn delivery_need_not_name_a_message(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let own = scene.say(chat, DILNOZA, "o‘zimniki").await;
    let news = scene.deliver(chat, DILNOZA, own.id).await;
    assert_eq!(news.iter().map(|news| news.message).collect::<Vec<_>>(), [sent[3]]);
    let later = scene.say(chat, AZIZ, "yana").await;
    let news = scene.deliver(chat, DILNOZA, MessageId(i64::MAX)).await;
    assert_eq!(news.iter().map(|news| news.message).collect::<Vec<_>>(), [later.id]);
}

/// This holds even if a mark named a larger id.
pub async fn later_messages_are_not_delivered(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, MessageId(sent[3].0 + 100)).await;
    let later = scene.say(chat, AZIZ, "yana").await;
    assert_eq!(receipt(&scene, later.id, AZIZ, DILNOZA).await, None);
    assert_eq!(scene.deliver(chat, DILNOZA, later.id).await.len(), 1, "it is newly delivered");
}

/// A sender's own devices do not count as delivery.
pub async fn own_messages_are_never_delivered(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    assert_eq!(scene.deliver(chat, AZIZ, sent[3]).await, []);
    assert!(scene.history(chat).await.iter().all(|message| message.receipts.is_empty()));
    assert_eq!(scene.message(sent[0], AZIZ).await.status(AZIZ), Status::Sent);
}

/// Message ids are shared by all conversations.
pub async fn delivery_does_not_affect_other_conversations(store: &impl Store) {
    let (scene, _, sent) = four_messages(store).await;
    let other = scene.open(&[AZIZ, DILNOZA], None).await;
    let there = scene.say(other, AZIZ, "boshqa suhbat").await;
    let news = scene.deliver(other, DILNOZA, there.id).await;
    assert_eq!(news.len(), 1);
    assert_eq!(delivered_to_dilnoza(&scene, &sent).await, [false; 4]);
}

/// A mark of a stranger does not keep the others from being stored.
pub async fn marks_of_strangers_are_ignored(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let nowhere = ConversationId(chat.0 + 1000);
    let mark = |user, conversation| DeliveryMark {
        user,
        conversation,
        up_to: sent[3],
    };
    let strangers = vec![mark(PAVEL, chat), mark(RUSTAM, chat), mark(DILNOZA, nowhere)];
    assert_eq!(store.mark_delivered(strangers.clone(), scene.tick(), silent()).await.works(), []);
    assert!(scene.history(chat).await.iter().all(|message| message.receipts.is_empty()));
    let with_a_good_one = strangers.into_iter().chain([mark(DILNOZA, chat)]).collect();
    let news = store.mark_delivered(with_a_good_one, scene.tick(), silent()).await.works();
    assert_eq!(news.iter().map(|news| news.user).collect::<Vec<_>>(), [DILNOZA]);
}

/// A tombstone has no content to deliver.
pub async fn deleted_messages_are_not_newly_delivered(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.delete(sent[1]).await;
    scene.delete(sent[3]).await;
    let news = scene.deliver(chat, DILNOZA, sent[3]).await;
    assert_eq!(news.iter().map(|news| news.message).collect::<Vec<_>>(), [sent[2]]);
    assert_eq!(delivered_to_dilnoza(&scene, &sent).await, [true, false, true, false]);
    assert_eq!(scene.deliver(chat, DILNOZA, sent[3]).await, []);
}

/// Only newly delivered messages are announced.
pub async fn delivering_again_changes_nothing(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, sent[2]).await;
    assert_eq!(scene.deliver(chat, DILNOZA, sent[2]).await, []);
    assert_eq!(scene.deliver(chat, DILNOZA, sent[0]).await, []);
    let news = scene.deliver(chat, DILNOZA, sent[3]).await;
    let expected = Delivered {
        conversation: chat,
        sender: AZIZ,
        user: DILNOZA,
        message: sent[3],
        delivered_at: news[0].delivered_at,
    };
    assert_eq!(news, [expected]);
}

/// The news name the newest message of each sender, in the order of message ids.
pub async fn each_sender_gets_news_about_each_recipient(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL], None).await;
    let mut sent = Vec::new();
    for sender in [PAVEL, KAMOL, PAVEL, KAMOL, RUSTAM] {
        sent.push(scene.say(chat, sender, "xabar").await.id);
    }
    let at = scene.tick();
    let news = |sender, user, message| Delivered {
        conversation: chat,
        sender,
        user,
        message,
        delivered_at: at,
    };
    let mark = |user, up_to| DeliveryMark {
        user,
        conversation: chat,
        up_to,
    };
    let of_rustam = store.mark_delivered(vec![mark(RUSTAM, sent[4])], at, silent()).await.works();
    assert_eq!(of_rustam, [news(PAVEL, RUSTAM, sent[2]), news(KAMOL, RUSTAM, sent[3])]);
    let of_kamol = store.mark_delivered(vec![mark(KAMOL, sent[1])], at, silent()).await.works();
    assert_eq!(of_kamol, [news(PAVEL, KAMOL, sent[0])]);
}

/// The marks are of several people and conversations; of several marks of one person the furthest counts.
pub async fn many_marks_are_taken_at_once(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let other = scene.open(&[RUSTAM, PAVEL], None).await;
    let there = scene.say(other, PAVEL, "boshqa suhbat").await.id;
    let back = scene.say(chat, DILNOZA, "javob").await.id;
    let mark = |user, conversation, up_to| DeliveryMark { user, conversation, up_to };
    let marks = vec![
        mark(RUSTAM, other, there),
        mark(DILNOZA, chat, sent[3]),
        mark(DILNOZA, chat, sent[1]),
        mark(AZIZ, chat, back),
        mark(DILNOZA, chat, sent[2]),
    ];
    let at = scene.tick();
    let news = store.mark_delivered(marks, at, silent()).await.works();
    let expected = |conversation, sender, user, message| Delivered {
        conversation,
        sender,
        user,
        message,
        delivered_at: at,
    };
    assert_eq!(
        news,
        [
            expected(chat, AZIZ, DILNOZA, sent[3]),
            expected(other, PAVEL, RUSTAM, there),
            expected(chat, DILNOZA, AZIZ, back)
        ]
    );
    assert_eq!(store.mark_delivered(vec![], at, silent()).await.works(), []);
}

/// All news are announced once, before the caller resumes.
pub async fn news_are_announced_after_the_commit(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let published = PublishedOutcomes::default();
    let mut outcomes = Vec::new();
    for up_to in [sent[1], sent[3]] {
        let marks = vec![DeliveryMark {
            user: DILNOZA,
            conversation: chat,
            up_to,
        }];
        outcomes.push(store.mark_delivered(marks, scene.tick(), published.on_commit()).await.works());
        assert_eq!(published.all(), outcomes);
    }
}

/// No mark moved, so nothing is announced.
pub async fn delivering_nothing_new_is_not_announced(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let published = PublishedOutcomes::<Vec<Delivered>>::default();
    for user in [DILNOZA, AZIZ, PAVEL] {
        let marks = vec![DeliveryMark {
            user,
            conversation: chat,
            up_to: sent[3],
        }];
        store.mark_delivered(marks, scene.tick(), published.on_commit()).await.works();
    }
    assert_eq!(published.all(), Vec::<Vec<Delivered>>::new());
}

/// Delivery does not change unread counts.
pub async fn delivery_does_not_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, sent[3]).await;
    assert_eq!(read_by_dilnoza(&scene, &sent).await, [false; 4]);
    assert_eq!(
        (scene.unread(chat, DILNOZA).await, store.unread_total(DILNOZA).await.works()),
        (4, 4)
    );
}

/// Every message has its receipts in this order.
pub async fn receipts_are_ordered_by_delivery_then_user(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, DILNOZA, PAVEL, KAMOL], None).await;
    let id = scene.say(chat, PAVEL, "всем").await.id;
    let mark = |user| DeliveryMark {
        user,
        conversation: chat,
        up_to: id,
    };
    let first = scene.deliver(chat, KAMOL, id).await[0].delivered_at;
    let second = scene.tick();
    store
        .mark_delivered(vec![mark(DILNOZA), mark(RUSTAM)], second, silent())
        .await
        .works();
    let expected: Vec<Receipt> = [(KAMOL, first), (RUSTAM, second), (DILNOZA, second)]
        .map(|(user, delivered_at)| Receipt {
            person: someone(user),
            delivered_at,
            read_at: None,
        })
        .into();
    assert_eq!(scene.message(id, PAVEL).await.receipts, expected);
    assert_eq!(scene.history(chat).await[0].receipts, expected);
}

/// The status goes from sent to delivered (to one) to seen (by all).
pub async fn a_message_is_seen_once_all_others_have_read_it(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL], None).await;
    let id = scene.say(chat, PAVEL, "всем").await.id;
    let status = async || scene.message(id, PAVEL).await.status(PAVEL);
    assert_eq!(status().await, Status::Sent);
    scene.deliver(chat, KAMOL, id).await;
    assert_eq!(status().await, Status::Delivered);
    scene.read(chat, KAMOL, ReadScope::All).await;
    assert_eq!(status().await, Status::Delivered);
    scene.read(chat, RUSTAM, ReadScope::All).await;
    assert_eq!(status().await, Status::Seen);
}
