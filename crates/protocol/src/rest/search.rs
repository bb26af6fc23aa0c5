//! The search of messages.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use domain::{
    denial::Denial,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, UserId},
    message_search::{self, Has, Hit, SearchFilter, SearchPage, SearchRequest},
    page::MAX_PAGE,
    time::Timestamp,
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{Confession, Message, User};
use crate::{
    fields::{Fields, request},
    render::Viewer,
};

/// Hits of a page, unless asked for otherwise.
pub const SEARCH_PAGE: u32 = 20;

request! {
    /// The messages that are looked for.
    #[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct SearchQuery {
        /// The words, all of which a message must have, in its text or in the names of its files. `"…"` is a phrase, `-word` excludes. The last word, if no
        /// space follows it, may be unfinished. At most 200 characters and 8 words; at least one word of two letters.
        #[param(required, max_length = 200)]
        pub q: Option<String>,
        /// Only this conversation.
        #[param(value_type = Option<i64>)]
        pub conversation: Option<ConversationId>,
        /// Only conversations about this confession; may be given several times.
        #[param(value_type = Vec<i64>)]
        pub confession: Vec<ConfessionId> = confessions,
        /// Only messages of this person; may be given several times.
        #[param(value_type = Vec<i64>)]
        pub sender: Vec<UserId> = senders,
        /// Only messages with a file of this kind, or with a link; may be given several times. `file` is any file that is neither image, video nor audio.
        #[param(value_type = Vec<crate::names::SearchedKind>)]
        pub has: Vec<Has> = kinds,
        /// Only messages sent at this time or later: RFC 3339, or a date in the time zone `tz`.
        pub from: Option<String>,
        /// Only messages sent until this time, itself included: RFC 3339, or a date in the time zone `tz`.
        pub to: Option<String>,
        /// The time zone of dates, such as `Asia/Tashkent`; UTC by default.
        pub tz: Option<String>,
        /// Only messages older than this one.
        #[param(value_type = Option<i64>)]
        pub before: Option<MessageId>,
        /// The most hits, 20 by default; more than 100 count as 100.
        #[param(minimum = 1)]
        pub limit: Option<u32>,
    }
    then has_times
}

/// The first time, and the first time after the last.
type Times = (Option<Timestamp>, Option<Timestamp>);

impl SearchQuery {
    /// The search that is asked for, in one conversation or in all.
    pub fn request(self, within: Option<ConversationId>) -> Result<SearchRequest, Denial> {
        let (from, until) = self.times().unwrap_or_default();
        Ok(SearchRequest {
            query: message_search::read_query(self.q.as_deref().unwrap_or_default())?,
            filter: SearchFilter {
                conversation: within.or(self.conversation),
                confessions: self.confession,
                senders: self.sender,
                has: self.has,
                from,
                until,
            },
            before: self.before,
            limit: self.limit.unwrap_or(SEARCH_PAGE).min(MAX_PAGE),
            is_counted: within.is_some(),
        })
    }

    /// The first time of the search, and the first after it. The error is the name of the bad field and the reason.
    fn times(&self) -> Result<Times, (&'static str, &'static str)> {
        let zone = match self.tz.as_deref() {
            None | Some("") => Tz::UTC,
            Some(name) => name
                .parse()
                .map_err(|_| ("tz", "Must be the name of a time zone, such as Asia/Tashkent."))?,
        };
        let read = |name, text: &Option<String>| match text.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => Moment::read(text, zone)
                .map(Some)
                .ok_or((name, "Must be a time in RFC 3339 or a date such as 2026-03-21.")),
        };
        let from = read("from", &self.from)?.map(|moment| moment.first);
        let until = read("to", &self.to)?.map(|moment| moment.next);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(("from", "Must not be after to."));
        }
        Ok((from, until))
    }

    fn has_times(&self, fields: &mut Fields) {
        if let Err((name, reason)) = self.times() {
            fields.refuse(name, reason);
        }
    }
}

/// A time or a day, as a request names it.
struct Moment {
    first: Timestamp,
    /// The first time after it.
    next: Timestamp,
}

impl Moment {
    fn read(text: &str, zone: Tz) -> Option<Self> {
        let Ok(date) = text.parse::<NaiveDate>() else {
            let time = Timestamp::parse_rfc3339(text)?;
            return Some(Self {
                first: time,
                next: time.plus_micros(1),
            });
        };
        Some(Self {
            first: midnight(date, zone)?,
            next: midnight(date.checked_add_days(Days::new(1))?, zone)?,
        })
    }
}

/// The beginning of a day. Where clocks skip midnight, the day begins later.
fn midnight(date: NaiveDate, zone: Tz) -> Option<Timestamp> {
    let at = |hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&date.and_time(time)).earliest()
    };
    let begin = (0..4).find_map(at)?;
    Some(Timestamp::from_utc(begin.with_timezone(&Utc)))
}

fn confessions(fields: &mut Fields, name: &str) -> Vec<ConfessionId> {
    fields.any_ids(name).into_iter().map(ConfessionId).collect()
}

fn senders(fields: &mut Fields, name: &str) -> Vec<UserId> {
    fields.any_ids(name).into_iter().map(UserId).collect()
}

fn kinds(fields: &mut Fields, name: &str) -> Vec<Has> {
    let mut kinds = Vec::new();
    for text in fields.any(name) {
        let Some(kind) = Has::parse(&text) else {
            fields.refuse(name, "Must be image, video, audio, document, file or link.");
            break;
        };
        kinds.push(kind);
    }
    kinds
}

/// The hits of a search, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchResults<'a> {
    /// Always null: hits are not counted in advance.
    #[schema(required)]
    pub count: Option<u64>,
    /// The absolute URL of older hits; null at the end.
    #[schema(required, format = "uri")]
    pub next: Option<String>,
    /// Always null.
    #[schema(required, format = "uri")]
    pub previous: Option<String>,
    /// The hits.
    pub results: Vec<SearchHit<'a>>,
    /// About how many messages are not in the index yet, so that older ones of them may be missing.
    pub indexing: u64,
    /// Whether only the newest of the viewer's conversations were searched.
    pub partial: bool,
    /// In the search of one conversation: the number of its hits, up to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total: Option<u32>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchHit<'a> {
    /// The message.
    pub message: Message<'a>,
    /// Its conversation.
    pub conversation: SearchedConversation<'a>,
    /// The part of its text around the first hit; the beginning if only a file's name is a hit.
    pub snippet: Snippet<'a>,
    /// The files whose names are hits.
    pub files: Vec<FileHit>,
    /// In the search of one conversation: the place among its hits, from 1, newest first; null beyond those that are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub position: Option<u32>,
}

/// The conversation of a hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchedConversation<'a> {
    /// The conversation.
    pub id: i64,
    /// `direct`.
    pub kind: &'static str,
    /// Always null: conversations are named by their participants.
    #[schema(required)]
    pub title: Option<&'a str>,
    /// All participants, the viewer included.
    pub participants: Vec<User<'a>>,
    /// The confession that the conversation is about; null if it is about none.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
}

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Snippet<'a> {
    /// The part, of at most 160 characters (scalar values).
    pub text: &'a str,
    /// Where the words are in it: the first character and the number of characters, in scalar values.
    #[schema(value_type = Vec<Vec<u32>>)]
    pub ranges: Vec<[usize; 2]>,
    /// Whether text goes before it.
    pub before: bool,
    /// Whether text comes after it.
    pub after: bool,
}

/// The words in the name of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileHit {
    /// The file.
    pub attachment_id: i64,
    /// Where the words are in its name: the first character and the number of characters, in scalar values.
    #[schema(value_type = Vec<Vec<u32>>)]
    pub ranges: Vec<[usize; 2]>,
}

fn ranges(hits: &[Hit]) -> Vec<[usize; 2]> {
    hits.iter().map(|hit| [hit.start, hit.len]).collect()
}

impl Viewer<'_> {
    /// Renders the hits of a search; `next` is the link to older ones.
    pub fn search_results<'m>(&self, page: &'m SearchPage, next: Option<String>) -> SearchResults<'m> {
        let hit = |hit: &'m message_search::SearchHit| SearchHit {
            message: self.message(&hit.message),
            conversation: SearchedConversation {
                id: hit.conversation.id.0,
                kind: "direct",
                title: None,
                participants: hit.conversation.participants.iter().map(User::from).collect(),
                confession: hit.conversation.confession.as_ref().map(Confession::from),
            },
            snippet: Snippet {
                text: &hit.found.snippet.text,
                ranges: ranges(&hit.found.snippet.hits),
                before: hit.found.snippet.before,
                after: hit.found.snippet.after,
            },
            files: hit
                .found
                .files
                .iter()
                .map(|(AttachmentId(attachment_id), hits)| FileHit {
                    attachment_id: *attachment_id,
                    ranges: ranges(hits),
                })
                .collect(),
            position: hit.position,
        };
        SearchResults {
            count: None,
            next,
            previous: None,
            results: page.hits.iter().map(hit).collect(),
            indexing: page.indexing,
            partial: false,
            total: page.total,
        }
    }
}
