//! The cost of each part of a message by itself: `cargo bench --package suhbat-bench`. Sockets are missing here, since they need a kernel: see `./just bench`.

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use domain::{
    conversation::NewConversation,
    event::{Body, Event},
    facts::SendingFacts,
    id::{ConversationId, UserId},
    message::{ChangeKind, Draft, NewMessage},
    people::{Role, Subscription},
    policy::Policy,
    ports::{DirectoryWriter as _, Messages as _, SendOutcome},
    rules::sending::{self, Sending},
    testing::{
        builders::{at, client_id, community, person},
        conformance::silent,
        direct::{DirectConversations as _, DirectMessages as _},
    },
};
use protocol::{
    frame::ClientFrame,
    render::{Audience, Links, event_frame, summary_frame},
};
use storage::sqlite::{Sqlite, SqliteConfig};

/// Conversations that send at once.
const CONVERSATIONS: i64 = 64;
const FIRST: i64 = 1_000;
const TEXT: &str = "Assalomu alaykum! Ertaga soat oltida yig‘ilamizmi? До встречи.";

struct NoLinks;

impl Links for NoLinks {
    fn file(&self, _: &domain::attachment::Attachment) -> String {
        String::new()
    }

    fn thumbnail(&self, _: &domain::attachment::Attachment) -> Option<String> {
        None
    }
}

/// A database on the disk under `target/`, with pairs of a member and an admin; ids of their conversations and of the members.
fn town(runtime: &tokio::runtime::Runtime) -> (tempfile::TempDir, Sqlite, Vec<(ConversationId, UserId)>) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder under target/");
    let store = Sqlite::open(SqliteConfig::at(folder.path().join("parts.db"))).expect("a new database");
    let rooms = runtime.block_on(async {
        let mut document = community();
        let nur = document.confessions[0].clone();
        for number in 0..CONVERSATIONS {
            let member = person(FIRST + number, &format!("member-{number}"), Role::User);
            document.subscriptions.push(Subscription {
                user: member.id,
                confession: nur.id,
            });
            document.users.push(member);
        }
        store.import(document).await.expect("a community");
        let admin = nur.admin.expect("Nur has an admin");
        let mut rooms = Vec::new();
        for number in 0..CONVERSATIONS {
            let member = UserId(FIRST + number);
            let new = NewConversation {
                participants: vec![admin, member],
                confession: Some(nur.id),
                opened_by: member,
                opened_by_staff: false,
                at: at(0),
            };
            let room = store.create(new, silent()).await.expect("a conversation").id();
            rooms.push((room, member));
        }
        rooms
    });
    (folder, store, rooms)
}

fn new_message(sender: UserId, conversation: ConversationId, number: u64) -> NewMessage {
    NewMessage {
        content: Some(TEXT.to_owned()),
        client_id: Some(client_id(&format!("bench-{number}"))),
        ..NewMessage::empty(sender, conversation)
    }
}

fn decided(facts: SendingFacts, new_message: &NewMessage) -> Box<Draft> {
    match sending::decide(Some(facts), new_message, &Policy::default(), at(1)) {
        Ok(Sending::New(draft)) => draft,
        other => panic!("not allowed: {other:?}"),
    }
}

fn parts(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (_folder, store, rooms) = town(&runtime);
    let (room, member) = rooms[0];
    let facts = runtime
        .block_on(store.facts_to_send(Arc::new(new_message(member, room, 0))))
        .expect("a store that works")
        .expect("the member takes part");

    let frame = format!(r#"{{"type":"chat_message","content":"{TEXT}","client_id":"bench-1","request_id":"1"}}"#);
    criterion.bench_function("parse a frame", |bench| bench.iter(|| ClientFrame::parse(black_box(&frame))));
    criterion.bench_function("decide", |bench| {
        bench.iter_batched(
            || (facts.clone(), new_message(member, room, 1)),
            |(facts, new_message)| decided(facts, &new_message),
            BatchSize::SmallInput,
        );
    });

    let draft = decided(facts, &new_message(member, room, 0));
    let Ok(Ok(SendOutcome::New(change))) = runtime.block_on(store.append(*draft, silent())) else {
        panic!("not stored");
    };
    let event = Event {
        to: change.summary.unread.iter().map(|(user, _)| *user).collect(),
        body: Body::Message {
            kind: ChangeKind::Sent,
            message: change.message,
            summary: change.summary,
        },
    };
    let policy = Policy::default();
    criterion.bench_function("render for the sender, the others and the list", |bench| {
        bench.iter(|| {
            (
                event_frame(black_box(&event), Audience::Sender, at(2), &policy, &NoLinks),
                event_frame(black_box(&event), Audience::Others, at(2), &policy, &NoLinks),
                summary_frame(black_box(&event), member),
            )
        });
    });

    let number = std::cell::Cell::new(1);
    let policy = Arc::new(policy);
    let send = |(room, member): (ConversationId, UserId)| {
        let message = Arc::new(new_message(member, room, number.replace(number.get() + 1)));
        let (asked, policy) = (message.clone(), policy.clone());
        let decide = Box::new(move |facts| sending::decide(facts, &asked, &policy, at(2)));
        store.send(message, decide, silent())
    };
    let mut group = criterion.benchmark_group("store, commit included");
    group.measurement_time(Duration::from_secs(10));
    group.bench_function("one message", |bench| {
        bench.iter(|| runtime.block_on(send(rooms[0])).expect("a store that works"));
    });
    group.throughput(Throughput::Elements(CONVERSATIONS.unsigned_abs()));
    group.bench_function("64 messages at once", |bench| {
        bench.iter(|| runtime.block_on(futures_util::future::join_all(rooms.iter().map(|room| send(*room)))));
    });
    group.finish();
}

criterion_group!(benches, parts);
criterion_main!(benches);
