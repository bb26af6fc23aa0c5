//! Faults for the tests of the chaos suite, behind the feature `seeded-faults`: the suite has to find each of them. The service never has this feature, which
//! `tests/tests/architecture.rs` checks.

use std::sync::OnceLock;

/// A fault that a program built for tests can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeededFault {
    /// Sent messages are published before their transaction is committed.
    PublishBeforeCommit,
    /// Sockets are not told that events were lost.
    LostResync,
    /// Whether a `client_id` was used before is looked up before the transaction that stores the message.
    ClientIdOutsideTransaction,
}

static CHOSEN: OnceLock<SeededFault> = OnceLock::new();

impl SeededFault {
    /// All faults.
    pub const ALL: [Self; 3] = [Self::PublishBeforeCommit, Self::LostResync, Self::ClientIdOutsideTransaction];

    /// The name by which a program is told to have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublishBeforeCommit => "publish-before-commit",
            Self::LostResync => "lost-resync",
            Self::ClientIdOutsideTransaction => "client-id-outside-transaction",
        }
    }

    /// Gives this process the fault, until it ends. Only the first call has an effect.
    pub fn choose(self) {
        let _ = CHOSEN.set(self);
    }

    /// Whether this process has the fault.
    pub fn is_chosen(self) -> bool {
        CHOSEN.get() == Some(&self)
    }
}
