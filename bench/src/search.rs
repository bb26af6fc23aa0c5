//! The search of messages: a million messages of made-up words, searched by a member and by an admin who has 40 % of all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    Failure,
    figures::{Latencies, resident_kib},
    people::{Pair, World},
    socket::connect,
};

/// Conversations that are filled at once.
const FILLED_AT_ONCE: usize = 64;
/// Messages under way in each.
const FILL_DEPTH: usize = 8;
/// The words of a message: with those of the vocabulary, about 136 characters.
const WORDS_OF_A_MESSAGE: usize = 11;
/// The words that there are.
const VOCABULARY: usize = 60_000;

/// Words of syllables, the first ones frequent and the last ones rare (Zipf with an exponent of 1), half of them Cyrillic.
struct Words {
    random: u64,
    /// Of each word, the share of it and all words before it.
    shares: Vec<f64>,
}

impl Words {
    fn new(seed: u64) -> Self {
        let mut total = 0.0;
        let shares = (1..=VOCABULARY)
            .map(|rank| {
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let share = 1.0 / rank as f64;
                total += share;
                total
            })
            .collect();
        Self { random: seed, shares }
    }

    /// A number from 0 to 1.
    fn next(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        #[expect(clippy::cast_precision_loss, reason = "32 of its bits are enough")]
        let share = (self.random >> 32) as f64 / f64::from(u32::MAX);
        share
    }

    /// The word of this rank, from 0.
    fn word(rank: usize) -> String {
        const LATIN: [&str; 40] = [
            "ba", "bo", "da", "di", "do", "ga", "gi", "ha", "ho", "ja", "ka", "ki", "ko", "la", "li", "lo", "ma", "mi", "mo", "na", "ni",
            "no", "qa", "qi", "qo", "ra", "ri", "ro", "sa", "shi", "so", "ta", "ti", "to", "va", "xo", "ya", "yo", "za", "zi",
        ];
        const CYRILLIC: [&str; 40] = [
            "ба", "бо", "да", "ди", "до", "га", "ги", "ҳа", "ҳо", "жа", "ка", "ки", "ко", "ла", "ли", "ло", "ма", "ми", "мо", "на", "ни",
            "но", "қа", "қи", "қо", "ра", "ри", "ро", "са", "ши", "со", "та", "ти", "то", "ва", "хо", "я", "йо", "за", "зи",
        ];
        // Words of one rank are alike in no way that the rank does not give.
        let mut number = rank * 7_919 % (40 * 40 * 40) + 40 * 40 * (1 + rank % 3) * 40;
        let syllables = if rank.is_multiple_of(2) { LATIN } else { CYRILLIC };
        let mut word = String::new();
        while number > 0 {
            word.push_str(syllables[number % 40]);
            number /= 40;
        }
        word
    }

    fn message(&mut self) -> String {
        let total = self.shares.last().copied().unwrap_or(1.0);
        let mut text = String::new();
        for place in 0..WORDS_OF_A_MESSAGE {
            let share = self.next() * total;
            let rank = self.shares.partition_point(|upto| *upto < share).min(VOCABULARY - 1);
            if place > 0 {
                text.push(' ');
            }
            text.push_str(&Self::word(rank));
        }
        text
    }
}

/// What is typed in a search with this number.
type Typed = fn(usize) -> String;

/// Makes the people and sends the messages (unless an earlier run did), waits for the index, and searches.
pub(crate) async fn run(world: &World, pid: Option<u32>, time: Duration, messages: usize) -> Result<(), Failure> {
    let conversations = (messages / 1_000).max(10);
    let (admin, hers) = world.busy_admin(8_000_000, conversations * 2 / 5).await?;
    let others = world.pairs(9_000_000, conversations * 3 / 5).await?;
    let all: Vec<Pair> = hers.iter().chain(&others).copied().collect();
    eprintln!("sending {messages} messages in {} conversations", all.len());
    let began = Instant::now();
    let each = messages / all.len();
    for (number, some) in all.chunks(FILLED_AT_ONCE).enumerate() {
        let filling = some.iter().map(|pair| {
            let mut words = Words::new(u64::try_from(pair.conversation).unwrap_or_default());
            fill(world, *pair, each, "s", move || words.message())
        });
        futures_util::future::try_join_all(filling).await?;
        eprintln!("{} messages", (number * FILLED_AT_ONCE + some.len()) * each);
    }
    let sending = began.elapsed();
    let lag = whole(world, admin).await?;
    println!(
        "{}",
        json!({"run": "search", "what": "index", "messages": messages, "sent_in_seconds": sending.as_secs_f64().round(),
            "whole_after_seconds": (lag.as_secs_f64() * 10.0).round() / 10.0, "resident_kib": pid.and_then(resident_kib)})
    );
    let kinds: [(&str, Typed); 6] = [
        ("a whole word", |at| format!("{}%20", Words::word(at * 37 % 3_000))),
        ("a word as typed", |at| Words::word(at * 37 % 3_000)),
        ("two words", |at| {
            format!("{}%20{}", Words::word(at % 40), Words::word(at * 7 % 400))
        }),
        ("2 letters", |at| beginning(at, 2)),
        ("3 letters", |at| beginning(at, 3)),
        ("4 letters", |at| beginning(at, 4)),
    ];
    for (who, user) in [("member", others[0].member), ("admin", admin)] {
        let token = world.token(user)?;
        for (what, query) in kinds {
            let mut latencies = Latencies::default();
            let end = Instant::now() + time;
            let mut at = 1;
            while Instant::now() < end {
                latencies.add(world.get(&token, &path(&query(at))).await?);
                at += 1;
            }
            println!(
                "{}",
                json!({"run": "search", "who": who, "what": what, "searches": latencies.len(), "ms": latencies.summary()})
            );
        }
    }
    let other = others.last().ok_or("there are no conversations")?;
    fill(world, *other, 1_000, "t", || format!("{THEIRS} {THEIRS}ning kitobi")).await?;
    whole(world, admin).await?;
    stranger(world, others[0].member, time).await
}

/// A word of a thousand messages that the stranger may not read, and one that nobody has written, as long and with the same first letters.
const THEIRS: &str = "zumradqush";
const NOBODYS: &str = "zumradquyt";

/// Whether the time of an answer tells that others have written a word: both words are asked for in turns.
async fn stranger(world: &World, stranger: i64, time: Duration) -> Result<(), Failure> {
    let token = world.token(stranger)?;
    let mut latencies = [Latencies::default(), Latencies::default()];
    let end = Instant::now() + 2 * time;
    while Instant::now() < end {
        for (word, latencies) in [THEIRS, NOBODYS].into_iter().zip(&mut latencies) {
            latencies.add(world.get(&token, &path(word)).await?);
        }
    }
    let [theirs, nobodys] = latencies;
    println!(
        "{}",
        json!({"run": "search", "who": "stranger", "what": "a word of others, a word of nobody", "searches": theirs.len(),
            "ms": {"theirs": theirs.summary(), "nobodys": nobodys.summary()}})
    );
    Ok(())
}

fn path(query: &str) -> String {
    format!("/api/messaging/search/?q={query}")
}

/// Waits until the index has all messages, of which whoever searches is told. Returns how long that took.
async fn whole(world: &World, searcher: i64) -> Result<Duration, Failure> {
    let token = world.token(searcher)?;
    let began = Instant::now();
    loop {
        let answer: Value = world.answer(&token, &path("salom")).await?;
        if answer["indexing"] == 0 {
            return Ok(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The first letters of a word.
fn beginning(at: usize, letters: usize) -> String {
    Words::word(at * 37 % 3_000).chars().take(letters).collect()
}

/// Sends messages until the conversation has so many. The `client_id`s are fixed, so a repeat stores nothing new.
async fn fill(world: &World, pair: Pair, messages: usize, prefix: &str, mut text: impl FnMut() -> String) -> Result<(), Failure> {
    let (mut mouth, mut ear) = connect(world, pair.member, &format!("/ws/chat/{}/", pair.conversation)).await?;
    let (mut sent, mut acknowledged) = (0, 0);
    while acknowledged < messages {
        while sent < messages && sent - acknowledged < FILL_DEPTH {
            let frame = json!({"type": "chat_message", "content": text(), "client_id": format!("{prefix}{sent}-{}", pair.conversation)});
            mouth.say(frame.to_string()).await?;
            sent += 1;
        }
        let frame = ear.next().await?.ok_or("the socket was closed while a conversation was filled")?;
        if frame.starts_with("{\"type\":\"ack\"") {
            acknowledged += 1;
        } else if frame.starts_with("{\"type\":\"error\"") {
            return Err(frame.into());
        }
    }
    Ok(())
}

/// The time until an index that was removed is whole again. The server must have been started without one.
pub(crate) async fn rebuild(world: &World) -> Result<(), Failure> {
    let took = whole(world, crate::people::FIRST + 8_000_000).await?;
    let seconds = (took.as_secs_f64() * 10.0).round() / 10.0;
    println!("{}", json!({"run": "search", "what": "rebuild", "seconds": seconds}));
    Ok(())
}
