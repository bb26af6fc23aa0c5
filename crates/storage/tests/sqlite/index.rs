//! The file of the search's index: it can be lost, damaged or of another database, and is then made anew.

use std::{path::PathBuf, sync::Arc};

use domain::{
    id::{ConversationId, MessageId},
    message_search::{SearchFilter, SearchRequest, read_query},
    messaging::{Built, Indexing, Searching},
    ports::{Outbox as _, SearchIndex as _},
    testing::{
        builders::{AZIZ, DILNOZA, at, draft},
        conformance::{Works as _, silent},
        direct::DirectMessages as _,
        fakes::FixedClock,
    },
};
use storage::sqlite::{Sqlite, SqliteConfig, SqliteIndex};
use tempfile::TempDir;

use crate::{
    chats::{room, stored},
    file, populated,
};

fn beside(folder: &TempDir) -> PathBuf {
    SqliteIndex::beside(&file(folder))
}

fn index(folder: &TempDir, store: &Sqlite) -> SqliteIndex {
    SqliteIndex::new(beside(folder), store.identity())
}

async fn find(store: &Sqlite, index: &SqliteIndex, query: &str) -> (Vec<MessageId>, u64) {
    let searching = Searching {
        searchable: Arc::new(store.clone()),
        index: Arc::new(index.clone()),
        clock: Arc::new(FixedClock::default()),
    };
    let request = SearchRequest {
        query: read_query(query).unwrap(),
        filter: SearchFilter::default(),
        before: None,
        limit: 100,
        is_counted: false,
    };
    let page = searching.search(DILNOZA, &request).await.works();
    (page.hits.iter().map(|hit| hit.message.id).collect(), page.indexing)
}

/// As the service does it.
async fn catch_up(store: &Sqlite, index: &SqliteIndex) {
    let indexing = Indexing {
        searchable: Arc::new(store.clone()),
        index: Arc::new(index.clone()),
    };
    let state = index.state().await.works();
    let entries = store.read(state.followed, 1_000).await.works();
    indexing.follow(&entries).await.works();
    while indexing.build().await.works() != Built::Whole {}
}

async fn say(store: &Sqlite, chat: ConversationId, text: &str) -> MessageId {
    let sent = store.append(draft(chat, AZIZ, text, at(1)), silent()).await.works();
    stored(&sent.unwrap()).0
}

/// A database with three messages, and its index.
async fn searched(folder: &TempDir) -> (Sqlite, SqliteIndex, ConversationId, Vec<MessageId>) {
    let store = populated(SqliteConfig::at(file(folder))).await;
    let chat = room(&store, DILNOZA, AZIZ).await;
    let mut sent = Vec::new();
    for text in ["birinchi xabar", "ikkinchi xabar", "uchinchi xabar"] {
        sent.push(say(&store, chat, text).await);
    }
    sent.reverse();
    let index = index(folder, &store);
    catch_up(&store, &index).await;
    assert_eq!(find(&store, &index, "xabar").await, (sent.clone(), 0));
    (store, index, chat, sent)
}

#[tokio::test]
async fn a_file_that_was_removed_is_built_again() {
    let folder = TempDir::new().unwrap();
    let (store, before, _, sent) = searched(&folder).await;
    before.close().await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(PathBuf::from(format!("{}{suffix}", beside(&folder).display())));
    }
    let index = index(&folder, &store);
    catch_up(&store, &index).await;
    assert_eq!(find(&store, &index, "xabar").await, (sent, 0));
}

#[tokio::test]
async fn a_file_that_is_no_index_is_replaced() {
    let folder = TempDir::new().unwrap();
    let (store, before, _, sent) = searched(&folder).await;
    before.close().await;
    std::fs::write(
        beside(&folder),
        "this is no database, and it is longer than the header of one would be: 100 bytes and some more",
    )
    .unwrap();
    let index = index(&folder, &store);
    catch_up(&store, &index).await;
    assert_eq!(find(&store, &index, "xabar").await, (sent, 0));
}

#[tokio::test]
async fn a_file_that_is_damaged_while_it_is_open_is_replaced() {
    let folder = TempDir::new().unwrap();
    let (store, before, chat, mut sent) = searched(&folder).await;
    before.close().await;
    // Everything behind the first page.
    let path = beside(&folder);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4_096..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let index = index(&folder, &store);
    sent.insert(0, say(&store, chat, "toʻrtinchi xabar").await);
    // Whatever notices it first fails once, and the next call has a new file.
    let mut attempts = 0;
    while index.state().await.is_err() || index.candidates(domain::message_search::IndexQuery::default()).await.is_err() {
        attempts += 1;
        assert!(attempts < 5, "it never works again");
    }
    catch_up(&store, &index).await;
    assert_eq!(find(&store, &index, "xabar").await, (sent, 0));
}

#[tokio::test]
async fn an_index_of_another_database_is_replaced() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (_, foreign, ..) = searched(&one).await;
    let (store, own, _, sent) = searched(&other).await;
    foreign.close().await;
    own.close().await;
    std::fs::copy(beside(&one), beside(&other)).unwrap();
    let index = index(&other, &store);
    assert_eq!(index.state().await.works().lexicon, 0, "it is new");
    catch_up(&store, &index).await;
    assert_eq!(find(&store, &index, "xabar").await, (sent, 0));
}

#[tokio::test]
async fn a_file_of_the_same_database_is_kept() {
    let folder = TempDir::new().unwrap();
    let (store, before, _, sent) = searched(&folder).await;
    let state = before.state().await.works();
    before.close().await;
    let index = index(&folder, &store);
    assert_eq!(index.state().await.works(), state);
    assert_eq!(find(&store, &index, "xabar").await, (sent, 0));
}

/// And says that the index lacks some.
#[tokio::test]
async fn without_an_index_the_newest_messages_are_found() {
    let folder = TempDir::new().unwrap();
    let (store, _, _, sent) = searched(&folder).await;
    let nowhere = SqliteIndex::new(folder.path().join("there/is/no/such/folder/suhbat.db.search"), store.identity());
    assert!(nowhere.state().await.is_err());
    let (found, indexing) = find(&store, &nowhere, "xabar").await;
    assert_eq!(found, sent);
    assert!(indexing > 0);
}
