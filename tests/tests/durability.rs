//! Acknowledged changes survive SIGKILL: many clients send, the program is killed at a random moment and started again on the same folder.
//!
//! `DURABILITY_ROUNDS` is the number of rounds (3 by default; `./just test durability` does 20), `DURABILITY_KILLS` that of kills in the test of the outbox (3,
//! and 100), `DURABILITY_SEED` repeats a failed run.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    id::UserId,
    ports::{OutboxEntry, OutboxKind, OutboxPlace, OutboxStart},
    testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL, RUSTAM},
    time::Timestamp,
};
use reqwest::Method;
use serde_json::{Value, json};
use storage::{Access, DirectorySource, Store, StoreUrl};
use suhbat_tests::{Binary, Client, SECRET, Served, Socket, community, eventually};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

/// The two users of each conversation. The first opens it.
const PAIRS: [(UserId, UserId); 5] = [
    (AZIZ, DILNOZA),
    (MALIKA, PAVEL),
    (DILNOZA, PAVEL),
    (RUSTAM, AZIZ),
    (RUSTAM, DILNOZA),
];
/// Clients that send over sockets, and how many messages each has under way.
const SOCKETS: usize = 16;
const DEPTH: usize = 8;
/// Clients that send over REST, one message at a time.
const REST: usize = 4;
/// The kill comes once so many messages were acknowledged, at most.
const MOST: u64 = 400;

/// Numbers that look random and come again with the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the service")]
fn asked_for(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// The conversation that a client sends to.
#[derive(Clone, Copy, Debug)]
struct Place {
    conversation: i64,
    sender: UserId,
}

/// A message that was sent, under the `client_id` that is its content too.
#[derive(Debug)]
struct Sending {
    place: Place,
    /// Id and `seq`, once acknowledged.
    acknowledged: Option<(i64, i64)>,
}

type Sendings = BTreeMap<String, Sending>;

/// A client that sends until the service is killed. Names are `{prefix}-{number}`.
struct Sender {
    place: Place,
    prefix: String,
    acknowledged: Arc<AtomicUsize>,
    sent: Sendings,
}

impl Sender {
    /// Notes a new message.
    fn next(&mut self) -> String {
        let name = format!("{}-{}", self.prefix, self.sent.len());
        self.sent.insert(
            name.clone(),
            Sending {
                place: self.place,
                acknowledged: None,
            },
        );
        name
    }

    fn note(&mut self, name: &str, stored: &Value) {
        let id = stored["message_id"].as_i64().or_else(|| stored["id"].as_i64()).expect("an id");
        self.sent.get_mut(name).expect("sent before").acknowledged = Some((id, stored["seq"].as_i64().expect("a seq")));
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    async fn over_a_socket(mut self, mut socket: Socket) -> Sendings {
        let mut under_way = 0;
        loop {
            while under_way < DEPTH {
                let name = self.next();
                let frame = json!({ "type": "chat_message", "conversation": self.place.conversation, "content": name, "client_id": name });
                if !socket.try_send_raw(Message::text(frame.to_string())).await {
                    break;
                }
                under_way += 1;
            }
            // Frames that arrived before the end are read first, so that no acknowledgement is overlooked.
            let Some(frame) = socket.any_or_closed().await else {
                return self.sent;
            };
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == "ack" {
                let name = frame["client_id"].as_str().expect("acks name what was sent").to_owned();
                self.note(&name, &frame);
                under_way -= 1;
            }
        }
    }

    async fn over_rest(mut self, client: Client) -> Sendings {
        loop {
            let name = self.next();
            let body = json!({ "conversation": self.place.conversation, "content": name, "client_id": name });
            let Ok(response) = client.request(Method::POST, "messages/").json(&body).send().await else {
                return self.sent;
            };
            assert_eq!(response.status().as_u16(), 201, "{name}");
            let Ok(stored) = response.json().await else { return self.sent };
            self.note(&name, &stored);
        }
    }
}

/// The community, its conversations, and all that was ever sent.
struct Storm {
    tokens: BTreeMap<i64, String>,
    places: Vec<Place>,
    sent: Sendings,
}

impl Storm {
    async fn begin(service: &Served) -> Self {
        let mut load = Self {
            tokens: BTreeMap::new(),
            places: Vec::new(),
            sent: Sendings::new(),
        };
        let users: BTreeSet<i64> = PAIRS.iter().flat_map(|(one, other)| [one.0, other.0]).collect();
        for user in users {
            let token = service.token(&["--user", &user.to_string(), "--ttl", "86400"]).await;
            load.tokens.insert(user, token);
        }
        for (one, other) in PAIRS {
            let conversation = load.client(service, one).open(other).await;
            load.places.extend([one, other].map(|sender| Place { conversation, sender }));
        }
        load
    }

    fn client(&self, service: &Served, user: UserId) -> Client {
        service.client().with_token(&self.tokens[&user.0])
    }

    /// All clients send at once, and then the program is killed.
    async fn rage(&mut self, service: Served, round: u64, chance: &mut Chance) -> Binary {
        let acknowledged = Arc::<AtomicUsize>::default();
        let mut senders = JoinSet::new();
        let mut sockets = Vec::new();
        for number in 0..SOCKETS + REST {
            let place = self.places[number % self.places.len()];
            let client = self.client(&service, place.sender);
            let sender = Sender {
                place,
                prefix: format!("{round}-{number}"),
                acknowledged: acknowledged.clone(),
                sent: Sendings::new(),
            };
            if number >= SOCKETS {
                senders.spawn(sender.over_rest(client));
            } else if number % 2 == 0 {
                sockets.push((sender, client.chat(place.conversation).await));
            } else {
                sockets.push((sender, client.all().await));
            }
        }
        for (sender, socket) in sockets {
            senders.spawn(sender.over_a_socket(socket));
        }
        let enough = usize::try_from(1 + chance.below(MOST)).expect("few");
        eventually("enough is acknowledged", async || {
            (acknowledged.load(Ordering::Relaxed) >= enough).then_some(())
        })
        .await;
        // No wait for anything: it puts the kill somewhere between two commits, or within one.
        tokio::time::sleep(Duration::from_micros(chance.below(20_000))).await;
        let binary = service.kill().await;
        while let Some(sent) = senders.join_next().await {
            self.sent.extend(sent.expect("a sender saw something wrong"));
        }
        binary
    }

    /// Each acknowledged message is there once, as it was acknowledged; nothing is there twice, and `seq` has no hole.
    async fn check(&self, service: &Served) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for place in self.places.iter().step_by(2) {
            let client = self.client(service, place.sender);
            let stored = history(&client, place.conversation).await;
            let seqs: Vec<i64> = stored.iter().map(|message| message["seq"].as_i64().expect("a seq")).collect();
            let last_seq = client.conversation(place.conversation).await["last_seq"]
                .as_i64()
                .expect("a number");
            assert!(
                seqs.iter().copied().eq(1..=last_seq),
                "seq of conversation {} up to {last_seq} has a hole: {seqs:?}",
                place.conversation
            );
            for message in stored {
                let name = message["content"].as_str().expect("a content").to_owned();
                let sending = self.sent.get(&name).unwrap_or_else(|| panic!("nobody sent {message}"));
                assert_eq!(
                    (message["conversation"].as_i64(), message["sender"]["id"].as_i64()),
                    (Some(sending.place.conversation), Some(sending.place.sender.0))
                );
                if sending.place.sender == place.sender {
                    assert_eq!(message["client_id"], name.as_str());
                }
                if let Some(acknowledged) = sending.acknowledged {
                    assert_eq!(
                        (message["id"].as_i64(), message["seq"].as_i64()),
                        (Some(acknowledged.0), Some(acknowledged.1)),
                        "{name}"
                    );
                }
                assert!(found.insert(name), "stored twice: {message}");
            }
        }
        for (name, sending) in &self.sent {
            assert!(
                sending.acknowledged.is_none() || found.contains(name),
                "{name} was acknowledged and is lost: {sending:?}"
            );
        }
        found
    }

    /// Sends unacknowledged messages again, by REST and by socket: 200 if stored already, 201 if not. Returns how many were stored already.
    async fn repeat(&mut self, service: &Served, stored: &BTreeSet<String>) -> usize {
        // Making a client takes longer than its request.
        let clients: BTreeMap<i64, Client> = self
            .tokens
            .iter()
            .map(|(id, token)| (*id, service.client().with_token(token)))
            .collect();
        let doubtful = self.sent.iter_mut().filter(|(_, sending)| sending.acknowledged.is_none());
        let mut kept = 0;
        for (number, (name, sending)) in doubtful.enumerate() {
            let Place { conversation, sender } = sending.place;
            let client = &clients[&sender.0];
            let mut body = json!({ "conversation": conversation, "content": name, "client_id": name });
            if number % 16 == 0 {
                let ack = client.chat(conversation).await.act("chat_message", body.clone()).await;
                assert_eq!(ack["client_id"], name.as_str(), "{ack}");
                body["content"] = json!("a repeat is not looked into");
            }
            let answer = client.post("messages/", body).await;
            let expected = if stored.contains(name) || number % 16 == 0 { 200 } else { 201 };
            let message = answer.expect(expected);
            assert_eq!(message["content"], name.as_str(), "the first one: {message}");
            sending.acknowledged = Some((message["id"].as_i64().expect("an id"), message["seq"].as_i64().expect("a seq")));
            kept += usize::from(stored.contains(name));
        }
        kept
    }
}

/// All messages of a conversation in the order of `seq`.
async fn history(client: &Client, conversation: i64) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    loop {
        let after = messages.last().map_or(0, |message| message["seq"].as_i64().expect("a seq"));
        let page = client
            .get(&format!("conversations/{conversation}/changes/?after={after}&limit=100"))
            .await
            .ok();
        messages.extend(
            page["changes"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|change| change["message"].clone()),
        );
        if page["has_more"] == false {
            return messages;
        }
    }
}

/// The number in this variable, or 3, and the chances of this run.
fn asked_for_rounds(variable: &str) -> (u64, Chance) {
    let rounds = asked_for(variable).unwrap_or(3);
    let seed = asked_for("DURABILITY_SEED").unwrap_or_else(|| RandomState::new().hash_one(rounds));
    println!("DURABILITY_SEED={seed} {variable}={rounds}");
    (rounds, Chance(seed))
}

/// The program without limits, with the community in its database.
async fn inhabited() -> Binary {
    let mut binary = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", SECRET);
    for limit in ["messages", "uploads", "requests"] {
        binary = binary.with(&format!("rate.{limit}_per_minute"), "0");
    }
    let people = binary.file("people.json", &community().to_string());
    let imported = binary.run(&["import", &people]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    binary
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_messages_survive_kill_9_exactly_once_and_seq_has_no_hole() {
    let (rounds, mut chance) = asked_for_rounds("DURABILITY_ROUNDS");
    let mut service = inhabited().await.serve(&[]).await;
    let mut load = Storm::begin(&service).await;
    for round in 1..=rounds {
        let binary = load.rage(service, round, &mut chance).await;
        service = binary.serve(&[]).await;
        let stored = load.check(&service).await;
        let doubtful = load.sent.values().filter(|sending| sending.acknowledged.is_none()).count();
        let kept = load.repeat(&service, &stored).await;
        let all = load.check(&service).await;
        assert!(all.len() == load.sent.len(), "repeating stores what was lost, and nothing twice");
        println!(
            "round {round}: {} sent so far; of {doubtful} not acknowledged {kept} were stored",
            all.len()
        );
    }
    service.stop().await;
}

/// The database of the program, opened beside it as a command does.
async fn opened(url: String) -> Store {
    let url: StoreUrl = url.parse().expect("a URL of a database");
    Store::open(&url, Access::Command, &DirectorySource::Own)
        .await
        .expect("the database can be opened")
}

/// All entries of the outbox in their order.
async fn entries(store: &Store) -> Vec<OutboxEntry> {
    let mut entries: Vec<OutboxEntry> = Vec::new();
    loop {
        let after = entries.last().map_or(OutboxPlace::default(), |entry| entry.place);
        let page = store.outbox.read(after, 1_000).await.expect("the outbox can be read");
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

impl Storm {
    /// Each stored message has one entry and each entry a stored message; only messages were sent, so each took one `seq`. Returns how many entries there are.
    async fn check_entries(&self, service: &Served, entries: &[OutboxEntry]) -> usize {
        let mut by_message = BTreeMap::new();
        let mut by_conversation: BTreeMap<i64, i64> = BTreeMap::new();
        for entry in entries {
            assert_eq!(entry.kind, OutboxKind::Sent);
            assert!(by_message.insert(entry.message.0, entry).is_none(), "twice: {entry:?}");
            *by_conversation.entry(entry.conversation.0).or_default() += 1;
        }
        assert!(
            entries.is_sorted_by(|one, next| one.place < next.place),
            "in the order of their places"
        );
        for (name, sending) in &self.sent {
            let Some((id, _)) = sending.acknowledged else { continue };
            let entry = by_message
                .remove(&id)
                .unwrap_or_else(|| panic!("{name} was acknowledged and has no entry"));
            let Place { conversation, sender } = sending.place;
            assert_eq!((entry.conversation.0, entry.actor), (conversation, sender), "{name}: {entry:?}");
        }
        // What is left belongs to messages whose acknowledgement did not arrive.
        for entry in by_message.values() {
            let message = self.client(service, entry.actor).message(entry.message.0).await;
            assert!(self.sent.contains_key(message["content"].as_str().expect("a content")), "{message}");
        }
        for place in self.places.iter().step_by(2) {
            let last_seq = self.client(service, place.sender).conversation(place.conversation).await["last_seq"].clone();
            let found = by_conversation.get(&place.conversation).copied().unwrap_or_default();
            assert_eq!(last_seq, found, "messages and entries of conversation {}", place.conversation);
        }
        entries.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stored_message_has_one_entry_in_the_outbox_after_kill_9() {
    let (kills, mut chance) = asked_for_rounds("DURABILITY_KILLS");
    let binary = inhabited().await;
    let store = opened(binary.database_url().await).await;
    // A consumer that passes nothing, so that all entries are kept.
    let claim = store
        .outbox
        .claim("test", "durability", OutboxStart::Beginning, Timestamp(0), Timestamp(1));
    assert!(claim.await.expect("the outbox can be claimed").is_some());
    store.close().await;

    let mut service = binary.serve(&[]).await;
    let mut load = Storm::begin(&service).await;
    for kill in 1..=kills {
        service = load.rage(service, kill, &mut chance).await.serve(&[]).await;
        let store = opened(service.database_url().await).await;
        let entries = entries(&store).await;
        store.close().await;
        let found = load.check_entries(&service, &entries).await;
        println!("kill {kill}: {found} entries");
    }
    service.stop().await;
}
