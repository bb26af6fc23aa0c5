//! The fake store keeps the invariants of the model, and the same steps end the same way.

use domain::testing::{
    conformance::feed::play_documents,
    fakes::FakeStore,
    model::{Step, play},
};
use proptest::{prelude::*, strategy::ValueTree};

fn run(steps: &[Step]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(play(FakeStore::default(), steps))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fake_keeps_the_invariants(steps in prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1..80)) {
        prop_assert_eq!(run(&steps), run(&steps));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn directory_documents_are_judged_as_a_whole(
        documents in prop::collection::vec(prop::collection::vec(any::<[u8; 3]>(), 0..8), 1..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(play_documents(&FakeStore::default(), &documents));
    }
}

/// Random steps are worth something only if most kinds of outcome happen.
#[test]
fn steps_lead_to_every_kind_of_outcome() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1200);
    let steps = strategy.new_tree(&mut runner).expect("steps").current();
    let transcript = run(&steps).concat();
    for outcome in [
        "opened",
        "found",
        "sent before",
        "client_id_conflict",
        "invalid_reply",
        "not_sender",
        "edit_window_closed",
        "message_deleted",
        "not_pin_authority",
        "not_subscribed",
        "conversation_not_found",
        "→ ",
        "Delivered",
        "up_to=true",
        "up_to=false",
        "Edited",
        "Pinned",
        "Deleted",
        "deleted=true",
        "unfollowed",
    ] {
        assert!(transcript.contains(outcome), "never happened: {outcome}");
    }
}
