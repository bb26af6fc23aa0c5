//! Points in time, with the resolution of the databases that keep them.

#[cfg(test)]
mod tests;

use chrono::{DateTime, SecondsFormat, Utc};

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Converts from chrono's type and cuts off what is finer than a microsecond.
    pub fn from_utc(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }

    /// As chrono's type; `None` outside chrono's range of years.
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// The time this many seconds later (earlier, if negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The time this many microseconds later (earlier, if negative).
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole seconds since 1970, rounded down, as a JWT counts time.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

/// RFC 3339 in UTC with microseconds and `Z`, as everywhere on the wire.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to_utc() {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{} µs", self.0),
        }
    }
}
