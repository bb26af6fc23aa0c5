//! Lists of conversations: everything that orders, filters and counts them stands on the participant's row.

use std::collections::HashMap;

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, QueryDsl as _,
    SelectableHelper as _,
    dsl::{exists, sum},
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{ListCounts, ListFilter, ListItem, RowState},
    id::{ConfessionId, ConversationId, Seq, UserId},
    page::{NumberedPage, PageRequest},
    people::{Person, Role},
    search::Query,
};
use futures_util::{TryFutureExt as _, try_join};

use super::{
    super::{
        Connection,
        rows::{ConfessionRow, PersonRow, StateRow, count, time},
        schema::{
            AsBigInt, IsPositive, IsStaff, accounts_user, confessions_confession, messaging_conversation,
            messaging_conversation_participants as members, messaging_conversation_totals as totals, messaging_message,
        },
        search::{mentions, offset},
    },
    summary::{PreviewRow, preview},
};
use crate::error::{AdapterError, Result};

/// A page of a person's conversations: four statements in two round trips.
pub(super) async fn list(connection: &Connection, of: UserId, filter: ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>> {
    let query = filter.query.as_deref().map(Query::parse);
    if matches!(query, Some(None)) {
        return Ok(NumberedPage::empty());
    }
    let query = query.flatten();
    let mut shared = connection;
    let found = matching(of, &filter, query.as_ref()).select(members::conversation_id);
    let found = if filter.waiting {
        found.order((members::awaiting_since, members::conversation_id))
    } else {
        found.order((members::last_activity_at.desc(), members::conversation_id.desc()))
    };
    let ids = found
        .limit(page.size.into())
        .offset(offset(page))
        .load::<i64>(&mut shared)
        .map_err(AdapterError::from);
    let (ids, total) = try_join!(ids, total(connection, of, &filter, query.as_ref()))?;
    Ok(NumberedPage {
        items: items(connection, of, ids).await?,
        total: count(total, "messaging_conversation_totals", "conversations")?,
    })
}

/// How many conversations the filter and the search find. Without a search it is known.
async fn total(mut connection: &Connection, of: UserId, filter: &ListFilter, query: Option<&Query>) -> Result<i64> {
    if query.is_some() || filter.unread || filter.waiting || filter.archived == Some(true) {
        return Ok(matching(of, filter, query).count().get_result(&mut connection).await?);
    }
    let mut known = totals::table.filter(totals::user_id.eq(of.0)).into_boxed();
    if let Some(confession) = filter.confession {
        known = known.filter(totals::confession_id.eq(confession.0));
    }
    let known: Vec<i64> = known.select(totals::conversations).load(&mut connection).await?;
    let known: i64 = known.iter().sum();
    if filter.archived.is_none() {
        return Ok(known);
    }
    // Few are in the archive, so that those are counted.
    let archived = ListFilter {
        archived: Some(true),
        ..filter.clone()
    };
    Ok(known - matching(of, &archived, None).count().get_result::<i64>(&mut connection).await?)
}

/// The conversations of a person, as far as the filter and the search find them.
fn matching<'q>(of: UserId, filter: &ListFilter, query: Option<&Query>) -> members::BoxedQuery<'q, Pg> {
    let mut found = members::table.filter(members::user_id.eq(of.0)).into_boxed();
    if let Some(confession) = filter.confession {
        found = found.filter(members::confession_id.eq(confession.0));
    }
    if filter.unread {
        found = found.filter(IsPositive::new(members::unread_count).or(members::is_marked_unread));
    }
    if filter.waiting {
        let is_staff = accounts_user::table
            .filter(accounts_user::id.eq(of.0))
            .filter(IsStaff::new(accounts_user::role));
        found = found.filter(members::awaiting_since.is_not_null()).filter(exists(is_staff));
    }
    match filter.archived {
        Some(true) => found = found.filter(members::archived_at.is_not_null()),
        Some(false) => found = found.filter(members::archived_at.is_null()),
        None => {}
    }
    if let Some(query) = query {
        let others = diesel::alias!(members as others);
        let by_person = exists(
            others
                .inner_join(accounts_user::table.on(accounts_user::id.eq(others.field(members::user_id))))
                .filter(others.field(members::conversation_id).eq(members::conversation_id))
                .filter(others.field(members::user_id).ne(of.0))
                .filter(mentions(accounts_user::searchable, query)),
        );
        let by_confession = exists(
            confessions_confession::table
                .filter(diesel::NullableExpressionMethods::nullable(confessions_confession::id).eq(members::confession_id))
                .filter(mentions(confessions_confession::searchable, query)),
        );
        found = found.filter(by_person.or(by_confession));
    }
    found
}

type Row = (
    i64,
    Option<PgTimestamp>,
    i64,
    i64,
    PgTimestamp,
    StateRow,
    Option<ConfessionRow>,
    Option<PreviewRow>,
);

async fn items(connection: &Connection, of: UserId, ids: Vec<i64>) -> Result<Vec<ListItem>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut shared = connection;
    let newest = messaging_message::table
        .inner_join(accounts_user::table)
        .on(messaging_message::id.nullable().eq(messaging_conversation::last_message_id));
    let rows = messaging_conversation::table
        .inner_join(members::table)
        .left_join(confessions_confession::table)
        .left_join(newest)
        .filter(messaging_conversation::id.eq_any(ids.clone()))
        .filter(members::user_id.eq(of.0))
        .select((
            messaging_conversation::id,
            messaging_conversation::last_message_at,
            messaging_conversation::last_seq,
            members::unread_count,
            messaging_conversation::created_at,
            StateRow::as_select(),
            Option::<ConfessionRow>::as_select(),
            preview().nullable(),
        ))
        .load::<Row>(&mut shared)
        .map_err(AdapterError::from);
    let (rows, mut people) = try_join!(rows, participants(connection, ids.clone()))?;
    let mut found: HashMap<i64, ListItem> = HashMap::with_capacity(ids.len());
    for (id, last_message_at, last_seq, unread, created_at, state, confession, preview) in rows {
        let participants = people.remove(&id).unwrap_or_default();
        let viewer = participants.iter().find(|person| person.id == of);
        let item = ListItem {
            state: RowState::from(state).seen_by(viewer.map_or(Role::User, |viewer| viewer.role)),
            id: ConversationId(id),
            participants,
            created_at: time(created_at),
            last_message_at: last_message_at.map(time),
            last_seq: Seq(last_seq),
            unread_count: count(unread, "messaging_conversation_participants", "unread_count")?,
            confession: confession.map(Into::into),
            preview: preview.map(TryInto::try_into).transpose()?,
        };
        found.insert(id, item);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Everybody in these conversations, by id.
async fn participants(mut connection: &Connection, ids: Vec<i64>) -> Result<HashMap<i64, Vec<Person>>> {
    let rows: Vec<(i64, PersonRow)> = members::table
        .inner_join(accounts_user::table)
        .filter(members::conversation_id.eq_any(ids))
        .order(members::user_id)
        .select((members::conversation_id, PersonRow::as_select()))
        .load(&mut connection)
        .await?;
    let mut people: HashMap<i64, Vec<Person>> = HashMap::new();
    for (conversation, person) in rows {
        people.entry(conversation).or_default().push(person.try_into()?);
    }
    Ok(people)
}

/// The numbers of conversations that the filters have, each counted in the index of its filter.
pub(super) async fn counts(connection: &Connection, of: UserId, within: Option<ConfessionId>) -> Result<ListCounts> {
    let [present, unread, waiting, archived] = ListCounts::filters(within);
    let (all, unread, waiting, archived) = try_join!(
        total(connection, of, &present, None),
        total(connection, of, &unread, None),
        total(connection, of, &waiting, None),
        total(connection, of, &archived, None),
    )?;
    let number = |counted| count(counted, "messaging_conversation_totals", "conversations");
    Ok(ListCounts {
        all: number(all)?,
        unread: number(unread)?,
        waiting: number(waiting)?,
        archived: number(archived)?,
    })
}

/// How many messages a person has not read; reads the conversations with unread ones only.
pub(super) async fn unread_total(mut connection: &Connection, of: UserId) -> Result<u64> {
    let unread: Option<i64> = members::table
        .filter(members::user_id.eq(of.0))
        .filter(IsPositive::new(members::unread_count))
        .select(AsBigInt::new(sum(members::unread_count)))
        .first(&mut connection)
        .await?;
    Ok(count(unread.unwrap_or(0), "messaging_conversation_participants", "unread_count")?)
}

/// Everybody with whom a person has a conversation, by id.
pub(super) async fn counterparts(connection: &Connection, of: UserId, within: Option<ConfessionId>) -> Result<Vec<UserId>> {
    participants_but(of, matching(of, &all_within(within), None), connection).await
}

/// The other participants of the conversations with the newest activity, by id.
pub(super) async fn recent_counterparts(connection: &Connection, of: UserId, conversations: u32) -> Result<Vec<UserId>> {
    let recent = matching(of, &ListFilter::default(), None)
        .order((members::last_activity_at.desc(), members::conversation_id.desc()))
        .limit(conversations.into());
    participants_but(of, recent, connection).await
}

/// The participants of these conversations of a person, by id and without the person.
async fn participants_but(of: UserId, mine: members::BoxedQuery<'static, Pg>, mut connection: &Connection) -> Result<Vec<UserId>> {
    let mine = mine.select(members::conversation_id);
    let others = diesel::alias!(members as others);
    let ids: Vec<i64> = others
        .filter(others.field(members::conversation_id).eq_any(mine))
        .filter(others.field(members::user_id).ne(of.0))
        .select(others.field(members::user_id))
        .distinct()
        .order(others.field(members::user_id))
        .load(&mut connection)
        .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// The conversations that a person takes part in.
pub(super) async fn ids(mut connection: &Connection, of: UserId, within: Option<ConfessionId>) -> Result<Vec<ConversationId>> {
    let ids: Vec<i64> = matching(of, &all_within(within), None)
        .select(members::conversation_id)
        .load(&mut connection)
        .await?;
    Ok(ids.into_iter().map(ConversationId).collect())
}

fn all_within(confession: Option<ConfessionId>) -> ListFilter {
    ListFilter {
        confession,
        ..ListFilter::default()
    }
}
