//! The suite of histories: [`crate::ports::Messages::window`] and [`crate::ports::Messages::changes`].

use super::{Scene, Store, Works, scene::ids};
use crate::{
    id::{ConversationId, MessageId, Seq},
    message::ChangeKind,
    page::{PageRequest, Window},
    ports::MessageFilter,
    receipt::ReadScope,
    testing::builders::{AZIZ, DILNOZA, PAVEL},
};

/// Runs the suite of [`crate::ports::Messages::window`] and [`crate::ports::Messages::changes`].
#[macro_export]
macro_rules! windows_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            windows: page_one_ends_with_the_newest,
            a_page_past_the_end_is_empty,
            an_empty_history_has_empty_windows,
            before_stops_right_before,
            before_need_not_name_a_message,
            after_begins_right_after,
            after_need_not_name_a_message,
            around_has_the_message_in_the_middle,
            around_at_the_edges_is_shorter,
            around_a_message_of_another_conversation_is_none,
            windows_walk_through_the_whole_history,
            messages_of_other_conversations_are_not_in_windows,
            deleted_messages_are_left_out_and_not_counted,
            deleted_messages_come_as_tombstones_where_asked_for,
            windows_around_and_beside_deleted_messages,
            pinned_messages_can_be_listed_alone,
            windows_have_receipts,
            changes_come_once_each_under_the_newest_seq,
            changes_name_the_newest_kind,
            changes_begin_right_after,
            changes_are_paged,
            changes_of_an_empty_conversation_are_none,
            changes_of_other_conversations_are_not_among_them,
            changes_have_the_marks_of_every_participant,
            changes_have_receipts,
        );
    };
}

/// Compares a window with `sent[range]`.
async fn assert_window<S: Store>(
    scene: &Scene<'_, S>,
    (chat, sent): (ConversationId, &[MessageId]),
    window: Window,
    (start, end): (usize, usize),
) {
    let page = scene.window(chat, window, MessageFilter::default()).await;
    assert_eq!(ids(&page.items), sent[start..end], "{window:?}");
    assert_eq!(page.total, sent.len() as u64, "{window:?}");
    assert_eq!((page.has_older, page.has_newer), (start > 0, end < sent.len()), "{window:?}");
}

/// A conversation with ten messages, and another one whose messages were sent between them.
async fn ten_messages(store: &impl Store) -> (Scene<'_, impl Store>, ConversationId, Vec<MessageId>) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    let mut sent = Vec::new();
    for number in 1..=10 {
        scene.say(other, AZIZ, &format!("boshqa {number}")).await;
        sent.push(
            scene
                .say(chat, if number % 2 == 0 { AZIZ } else { DILNOZA }, &format!("xabar {number}"))
                .await
                .id,
        );
    }
    scene.say(other, PAVEL, "oxirgi").await;
    (scene, chat, sent)
}

/// A page is in ascending order; page 2 ends right before page 1.
pub async fn page_one_ends_with_the_newest(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for (number, size, range) in [
        (1, 4, (6, 10)),
        (2, 4, (2, 6)),
        (3, 4, (0, 2)),
        (1, 10, (0, 10)),
        (1, 100, (0, 10)),
        (10, 1, (0, 1)),
    ] {
        assert_window(&scene, (chat, &sent), Window::Page(PageRequest::new(number, size)), range).await;
    }
}

/// The page has the total, and nothing older.
pub async fn a_page_past_the_end_is_empty(store: &impl Store) {
    let (scene, chat, _) = ten_messages(store).await;
    for page in [PageRequest::new(4, 4), PageRequest::new(2, 10), PageRequest::new(u32::MAX, 100)] {
        let page = scene.window(chat, Window::Page(page), MessageFilter::default()).await;
        assert_eq!((page.items, page.total, page.has_older), (vec![], 10, false));
    }
}

/// There is nothing older and nothing newer.
pub async fn an_empty_history_has_empty_windows(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let pages = [
        Window::Page(PageRequest::new(1, 50)),
        Window::Before(MessageId(1), 5),
        Window::After(MessageId(0), 5),
    ];
    for window in pages {
        assert_window(&scene, (chat, &[]), window, (0, 0)).await;
    }
}

/// The messages nearest to the id come, not the oldest.
pub async fn before_stops_right_before(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for (index, limit, range) in [(9, 3, (6, 9)), (3, 3, (0, 3)), (3, 2, (1, 3)), (2, 50, (0, 2)), (1, 1, (0, 1))] {
        assert_window(&scene, (chat, &sent), Window::Before(sent[index], limit), range).await;
    }
    let nothing = scene.window(chat, Window::Before(sent[0], 5), MessageFilter::default()).await;
    assert_eq!((nothing.items, nothing.total, nothing.has_older), (vec![], 10, false));
}

/// The id may be of another conversation, or larger than all.
pub async fn before_need_not_name_a_message(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    assert_window(&scene, (chat, &sent), Window::Before(MessageId(sent[4].0 - 1), 2), (2, 4)).await;
    assert_window(&scene, (chat, &sent), Window::Before(MessageId(sent[4].0 + 1), 2), (3, 5)).await;
    assert_window(&scene, (chat, &sent), Window::Before(MessageId(i64::MAX), 2), (8, 10)).await;
}

/// The messages nearest to the id come, not the newest.
pub async fn after_begins_right_after(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for (index, limit, range) in [(0, 3, (1, 4)), (6, 3, (7, 10)), (6, 2, (7, 9)), (7, 50, (8, 10)), (8, 1, (9, 10))] {
        assert_window(&scene, (chat, &sent), Window::After(sent[index], limit), range).await;
    }
    let nothing = scene.window(chat, Window::After(sent[9], 5), MessageFilter::default()).await;
    assert_eq!((nothing.items, nothing.total, nothing.has_newer), (vec![], 10, false));
}

/// The id may be of another conversation, or smaller than all.
pub async fn after_need_not_name_a_message(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    assert_window(&scene, (chat, &sent), Window::After(MessageId(sent[4].0 - 1), 2), (4, 6)).await;
    assert_window(&scene, (chat, &sent), Window::After(MessageId(sent[4].0 + 1), 2), (5, 7)).await;
    assert_window(&scene, (chat, &sent), Window::After(MessageId(0), 2), (0, 2)).await;
}

/// Of `limit`, half rounded down are older.
pub async fn around_has_the_message_in_the_middle(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for (limit, range) in [(5, (3, 8)), (4, (3, 7)), (3, (4, 7)), (2, (4, 6)), (1, (5, 6)), (9, (1, 10))] {
        assert_window(&scene, (chat, &sent), Window::Around(sent[5], limit), range).await;
    }
}

/// Missing messages on one side are not replaced by more on the other.
pub async fn around_at_the_edges_is_shorter(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for (index, range) in [(0, (0, 3)), (1, (0, 4)), (8, (6, 10)), (9, (7, 10))] {
        assert_window(&scene, (chat, &sent), Window::Around(sent[index], 5), range).await;
    }
    assert_window(&scene, (chat, &sent), Window::Around(sent[5], 100), (0, 10)).await;
}

/// The message in the middle must be in this conversation.
pub async fn around_a_message_of_another_conversation_is_none(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    let elsewhere = MessageId(sent[5].0 - 1);
    for missing in [elsewhere, MessageId(sent[9].0 + 1000), MessageId(0)] {
        assert_eq!(
            store
                .window(chat, Window::Around(missing, 5), MessageFilter::default())
                .await
                .works(),
            None,
            "{missing}"
        );
    }
    assert!(
        store.get(elsewhere, PAVEL).await.works().is_some(),
        "it is in the other conversation"
    );
    assert_window(&scene, (chat, &sent), Window::Around(sent[5], 1), (5, 6)).await;
}

/// A client goes back by `Before` and forward by `After`: each message appears once.
pub async fn windows_walk_through_the_whole_history(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for limit in [1, 3, 4, 10] {
        let mut page = scene
            .window(chat, Window::Page(PageRequest::new(1, limit)), MessageFilter::default())
            .await;
        let mut backwards = ids(&page.items);
        while page.has_older {
            page = scene
                .window(chat, Window::Before(backwards[0], limit), MessageFilter::default())
                .await;
            assert!(page.has_newer && !page.items.is_empty());
            backwards.splice(0..0, ids(&page.items));
        }
        assert_eq!(backwards, sent);
        let mut page = scene
            .window(chat, Window::After(MessageId(0), limit), MessageFilter::default())
            .await;
        let mut forwards = ids(&page.items);
        while page.has_newer {
            page = scene
                .window(chat, Window::After(forwards[forwards.len() - 1], limit), MessageFilter::default())
                .await;
            assert!(page.has_older && !page.items.is_empty());
            forwards.extend(ids(&page.items));
        }
        assert_eq!(forwards, sent);
    }
}

/// The other conversation has windows of its own.
pub async fn messages_of_other_conversations_are_not_in_windows(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    let page = scene
        .window(chat, Window::Page(PageRequest::new(1, 100)), MessageFilter::default())
        .await;
    assert_eq!(ids(&page.items), sent);
    assert!(page.items.iter().all(|message| message.conversation == chat));
}

/// Deleted messages do not use up the limit either.
pub async fn deleted_messages_are_left_out_and_not_counted(store: &impl Store) {
    let (scene, chat, mut sent) = ten_messages(store).await;
    for index in [9, 5, 4, 0] {
        scene.delete(sent.remove(index)).await;
    }
    assert_window(&scene, (chat, &sent), Window::Page(PageRequest::new(1, 4)), (2, 6)).await;
    assert_window(&scene, (chat, &sent), Window::Page(PageRequest::new(2, 4)), (0, 2)).await;
    assert_window(&scene, (chat, &sent), Window::Before(sent[4], 3), (1, 4)).await;
    assert_window(&scene, (chat, &sent), Window::After(sent[1], 3), (2, 5)).await;
    assert_window(&scene, (chat, &sent), Window::Around(sent[3], 4), (1, 5)).await;
    assert_window(&scene, (chat, &sent), Window::After(sent[1], 4), (2, 6)).await;
}

/// Tombstones are in their place and counted.
pub async fn deleted_messages_come_as_tombstones_where_asked_for(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for index in [9, 4] {
        scene.delete(sent[index]).await;
    }
    let shown = MessageFilter {
        deleted: true,
        pinned_only: false,
    };
    let page = scene.window(chat, Window::Page(PageRequest::new(1, 6)), shown).await;
    assert_eq!(
        (ids(&page.items), page.total, page.has_older, page.has_newer),
        (sent[4..].to_vec(), 10, true, false)
    );
    for message in page.items {
        let deleted = [sent[4], sent[9]].contains(&message.id);
        assert_eq!(
            (message.is_deleted, message.content.is_none()),
            (deleted, deleted),
            "{}",
            message.id
        );
    }
}

/// The id may be that of a message that the filter leaves out; it must only be in the conversation.
pub async fn windows_around_and_beside_deleted_messages(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    scene.delete(sent[5]).await;
    let shown: Vec<MessageId> = sent.iter().copied().filter(|id| *id != sent[5]).collect();
    assert_window(&scene, (chat, &shown), Window::Before(sent[5], 2), (3, 5)).await;
    assert_window(&scene, (chat, &shown), Window::After(sent[5], 2), (5, 7)).await;
    let page = scene.window(chat, Window::Around(sent[5], 4), MessageFilter::default()).await;
    assert!(
        page.items.len() <= 4 && page.items.iter().all(|message| !message.is_deleted),
        "{:?}",
        ids(&page.items)
    );
    assert!(
        ids(&page.items).contains(&sent[4]) && ids(&page.items).contains(&sent[6]),
        "{:?}",
        ids(&page.items)
    );
}

/// Pinned messages have windows and totals of their own.
pub async fn pinned_messages_can_be_listed_alone(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for index in [1, 3, 4, 7, 8] {
        scene.pin(sent[index], true).await;
    }
    scene.pin(sent[4], false).await;
    scene.delete(sent[8]).await;
    for deleted in [false, true] {
        let shown = MessageFilter {
            deleted,
            pinned_only: true,
        };
        let all = scene.window(chat, Window::Page(PageRequest::new(1, 50)), shown).await;
        assert_eq!((ids(&all.items), all.total), (vec![sent[1], sent[3], sent[7]], 3));
        assert!(all.items.iter().all(|message| message.is_pinned));
        let newest = scene.window(chat, Window::Page(PageRequest::new(1, 2)), shown).await;
        assert_eq!(
            (ids(&newest.items), newest.total, newest.has_older, newest.has_newer),
            (vec![sent[3], sent[7]], 3, true, false)
        );
        let before = scene.window(chat, Window::Before(sent[7], 1), shown).await;
        assert_eq!(
            (ids(&before.items), before.has_older, before.has_newer),
            (vec![sent[3]], true, true)
        );
        let after = scene.window(chat, Window::After(sent[1], 5), shown).await;
        assert_eq!(
            (ids(&after.items), after.has_older, after.has_newer),
            (vec![sent[3], sent[7]], true, false)
        );
    }
}

/// Each message has the receipts that `get` returns.
pub async fn windows_have_receipts(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    scene.deliver(chat, AZIZ, sent[6]).await;
    scene.read(chat, AZIZ, ReadScope::UpTo(sent[4])).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[7])).await;
    for message in scene.history(chat).await {
        assert_eq!(message, scene.message(message.id, DILNOZA).await);
    }
}

/// Changes are in ascending order, each with the present state of its message.
pub async fn changes_come_once_each_under_the_newest_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.edit(sent[0], "tuzatildi").await;
    scene.pin(sent[1], true).await;
    scene.edit(sent[0], "yana tuzatildi").await;
    let page = scene.changes(chat, Seq(0), 100).await;
    let seqs: Vec<_> = page.changes.iter().map(|(_, message)| (message.id, message.seq)).collect();
    assert_eq!(seqs, [(sent[2], Seq(3)), (sent[1], Seq(5)), (sent[0], Seq(6))]);
    assert_eq!((page.last_seq, page.has_more), (Seq(6), false));
    for (_, message) in page.changes {
        assert_eq!(message, scene.message(message.id, AZIZ).await);
    }
}

/// The kind is that of the frame of the newest change.
pub async fn changes_name_the_newest_kind(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 5).await;
    scene.edit(sent[1], "tuzatildi").await;
    scene.pin(sent[2], true).await;
    scene.pin(sent[3], true).await;
    scene.pin(sent[3], false).await;
    scene.edit(sent[4], "tuzatildi").await;
    scene.delete(sent[4]).await;
    let kinds: Vec<_> = scene
        .changes(chat, Seq(0), 100)
        .await
        .changes
        .iter()
        .map(|(kind, message)| (message.id, *kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (sent[0], ChangeKind::Sent),
            (sent[1], ChangeKind::Edited),
            (sent[2], ChangeKind::Pinned),
            (sent[3], ChangeKind::Pinned),
            (sent[4], ChangeKind::Deleted)
        ]
    );
}

/// The client knows the change `after`; after the newest there is none.
pub async fn changes_begin_right_after(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 4).await;
    for (after, expected) in [(0, &sent[..]), (1, &sent[1..]), (3, &sent[3..]), (4, &[]), (99, &[])] {
        let page = scene.changes(chat, Seq(after), 100).await;
        assert_eq!(
            page.changes.iter().map(|(_, message)| message.id).collect::<Vec<_>>(),
            expected,
            "after {after}"
        );
        assert_eq!((page.last_seq, page.has_more), (Seq(4), false), "after {after}");
    }
}

/// The last `seq` of a page leads to the next one.
pub async fn changes_are_paged(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 5).await;
    scene.edit(sent[0], "tuzatildi").await;
    for (after, limit, expected, has_more) in [
        (0, 2, vec![2, 3], true),
        (3, 2, vec![4, 5], true),
        (5, 2, vec![6], false),
        (0, 5, vec![2, 3, 4, 5, 6], false),
        (0, 4, vec![2, 3, 4, 5], true),
    ] {
        let page = scene.changes(chat, Seq(after), limit).await;
        assert_eq!(
            page.changes.iter().map(|(_, message)| message.seq.0).collect::<Vec<_>>(),
            expected,
            "{limit} after {after}"
        );
        assert_eq!((page.last_seq, page.has_more), (Seq(6), has_more), "{limit} after {after}");
    }
}

/// The page has the marks nevertheless.
pub async fn changes_of_an_empty_conversation_are_none(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let page = scene.changes(chat, Seq(0), 100).await;
    assert_eq!(
        (page.changes, page.last_seq, page.has_more, page.marks.len()),
        (vec![], Seq(0), false, 2)
    );
}

/// The other conversation has changes of its own.
pub async fn changes_of_other_conversations_are_not_among_them(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    let page = scene.changes(chat, Seq(0), 100).await;
    assert_eq!(page.changes.iter().map(|(_, message)| message.id).collect::<Vec<_>>(), sent);
}

/// Every page has each participant once; before any delivery the marks are `None`.
pub async fn changes_have_the_marks_of_every_participant(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    for after in [0, 10] {
        let mut marks = scene.changes(chat, Seq(after), 3).await.marks;
        marks.sort_by_key(|marks| marks.user);
        assert_eq!(marks.iter().map(|marks| marks.user).collect::<Vec<_>>(), [DILNOZA, AZIZ]);
        assert!(
            marks
                .iter()
                .all(|marks| (marks.delivered_up_to, marks.read_up_to, marks.read_at) == (None, None, None)),
            "{marks:?}"
        );
    }
    scene.read(chat, AZIZ, ReadScope::All).await;
    assert_eq!(scene.marks(chat, AZIZ).await.read_up_to, Some(sent[8]), "the newest of others");
}

/// Each message has the receipts that `get` returns.
pub async fn changes_have_receipts(store: &impl Store) {
    let (scene, chat, sent) = ten_messages(store).await;
    scene.deliver(chat, AZIZ, sent[6]).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    for (_, message) in scene.changes(chat, Seq(0), 100).await.changes {
        assert_eq!(message, scene.message(message.id, AZIZ).await);
    }
}
