//! Every interval of the realtime part.

use std::time::Duration;

/// A timer that fires this much too late shows that the service itself paused: its process was stopped, its machine moved, or its thread held up. The time
/// of such a pause does not count against peers and leases.
pub(crate) const LATE: Duration = Duration::from_secs(1);

/// The intervals and limits in time. The defaults are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// The interval in which a socket is pinged and accounts are checked. A peer that is silent for two of them is dropped.
    pub heartbeat: Duration,
    /// A peer that takes nothing for this long, while frames wait to be written to it, is a slow client.
    pub slow: Duration,
    /// Typing ends by itself this long after its last renewal.
    pub typing_expiry: Duration,
    /// Typing in one conversation is relayed at most once in this time.
    pub typing_throttle: Duration,
    /// The time after the last socket of a user closes, before the user counts as offline.
    pub grace: Duration,
    /// Proofs of delivery are gathered for this long and written together.
    pub delivery_gather: Duration,
    /// A client that fetches messages waits at most this long for their delivery mark to be stored, and gets the messages in any case.
    pub fetch_patience: Duration,
    /// Proofs of delivery are asked of a socket at most once in this time.
    pub ping_spacing: Duration,
    /// The length of the lease of a node, after which the others treat it as lost. It is renewed five times as often.
    pub node_lease: Duration,
    /// The shortest mean time between two frames that are read from a socket; `None` for no limit.
    pub frame_gap: Option<Duration>,
}

impl Timings {
    /// The length of a presence lease. With the grace it is less than a minute by default, after which the users of a node that died are told to be offline.
    pub fn lease(&self) -> Duration {
        self.heartbeat * 9 / 5
    }

    /// The interval in which leases are renewed: two missed renewals do not end one.
    pub fn lease_renewal(&self) -> Duration {
        self.lease() / 3
    }

    /// The interval in which a node renews its lease, and looks which nodes are lost.
    pub fn node_lease_renewal(&self) -> Duration {
        self.node_lease / 5
    }

    /// The interval in which departed users are looked for, short enough to notice the end of the grace soon.
    pub fn departure_poll(&self) -> Duration {
        (self.grace / 10).clamp(Duration::from_millis(20), Duration::from_secs(1))
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(25),
            slow: Duration::from_secs(10),
            typing_expiry: Duration::from_secs(6),
            typing_throttle: Duration::from_secs(1),
            grace: Duration::from_secs(5),
            delivery_gather: Duration::from_millis(30),
            fetch_patience: Duration::from_millis(10),
            ping_spacing: Duration::from_millis(100),
            node_lease: Duration::from_secs(10),
            frame_gap: None,
        }
    }
}
