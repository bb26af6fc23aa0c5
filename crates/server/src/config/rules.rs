//! `policy.*`, `limits.*` and `rate.*`: what may be done, how much, and how often.

use std::time::Duration;

use domain::{policy::AdminOutreach, ports::Rates};

use super::reader::{Read, Reader};

const TEN_YEARS: i64 = 10 * 366 * 24 * 3600;
const ONE_YEAR: i64 = 366 * 24 * 3600;

/// What an operator may set about the rules.
#[derive(Clone, Debug)]
pub struct PolicyConfig {
    /// How long a message can be edited (R8).
    pub edit_window_seconds: i64,
    /// Which members admins may write to first (R3).
    pub admin_outreach: AdminOutreach,
}

impl PolicyConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let edit_window_seconds = reader.number("policy.edit_window_seconds", 0..=TEN_YEARS);
        let admin_outreach = reader.text("policy.admin_outreach", |text| match text {
            "anyone" => Ok(AdminOutreach::Anyone),
            "own_subscribers" => Ok(AdminOutreach::OwnSubscribers),
            "reply_only" => Ok(AdminOutreach::ReplyOnly),
            _ => Err(format!("must be anyone, own_subscribers or reply_only, not {text:?}")),
        });
        Ok(Self {
            edit_window_seconds: edit_window_seconds?,
            admin_outreach: admin_outreach?,
        })
    }
}

/// How much is accepted.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Unicode scalar values of one message.
    pub content_chars: usize,
    /// Files of one message.
    pub files_per_message: usize,
    /// Bytes of one file; no more than of its request.
    pub file_bytes: u64,
    /// Bytes of one request with all its files.
    pub request_bytes: u64,
    /// Open sockets of one user on this node.
    pub sockets_per_user: usize,
    /// How long a signed link to a file works.
    pub link_seconds: u64,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let content_chars = reader.number("limits.content_chars", 1..=1_000_000);
        let files_per_message = reader.number("limits.files_per_message", 0..=1000);
        let file_bytes: Read<u64> = reader.number("limits.file_bytes", 1..=i64::MAX);
        let request_bytes: Read<u64> = reader.number("limits.request_bytes", 1..=i64::MAX);
        let sockets_per_user = reader.number("limits.sockets_per_user", 1..=100_000);
        let link_seconds = reader.number("limits.link_seconds", 1..=ONE_YEAR);
        Ok(Self {
            content_chars: content_chars?,
            files_per_message: files_per_message?,
            file_bytes: file_bytes?.min(request_bytes?),
            request_bytes: request_bytes?,
            sockets_per_user: sockets_per_user?,
            link_seconds: link_seconds?,
        })
    }
}

/// So many frames may come from a socket for each message and request that its user may make; typing, receipts and pings have no limit of their own.
const FRAMES: u64 = 5;

/// How often a user may do something; 0 is as often as wished.
#[derive(Clone, Debug)]
pub struct RateConfig {
    /// Messages sent.
    pub messages_per_minute: u32,
    /// Messages with files.
    pub uploads_per_minute: u32,
    /// All requests.
    pub requests_per_minute: u32,
}

impl RateConfig {
    /// For the limiter.
    pub fn rates(&self) -> Rates {
        Rates {
            messages_per_minute: self.messages_per_minute,
            uploads_per_minute: self.uploads_per_minute,
            requests_per_minute: self.requests_per_minute,
        }
    }

    /// The shortest time that frames of one socket are apart in the long run: far shorter than a client needs whose user keeps to the limits. Without one of
    /// the limits there is none.
    pub fn frame_gap(&self) -> Option<Duration> {
        let allowed = u64::from(self.messages_per_minute) + u64::from(self.requests_per_minute);
        let is_limited = self.messages_per_minute > 0 && self.requests_per_minute > 0;
        is_limited.then(|| Duration::from_mins(1) / u32::try_from(FRAMES * allowed).unwrap_or(u32::MAX))
    }

    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let messages_per_minute = reader.number("rate.messages_per_minute", 0..=10_000_000);
        let uploads_per_minute = reader.number("rate.uploads_per_minute", 0..=10_000_000);
        let requests_per_minute = reader.number("rate.requests_per_minute", 0..=10_000_000);
        Ok(Self {
            messages_per_minute: messages_per_minute?,
            uploads_per_minute: uploads_per_minute?,
            requests_per_minute: requests_per_minute?,
        })
    }
}
