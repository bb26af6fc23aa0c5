//! Searches and pages of contacts in a large directory, searches of an admin's many conversations, and the effect of one searching person on the others.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    Failure,
    figures::Latencies,
    people::{FIRST, World},
};

/// Ids of the made-up people of this run begin here.
const OFFSET: i64 = FIRST + 10_000_000;
/// Admins of each kind, so that several can ask at once: a person has one search at a time.
const EACH: i64 = 8;
/// Confessions of the admins of each kind.
const KINDS: [i64; 3] = [1, 10, 300];
/// The kinds by their place in it.
const ONE: i64 = 0;
const TEN: i64 = 1;
const MANY: i64 = 2;
/// Pauses between the requests of the member whose latency is measured.
const PAUSE: Duration = Duration::from_millis(200);

/// Names that are short and long, Latin and Cyrillic, so that searches find many, some and nobody.
const NAMES: [(&str, &str, &str); 6] = [
    ("malika", "Malika", "Oʻktamova"),
    ("rustam", "Rustam", "Qodirov"),
    ("svetlana", "Светлана", "Щукина"),
    ("dilnoza", "Dilnoza", "Toʻrayeva"),
    ("pavel", "Павел", "Ёлкин"),
    ("kamol", "Kamol", "Gʻaniyev"),
];

fn superadmin(number: i64) -> i64 {
    OFFSET + number
}

fn admin(kind: i64, number: i64) -> i64 {
    OFFSET + 100 * (kind + 1) + number
}

/// The confessions of an admin: the number of this kind, from here on.
fn first_confession(kind: i64, number: i64) -> i64 {
    OFFSET + 10_000 * (kind + 1) + 1_000 * number
}

fn member(number: i64) -> i64 {
    OFFSET + 100_000 + number
}

/// Each member follows one or two confessions of the first admin of 300, and each hundredth one the only confession of the first admin of 1.
fn directory(accounts: usize) -> Result<Value, Failure> {
    let members = i64::try_from(accounts)?;
    let (mut users, mut confessions, mut subscriptions) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..EACH {
        users.push(json!({"id": superadmin(number), "username": format!("contacts-super-{number}"), "role": "superadmin"}));
        for (kind, count) in (0..).zip(KINDS) {
            let admin = admin(kind, number);
            users.push(json!({"id": admin, "username": format!("contacts-admin-{count}-{number}"), "role": "admin"}));
            confessions.extend((0..count).map(|each| {
                let id = first_confession(kind, number) + each;
                json!({"id": id, "name": format!("Jamoa {id}"), "slug": format!("jamoa-{id}"), "admin_id": admin})
            }));
        }
    }
    for number in 0..members {
        let (name, first, last) = NAMES[usize::try_from(number)? % NAMES.len()];
        let id = member(number);
        users.push(json!({"id": id, "username": format!("{name}.{id}"), "first_name": first, "last_name": last, "role": "user"}));
        let mut follow = |confession: i64| subscriptions.push(json!({"user_id": id, "confession_id": confession}));
        follow(first_confession(MANY, 0) + number % 300);
        if number % 2 == 0 {
            follow(first_confession(MANY, 0) + (number + 7) % 300);
        }
        if number % 10 == 0 {
            follow(first_confession(TEN, 0) + number / 10 % 10);
        }
        if number % 100 == 0 {
            follow(first_confession(ONE, 0));
        }
    }
    Ok(json!({"users": users, "confessions": confessions, "subscriptions": subscriptions}))
}

/// Searches by name: with many hits, in the other script and another order, with none, and with nearly all accounts.
const SEARCHES: [(&str, &str); 6] = [
    ("q, many found", "?q=Malika"),
    ("q, other script", "?q=shukina"),
    ("q, two words in any order", "?q=oktamova%20malika"),
    ("q, typed halfway", "?q=o'kta"),
    ("q, nobody found", "?q=nobody"),
    ("q, one letter", "?q=a"),
];

/// Makes the directory and an admin's conversations, then reads pages of contacts as each person who can see all of them, and searches the conversations.
pub(crate) async fn run(world: &World, accounts: usize, time: Duration) -> Result<(), Failure> {
    let directory = directory(accounts)?;
    let subscriptions = directory["subscriptions"].as_array().map_or(0, Vec::len);
    for what in ["import", "import again"] {
        let took = world.import(&directory).await?;
        println!(
            "{}",
            json!({"run": "contacts", "what": what, "accounts": accounts, "subscriptions": subscriptions, "ms": took.as_millis()})
        );
    }
    let deep = accounts / 20 / 2;
    let pages = [
        ("page", String::new()),
        ("deep page", format!("?page={deep}")),
        ("last page", format!("?page={}", accounts / 20)),
        ("q, found by confession", "?q=jamoa".to_owned()),
        ("q, deep page", "?q=a&page=1000".to_owned()),
        ("own members", "?own=true".to_owned()),
        ("all others", "?own=false".to_owned()),
        ("all others, deep page", format!("?own=false&page={deep}")),
    ];
    let pages = pages.into_iter().chain(SEARCHES.map(|(what, query)| (what, query.to_owned())));
    let pages: Vec<(&str, String)> = pages.collect();
    let kinds = (0..).zip(KINDS).map(|(kind, count)| {
        let people: Vec<i64> = (0..EACH).map(|number| admin(kind, number)).collect();
        (format!("admin of {count}"), people)
    });
    let supers = ("superadmin".to_owned(), (0..EACH).map(superadmin).collect());
    for (who, people) in kinds.chain([supers]) {
        for (what, query) in &pages {
            for concurrency in [1, people.len()] {
                let path = format!("/api/messaging/contacts/{query}");
                let latencies = read(world, &people[..concurrency], &path, time).await?;
                println!(
                    "{}",
                    json!({"run": "contacts", "what": what, "who": who, "concurrency": concurrency, "reads": latencies.len(), "ms": latencies.summary()})
                );
            }
        }
    }
    conversations(world, accounts, time).await
}

/// The admin of ten opens a conversation with each tenth member (10,000 of 100,000) and searches them.
async fn conversations(world: &World, accounts: usize, time: Duration) -> Result<(), Failure> {
    let owner = admin(TEN, 0);
    let members: Vec<i64> = (0..i64::try_from(accounts)?).step_by(10).map(member).collect();
    for some in members.chunks(32) {
        let opened = some.iter().map(|member| world.conversation(*member, owner));
        futures_util::future::try_join_all(opened).await?;
    }
    for (what, query) in SEARCHES {
        let latencies = read(world, &[owner], &format!("/api/messaging/conversations/{query}"), time).await?;
        println!(
            "{}",
            json!({"run": "contacts", "what": format!("conversations: {what}"), "conversations": members.len(), "reads": latencies.len(), "ms": latencies.summary()})
        );
    }
    Ok(())
}

/// Each of these people asks again and again.
async fn read(world: &World, people: &[i64], path: &str, time: Duration) -> Result<Latencies, Failure> {
    let end = Instant::now() + time;
    let readers = people.iter().map(|person| async {
        let token = world.token(*person)?;
        let mut latencies = Latencies::default();
        while Instant::now() < end {
            latencies.add(world.get(&token, path).await?);
        }
        Ok::<_, Failure>(latencies)
    });
    let mut all = Latencies::default();
    for reader in futures_util::future::join_all(readers).await {
        all.merge(reader?);
    }
    Ok(all)
}

/// The latency of a member's lists and sends while nobody searches, and while one admin searches over many connections.
pub(crate) async fn attack(world: &World, accounts: usize, connections: usize, time: Duration) -> Result<(), Failure> {
    world.import(&directory(accounts)?).await?;
    let victim = member(0);
    let conversation = world.conversation(victim, admin(ONE, 0)).await?;
    for (who, attacker) in [
        ("nobody", None),
        ("admin of 1", Some(admin(ONE, 0))),
        ("admin of 300", Some(admin(MANY, 0))),
        ("superadmin", Some(superadmin(0))),
    ] {
        let end = Instant::now() + time;
        let attackers = (0..connections).map(|number| async move {
            let Some(attacker) = attacker else { return Ok((0_usize, 0_usize)) };
            let token = world.token(attacker)?;
            let path = ["?q=jamoa", "?q=a", "?q=nobody", "?page=2500"][number % 4];
            let (mut answered, mut refused) = (0, 0);
            while Instant::now() < end {
                if world.try_get(&token, &format!("/api/messaging/contacts/{path}")).await?.is_some() {
                    answered += 1;
                } else {
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Ok::<_, Failure>((answered, refused))
        });
        let others = async {
            let token = world.token(victim)?;
            let (mut lists, mut sends) = (Latencies::default(), Latencies::default());
            while Instant::now() < end {
                lists.add(world.get(&token, "/api/messaging/conversations/").await?);
                // Fewer than a member may send.
                let started = Instant::now();
                let message = json!({"conversation": conversation, "content": "still here?"});
                if lists.len().is_multiple_of(3) {
                    world.post(victim, "/api/messaging/messages/", &message).await?;
                    sends.add(started.elapsed());
                }
                tokio::time::sleep(PAUSE).await;
            }
            Ok::<_, Failure>((lists, sends))
        };
        let (attacks, others) = tokio::join!(futures_util::future::join_all(attackers), others);
        let (mut answered, mut refused) = (0, 0);
        for attack in attacks {
            let (some, others) = attack?;
            answered += some;
            refused += others;
        }
        let (lists, sends) = others?;
        println!(
            "{}",
            json!({"run": "contacts", "what": "attack", "who": who, "connections": connections, "answered": answered, "refused": refused,
                "list_ms": lists.summary(), "send_ms": sends.summary()})
        );
        // The attacker's rate limit refills.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
