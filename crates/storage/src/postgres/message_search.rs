//! The search of messages: the index, in tables of the database, and the stored messages as the search needs them.
//!
//! Terms of the index are the folded words, and the marks of the scope behind `=`. No text search configuration is used: words are folded by the lexicon alone.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, QueryableByName,
    dsl::not,
    pg::data_types::PgTimestamp,
    sql_query,
    sql_types::{Array, BigInt, Nullable, Text},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    attachment::FileType,
    conversation::Conversation,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, UserId},
    message::Message,
    message_search::{Document, IndexChange, IndexQuery, IndexState, MessageText, NamedFile},
    ports::{OutboxPlace, SearchIndex, Searchable, StoreError, Tail},
    time::Timestamp,
};
use futures_util::future::try_join_all;

use super::{
    Connection, Outcome, Postgres, conversations, messages,
    rows::{sql_time, time},
    schema::{
        messaging_conversation as conversation, messaging_conversation_participants as members, messaging_message as message,
        messaging_messageattachment as attachments,
    },
    statement::statement,
};
use crate::error::{CorruptValueError, Result};

/// The columns of a [`MessageText`], and whether there are files.
type TextRow = (i64, i64, Option<i64>, i64, PgTimestamp, Option<String>, bool);

/// The texts in the order of the ids, with the names of their files.
async fn texts(connection: &Connection, rows: Vec<TextRow>, ids: &[MessageId]) -> Result<Vec<MessageText>> {
    let with_files = rows.iter().filter(|row| row.6).map(|row| row.0).collect();
    let mut files = file_names(connection, with_files).await?;
    let text = |(id, conversation, confession, sender, created_at, content, _): TextRow| MessageText {
        id: MessageId(id),
        conversation: ConversationId(conversation),
        confession: confession.map(ConfessionId),
        sender: UserId(sender),
        created_at: time(created_at),
        content,
        files: files.remove(&id).unwrap_or_default(),
    };
    let mut texts: HashMap<MessageId, MessageText> = rows.into_iter().map(text).map(|text| (text.id, text)).collect();
    Ok(ids.iter().filter_map(|id| texts.remove(id)).collect())
}

async fn file_names(mut connection: &Connection, messages: Vec<i64>) -> Result<HashMap<i64, Vec<NamedFile>>> {
    let mut files: HashMap<i64, Vec<NamedFile>> = HashMap::new();
    if messages.is_empty() {
        return Ok(files);
    }
    let rows: Vec<(i64, i64, String, String)> = attachments::table
        .filter(attachments::message_id.eq_any(messages))
        .order(attachments::id)
        .select((
            attachments::id,
            attachments::message_id,
            attachments::file_name,
            attachments::file_type,
        ))
        .load(&mut connection)
        .await?;
    for (id, message, name, file_type) in rows {
        let file_type = FileType::parse(&file_type).ok_or(CorruptValueError {
            table: "messaging_messageattachment",
            column: "file_type",
        })?;
        files.entry(message).or_default().push(NamedFile {
            id: AttachmentId(id),
            name,
            file_type,
        });
    }
    Ok(files)
}

/// The rows of those of these messages that are not deleted. By ids alone: a plan with the viewer in it might begin with all of the viewer's conversations.
async fn rows(mut connection: &Connection, ids: &[MessageId]) -> Result<Vec<TextRow>> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = message::table
        .inner_join(conversation::table.on(conversation::id.eq(message::conversation_id)))
        .filter(message::id.eq_any(wanted))
        .filter(not(message::is_deleted))
        .select((
            message::id,
            message::conversation_id,
            conversation::confession_id,
            message::sender_id,
            message::created_at,
            message::content,
            message::has_attachments,
        ))
        .load(&mut connection)
        .await?;
    Ok(rows)
}

/// Those of these conversations that the viewer takes part in.
async fn own(mut connection: &Connection, viewer: UserId, mut conversations: Vec<i64>) -> Result<HashSet<i64>> {
    conversations.sort_unstable();
    conversations.dedup();
    let own: Vec<i64> = members::table
        .filter(members::conversation_id.eq_any(conversations))
        .filter(members::user_id.eq(viewer.0))
        .select(members::conversation_id)
        .load(&mut connection)
        .await?;
    Ok(own.into_iter().collect())
}

async fn texts_for(connection: &Connection, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<MessageText>> {
    let mut rows = rows(connection, &ids).await?;
    let own = own(connection, viewer, rows.iter().map(|row| row.1).collect()).await?;
    rows.retain(|row| own.contains(&row.1));
    texts(connection, rows, &ids).await
}

async fn documents(mut connection: &Connection, ids: Vec<MessageId>) -> Result<Vec<Document>> {
    let rows = rows(connection, &ids).await?;
    let mut within: Vec<i64> = rows.iter().map(|row| row.1).collect();
    within.sort_unstable();
    within.dedup();
    let pairs: Vec<(i64, i64)> = members::table
        .filter(members::conversation_id.eq_any(within))
        .select((members::conversation_id, members::user_id))
        .load(&mut connection)
        .await?;
    let mut participants: HashMap<ConversationId, Vec<UserId>> = HashMap::new();
    for (conversation, user) in pairs {
        participants.entry(ConversationId(conversation)).or_default().push(UserId(user));
    }
    let document = |text: MessageText| Document {
        participants: participants.get(&text.conversation).cloned().unwrap_or_default(),
        text,
    };
    Ok(texts(connection, rows, &ids).await?.into_iter().map(document).collect())
}

async fn found(mut connection: &Connection, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<(Message, Arc<Conversation>)>> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let places: Vec<(i64, i64)> = message::table
        .filter(message::id.eq_any(wanted))
        .select((message::conversation_id, message::id))
        .load(&mut connection)
        .await?;
    let own = own(connection, viewer, places.iter().map(|(conversation, _)| *conversation).collect()).await?;
    let mut within: HashMap<i64, Vec<i64>> = HashMap::new();
    for (conversation, message) in places.into_iter().filter(|(conversation, _)| own.contains(conversation)) {
        within.entry(conversation).or_default().push(message);
    }
    let with_members = conversations::with_members(connection, within.keys().copied().collect()).await?;
    let mut conversations: HashMap<ConversationId, Arc<Conversation>> = HashMap::with_capacity(with_members.len());
    for (id, found) in with_members {
        conversations.insert(id, Arc::new(found.conversation));
    }
    // The statements of all conversations are under way at once.
    let loading = within.iter().map(|(id, ids)| messages::load(connection, ConversationId(*id), ids));
    let loaded = try_join_all(loading).await?;
    let mut found: HashMap<MessageId, (Message, Arc<Conversation>)> = HashMap::with_capacity(ids.len());
    for (_, message) in loaded.into_iter().flatten() {
        if let Some(conversation) = conversations.get(&message.conversation) {
            found.insert(message.id, (message, conversation.clone()));
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

async fn first_since(mut connection: &Connection, at: Timestamp) -> Result<Option<MessageId>> {
    let newest: Option<i64> = message::table
        .select(diesel::dsl::max(message::id))
        .get_result(&mut connection)
        .await?;
    let at = sql_time(at);
    // All messages with ids below `low` are older than the time; `high` is not, or does not exist.
    let (mut low, mut high) = (0, newest.map_or(0, |newest| newest + 1));
    let mut answer = None;
    while low < high {
        let middle = low + (high - low) / 2;
        let next: Vec<(i64, PgTimestamp)> = message::table
            .filter(message::id.ge(middle))
            .order(message::id)
            .limit(1)
            .select((message::id, message::created_at))
            .load(&mut connection)
            .await?;
        match next.as_slice() {
            [(id, sent), ..] if sent.0 < at.0 => low = id + 1,
            [(id, _), ..] => (high, answer) = (middle, Some(MessageId(*id))),
            [] => high = middle,
        }
    }
    Ok(answer)
}

/// The messages sent or edited after a place of the outbox, newest entry first, among the newest 10,000 entries.
pub(super) struct TailMessages {
    pub(super) transaction: i64,
    pub(super) id: i64,
    pub(super) within: Option<i64>,
    pub(super) viewer: i64,
    pub(super) limit: i64,
}

statement! {
    TailMessages -> BigInt:
    "SELECT DISTINCT o.message_id FROM (\
        SELECT message_id, conversation_id FROM messaging_outbox WHERE (xid, id) > (", transaction: BigInt, "::text::xid8, ", id: BigInt, ") \
            AND kind IN ('sent', 'edited') ORDER BY xid DESC, id DESC LIMIT 10000) o, \
        (SELECT ", within: Nullable<BigInt>, " AS id) asked \
     WHERE (asked.id IS NULL OR o.conversation_id = asked.id) AND EXISTS (\
        SELECT FROM messaging_conversation_participants p WHERE p.conversation_id = o.conversation_id AND p.user_id = ", viewer: BigInt, ") \
     LIMIT ", limit: BigInt,
}

/// The number of entries after a place of the outbox, counted up to 100,000.
pub(super) struct TailEntries {
    pub(super) transaction: i64,
    pub(super) id: i64,
}

statement! {
    TailEntries -> BigInt:
    "SELECT count(*) FROM (SELECT FROM messaging_outbox WHERE (xid, id) > (", transaction: BigInt, "::text::xid8, ", id: BigInt, ") LIMIT 100000) o"
}

async fn tail(mut connection: &Connection, viewer: UserId, within: Option<ConversationId>, after: OutboxPlace, limit: u32) -> Result<Tail> {
    let OutboxPlace { transaction, id } = after;
    let entries: i64 = TailEntries { transaction, id }.get_result(&mut connection).await?;
    if entries == 0 {
        return Ok(Tail::default());
    }
    let messages = TailMessages {
        transaction,
        id,
        within: within.map(|id| id.0),
        viewer: viewer.0,
        limit: limit.into(),
    };
    let mut messages: Vec<MessageId> = messages.load::<i64>(&mut connection).await?.into_iter().map(MessageId).collect();
    messages.sort_unstable_by(|one, other| other.cmp(one));
    Ok(Tail {
        messages,
        entries: u64::try_from(entries).unwrap_or(0),
    })
}

async fn documents_below(mut connection: &Connection, below: MessageId, limit: u32) -> Result<(Vec<Document>, Option<MessageId>)> {
    let ids: Vec<i64> = message::table
        .filter(message::id.lt(below.0))
        .order(message::id.desc())
        .limit(limit.into())
        .select(message::id)
        .load(&mut connection)
        .await?;
    let lowest = ids.last().copied().filter(|_| ids.len() >= limit as usize).map(MessageId);
    Ok((documents(connection, ids.into_iter().map(MessageId).collect()).await?, lowest))
}

#[async_trait]
impl Searchable for Postgres {
    async fn texts(&self, viewer: UserId, ids: Vec<MessageId>) -> std::result::Result<Vec<MessageText>, StoreError> {
        self.read(move |connection| Box::pin(texts_for(connection, viewer, ids))).await
    }

    async fn found(&self, viewer: UserId, ids: Vec<MessageId>) -> std::result::Result<Vec<(Message, Arc<Conversation>)>, StoreError> {
        self.read(move |connection| Box::pin(found(connection, viewer, ids))).await
    }

    async fn tail(
        &self,
        viewer: UserId,
        within: Option<ConversationId>,
        after: OutboxPlace,
        limit: u32,
    ) -> std::result::Result<Tail, StoreError> {
        self.read(move |connection| Box::pin(tail(connection, viewer, within, after, limit)))
            .await
    }

    async fn first_since(&self, time: Timestamp) -> std::result::Result<Option<MessageId>, StoreError> {
        self.read(move |connection| Box::pin(first_since(connection, time))).await
    }

    async fn documents(&self, ids: Vec<MessageId>) -> std::result::Result<Vec<Document>, StoreError> {
        self.read(move |connection| Box::pin(documents(connection, ids))).await
    }

    async fn documents_below(&self, below: MessageId, limit: u32) -> std::result::Result<(Vec<Document>, Option<MessageId>), StoreError> {
        self.read(move |connection| Box::pin(documents_below(connection, below, limit)))
            .await
    }
}

/// The query as a `tsquery`. Words and marks have letters and digits only, so that nothing in them has a meaning of its own.
fn expression(query: &IndexQuery) -> String {
    let mut lists = Vec::with_capacity(query.scope.len() + query.words.len());
    for marks in &query.scope {
        let marks: Vec<String> = marks.iter().map(|mark| format!("'={mark}'")).collect();
        lists.push(format!("({})", marks.join(" | ")));
    }
    for terms in &query.words {
        let terms: Vec<String> = terms
            .iter()
            .map(|term| format!("'{}'{}", term.text, if term.is_prefix { ":*" } else { "" }))
            .collect();
        lists.push(format!("({})", terms.join(" | ")));
    }
    lists.join(" & ")
}

#[derive(QueryableByName)]
struct Candidate {
    #[diesel(sql_type = BigInt)]
    message_id: i64,
}

/// For frequent words the server walks the ids backwards, for rare ones it takes the index of the terms. So the statement has its values in it, since
/// connections plan statements with parameters once for all values, and may scan bitmaps, which connections avoid otherwise (decision 014). The expression has
/// no other quotation marks than its own.
async fn candidates(mut connection: &Connection, query: IndexQuery) -> Result<Vec<MessageId>> {
    let expression = expression(&query).replace('\'', "''");
    let below = query.below.map_or(i64::MAX, |id| id.0);
    let above = query.above.map_or(-1, |id| id.0);
    let limit = query.limit;
    let statement = format!(
        "SELECT message_id FROM messaging_message_search WHERE terms @@ '{expression}'::tsquery AND message_id < {below} AND message_id > {above} \
         ORDER BY message_id DESC LIMIT {limit}"
    );
    sql_query("SET LOCAL enable_bitmapscan = on").execute(&mut connection).await?;
    let rows: Vec<Candidate> = sql_query(statement).load(&mut connection).await?;
    Ok(rows.into_iter().map(|row| MessageId(row.message_id)).collect())
}

struct Progress;

statement! {
    Progress -> (BigInt, BigInt, BigInt, Nullable<BigInt>):
    "SELECT lexicon, xid::text::bigint, outbox_id, unbuilt_below FROM messaging_search_progress"
}

async fn state(mut connection: &Connection) -> Result<IndexState> {
    let (lexicon, transaction, id, unbuilt): (i64, i64, i64, Option<i64>) = Progress.get_result(&mut connection).await?;
    Ok(IndexState {
        lexicon: u32::try_from(lexicon).unwrap_or(0),
        followed: OutboxPlace { transaction, id },
        unbuilt_below: unbuilt.map(MessageId),
    })
}

/// Replaces the entries of messages. The words and marks of each are separated by spaces.
struct Put {
    messages: Vec<i64>,
    terms: Vec<String>,
}

statement! {
    Put:
    "INSERT INTO messaging_message_search (message_id, terms) \
     SELECT message_id, array_to_tsvector(string_to_array(terms, ' ')) FROM unnest(", messages: Array<BigInt>, ", ", terms: Array<Text>, ") AS new (message_id, terms) \
     ON CONFLICT (message_id) DO UPDATE SET terms = excluded.terms"
}

struct Remove {
    messages: Vec<i64>,
}

statement! {
    Remove:
    "DELETE FROM messaging_message_search WHERE message_id = ANY(", messages: Array<BigInt>, ")"
}

struct NewProgress {
    lexicon: i64,
    transaction: i64,
    id: i64,
    unbuilt_below: Option<i64>,
}

statement! {
    NewProgress:
    "UPDATE messaging_search_progress SET lexicon = ", lexicon: BigInt, ", xid = ", transaction: BigInt, "::text::xid8, outbox_id = ", id: BigInt,
    ", unbuilt_below = ", unbuilt_below: Nullable<BigInt>,
}

async fn apply(connection: &mut Connection, changes: &[IndexChange], state: IndexState) -> Result<()> {
    let mut put = Put {
        messages: Vec::new(),
        terms: Vec::new(),
    };
    let mut remove = Remove { messages: Vec::new() };
    for change in changes {
        match change {
            IndexChange::Put(entry) => {
                let marks = entry.scope.iter().map(|mark| format!("={mark}"));
                let terms: Vec<String> = entry.words.iter().cloned().chain(marks).collect();
                put.messages.push(entry.id.0);
                put.terms.push(terms.join(" "));
            }
            IndexChange::Remove(id) => remove.messages.push(id.0),
        }
    }
    if !put.messages.is_empty() {
        put.execute(connection).await?;
    }
    if !remove.messages.is_empty() {
        remove.execute(connection).await?;
    }
    let progress = NewProgress {
        lexicon: state.lexicon.into(),
        transaction: state.followed.transaction,
        id: state.followed.id,
        unbuilt_below: state.unbuilt_below.map(|id| id.0),
    };
    progress.execute(connection).await?;
    Ok(())
}

#[async_trait]
impl SearchIndex for Postgres {
    async fn state(&self) -> std::result::Result<IndexState, StoreError> {
        self.read_once(|connection| Box::pin(state(connection))).await
    }

    async fn candidates(&self, query: IndexQuery) -> std::result::Result<Vec<MessageId>, StoreError> {
        self.read(move |connection| Box::pin(candidates(connection, query))).await
    }

    async fn apply(&self, changes: Vec<IndexChange>, state: IndexState) -> std::result::Result<OutboxPlace, StoreError> {
        let changes = Arc::new(changes);
        self.write(move |connection| {
            let changes = changes.clone();
            Box::pin(async move {
                apply(connection, &changes, state).await?;
                Ok(Ok(Outcome::Keep(())))
            })
        })
        .await?;
        Ok(state.followed)
    }
}
