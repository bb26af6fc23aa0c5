//! The adapters keep what the ports promise.

use storage::sqlite::{Sqlite, SqliteConfig};
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
