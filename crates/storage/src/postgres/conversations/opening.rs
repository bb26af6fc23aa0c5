//! Opening conversations.

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _, pg::data_types::PgTimestamp};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{ConversationSummary, NewConversation, OpenRequest, RowState},
    facts::{NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, Seq, UserId},
    people::Confession,
    ports::Opened,
};

use super::super::{
    Connection, directory,
    rows::{ConfessionRow, People, sql_time},
    schema::{
        confessions_confession, confessions_subscription, messaging_conversation, messaging_conversation_participants,
        messaging_conversation_totals,
    },
};
use crate::error::Result;

/// The facts of an opening; the number of statements does not grow with the targets.
pub(super) async fn facts(connection: &mut Connection, request: &OpenRequest) -> Result<Option<OpeningFacts>> {
    let (actor, targets) = (request.actor, &request.targets);
    let Some(person) = directory::find(connection, actor).await? else {
        return Ok(None);
    };
    let mut wanted: Vec<UserId> = Vec::with_capacity(targets.len());
    for target in targets {
        if !wanted.contains(target) {
            wanted.push(*target);
        }
    }
    let mut everybody: Vec<UserId> = wanted.iter().copied().chain([actor]).collect();
    everybody.sort_unstable();
    everybody.dedup();
    let named = match request.confession {
        Some(id) => Some(named_confession(connection, id, actor).await?),
        None => None,
    };
    Ok(Some(OpeningFacts {
        actor: person,
        targets: targets_of(connection, actor, &wanted).await?,
        named,
        existing: existing(connection, &everybody).await?,
    }))
}

/// The conversations of a set of participants, the one with the newest activity first.
async fn existing(connection: &mut Connection, everybody: &[UserId]) -> Result<Vec<(ConversationId, Option<ConfessionId>)>> {
    let mut rows: Vec<(i64, Option<i64>, Option<PgTimestamp>, PgTimestamp)> = messaging_conversation::table
        .filter(messaging_conversation::participants_key.eq(key(everybody)))
        .select((
            messaging_conversation::id,
            messaging_conversation::confession_id,
            messaging_conversation::last_message_at,
            messaging_conversation::created_at,
        ))
        .load(connection)
        .await?;
    rows.sort_unstable_by_key(|(id, _, last, created)| std::cmp::Reverse((last.unwrap_or(*created), *id)));
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, confession, ..)| (ConversationId(id), confession.map(ConfessionId)))
        .collect())
}

async fn targets_of(connection: &mut Connection, actor: UserId, wanted: &[UserId]) -> Result<Vec<Target>> {
    let ids: Vec<i64> = wanted.iter().map(|id| id.0).collect();
    let people = People::load(connection, ids.clone()).await?;
    // Confessions that a target administers and the actor follows
    let theirs: Vec<(Option<i64>, ConfessionRow)> = confessions_confession::table
        .inner_join(confessions_subscription::table)
        .filter(confessions_confession::admin_id.eq_any(ids.clone()))
        .filter(confessions_subscription::user_id.eq(actor.0))
        .order(confessions_confession::id)
        .select((confessions_confession::admin_id, ConfessionRow::as_select()))
        .load(connection)
        .await?;
    // Confessions that a target follows and the actor administers
    let ours: Vec<(i64, ConfessionRow)> = confessions_confession::table
        .inner_join(confessions_subscription::table)
        .filter(confessions_confession::admin_id.eq(actor.0))
        .filter(confessions_subscription::user_id.eq_any(ids))
        .order(confessions_confession::id)
        .select((confessions_subscription::user_id, ConfessionRow::as_select()))
        .load(connection)
        .await?;
    let theirs: Vec<(i64, Confession)> = theirs
        .into_iter()
        .filter_map(|(user, confession)| Some((user?, confession.into())))
        .collect();
    let ours: Vec<(i64, Confession)> = ours.into_iter().map(|(user, confession)| (user, confession.into())).collect();
    let of = |id: UserId, pairs: &[(i64, Confession)]| {
        let of_this = pairs.iter().filter(|(user, _)| *user == id.0);
        of_this.map(|(_, confession)| confession.clone()).collect()
    };
    let target = |id: UserId| Target {
        id,
        person: people.find(id.0),
        followed_by_actor: of(id, &theirs),
        follows_of_actor: of(id, &ours),
    };
    Ok(wanted.iter().copied().map(target).collect())
}

async fn named_confession(connection: &mut Connection, id: ConfessionId, actor: UserId) -> Result<NamedConfession> {
    let confession: Option<ConfessionRow> = confessions_confession::table
        .find(id.0)
        .select(ConfessionRow::as_select())
        .first(connection)
        .await
        .optional()?;
    let subscription = confessions_subscription::table.find((actor.0, id.0));
    Ok(NamedConfession {
        id,
        confession: confession.map(Into::into),
        actor_follows: diesel::select(diesel::dsl::exists(subscription)).get_result(connection).await?,
    })
}

/// R13: a set of participants as a text, the same for the same set.
fn key(ascending: &[UserId]) -> String {
    let ids: Vec<String> = ascending.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// Creates the conversation. If another transaction creates the same one first, the unique key refuses this one, and the act is run again.
pub(super) async fn open(connection: &mut Connection, new: &NewConversation) -> Result<Opened> {
    let (at, confession) = (sql_time(new.at), new.confession.map(|id| id.0));
    let id: i64 = diesel::insert_into(messaging_conversation::table)
        .values((
            messaging_conversation::created_at.eq(at),
            messaging_conversation::updated_at.eq(at),
            messaging_conversation::confession_id.eq(confession),
            messaging_conversation::participants_key.eq(key(&new.participants)),
            messaging_conversation::opened_by.eq(new.opened_by.0),
            messaging_conversation::opened_by_staff.eq(new.opened_by_staff),
        ))
        .returning(messaging_conversation::id)
        .get_result(connection)
        .await?;
    let participants = new.participants.iter().map(|user| {
        (
            messaging_conversation_participants::conversation_id.eq(id),
            messaging_conversation_participants::user_id.eq(user.0),
            messaging_conversation_participants::confession_id.eq(confession),
            messaging_conversation_participants::last_activity_at.eq(at),
        )
    });
    diesel::insert_into(messaging_conversation_participants::table)
        .values(participants.collect::<Vec<_>>())
        .execute(connection)
        .await?;
    // In the order of ids, which is that of the participants: two transactions never wait for each other.
    let totals = new.participants.iter().map(|user| {
        (
            messaging_conversation_totals::user_id.eq(user.0),
            messaging_conversation_totals::confession_id.eq(confession.unwrap_or(0)),
            messaging_conversation_totals::conversations.eq(1),
        )
    });
    diesel::insert_into(messaging_conversation_totals::table)
        .values(totals.collect::<Vec<_>>())
        .on_conflict((messaging_conversation_totals::user_id, messaging_conversation_totals::confession_id))
        .do_update()
        .set(messaging_conversation_totals::conversations.eq(messaging_conversation_totals::conversations + 1))
        .execute(connection)
        .await?;
    let unread = new.participants.iter().map(|user| (*user, 0)).collect();
    let rows = new.participants.iter().map(|user| (*user, RowState::default())).collect();
    Ok(Opened::New(ConversationSummary {
        conversation: ConversationId(id),
        last_seq: Seq(0),
        preview: None,
        unread,
        rows,
    }))
}
