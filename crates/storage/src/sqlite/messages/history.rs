//! Windows of a history, and its changes.

use domain::{
    change::ChangePage,
    id::{ConversationId, MessageId, Seq, UserId},
    message::Message,
    page::{HistoryPage, Window},
    ports::MessageFilter,
    receipt::Marks,
    time::Timestamp,
};
use rusqlite::Connection;

use super::{
    super::rows::{Query, all, first, offset, query, row},
    conversation_of,
    load::load,
};
use crate::error::{Result, failed};

/// The queries for the messages that pass a filter: the ids before an id, newest first; the ids after one, oldest first; and the total.
pub(crate) struct Queries {
    /// Parameters: conversation, the id before which, limit, offset.
    pub(crate) older: &'static str,
    /// Parameters: conversation, the id after which, limit.
    pub(crate) newer: &'static str,
    /// The only parameter is the conversation.
    pub(crate) total: &'static str,
}

macro_rules! queries {
    ($shown:literal, $total:literal) => {
        Queries {
            older: concat!(
                "SELECT id FROM messaging_message WHERE conversation_id = ?1 AND id < ?2",
                $shown,
                " ORDER BY id DESC LIMIT ?3 OFFSET ?4"
            ),
            newer: concat!(
                "SELECT id FROM messaging_message WHERE conversation_id = ?1 AND id > ?2",
                $shown,
                " ORDER BY id LIMIT ?3"
            ),
            total: $total,
        }
    };
}

/// The queries for a filter. Pinned messages are never deleted.
pub(crate) const fn queries(shown: MessageFilter) -> Queries {
    if shown.pinned_only {
        queries!(
            " AND is_pinned = 1",
            "SELECT COUNT(*) FROM messaging_message WHERE conversation_id = ?1 AND is_pinned = 1"
        )
    } else if shown.deleted {
        queries!("", "SELECT message_count + deleted_count FROM messaging_conversation WHERE id = ?1")
    } else {
        queries!(
            " AND is_deleted = 0",
            "SELECT message_count FROM messaging_conversation WHERE id = ?1"
        )
    }
}

/// The history of one conversation under one filter.
struct History<'c> {
    connection: &'c Connection,
    of: ConversationId,
    queries: Queries,
}

/// The ids of a window, ascending, and whether there are more before and after it.
struct Found {
    ids: Vec<i64>,
    has_older: bool,
    has_newer: bool,
}

impl History<'_> {
    /// The messages directly before `id`, ascending, and whether there are more.
    fn before(&self, id: i64, limit: i64, offset: i64) -> rusqlite::Result<(Vec<i64>, bool)> {
        let params = [self.of.0, id, limit.saturating_add(1), offset];
        let (mut ids, more) = trim(all(self.connection, self.queries.older, params)?, limit);
        ids.reverse();
        Ok((ids, more))
    }

    /// The messages directly after `id`, ascending, and whether there are more.
    fn after(&self, id: i64, limit: i64) -> rusqlite::Result<(Vec<i64>, bool)> {
        let params = [self.of.0, id, limit.saturating_add(1)];
        Ok(trim(all(self.connection, self.queries.newer, params)?, limit))
    }

    fn window(&self, window: Window, total: u64) -> rusqlite::Result<Found> {
        Ok(match window {
            Window::Page(page) => {
                let (ids, has_older) = self.before(i64::MAX, page.size.into(), offset(page))?;
                Found {
                    ids,
                    has_older,
                    has_newer: page.offset() > 0 && total > 0,
                }
            }
            Window::Before(MessageId(id), limit) => {
                let (ids, has_older) = self.before(id, limit.into(), 0)?;
                Found {
                    ids,
                    has_older,
                    has_newer: self.after(id.saturating_sub(1), 0)?.1,
                }
            }
            Window::After(MessageId(id), limit) => {
                let (ids, has_newer) = self.after(id, limit.into())?;
                Found {
                    ids,
                    has_older: self.before(id.saturating_add(1), 0, 0)?.1,
                    has_newer,
                }
            }
            Window::Around(MessageId(id), limit) => {
                let older = limit / 2;
                let (mut ids, has_older) = self.before(id, older.into(), 0)?;
                let (newer, has_newer) = self.after(id.saturating_sub(1), (limit - older).into())?;
                ids.extend(newer);
                Found { ids, has_older, has_newer }
            }
        })
    }
}

/// Keeps the first `limit` of `limit + 1` rows, and returns whether there was one more.
fn trim(mut ids: Vec<i64>, limit: i64) -> (Vec<i64>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = ids.len() > limit;
    ids.truncate(limit);
    (ids, more)
}

/// A window of the history; `None` if the message in the middle is not in this conversation.
pub(super) fn window(
    connection: &Connection,
    of: ConversationId,
    window: Window,
    shown: MessageFilter,
) -> Result<Option<HistoryPage<Message>>> {
    if let Window::Around(id, _) = window
        && conversation_of(connection, id)? != Some(of)
    {
        return Ok(None);
    }
    let history = History {
        connection,
        of,
        queries: queries(shown),
    };
    let total = first(connection, history.queries.total, [of.0])?.unwrap_or(0);
    let Found { ids, has_older, has_newer } = history.window(window, total)?;
    let items = load(connection, of, &ids)?.into_iter().map(|(_, message)| message).collect();
    Ok(Some(HistoryPage {
        items,
        total,
        has_older,
        has_newer,
    }))
}

/// Selects the ids of messages in the order of their newest change. Parameters: conversation, the `seq` after which, limit.
pub(crate) const SELECT_CHANGED_IDS: Query<i64> =
    Query::value("SELECT id FROM messaging_message WHERE conversation_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");

const SELECT_LAST_SEQ: Query<Seq> = Query::value("SELECT last_seq FROM messaging_conversation WHERE id = ?1");

row!(impl Marks of messaging_conversation_participants {
    user: UserId = user_id,
    delivered_up_to: Option<MessageId>,
    read_up_to: Option<MessageId>,
    read_at: Option<Timestamp>,
});

const SELECT_MARKS: Query<Marks> = query!(
    Marks as "p",
    "FROM messaging_conversation_participants p WHERE p.conversation_id = ?1 ORDER BY p.user_id"
);

/// A page of changes, with the marks of all participants.
pub(super) fn changes(connection: &Connection, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage> {
    let limit = i64::from(limit);
    let (ids, has_more) = trim(SELECT_CHANGED_IDS.all(connection, [of.0, after.0, limit.saturating_add(1)])?, limit);
    let last_seq = SELECT_LAST_SEQ.first(connection, [of.0])?;
    let marks = SELECT_MARKS.all(connection, [of.0])?;
    let last_seq = last_seq.ok_or_else(|| failed("there is no such conversation"))?;
    Ok(ChangePage {
        changes: load(connection, of, &ids)?,
        last_seq,
        has_more,
        marks,
    })
}
