//! The suite of [`crate::ports::Bus`] and [`crate::ports::Subscriber`], on two nodes of one bus.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    conversation::{ConversationSummary, PresenceStatus, Preview, RowState},
    denial::DenialCode,
    event::{Body, Event},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{ChangeKind, Message},
    ports::{Bus, Gap, Subscriber},
    receipt::{Delivered, Receipt},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, PAVEL, a_file, at, client_id, draft, someone},
        fakes::{FakeBus, FakeSubscriber},
        join_all,
    },
};

/// One node on a bus.
pub struct BusNode<B, S> {
    /// Where the node publishes.
    pub bus: B,
    /// Where it receives.
    pub subscriber: S,
}

/// Two nodes of a bus of fakes.
pub fn fake_nodes() -> [BusNode<FakeBus, FakeSubscriber>; 2] {
    let bus = FakeBus::default();
    [(); 2].map(|()| BusNode {
        bus: bus.clone(),
        subscriber: bus.subscriber(),
    })
}

/// Runs the suite of [`crate::ports::Bus`] on the result of an `async fn`: `(nodes, guard)`, where `nodes` are two [`BusNode`](crate::testing::conformance::bus::BusNode)s
/// of one bus.
#[macro_export]
macro_rules! bus_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            bus: an_event_reaches_its_recipients_on_both_nodes,
            an_event_for_users_of_both_nodes_reaches_each_once,
            the_events_of_a_node_arrive_in_order,
            events_of_two_nodes_arrive_once,
            subscribing_twice_doubles_nothing,
            a_user_who_returns_receives_events_again,
            many_subscriptions_at_once_take_effect,
            every_kind_of_event_arrives_unchanged,
            users_who_missed_an_event_have_a_gap_on_both_nodes,
        );
    };
}

type Nodes<B, S> = [BusNode<B, S>; 2];

/// Ends the events that a case looks at: a bus keeps the order of one node for one user.
const LAST: ConversationId = ConversationId(i64::MAX);

fn typing(to: &[UserId], conversation: ConversationId) -> Event {
    Event {
        to: to.to_vec(),
        body: Body::Typing {
            conversation,
            user: PAVEL,
            username: "pavel".to_owned(),
            is_typing: true,
            node: 0,
        },
    }
}

/// The events for `user` until the last one of each of so many publishers.
async fn received<S: Subscriber>(subscriber: &S, user: UserId, publishers: usize) -> Vec<Body> {
    let (mut ended, mut bodies) = (0, Vec::new());
    while ended < publishers {
        let batch = subscriber.next(7).await;
        assert_eq!(batch.gap, Gap::Nobody);
        assert!(batch.events.len() <= 7);
        for received in batch.events {
            // Each time that an event names a user is one delivery.
            for _ in received.event.to.iter().filter(|to| **to == user) {
                if received.event.body.conversation() == Some(LAST) {
                    ended += 1;
                } else {
                    bodies.push(received.event.body.clone());
                }
            }
        }
    }
    bodies
}

/// A user may have sockets on several nodes.
pub async fn an_event_reaches_its_recipients_on_both_nodes<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    for node in nodes {
        node.subscriber.subscribe(AZIZ).await;
    }
    let event = typing(&[AZIZ], ConversationId(1));
    nodes[0].bus.publish(event.clone());
    nodes[0].bus.publish(typing(&[AZIZ], LAST));
    for node in nodes {
        assert_eq!(received(&node.subscriber, AZIZ, 1).await, std::slice::from_ref(&event.body));
    }
}

/// The recipients are named once each, whether on the publishing node or on another.
pub async fn an_event_for_users_of_both_nodes_reaches_each_once<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    nodes[0].subscriber.subscribe(AZIZ).await;
    nodes[1].subscriber.subscribe(DILNOZA).await;
    nodes[1].subscriber.subscribe(MALIKA).await;
    let everybody = [AZIZ, DILNOZA, MALIKA];
    let event = typing(&everybody, ConversationId(1));
    nodes[1].bus.publish(event.clone());
    nodes[1].bus.publish(typing(&[AZIZ], LAST));
    assert_eq!(received(&nodes[0].subscriber, AZIZ, 1).await, std::slice::from_ref(&event.body));
    nodes[0].bus.publish(event.clone());
    nodes[0].bus.publish(typing(&[DILNOZA], LAST));
    assert_eq!(received(&nodes[1].subscriber, DILNOZA, 1).await, [event.body.clone(), event.body]);
}

/// The order is that of publishing.
pub async fn the_events_of_a_node_arrive_in_order<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    for node in nodes {
        node.subscriber.subscribe(AZIZ).await;
    }
    let sent: Vec<Event> = (1..=500).map(|number| typing(&[DILNOZA, AZIZ], ConversationId(number))).collect();
    for event in &sent {
        nodes[0].bus.publish(event.clone());
    }
    nodes[0].bus.publish(typing(&[AZIZ], LAST));
    for node in nodes {
        let bodies = received(&node.subscriber, AZIZ, 1).await;
        assert!(bodies.iter().eq(sent.iter().map(|event| &event.body)));
    }
}

/// Neither is lost, and neither comes twice.
pub async fn events_of_two_nodes_arrive_once<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    for node in nodes {
        node.subscriber.subscribe(AZIZ).await;
    }
    for number in 1..=100 {
        nodes[0].bus.publish(typing(&[AZIZ], ConversationId(number)));
        nodes[1].bus.publish(typing(&[AZIZ], ConversationId(-number)));
    }
    for node in nodes {
        node.bus.publish(typing(&[AZIZ], LAST));
    }
    for node in nodes {
        let bodies = received(&node.subscriber, AZIZ, 2).await;
        let distinct: BTreeSet<_> = bodies.iter().filter_map(Body::conversation).collect();
        assert_eq!((bodies.len(), distinct.len()), (200, 200));
    }
}

/// A user with two sockets is one subscription.
pub async fn subscribing_twice_doubles_nothing<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    let [publisher, node] = nodes;
    join_all([node.subscriber.subscribe(AZIZ), node.subscriber.subscribe(AZIZ)]).await;
    let event = typing(&[AZIZ], ConversationId(1));
    publisher.bus.publish(event.clone());
    publisher.bus.publish(typing(&[AZIZ], LAST));
    assert_eq!(received(&node.subscriber, AZIZ, 1).await, [event.body]);
}

/// The last request counts.
pub async fn a_user_who_returns_receives_events_again<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    let [publisher, node] = nodes;
    for number in 1..=20 {
        node.subscriber.subscribe(AZIZ).await;
        let event = typing(&[AZIZ], ConversationId(number));
        publisher.bus.publish(event.clone());
        publisher.bus.publish(typing(&[AZIZ], LAST));
        assert_eq!(received(&node.subscriber, AZIZ, 1).await, [event.body]);
        node.subscriber.unsubscribe(AZIZ);
    }
}

/// As after the restart of a node.
pub async fn many_subscriptions_at_once_take_effect<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    let [publisher, node] = nodes;
    let users: Vec<UserId> = (1..=2_000).map(UserId).collect();
    join_all(users.iter().map(|user| node.subscriber.subscribe(*user))).await;
    for user in &users {
        publisher.bus.publish(typing(&[*user], ConversationId(user.0)));
    }
    // The events of different users may arrive in any order.
    let mut arrived = BTreeSet::new();
    while arrived.len() < users.len() {
        let batch = node.subscriber.next(100).await;
        assert_eq!(batch.gap, Gap::Nobody);
        arrived.extend(batch.events.iter().filter_map(|received| received.event.body.conversation()));
    }
}

/// Also with everything that may be absent, and with any text.
pub async fn every_kind_of_event_arrives_unchanged<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    for node in nodes {
        node.subscriber.subscribe(AZIZ).await;
    }
    let bodies = bodies();
    for body in &bodies {
        let to = vec![AZIZ];
        nodes[0].bus.publish(Event { to, body: body.clone() });
    }
    nodes[0].bus.publish(typing(&[AZIZ], LAST));
    for node in nodes {
        assert_eq!(received(&node.subscriber, AZIZ, 1).await, bodies);
    }
}

/// The node that knows of it is told, too.
pub async fn users_who_missed_an_event_have_a_gap_on_both_nodes<B: Bus, S: Subscriber>(nodes: &Nodes<B, S>) {
    for node in nodes {
        node.subscriber.subscribe(AZIZ).await;
    }
    nodes[0].bus.missed(Gap::Users([AZIZ, DILNOZA].into()));
    for node in nodes {
        let batch = node.subscriber.next(10).await;
        assert!(batch.gap.includes(AZIZ) && !batch.gap.includes(MALIKA), "{:?}", batch.gap);
        assert!(batch.events.is_empty());
    }
}

fn bodies() -> Vec<Body> {
    let conversation = ConversationId(7);
    let files = vec![a_file("a").stored(AttachmentId(1), MessageId(2), conversation, at(1))];
    let plain = draft(conversation, AZIZ, "salom", at(1)).stored(MessageId(1), Seq(1), Vec::new());
    let full = Message {
        reply_to: Some(plain.as_reply()),
        receipts: vec![Receipt {
            person: someone(DILNOZA),
            delivered_at: at(2),
            read_at: Some(at(3)),
        }],
        client_id: Some(client_id("c-1")),
        edited_at: Some(at(4)),
        is_edited: true,
        is_pinned: true,
        ..draft(conversation, AZIZ, "oʻ\"\n\u{7f}😀", at(1)).stored(MessageId(2), Seq(2), files)
    };
    let deleted = Message {
        content: None,
        is_deleted: true,
        ..plain.clone()
    };
    let row = RowState {
        awaiting_since: Some(at(2)),
        muted_until: Some(RowState::FOREVER),
        archived_at: Some(at(3)),
        is_marked_unread: true,
    };
    let summary = |message: Option<&Message>| {
        Arc::new(ConversationSummary {
            conversation,
            last_seq: Seq(9),
            preview: message.map(Preview::of),
            unread: vec![(AZIZ, 0), (DILNOZA, 3)],
            rows: vec![(AZIZ, RowState::default()), (DILNOZA, row)],
        })
    };
    let message = |kind, message: Message| Body::Message {
        kind,
        summary: summary(Some(&message)),
        message: Arc::new(message),
    };
    let presence = |online, last_seen| Body::Presence {
        status: PresenceStatus {
            user: DILNOZA,
            online,
            last_seen,
        },
        username: "dilnoza".to_owned(),
    };
    vec![
        message(ChangeKind::Sent, plain),
        message(ChangeKind::Edited, full.clone()),
        message(ChangeKind::Pinned, full),
        message(ChangeKind::Deleted, deleted),
        Body::Opened { summary: summary(None) },
        Body::Delivered(Delivered {
            conversation,
            sender: AZIZ,
            user: DILNOZA,
            message: MessageId(1),
            delivered_at: at(5),
        }),
        Body::Read {
            conversation,
            message: MessageId(1),
            up_to: true,
            user: DILNOZA,
            username: "dilnoza".to_owned(),
            read_at: at(6),
            summary: summary(None),
        },
        Body::Typing {
            conversation,
            user: DILNOZA,
            username: "dilnoza".to_owned(),
            is_typing: false,
            node: u64::MAX,
        },
        presence(true, None),
        presence(false, Some(at(7))),
        Body::Access {
            conversation,
            cannot_send: Some(DenialCode::NotSubscribed),
            can_pin: true,
        },
        Body::Access {
            conversation,
            cannot_send: None,
            can_pin: false,
        },
        Body::AccountChanged,
    ]
}
