//! The suite of the lists of [`crate::ports::Conversations`].

mod previews;
mod searches;

pub use previews::{
    a_message_of_files_has_the_preview_attachment, long_texts_are_cut_by_characters, the_preview_follows_an_edit_of_the_newest,
    the_preview_has_the_status_that_its_sender_sees, the_preview_is_the_newest_message_not_deleted, the_preview_summarises_the_files,
};
pub use searches::{
    a_list_search_without_letters_finds_nothing, list_search_has_no_wildcards, lists_are_found_in_every_spelling,
    lists_are_searched_by_confession, lists_are_searched_by_names_of_others, lists_are_searched_in_any_case_of_any_script,
};

use super::{Scene, Store, Works, silent};
use crate::{
    conversation::{ListFilter, ListItem, NewConversation, Preview, RowState},
    id::{ConversationId, Seq, UserId},
    message::Draft,
    page::PageRequest,
    receipt::ReadScope,
    testing::builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NUR, PAVEL, RUSTAM, SVET, SVETLANA, at, community, draft, someone},
};

/// Runs the suite of the lists of [`crate::ports::Conversations`].
#[macro_export]
macro_rules! lists_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            lists: a_row_shows_the_conversation_to_its_viewer,
            only_ones_own_conversations_are_listed,
            the_newest_message_comes_first,
            without_messages_a_conversation_is_ordered_by_its_opening,
            equal_times_are_ordered_by_id_descending,
            nothing_but_sending_moves_a_conversation,
            pages_are_parts_of_the_whole_list,
            a_page_past_the_end_is_empty,
            the_filter_by_confession_is_exact,
            the_unread_filter_follows_every_change,
            filters_are_combined,
            lists_are_searched_by_names_of_others,
            lists_are_searched_by_confession,
            lists_are_searched_in_any_case_of_any_script,
            lists_are_found_in_every_spelling,
            a_list_search_without_letters_finds_nothing,
            list_search_has_no_wildcards,
            filtered_pages_have_a_filtered_total,
            the_preview_is_the_newest_message_not_deleted,
            the_preview_follows_an_edit_of_the_newest,
            long_texts_are_cut_by_characters,
            a_message_of_files_has_the_preview_attachment,
            the_preview_summarises_the_files,
            the_preview_has_the_status_that_its_sender_sees,
            the_unread_total_is_over_all_conversations,
            the_unread_total_is_exact_with_few_and_with_many_conversations,
            counterparts_are_everybody_else_once,
            recent_counterparts_are_those_of_the_newest_conversations,
            counterparts_and_ids_keep_to_the_confession,
        );
    };
}

fn search(query: &str) -> ListFilter {
    ListFilter {
        query: Some(query.to_owned()),
        ..ListFilter::default()
    }
}

/// All fields are compared, for both participants.
pub async fn a_row_shows_the_conversation_to_its_viewer(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = scene.say(chat, AZIZ, "salom").await;
    let second = scene.say(chat, AZIZ, "yaxshimisiz?").await;
    scene.edit(first.id, "assalomu alaykum").await;
    let facts = store.facts(chat, AZIZ).await.works().expect("the sender takes part");
    let created_at = facts.conversation.created_at;
    for (viewer, unread_count, awaiting_since) in [(AZIZ, 0, None), (DILNOZA, 2, Some(first.created_at))] {
        assert_eq!(
            scene.row(chat, viewer).await,
            ListItem {
                id: chat,
                participants: vec![someone(DILNOZA), someone(AZIZ)],
                confession: Some(community().confessions.remove(0)),
                created_at,
                last_message_at: Some(second.created_at),
                unread_count,
                last_seq: Seq(3),
                preview: Some(Preview::of(&second)),
                state: RowState {
                    awaiting_since,
                    ..RowState::default()
                },
            }
        );
    }
}

/// R7: superadmins, too, see only their own conversations.
pub async fn only_ones_own_conversations_are_listed(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[MALIKA, PAVEL], Some(SVET)).await;
    for (viewer, expected) in [
        (AZIZ, vec![chat]),
        (DILNOZA, vec![chat]),
        (PAVEL, vec![other]),
        (RUSTAM, vec![]),
        (NOBODY, vec![]),
    ] {
        assert_eq!(scene.listed(viewer, &ListFilter::default()).await, expected, "{viewer}");
    }
}

async fn three_chats_of_dilnoza<S: Store>(scene: &Scene<'_, S>) -> [ConversationId; 3] {
    let with_aziz = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
    let with_malika = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    [with_aziz, with_malika, scene.open(&[DILNOZA, PAVEL], None).await]
}

/// The sender of the message does not matter.
pub async fn the_newest_message_comes_first(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    scene.say(pavel, PAVEL, "1").await;
    scene.say(aziz, AZIZ, "2").await;
    scene.say(malika, DILNOZA, "3").await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [malika, aziz, pavel]);
    scene.say(pavel, DILNOZA, "4").await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [pavel, malika, aziz]);
}

/// `created_at` takes the place of `last_message_at`.
pub async fn without_messages_a_conversation_is_ordered_by_its_opening(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [pavel, malika, aziz]);
    scene.say(aziz, AZIZ, "salom").await;
    let newest = scene.open(&[DILNOZA, KAMOL], None).await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [newest, aziz, pavel, malika]);
}

/// The conversations have messages, none, or one each.
pub async fn equal_times_are_ordered_by_id_descending(store: &impl Store) {
    let scene = Scene::new(store).await;
    let mut chats = Vec::new();
    for other in [AZIZ, PAVEL, KAMOL, MALIKA] {
        let new = NewConversation {
            at: at(50),
            ..scene.new_conversation(&[DILNOZA, other], None)
        };
        chats.push(store.create(new, silent()).await.works().id());
    }
    for chat in [chats[2], chats[0]] {
        scene
            .send(Draft {
                at: at(50),
                ..scene.draft(chat, DILNOZA, "bir vaqtda").await
            })
            .await;
    }
    chats.reverse();
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, chats);
}

/// Reading, editing, pinning and even deleting the newest message do not change the order.
pub async fn nothing_but_sending_moves_a_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    let old = scene.say(aziz, AZIZ, "eski").await;
    let mut last = None;
    for chat in [malika, pavel] {
        last = Some(scene.say(chat, DILNOZA, "yangi").await);
    }
    scene.edit(old.id, "eski, tuzatildi").await;
    scene.pin(old.id, true).await;
    scene.read(aziz, DILNOZA, ReadScope::All).await;
    scene.deliver(malika, MALIKA, last.as_ref().expect("sent").id).await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [pavel, malika, aziz]);
    let newest = last.expect("sent");
    scene.delete(newest.id).await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [pavel, malika, aziz]);
    assert_eq!(
        scene.row(pavel, DILNOZA).await.last_message_at,
        Some(newest.created_at),
        "the newest sending"
    );
}

async fn chats_of_rustam<S: Store>(scene: &Scene<'_, S>) -> Vec<ConversationId> {
    let mut chats = Vec::new();
    for other in [DILNOZA, PAVEL, KAMOL, AZIZ, MALIKA] {
        chats.push(scene.open(&[RUSTAM, other], None).await);
    }
    chats.reverse();
    chats
}

/// Pages have the order and the total of the whole list.
pub async fn pages_are_parts_of_the_whole_list(store: &impl Store) {
    let scene = Scene::new(store).await;
    let all = chats_of_rustam(&scene).await;
    for size in [1, 2, 5, 100] {
        for (number, part) in (1..).zip(all.chunks(size as usize)) {
            let page = store
                .list(RUSTAM, &ListFilter::default(), PageRequest::new(number, size))
                .await
                .works();
            assert_eq!(
                page.items.iter().map(|item| item.id).collect::<Vec<_>>(),
                part,
                "page {number} of {size}"
            );
            assert_eq!(page.total, 5);
        }
    }
}

/// The page past the end has the same total.
pub async fn a_page_past_the_end_is_empty(store: &impl Store) {
    let scene = Scene::new(store).await;
    chats_of_rustam(&scene).await;
    for page in [PageRequest::new(2, 5), PageRequest::new(4, 2), PageRequest::new(u32::MAX, 100)] {
        let listing = store.list(RUSTAM, &ListFilter::default(), page).await.works();
        assert_eq!((listing.items, listing.total), (vec![], 5), "{page:?}");
    }
    let nothing = store.list(SVETLANA, &ListFilter::default(), PageRequest::new(1, 20)).await.works();
    assert_eq!((nothing.items, nothing.total), (vec![], 0));
}

/// Conversations without a confession match no filter.
pub async fn the_filter_by_confession_is_exact(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, _] = three_chats_of_dilnoza(&scene).await;
    for (confession, expected) in [(NUR, vec![aziz]), (BAHOR, vec![malika]), (SVET, vec![])] {
        let filter = ListFilter {
            confession: Some(confession),
            ..ListFilter::default()
        };
        assert_eq!(scene.listed(DILNOZA, &filter).await, expected, "{confession}");
    }
}

/// Messages are sent, deleted, and read one by one or all at once.
pub async fn the_unread_filter_follows_every_change(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    let unread = ListFilter {
        unread: true,
        ..ListFilter::default()
    };
    assert_eq!(scene.listed(DILNOZA, &unread).await, []);
    scene.say(pavel, DILNOZA, "o‘zimniki").await;
    let from_aziz = scene.say(aziz, AZIZ, "1").await;
    let from_malika = scene.say(malika, MALIKA, "2").await;
    scene.say(pavel, PAVEL, "3").await;
    assert_eq!(scene.listed(DILNOZA, &unread).await, [pavel, malika, aziz]);
    scene.delete(from_malika.id).await;
    assert_eq!(scene.listed(DILNOZA, &unread).await, [pavel, aziz]);
    scene.read(aziz, DILNOZA, ReadScope::One(from_aziz.id)).await;
    assert_eq!(scene.listed(DILNOZA, &unread).await, [pavel]);
    scene.read(pavel, DILNOZA, ReadScope::All).await;
    assert_eq!(scene.listed(DILNOZA, &unread).await, []);
}

/// A row must satisfy all filters.
pub async fn filters_are_combined(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, _] = three_chats_of_dilnoza(&scene).await;
    scene.say(aziz, AZIZ, "salom").await;
    let filter = |confession, unread, query: &str| ListFilter {
        confession: Some(confession),
        unread,
        query: Some(query.to_owned()),
        ..ListFilter::default()
    };
    assert_eq!(scene.listed(DILNOZA, &filter(NUR, true, "aziz")).await, [aziz]);
    assert_eq!(scene.listed(DILNOZA, &filter(NUR, true, "malika")).await, []);
    assert_eq!(scene.listed(DILNOZA, &filter(BAHOR, true, "malika")).await, []);
    assert_eq!(scene.listed(DILNOZA, &filter(BAHOR, false, "malika")).await, [malika]);
}

/// The total is the length of the filtered list, whatever the page.
pub async fn filtered_pages_have_a_filtered_total(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chats = chats_of_rustam(&scene).await;
    for chat in &chats[..3] {
        let others = store
            .facts(*chat, RUSTAM)
            .await
            .works()
            .expect("Rustam takes part")
            .conversation
            .participant_ids();
        scene.say(*chat, others[1], "salom").await;
    }
    let unread = ListFilter {
        unread: true,
        ..ListFilter::default()
    };
    let page = store.list(RUSTAM, &unread, PageRequest::new(2, 2)).await.works();
    assert_eq!((page.items.len(), page.total), (1, 3));
    let page = store.list(RUSTAM, &search("a"), PageRequest::new(1, 2)).await.works();
    assert_eq!((page.items.len(), page.total), (2, 5));
}

/// The total is zero for people without unread messages.
pub async fn the_unread_total_is_over_all_conversations(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    scene.say_many(aziz, AZIZ, 3).await;
    scene.say_many(malika, MALIKA, 2).await;
    scene.say_many(pavel, DILNOZA, 4).await;
    let total = async |user: UserId| store.unread_total(user).await.works();
    for (user, unread) in [(DILNOZA, 5), (AZIZ, 0), (PAVEL, 4), (SVETLANA, 0), (NOBODY, 0)] {
        assert_eq!(total(user).await, unread, "{user}");
    }
    scene.read(aziz, DILNOZA, ReadScope::All).await;
    assert_eq!(total(DILNOZA).await, 2);
}

/// Adapters may store the total of those with many conversations, and sum it for all others: neither is seen.
pub async fn the_unread_total_is_exact_with_few_and_with_many_conversations(store: &impl Store) {
    let scene = Scene::new(store).await;
    let others = [AZIZ, MALIKA, PAVEL, KAMOL, RUSTAM, SVETLANA];
    let total = async || store.unread_total(DILNOZA).await.works();
    let (mut chats, mut expected) = (Vec::new(), 0);
    for number in 1..1 << others.len() {
        for within in [None, Some(NUR)] {
            let mut people: Vec<UserId> = others
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| number >> bit & 1 == 1)
                .map(|(_, id)| id)
                .collect();
            let speaker = people[0];
            people.push(DILNOZA);
            let chat = scene.open(&people, within).await;
            let sent = scene.say_many(chat, speaker, 1 + number % 3).await;
            expected += sent.len() as u64;
            assert_eq!(total().await, expected, "{} conversations", chats.len() + 1);
            chats.push((chat, sent));
        }
    }
    for (number, (chat, sent)) in chats.iter().enumerate() {
        match number % 4 {
            0 => {
                scene.read(*chat, DILNOZA, ReadScope::All).await;
                expected -= sent.len() as u64;
            }
            1 => {
                scene.delete(sent[0]).await;
                expected -= 1;
            }
            _ => continue,
        }
        assert_eq!(total().await, expected, "after number {number}");
    }
    for (chat, _) in &chats {
        scene.read(*chat, DILNOZA, ReadScope::All).await;
    }
    assert_eq!(total().await, 0);
    scene.say_many(chats[0].0, AZIZ, 2).await;
    assert_eq!(total().await, 2);
}

/// Counterparts over all conversations are listed once, without the person.
pub async fn counterparts_are_everybody_else_once(store: &impl Store) {
    let scene = Scene::new(store).await;
    three_chats_of_dilnoza(&scene).await;
    scene.open(&[MALIKA, DILNOZA], Some(NUR)).await;
    scene.open(&[RUSTAM, DILNOZA, PAVEL, KAMOL], None).await;
    for (user, expected) in [
        (DILNOZA, vec![RUSTAM, PAVEL, KAMOL, AZIZ, MALIKA]),
        (MALIKA, vec![DILNOZA]),
        (PAVEL, vec![RUSTAM, DILNOZA, KAMOL]),
        (SVETLANA, vec![]),
    ] {
        let mut others = store.counterparts(user, None).await.works();
        others.sort();
        assert_eq!(others, expected, "{user}");
    }
}

/// A conversation becomes the newest by a message.
pub async fn recent_counterparts_are_those_of_the_newest_conversations(store: &impl Store) {
    let scene = Scene::new(store).await;
    let with_aziz = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
    scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let of_staff = scene.open(&[RUSTAM, DILNOZA, PAVEL], None).await;
    scene.send(draft(with_aziz, AZIZ, "salom", at(100))).await;
    scene.send(draft(of_staff, PAVEL, "salom", at(200))).await;
    for (user, conversations, others) in [
        (DILNOZA, 1, vec![RUSTAM, PAVEL]),
        (DILNOZA, 2, vec![RUSTAM, PAVEL, AZIZ]),
        (DILNOZA, 500, vec![RUSTAM, PAVEL, AZIZ, MALIKA]),
        (AZIZ, 500, vec![DILNOZA]),
        (SVETLANA, 500, vec![]),
    ] {
        let mut found = store.recent_counterparts(user, conversations).await.works();
        found.sort();
        assert_eq!(found, others, "{user} {conversations}");
    }
}

/// With a named confession, conversations about another or about none are left out.
pub async fn counterparts_and_ids_keep_to_the_confession(store: &impl Store) {
    let scene = Scene::new(store).await;
    let with_aziz = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
    let with_malika = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let of_staff = scene.open(&[RUSTAM, DILNOZA, PAVEL], None).await;
    for (user, within, others, ids) in [
        (
            DILNOZA,
            None,
            vec![RUSTAM, PAVEL, AZIZ, MALIKA],
            vec![with_aziz, with_malika, of_staff],
        ),
        (DILNOZA, Some(NUR), vec![AZIZ], vec![with_aziz]),
        (DILNOZA, Some(BAHOR), vec![MALIKA], vec![with_malika]),
        (DILNOZA, Some(SVET), vec![], vec![]),
        (AZIZ, Some(NUR), vec![DILNOZA], vec![with_aziz]),
        (AZIZ, Some(BAHOR), vec![], vec![]),
        (SVETLANA, None, vec![], vec![]),
    ] {
        let mut found = store.counterparts(user, within).await.works();
        found.sort();
        assert_eq!(found, others, "{user} {within:?}");
        let mut found = store.ids(user, within).await.works();
        found.sort();
        assert_eq!(found, ids, "{user} {within:?}");
    }
}
