//! Windows of a history, and what changed in it.

use domain::{
    id::{ConversationId, MessageId, Seq, UserId},
    message::{ChangePage, Message},
    page::{HistoryPage, Window},
    ports::Shown,
    receipt::Marks,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    super::rows::{all, count, first, offset},
    conversation_of,
    load::load,
};
use crate::error::{Result, failed};

/// The ids of shown messages: those before an id, newest first, and those after one, oldest first; and how many there are in all.
pub(crate) struct Queries {
    /// Of a conversation, before an id, limit, offset.
    pub(crate) older: &'static str,
    /// Of a conversation, after an id, limit.
    pub(crate) newer: &'static str,
    /// Of a conversation.
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

/// The queries for what is to be shown. Pinned messages are never deleted.
pub(crate) const fn queries(shown: Shown) -> Queries {
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

/// One history, seen through its queries.
struct History<'c> {
    connection: &'c Connection,
    of: ConversationId,
    queries: Queries,
}

/// Ids of a window, ascending, and whether more lie on its sides.
struct Found {
    ids: Vec<i64>,
    has_older: bool,
    has_newer: bool,
}

impl History<'_> {
    /// The messages directly before `id`, ascending, and whether there are more.
    fn before(&self, id: i64, limit: i64, offset: i64) -> rusqlite::Result<(Vec<i64>, bool)> {
        let params = [self.of.0, id, limit.saturating_add(1), offset];
        let (mut ids, more) = trim(all(self.connection, self.queries.older, params, |row| row.get(0))?, limit);
        ids.reverse();
        Ok((ids, more))
    }

    /// The messages directly after `id`, ascending, and whether there are more.
    fn after(&self, id: i64, limit: i64) -> rusqlite::Result<(Vec<i64>, bool)> {
        let params = [self.of.0, id, limit.saturating_add(1)];
        Ok(trim(all(self.connection, self.queries.newer, params, |row| row.get(0))?, limit))
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

/// Of `limit + 1` rows the first `limit`, and whether there was one more.
fn trim(mut ids: Vec<i64>, limit: i64) -> (Vec<i64>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = ids.len() > limit;
    ids.truncate(limit);
    (ids, more)
}

/// A window of the history; `None` if the message in the middle is elsewhere.
pub(super) fn window(connection: &Connection, of: ConversationId, window: Window, shown: Shown) -> Result<Option<HistoryPage<Message>>> {
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
    let total = first(connection, history.queries.total, [of.0], |row| count(row, 0))?.unwrap_or(0);
    let Found { ids, has_older, has_newer } = history.window(window, total)?;
    let items = load(connection, of, &ids)?.into_iter().map(|(_, message)| message).collect();
    Ok(Some(HistoryPage {
        items,
        total,
        has_older,
        has_newer,
    }))
}

/// The ids of a conversation's messages by their newest change, after one, with a limit.
pub(crate) const CHANGES: &str = "SELECT id FROM messaging_message WHERE conversation_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

/// A page of changes, and how far everybody has come.
pub(super) fn changes(connection: &Connection, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage> {
    let limit = i64::from(limit);
    let (ids, has_more) = trim(
        all(connection, CHANGES, [of.0, after.0, limit.saturating_add(1)], |row| row.get(0))?,
        limit,
    );
    let last_seq = first(
        connection,
        "SELECT last_seq FROM messaging_conversation WHERE id = ?1",
        [of.0],
        |row| Ok(Seq(row.get(0)?)),
    )?;
    let marks = all(
        connection,
        "SELECT user_id, delivered_up_to, read_up_to, read_at FROM messaging_conversation_participants WHERE conversation_id = ?1 ORDER BY user_id",
        params![of.0],
        |row| {
            Ok(Marks {
                user: UserId(row.get(0)?),
                delivered_up_to: row.get::<_, Option<i64>>(1)?.map(MessageId),
                read_up_to: row.get::<_, Option<i64>>(2)?.map(MessageId),
                read_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
            })
        },
    )?;
    let last_seq = last_seq.ok_or_else(|| failed("there is no such conversation"))?;
    Ok(ChangePage {
        changes: load(connection, of, &ids)?,
        last_seq,
        has_more,
        marks,
    })
}
