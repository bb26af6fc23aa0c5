//! Points in time, with the resolution of the databases that keep them.

#[cfg(test)]
mod tests;

use std::{fmt, str};

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time that this text names in RFC 3339, with any offset; `None` if it names none.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::from_utc(at.to_utc()))
    }

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
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(at) => match u32::try_from(at.year()) {
                Ok(year @ 0..=9999) => f.write_str(str::from_utf8(&digits(year, at)).map_err(|_| fmt::Error)?),
                _ => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            },
            None => write!(f, "{} µs", self.0),
        }
    }
}

/// The text of a time in a year of four digits. Every message has several times, and chrono takes ten times as long to write one.
fn digits(year: u32, at: DateTime<Utc>) -> [u8; 27] {
    let at = at.naive_utc();
    let mut text = *b"YYYY-MM-DDTHH:MM:SS.ffffffZ";
    put(&mut text[..4], year);
    put(&mut text[5..7], at.month());
    put(&mut text[8..10], at.day());
    put(&mut text[11..13], at.hour());
    put(&mut text[14..16], at.minute());
    put(&mut text[17..19], at.second());
    put(&mut text[20..26], at.nanosecond() / 1_000);
    text
}

/// Writes the last digits of a number, as many as there is room for.
fn put(room: &mut [u8], mut number: u32) {
    for place in room.iter_mut().rev() {
        *place = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}
