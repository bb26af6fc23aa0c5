//! Random steps on the fake and on the database give every person the same view.

use domain::testing::{
    conformance::{Store, feed::play_documents},
    fakes::FakeStore,
    model::{Step, play},
};
use proptest::prelude::*;
use storage::sqlite::{Sqlite, SqliteConfig};
use tempfile::TempDir;

fn run(store: impl Store + 'static, steps: &[Step]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(play(store, steps))
}

fn sqlite() -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Sqlite::open(SqliteConfig {
        readers: 1,
        ..SqliteConfig::at(folder.path().join("suhbat.db"))
    });
    (store.expect("an empty database"), folder)
}

fn on_sqlite(steps: &[Step]) -> Vec<String> {
    let (store, _folder) = sqlite();
    run(store, steps)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_is_seen_like_the_fake(steps in prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1..80)) {
        let (expected, found) = (run(FakeStore::default(), &steps), on_sqlite(&steps));
        for (expected, found) in expected.iter().zip(&found) {
            prop_assert_eq!(expected, found);
        }
        prop_assert_eq!(expected.len(), found.len());
    }

    #[test]
    fn directory_documents_are_judged_as_a_whole(
        documents in prop::collection::vec(prop::collection::vec(any::<[u8; 3]>(), 0..8), 1..8)
    ) {
        let (store, _folder) = sqlite();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(play_documents(&store, &documents));
    }
}
