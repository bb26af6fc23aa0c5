//! The adapters keep what the ports promise.

use std::path::Path;

use async_trait::async_trait;
use domain::{ports::Blobs, testing::conformance::blobs::BlobsFixture, time::Timestamp};
use storage::{
    blobs::Objects,
    sqlite::{Sqlite, SqliteConfig},
};
use tempfile::TempDir;

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn fresh_sqlite() -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Sqlite::open(SqliteConfig::at(folder.path().join("suhbat.db"))).expect("an empty database");
    (store, folder)
}

mod sqlite {
    domain::store_conformance!(crate::fresh_sqlite);
}

/// Times of a folder are those of the file system, so waiting for its clock to go on is what separates before from after.
struct Fixture {
    blobs: Objects,
    folder: Option<TempDir>,
}

/// What the file system's clock shows now: the time of a file just made.
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

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn fresh_folder() -> (Fixture, ()) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = Objects::local(folder.path()).expect("an empty folder");
    (
        Fixture {
            blobs,
            folder: Some(folder),
        },
        (),
    )
}

/// Nothing of the adapter but opening a folder and clearing it up knows that there are folders.
#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn fresh_memory() -> (Fixture, ()) {
    (
        Fixture {
            blobs: Objects::in_memory(),
            folder: None,
        },
        (),
    )
}

mod folder {
    domain::blobs_conformance!(crate::fresh_folder);
}

mod any_store {
    domain::blobs_conformance!(crate::fresh_memory);
}
