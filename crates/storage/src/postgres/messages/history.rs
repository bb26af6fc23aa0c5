//! Windows of a history, and what changed in it.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
    dsl::not,
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    change::ChangePage,
    id::{ConversationId, MessageId, Seq, UserId},
    message::Message,
    page::{HistoryPage, Window},
    ports::MessageFilter,
    receipt::Marks,
};
use futures_util::try_join;

use super::{
    super::{
        Connection,
        rows::{count, time},
        schema::{
            messaging_conversation as conversation, messaging_conversation_participants, messaging_conversation_participants as members,
            messaging_message as messages,
        },
        search::offset,
    },
    conversation_of,
    load::load,
};
use crate::error::{Result, failed};

/// One history, as far as it is shown.
struct History<'c> {
    connection: &'c Connection,
    of: ConversationId,
    shown: MessageFilter,
}

/// Ids of a window, ascending, and whether more lie on its sides.
struct Found {
    ids: Vec<i64>,
    has_older: bool,
    has_newer: bool,
}

impl History<'_> {
    /// A message that Suhbat deletes is unpinned; the platform's older service left it pinned.
    fn shown<'q>(&self) -> messages::BoxedQuery<'q, Pg> {
        let all = messages::table.filter(messages::conversation_id.eq(self.of.0)).into_boxed();
        if self.shown.pinned_only {
            all.filter(messages::is_pinned).filter(not(messages::is_deleted))
        } else if self.shown.deleted {
            all
        } else {
            all.filter(not(messages::is_deleted))
        }
    }

    /// The messages directly before `id`, ascending, and whether there are more.
    async fn before(&self, id: i64, limit: i64, offset: i64) -> Result<(Vec<i64>, bool)> {
        let ids = self
            .shown()
            .filter(messages::id.lt(id))
            .select(messages::id)
            .order(messages::id.desc())
            .limit(limit.saturating_add(1))
            .offset(offset)
            .load(&mut &*self.connection)
            .await?;
        let (mut ids, more) = trim(ids, limit);
        ids.reverse();
        Ok((ids, more))
    }

    /// The messages directly after `id`, ascending, and whether there are more.
    async fn after(&self, id: i64, limit: i64) -> Result<(Vec<i64>, bool)> {
        let ids = self
            .shown()
            .filter(messages::id.gt(id))
            .select(messages::id)
            .order(messages::id)
            .limit(limit.saturating_add(1))
            .load(&mut &*self.connection)
            .await?;
        Ok(trim(ids, limit))
    }

    /// How many messages are shown in all.
    async fn total(&self) -> Result<u64> {
        let total: Option<i64> = if self.shown.pinned_only {
            Some(self.shown().count().get_result(&mut &*self.connection).await?)
        } else {
            let counts: Option<(i64, i64)> = conversation::table
                .find(self.of.0)
                .select((conversation::message_count, conversation::deleted_count))
                .first(&mut &*self.connection)
                .await
                .optional()?;
            counts.map(|(there, deleted)| if self.shown.deleted { there + deleted } else { there })
        };
        Ok(count(total.unwrap_or(0), "messaging_conversation", "message_count")?)
    }

    async fn window(&self, window: Window) -> Result<Found> {
        let ((mut ids, has_older), (newer, has_newer)) = match window {
            Window::Page(page) => {
                let older = self.before(i64::MAX, page.size.into(), offset(page)).await?;
                (older, (Vec::new(), page.offset() > 0))
            }
            Window::Before(MessageId(id), limit) => try_join!(self.before(id, limit.into(), 0), self.after(id.saturating_sub(1), 0))?,
            Window::After(MessageId(id), limit) => try_join!(self.before(id.saturating_add(1), 0, 0), self.after(id, limit.into()))?,
            Window::Around(MessageId(id), limit) => {
                let older = limit / 2;
                try_join!(
                    self.before(id, older.into(), 0),
                    self.after(id.saturating_sub(1), (limit - older).into())
                )?
            }
        };
        ids.extend(newer);
        Ok(Found { ids, has_older, has_newer })
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
pub(super) async fn window(
    connection: &Connection,
    of: ConversationId,
    window: Window,
    shown: MessageFilter,
) -> Result<Option<HistoryPage<Message>>> {
    if let Window::Around(id, _) = window
        && conversation_of(connection, id).await? != Some(of)
    {
        return Ok(None);
    }
    let history = History { connection, of, shown };
    let (total, Found { ids, has_older, has_newer }) = try_join!(history.total(), history.window(window))?;
    let items = load(connection, of, &ids).await?;
    Ok(Some(HistoryPage {
        items: items.into_iter().map(|(_, message)| message).collect(),
        total,
        has_older,
        // A page beyond the end of an empty history has nothing on either side.
        has_newer: has_newer && total > 0,
    }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_conversation_participants, check_for_backend(Pg))]
struct MarksRow {
    user_id: i64,
    delivered_up_to: Option<i64>,
    read_up_to: Option<i64>,
    read_at: Option<PgTimestamp>,
}

impl From<MarksRow> for Marks {
    fn from(row: MarksRow) -> Self {
        Self {
            user: UserId(row.user_id),
            delivered_up_to: row.delivered_up_to.map(MessageId),
            read_up_to: row.read_up_to.map(MessageId),
            read_at: row.read_at.map(time),
        }
    }
}

/// A page of changes, and how far everybody has come.
pub(super) async fn changes(connection: &Connection, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage> {
    let limit = i64::from(limit);
    let (mut one, mut two, mut three) = (connection, connection, connection);
    let ids = messages::table
        .filter(messages::conversation_id.eq(of.0))
        .filter(messages::seq.gt(after.0))
        .select(messages::id)
        .order(messages::seq)
        .limit(limit.saturating_add(1))
        .load::<i64>(&mut one);
    let last_seq = conversation::table.find(of.0).select(conversation::last_seq).first::<i64>(&mut two);
    let marks = members::table
        .filter(members::conversation_id.eq(of.0))
        .order(members::user_id)
        .select(MarksRow::as_select())
        .load(&mut three);
    let (ids, last_seq, marks) = futures_util::join!(ids, last_seq, marks);
    let (ids, has_more) = trim(ids?, limit);
    let (last_seq, marks) = (last_seq.optional()?, marks?);
    Ok(ChangePage {
        changes: load(connection, of, &ids).await?,
        last_seq: Seq(last_seq.ok_or_else(|| failed("there is no such conversation"))?),
        has_more,
        marks: marks.into_iter().map(Into::into).collect(),
    })
}
