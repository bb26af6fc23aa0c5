//! Random steps on the fake and on the database are seen alike by everybody.

use domain::testing::{
    conformance::Store,
    fakes::FakeStore,
    model::{Step, play},
};
use proptest::prelude::*;
use storage::sqlite::{Sqlite, SqliteConfig};

fn run(store: impl Store + 'static, steps: &[Step]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(play(store, steps))
}

fn on_sqlite(steps: &[Step]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Sqlite::open(SqliteConfig {
        readers: 1,
        ..SqliteConfig::at(folder.path().join("suhbat.db"))
    })
    .expect("an empty database");
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
}
