//! The adapters keep the promises of the ports.

#[path = "shared/corpus.rs"]
mod corpus;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use domain::{
    identity::StoreId,
    ports::Blobs,
    testing::{
        builders::store_id,
        conformance::{blobs::BlobsFixture, search::SearchedStore},
    },
    time::Timestamp,
};
use storage::{
    blobs::Objects,
    sqlite::{Sqlite, SqliteConfig, SqliteIndex},
};
use tempfile::TempDir;

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn fresh_sqlite() -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = folder.path().join("suhbat.db");
    // The store is that of a service, because imports leave notes only while a service runs.
    let config = SqliteConfig {
        holder: Some("a service under test".to_owned()),
        ..SqliteConfig::at(database)
    };
    (Sqlite::open(config).expect("an empty database"), folder)
}

mod sqlite {
    domain::store_conformance!(crate::fresh_sqlite);
}

async fn searched_sqlite() -> (SearchedStore<Sqlite>, TempDir) {
    let (store, folder) = fresh_sqlite().await;
    let index = SqliteIndex::new(folder.path().join("suhbat.db.search"), store.identity());
    let index = Arc::new(index);
    (SearchedStore { store, index }, folder)
}

mod sqlite_search {
    domain::search_conformance!(crate::searched_sqlite);

    #[tokio::test]
    async fn the_queries_of_the_corpus_find_what_the_lexicon_finds() {
        let (searched, _folder) = crate::searched_sqlite().await;
        crate::corpus::finds_what_the_lexicon_finds(&searched).await;
    }

    #[tokio::test]
    #[ignore = "takes minutes: ./just test search-long"]
    async fn ten_thousand_random_changes_are_found_as_by_reading_all() {
        let (searched, _folder) = crate::searched_sqlite().await;
        domain::testing::conformance::search::finds_as_by_reading_all(&searched, 10_000).await;
    }
}

/// An object store and its folder. Times of objects are those of the file system, so tests wait until its clock has advanced.
struct Fixture {
    blobs: Objects,
    folder: Option<TempDir>,
}

/// The clock of the file system: the time of a file that was just created.
fn now(folder: &Path) -> Timestamp {
    let probe = tempfile::NamedTempFile::new_in(folder).expect("a file");
    let written = probe.as_file().metadata().and_then(|metadata| metadata.modified()).expect("a time");
    Timestamp::from_utc(written.into())
}

#[async_trait]
impl BlobsFixture for Fixture {
    fn blobs(&self) -> &dyn Blobs {
        &self.blobs
    }

    fn opened_for(&self, database: StoreId) -> Box<dyn Blobs> {
        Box::new(self.blobs.opened_for(database))
    }

    fn unclaimed(&self) -> Box<dyn Blobs> {
        Box::new(match &self.folder {
            Some(folder) => Objects::local(&folder.path().join("unclaimed"), store_id()).expect("an empty folder"),
            None => Objects::in_memory(store_id()),
        })
    }

    async fn between(&self) -> Timestamp {
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let start = now(elsewhere.path());
        loop {
            let later = now(elsewhere.path());
            if later > start {
                return later;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn crash_midway(&self, key: &str) {
        if let Some(folder) = &self.folder {
            let name = folder.path().join(format!("{key}#1"));
            std::fs::create_dir_all(name.parent().expect("a folder")).expect("a folder");
            std::fs::write(name, "half").expect("a file");
        }
    }
}

async fn fresh_folder() -> (Fixture, ()) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = Objects::local(folder.path(), store_id()).expect("an empty folder");
    blobs.claim().await.expect("a folder that can be written to");
    let folder = Some(folder);
    (Fixture { blobs, folder }, ())
}

/// The object store in memory. Except for opening and clearing a folder, the adapter has the same code for all kinds of store.
async fn fresh_memory() -> (Fixture, ()) {
    let blobs = Objects::in_memory(store_id());
    blobs.claim().await.expect("memory");
    (Fixture { blobs, folder: None }, ())
}

mod folder {
    domain::blobs_conformance!(crate::fresh_folder);
}

mod any_store {
    domain::blobs_conformance!(crate::fresh_memory);
}
