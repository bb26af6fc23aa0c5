//! Objects that no message names yet.

use super::Intake;

/// Objects that are deleted when this is dropped before they are [claimed](Self::claim).
pub struct Unclaimed {
    intake: Intake,
    keys: Vec<String>,
}

impl Unclaimed {
    pub(super) fn none(intake: Intake) -> Self {
        Self { intake, keys: Vec::new() }
    }

    pub(super) fn new(intake: Intake, key: String) -> Self {
        Self { intake, keys: vec![key] }
    }

    pub(super) fn join(&mut self, mut other: Self) {
        self.keys.append(&mut other.keys);
    }

    /// From now on they are somebody else's.
    pub fn claim(mut self) {
        self.keys.clear();
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        if keys.is_empty() {
            return;
        }
        let inner = &self.intake.0;
        let blobs = inner.blobs.clone();
        // What cannot be deleted now, the store tells the operator of, and the sweep tries again.
        let delete = async move { drop(blobs.delete(&keys).await) };
        drop(inner.under_way.spawn_on(delete, &inner.runtime));
    }
}
