//! `policy.*`, `limits.*` and `rate.*`: the rules, and the limits of size, number and rate.

use std::time::Duration;

use domain::{policy::AdminOutreach, ports::Rates};

use super::section::{Words, number, section, text, word};

const TEN_YEARS: i64 = 10 * 366 * 24 * 3600;
const ONE_YEAR: i64 = 366 * 24 * 3600;

section! {
    /// The settings of the rules.
    #[derive(Clone, Debug)]
    pub struct PolicyConfig in "policy" {
        /// The edit window (R8).
        pub edit_window_seconds: i64 = number(0..=TEN_YEARS),
        /// The members whom admins may write to first (R3).
        pub admin_outreach: AdminOutreach = text(word),
    }
}

impl Words for AdminOutreach {
    const ALL: &'static [Self] = &[Self::Anyone, Self::OwnSubscribers, Self::ReplyOnly];

    fn word(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::OwnSubscribers => "own_subscribers",
            Self::ReplyOnly => "reply_only",
        }
    }
}

section! {
    /// Limits of size and number.
    #[derive(Clone, Debug)]
    pub struct LimitsConfig in "limits" {
        /// Unicode scalar values of one message.
        pub content_chars: usize = number(1..=1_000_000),
        /// Files of one message.
        pub files_per_message: usize = number(0..=1000),
        /// Bytes of one file; no more than of its request.
        pub file_bytes: u64 = number(1..=i64::MAX),
        /// Bytes of one request with all its files.
        pub request_bytes: u64 = number(1..=i64::MAX),
        /// Pixels of one picture, by its header.
        pub image_pixels: u64 = number(1..=10_000_000_000),
        /// Open sockets of one user on this node.
        pub sockets_per_user: usize = number(1..=100_000),
        /// The lifetime of a signed link to a file.
        pub link_seconds: u64 = number(1..=ONE_YEAR),
        /// Bytes of files that one user may send in a day; 0 is as many as wished.
        pub upload_bytes_per_day: u64 = number(0..=i64::MAX),
    }
}

impl LimitsConfig {
    /// A file is no larger than its request may be.
    pub(super) fn within_requests(mut self) -> Self {
        self.file_bytes = self.file_bytes.min(self.request_bytes);
        self
    }
}

/// So many frames may come from a socket for each message and request that its user may make; typing, receipts and pings have no limit of their own.
const FRAMES: u64 = 5;

section! {
    /// Limits of the acts of one user; 0 means no limit.
    #[derive(Clone, Debug)]
    pub struct RateConfig in "rate" {
        /// Counts messages sent over REST and sockets together.
        pub messages_per_minute: u32 = number(0..=10_000_000),
        /// Counts messages with files, which count as messages too.
        pub uploads_per_minute: u32 = number(0..=10_000_000),
        /// Counts REST requests, and the frames that change something.
        pub requests_per_minute: u32 = number(0..=10_000_000),
        /// Counts searches of messages, which count as requests too.
        pub searches_per_minute: u32 = number(0..=10_000_000),
    }
}

impl RateConfig {
    /// For the limiter: the limits by the minute.
    pub fn rates(&self) -> Rates {
        Rates {
            messages_per_minute: self.messages_per_minute,
            uploads_per_minute: self.uploads_per_minute,
            requests_per_minute: self.requests_per_minute,
            searches_per_minute: self.searches_per_minute,
            ..Rates::UNLIMITED
        }
    }

    /// The shortest time that frames of one socket are apart in the long run: far shorter than a client needs whose user keeps to the limits. Without one of
    /// the limits there is none.
    pub fn frame_gap(&self) -> Option<Duration> {
        let allowed = u64::from(self.messages_per_minute) + u64::from(self.requests_per_minute);
        let is_limited = self.messages_per_minute > 0 && self.requests_per_minute > 0;
        is_limited.then(|| Duration::from_mins(1) / u32::try_from(FRAMES * allowed).unwrap_or(u32::MAX))
    }
}
