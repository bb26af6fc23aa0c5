use super::world::{World, code};
use crate::{
    conversation::ListFilter,
    denial::Denial,
    id::{MessageId, Seq, UserId},
    message::ChangeKind,
    messaging::MessageTarget,
    page::{PageRequest, Window},
    people::ContactFilter,
    policy::{AdminOutreach, Policy},
    ports::{MessageFilter, Presence as _, SocketId},
    testing::builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NUR, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, at},
};

#[tokio::test]
async fn page_1_is_the_newest_and_ascending() {
    let (world, room) = World::with_room().await;
    for n in 1..=5 {
        world.say(AZIZ, room, &n.to_string()).await;
    }
    let page = async |number| {
        let page = world
            .messaging
            .history(DILNOZA, room, Window::Page(PageRequest::new(number, 2)), MessageFilter::default())
            .await
            .expect("she takes part");
        page.items.into_iter().filter_map(|message| message.content).collect::<Vec<_>>()
    };
    assert_eq!(page(1).await, ["4", "5"]);
    assert_eq!(page(2).await, ["2", "3"]);
    assert_eq!(page(3).await, ["1"]);
    assert!(page(4).await.is_empty());
}

/// Each message is 40,000 bytes, so 26 of them are a page.
#[tokio::test]
async fn a_page_ends_at_a_mebibyte_and_its_neighbours_lead_on_without_a_gap() {
    let (world, room) = World::with_room().await;
    let text = "🕊".repeat(10_000);
    let mut all = Vec::new();
    for _ in 0..60 {
        all.push(world.say(AZIZ, room, &text).await);
    }
    let page = async |window| {
        let page = world
            .messaging
            .history(DILNOZA, room, window, MessageFilter::default())
            .await
            .expect("she takes part");
        let ids: Vec<MessageId> = page.items.iter().map(|message| message.id).collect();
        (ids, page.has_older, page.has_newer)
    };
    assert_eq!(
        page(Window::Page(PageRequest::new(1, 100))).await,
        (all[34..].to_vec(), true, false)
    );
    assert_eq!(page(Window::Before(all[34], 100)).await, (all[8..34].to_vec(), true, true));
    assert_eq!(page(Window::Before(all[8], 100)).await, (all[..8].to_vec(), false, true));
    assert_eq!(page(Window::After(all[3], 100)).await, (all[4..30].to_vec(), true, true));
    assert_eq!(page(Window::Around(all[30], 60)).await, (all[17..43].to_vec(), true, true));
    let mut after = Seq(0);
    let mut caught_up = Vec::new();
    loop {
        let page = world.messaging.changes(DILNOZA, room, after, 100).await.expect("she takes part");
        assert!(page.page.changes.len() <= 26, "{}", page.page.changes.len());
        caught_up.extend(page.page.changes.iter().map(|(_, message)| message.id));
        after = page.page.changes.last().map_or(after, |(_, message)| message.seq);
        if !page.page.has_more {
            break;
        }
    }
    assert_eq!(caught_up, all);
}

#[tokio::test]
async fn messages_outside_the_page_are_not_delivered() {
    let (world, room) = World::with_room().await;
    let text = "\u{1}".repeat(9_999) + "x";
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(world.say(AZIZ, room, &text).await);
    }
    let window = Window::After(MessageId(0), 100);
    let page = world
        .messaging
        .history(DILNOZA, room, window, MessageFilter::default())
        .await
        .expect("she takes part");
    assert_eq!(page.items.len(), 17, "a control character takes six bytes in JSON");
    for (index, id) in all.into_iter().enumerate() {
        assert_eq!(world.get(id, AZIZ).await.receipts.len(), usize::from(index < 17), "{index}");
    }
}

#[tokio::test]
async fn window_around_a_message_of_another_conversation_is_not_found() {
    let world = World::new().await;
    let (here, there) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    let id = world.say(MALIKA, there, "Salom").await;
    let around = async |room| {
        code(
            world
                .messaging
                .history(MALIKA, room, Window::Around(id, 10), MessageFilter::default())
                .await,
        )
    };
    assert_eq!(around(here).await, "message_not_found");
    assert_eq!(around(there).await, "done");
}

#[tokio::test]
async fn conversation_view_has_the_rights_of_its_viewer() {
    let (world, room) = World::with_room().await;
    world.say(DILNOZA, room, "Salom").await;
    let view = async |viewer| world.messaging.conversation(viewer, room).await.expect("they take part");
    let (his, hers) = (view(AZIZ).await, view(DILNOZA).await);
    assert_eq!((his.cannot_send, his.can_pin, his.detail.unread_count), (None, false, 1));
    assert_eq!((hers.cannot_send, hers.can_pin, hers.detail.unread_count), (None, true, 0));
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(view(AZIZ).await.cannot_send, Some(Denial::NotSubscribed));
    assert_eq!(view(DILNOZA).await.cannot_send, None);
}

#[tokio::test]
async fn conversation_view_has_the_presence_of_the_other_participants() {
    let (world, room) = World::with_room().await;
    world.presence.join(DILNOZA, SocketId(1), at(0)).await.expect("presence works");
    let view = async |viewer| world.messaging.conversation(viewer, room).await.expect("they take part").presence;
    let shown: Vec<_> = view(AZIZ).await.into_iter().map(|status| (status.user, status.online)).collect();
    assert_eq!(shown, [(DILNOZA, true)]);
    let shown: Vec<_> = view(DILNOZA).await.into_iter().map(|status| (status.user, status.online)).collect();
    assert_eq!(shown, [(AZIZ, false)]);
}

#[tokio::test]
async fn list_has_own_conversations_newest_first_with_unread_counts() {
    let world = World::new().await;
    let (nur, bahor) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    world.clock.set(at(5));
    world.say(MALIKA, nur, "Salom").await;
    world.room(AZIZ, DILNOZA, None).await;
    let list = async |viewer, filter: ListFilter| {
        let list = world
            .messaging
            .conversations(&world.actor(viewer).await, &filter, PageRequest::new(1, 20))
            .await
            .expect("the store works");
        assert_eq!(list.total, list.items.len() as u64);
        list.items.into_iter().map(|item| (item.id, item.unread_count)).collect::<Vec<_>>()
    };
    assert_eq!(list(MALIKA, ListFilter::default()).await, [(nur, 0), (bahor, 0)]);
    assert_eq!(
        list(
            DILNOZA,
            ListFilter {
                unread: true,
                ..ListFilter::default()
            }
        )
        .await,
        [(nur, 1)]
    );
    assert_eq!(list(PAVEL, ListFilter::default()).await, []);
    assert_eq!(world.messaging.unread_total(&world.actor(DILNOZA).await).await.ok(), Some(1));
    assert_eq!(world.messaging.unread_total(&world.actor(MALIKA).await).await.ok(), Some(0));
}

#[tokio::test]
async fn contacts_are_the_people_with_whom_the_viewer_may_open_a_conversation() {
    for (admin_outreach, known_to_dilnoza) in [
        (AdminOutreach::Anyone, vec![AZIZ, KAMOL, MALIKA, PAVEL, RUSTAM, SVETLANA]),
        (AdminOutreach::OwnSubscribers, vec![AZIZ, KAMOL, MALIKA, PAVEL, RUSTAM]),
        (AdminOutreach::ReplyOnly, vec![KAMOL, PAVEL, RUSTAM]),
    ] {
        let world = World::under(Policy {
            admin_outreach,
            ..Policy::default()
        })
        .await;
        for (viewer, expected) in [
            (DILNOZA, known_to_dilnoza),
            (MALIKA, vec![DILNOZA, DILNOZA, PAVEL]),
            (SVETLANA, Vec::new()),
        ] {
            let contacts = world
                .messaging
                .contacts(&world.actor(viewer).await, &ContactFilter::default(), PageRequest::new(1, 20))
                .await
                .expect("the viewer is active")
                .items;
            assert_eq!(contacts.iter().map(|contact| contact.person.id).collect::<Vec<_>>(), expected);
            for contact in contacts {
                let confession = contact.confession.map(|confession| confession.id);
                let opened = world.open(viewer, &[contact.person.id], confession).await;
                assert_eq!(code(opened), "done", "{viewer} with {} under {admin_outreach:?}", contact.person.id);
            }
        }
    }
}

#[tokio::test]
async fn contacts_are_searched_by_name() {
    let world = World::new().await;
    let filter = ContactFilter {
        query: Some("павел".to_owned()),
        own: None,
    };
    let found = world
        .messaging
        .contacts(&world.actor(MALIKA).await, &filter, PageRequest::new(1, 20))
        .await
        .expect("the viewer is active");
    assert_eq!(
        found.items.into_iter().map(|contact| contact.person.id).collect::<Vec<_>>(),
        [PAVEL]
    );
}

/// The members who follow a confession of the viewer come by their shown names, and everybody else is in the other list.
#[tokio::test]
async fn contacts_are_divided_into_own_members_and_others() {
    for (admin_outreach, own, others) in [
        (AdminOutreach::Anyone, vec![AZIZ, MALIKA], vec![KAMOL, PAVEL, RUSTAM, SVETLANA]),
        (AdminOutreach::OwnSubscribers, vec![AZIZ, MALIKA], vec![KAMOL, PAVEL, RUSTAM]),
        (AdminOutreach::ReplyOnly, vec![], vec![KAMOL, PAVEL, RUSTAM]),
    ] {
        let world = World::under(Policy {
            admin_outreach,
            ..Policy::default()
        })
        .await;
        let listed = async |viewer, own| -> Vec<UserId> {
            let filter = ContactFilter { query: None, own };
            let viewer = world.actor(viewer).await;
            let page = world.messaging.contacts(&viewer, &filter, PageRequest::new(1, 20)).await;
            let page = page.expect("the viewer is active");
            assert_eq!(page.total, page.items.len() as u64);
            page.items.into_iter().map(|contact| contact.person.id).collect()
        };
        assert_eq!(listed(DILNOZA, Some(true)).await, own, "{admin_outreach:?}");
        assert_eq!(listed(DILNOZA, Some(false)).await, others, "{admin_outreach:?}");
        assert_eq!(listed(MALIKA, Some(true)).await, [], "a member administers nothing");
        assert_eq!(listed(MALIKA, Some(false)).await, listed(MALIKA, None).await);
    }
}

/// The list and the single contact have the same people; in both, the confession of a pair is one that the conversation can be about.
#[tokio::test]
async fn a_single_contact_is_found_exactly_if_the_list_has_it() {
    for admin_outreach in [AdminOutreach::Anyone, AdminOutreach::OwnSubscribers, AdminOutreach::ReplyOnly] {
        let world = World::under(Policy {
            admin_outreach,
            ..Policy::default()
        })
        .await;
        for viewer in [RUSTAM, DILNOZA, PAVEL, KAMOL, AZIZ, MALIKA, SVETLANA] {
            let actor = world.actor(viewer).await;
            let page = PageRequest::new(1, 100);
            let listed = world.messaging.contacts(&actor, &ContactFilter::default(), page).await;
            let listed = listed.expect("the viewer is active").items;
            for person in [RUSTAM, DILNOZA, PAVEL, KAMOL, AZIZ, MALIKA, SVETLANA, ZAFAR, NOBODY] {
                let pairs: Vec<_> = listed.iter().filter(|contact| contact.person.id == person).collect();
                let found = world.messaging.contact(&actor, person).await;
                if pairs.is_empty() {
                    assert_eq!(code(found), "user_not_found", "{viewer} looks for {person}");
                    continue;
                }
                let found = found.expect("the list has the person");
                assert_eq!(found.person, pairs[0].person);
                for confession in pairs.iter().filter_map(|pair| pair.confession.as_ref()) {
                    assert!(found.confessions.contains(confession), "{viewer} and {person}");
                }
            }
        }
    }
    let world = World::new().await;
    let of = async |viewer, person| {
        let found = world
            .messaging
            .contact(&world.actor(viewer).await, person)
            .await
            .expect("a contact");
        found.confessions.into_iter().map(|confession| confession.id).collect::<Vec<_>>()
    };
    assert_eq!(
        of(DILNOZA, MALIKA).await,
        [NUR, BAHOR],
        "all that she administers and Malika follows"
    );
    assert_eq!(of(MALIKA, DILNOZA).await, [NUR, BAHOR]);
    assert_eq!(of(MALIKA, PAVEL).await, [SVET]);
    assert_eq!(of(RUSTAM, MALIKA).await, []);
}

#[tokio::test]
async fn changes_return_the_changes_after_the_given_seq() {
    let (world, room) = World::with_room().await;
    let (first, second) = (world.say(AZIZ, room, "bir").await, world.say(AZIZ, room, "ikki").await);
    world
        .messaging
        .edit(MessageTarget::anywhere(AZIZ, first), "bir!".to_owned())
        .await
        .expect("it is his");
    let changes = world.messaging.changes(DILNOZA, room, Seq(1), 1).await.expect("she takes part");
    assert_eq!((changes.page.last_seq, changes.page.has_more), (Seq(3), true));
    let shown: Vec<_> = changes.page.changes.into_iter().map(|(kind, message)| (kind, message.id)).collect();
    assert_eq!(shown, [(ChangeKind::Sent, second)]);
    let changes = world.messaging.changes(DILNOZA, room, Seq(2), 50).await.expect("she takes part");
    let shown: Vec<_> = changes.page.changes.into_iter().map(|(kind, message)| (kind, message.id)).collect();
    assert_eq!((shown, changes.page.has_more), (vec![(ChangeKind::Edited, first)], false));
}

#[tokio::test]
async fn changes_after_an_unknown_seq_ask_the_client_to_reset() {
    let (world, room) = World::with_room().await;
    world.say(AZIZ, room, "bir").await;
    for (after, reset) in [(0, false), (1, false), (2, true), (100, true)] {
        let changes = world
            .messaging
            .changes(DILNOZA, room, Seq(after), 50)
            .await
            .expect("she takes part");
        assert_eq!((changes.reset, changes.page.last_seq), (reset, Seq(1)), "after {after}");
        assert_eq!(&changes.epoch, world.messaging.epoch());
    }
}

#[tokio::test]
async fn membership_has_the_other_participants_and_the_last_seq() {
    let (world, room) = World::with_room().await;
    world.say(AZIZ, room, "Salom").await;
    let member = world.messaging.membership(AZIZ, room).await.expect("he takes part");
    assert_eq!((member.person.id, member.others, member.last_seq), (AZIZ, vec![DILNOZA], Seq(1)));
    world.room(DILNOZA, PAVEL, None).await;
    assert_eq!(world.messaging.counterparts(DILNOZA).await.ok(), Some(vec![PAVEL, AZIZ]));
    assert_eq!(world.messaging.counterparts(SVETLANA).await.ok(), Some(Vec::new()));
}
