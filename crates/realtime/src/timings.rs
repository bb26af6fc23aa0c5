//! Every interval of the realtime side.

use std::time::Duration;

/// How long things take and last. The default is what the contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// A socket is pinged this often, and dropped after two of these without a sound from the peer. Leases are renewed and accounts looked at as often.
    pub heartbeat: Duration,
    /// Somebody who does not renew it stops typing after this long.
    pub typing_expiry: Duration,
    /// Typing in one conversation is relayed at most once in this time.
    pub typing_throttle: Duration,
    /// How long a user stays online after the last socket.
    pub grace: Duration,
    /// Proofs of delivery are gathered for this long and written together.
    pub delivery_gather: Duration,
    /// Proofs of delivery are asked of a socket at most once in this time.
    pub ping_spacing: Duration,
    /// In the long run a socket is read no faster than one frame in this time; `None`: as fast as it comes.
    pub frame_gap: Option<Duration>,
}

impl Timings {
    /// How long a lease of presence lasts without being renewed: one missed renewal is forgiven.
    pub const fn lease(&self) -> Duration {
        self.heartbeat.saturating_mul(3)
    }

    /// How often to ask who has departed, so that the end of the grace is noticed soon.
    pub fn departure_poll(&self) -> Duration {
        (self.grace / 10).clamp(Duration::from_millis(20), Duration::from_secs(1))
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(25),
            typing_expiry: Duration::from_secs(6),
            typing_throttle: Duration::from_secs(1),
            grace: Duration::from_secs(5),
            delivery_gather: Duration::from_millis(30),
            ping_spacing: Duration::from_millis(100),
            frame_gap: None,
        }
    }
}
