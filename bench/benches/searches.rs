//! The cost of `q=` in the store: `cargo bench --package suhbat-bench --bench searches`. 100,000 contacts and 10,000 conversations are searched whole, because the
//! length of the list is a part of the answer.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::{
    conversation::{ListFilter, NewConversation},
    id::UserId,
    page::PageRequest,
    people::{ContactScope, DirectoryDocument, Role},
    ports::{Conversations as _, Directory as _, DirectoryWriter as _},
    search,
    testing::{
        builders::{at, named, person},
        conformance::silent,
        direct::DirectConversations as _,
    },
};
use storage::sqlite::{Sqlite, SqliteConfig};

const ACCOUNTS: i64 = 100_000;
const CONVERSATIONS: i64 = 10_000;
const VIEWER: UserId = UserId(1);
const FIRST: i64 = 11_000_000;

const NAMES: [(&str, &str, &str); 6] = [
    ("malika", "Malika", "Oʻktamova"),
    ("rustam", "Rustam", "Qodirov"),
    ("svetlana", "Светлана", "Щукина"),
    ("dilnoza", "Dilnoza", "Toʻrayeva"),
    ("pavel", "Павел", "Ёлкин"),
    ("kamol", "Kamol", "Gʻaniyev"),
];

const QUERIES: [(&str, &str); 6] = [
    ("many found", "Malika"),
    ("other script", "shukina"),
    ("two words in any order", "oʻktamova malika"),
    ("nobody found", "nobody"),
    ("one letter", "a"),
    (
        "many words",
        "m a l i k o t v 1 0 2 ma al li ik ka ok kt ta am mo ov va 11 10 00 01 zz",
    ),
];

/// A database on the disk under `target/`.
async fn town(folder: &tempfile::TempDir) -> Sqlite {
    let store = Sqlite::open(SqliteConfig::at(folder.path().join("searches.db"))).expect("a new database");
    let mut users = vec![person(VIEWER.0, "viewer", Role::Superadmin)];
    users.extend((0..ACCOUNTS).zip(NAMES.iter().cycle()).map(|(number, (username, first, last))| {
        let id = FIRST + number;
        named(UserId(id), &format!("{username}.{id}"), first, last, Role::User)
    }));
    let document = DirectoryDocument {
        users,
        ..DirectoryDocument::default()
    };
    store.import(document).await.expect("a directory");
    let numbers: Vec<i64> = (0..CONVERSATIONS).collect();
    // As many as the writer's queue takes.
    for some in numbers.chunks(64) {
        let opened = some.iter().map(|number| {
            let new = NewConversation {
                participants: vec![VIEWER, UserId(FIRST + number * 7)],
                confession: None,
                opened_by: VIEWER,
                opened_by_staff: true,
                at: at(*number),
            };
            store.create(new, silent())
        });
        futures_util::future::try_join_all(opened).await.expect("conversations");
    }
    store
}

fn searches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder under target/");
    let store = runtime.block_on(town(&folder));
    let page = PageRequest::new(1, 20);

    criterion.bench_function("fold the names of a person", |bench| {
        bench.iter(|| search::names("malika.11000000", "Malika", "Oʻktamova"));
    });
    let mut group = criterion.benchmark_group("search");
    group.measurement_time(Duration::from_secs(3)).sample_size(20);
    for (what, query) in QUERIES {
        group.bench_function(format!("100,000 contacts: {what}"), |bench| {
            bench.iter(|| {
                runtime
                    .block_on(store.contacts(VIEWER, ContactScope::Everyone, Some(query), page))
                    .expect("a store that works")
            });
        });
        let filter = ListFilter {
            query: Some(query.to_owned()),
            ..ListFilter::default()
        };
        group.bench_function(format!("10,000 conversations: {what}"), |bench| {
            bench.iter(|| runtime.block_on(store.list(VIEWER, &filter, page)).expect("a store that works"));
        });
    }
    group.finish();
}

criterion_group!(benches, searches);
criterion_main!(benches);
