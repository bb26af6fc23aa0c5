//! A model to compare stores with: the same steps, taken through the use cases on two stores, must have the same visible results for everybody.
//!
//! A test makes random [`Step`]s, [`play`]s them on [`FakeStore`](crate::testing::fakes::FakeStore) and on an adapter, and compares what comes back.
//! Independently of the other store, each must also keep the invariants that are checked on the way: `seq` without gaps, unread counts and marks that
//! follow from the receipts, lists in order, tombstones without content.

mod invariants;
mod render;
mod step;
mod visible;
mod world;

pub use step::Step;
pub use world::World;

use super::conformance::Store;

/// The number of steps between two comparisons of the whole state.
const STEPS_BETWEEN_LOOKS: usize = 10;

/// Takes all steps on an empty store. Returns the result of each, and every so often (and at the end) the whole visible state; neither depends
/// on the ids that the store gives.
pub async fn play(store: impl Store + 'static, steps: &[Step]) -> Vec<String> {
    let mut world = World::new(store).await;
    let mut transcript = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        transcript.push(format!("{step:?}\n{}", world.apply(step).await));
        if (number + 1) % STEPS_BETWEEN_LOOKS == 0 {
            transcript.push(world.visible_state().await);
        }
    }
    transcript.push(world.visible_state().await);
    transcript
}
