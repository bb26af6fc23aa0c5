//! What the database holds, read past the service.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    pin::pin,
};

use futures_util::TryStreamExt as _;

use crate::{
    Failure,
    feed::{MessageId, Seq},
    ledger::{ConversationId, Number, State, UserId, number_of},
};

/// A message as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Who sent it.
    pub sender: UserId,
    /// Its number among all that were sent, by its `client_id`.
    pub number: Option<Number>,
    /// The number of its first change.
    pub created_seq: Seq,
    /// The number of its newest change.
    pub seq: Seq,
    /// Its content and pin.
    pub state: State,
}

/// A participant's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participant {
    /// As stored.
    pub unread_count: u64,
    /// All messages of others up to this one are read.
    pub read_up_to: MessageId,
}

/// A conversation as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredConversation {
    /// The number of its newest change.
    pub last_seq: Seq,
    /// By person.
    pub participants: BTreeMap<UserId, Participant>,
    /// By id.
    pub messages: BTreeMap<MessageId, StoredMessage>,
}

/// All conversations, and who read which message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// By id.
    pub conversations: HashMap<ConversationId, StoredConversation>,
    /// The messages that a person has read one by one or together.
    pub reads: HashSet<(MessageId, UserId)>,
}

/// The database of a run.
#[derive(Clone, Debug)]
pub enum Source {
    /// The file of the embedded database.
    Embedded(std::path::PathBuf),
    /// The URL of a database on a server.
    Server(String),
}

const CONVERSATIONS: &str = "SELECT id, last_seq FROM messaging_conversation";
const PARTICIPANTS: &str =
    "SELECT conversation_id, user_id, unread_count, coalesce(read_up_to, 0) FROM messaging_conversation_participants";
const READS: &str = "SELECT message_id, user_id FROM messaging_messageread WHERE read_at IS NOT NULL";
const MESSAGES: &str =
    "SELECT id, conversation_id, sender_id, created_seq, seq, content, client_id, is_pinned, is_deleted FROM messaging_message";

/// A row of [`MESSAGES`].
struct Row {
    numbers: [i64; 5],
    content: Option<String>,
    client_id: Option<String>,
    is_pinned: bool,
    is_deleted: bool,
}

impl Stored {
    /// Reads everything.
    pub async fn read(source: &Source) -> Result<Self, Failure> {
        match source {
            Source::Embedded(file) => {
                let file = file.clone();
                tokio::task::spawn_blocking(move || Self::read_embedded(&file)).await?
            }
            Source::Server(url) => Self::read_server(url).await,
        }
    }

    fn read_embedded(file: &std::path::Path) -> Result<Self, Failure> {
        let database = rusqlite::Connection::open(file)?;
        database.execute_batch("BEGIN")?;
        let mut stored = Self::default();
        let mut query = |text: &str, columns: usize, add: &mut dyn FnMut(&mut Self, &[i64])| -> Result<(), Failure> {
            let mut statement = database.prepare(text)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|column| row.get(column)).collect::<Result<Vec<i64>, _>>()?;
                add(&mut stored, &values);
            }
            Ok(())
        };
        query(CONVERSATIONS, 2, &mut Self::add_conversation)?;
        query(PARTICIPANTS, 4, &mut Self::add_participant)?;
        query(READS, 2, &mut Self::add_read)?;
        let mut statement = database.prepare(MESSAGES)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            stored.add_message(&Row {
                numbers: [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?],
                content: row.get(5)?,
                client_id: row.get(6)?,
                is_pinned: row.get(7)?,
                is_deleted: row.get(8)?,
            });
        }
        Ok(stored)
    }

    async fn read_server(url: &str) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        // All of it as it is at one moment.
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let mut stored = Self::default();
        let numbers =
            |row: &tokio_postgres::Row, columns: usize| (0..columns).map(|column| row.try_get(column)).collect::<Result<Vec<i64>, _>>();
        for row in client.query(CONVERSATIONS, &[]).await? {
            stored.add_conversation(&numbers(&row, 2)?);
        }
        for row in client.query(PARTICIPANTS, &[]).await? {
            stored.add_participant(&numbers(&row, 4)?);
        }
        // Row by row: a long run leaves millions.
        let mut rows = pin!(client.query_raw(READS, Vec::<i64>::new()).await?);
        while let Some(row) = rows.try_next().await? {
            stored.add_read(&numbers(&row, 2)?);
        }
        let mut rows = pin!(client.query_raw(MESSAGES, Vec::<i64>::new()).await?);
        while let Some(row) = rows.try_next().await? {
            stored.add_message(&Row {
                numbers: [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?],
                content: row.try_get(5)?,
                client_id: row.try_get(6)?,
                is_pinned: row.try_get(7)?,
                is_deleted: row.try_get(8)?,
            });
        }
        drop(client);
        driver.await??;
        Ok(stored)
    }

    fn add_conversation(&mut self, row: &[i64]) {
        self.conversation(row[0]).last_seq = row[1].cast_unsigned();
    }

    fn add_participant(&mut self, row: &[i64]) {
        let participant = Participant {
            unread_count: row[2].cast_unsigned(),
            read_up_to: row[3].cast_unsigned(),
        };
        self.conversation(row[0]).participants.insert(row[1].cast_unsigned(), participant);
    }

    fn add_read(&mut self, row: &[i64]) {
        self.reads.insert((row[0].cast_unsigned(), row[1].cast_unsigned()));
    }

    fn add_message(&mut self, row: &Row) {
        let [id, conversation, sender, created_seq, seq] = row.numbers;
        let state = match &row.content {
            Some(content) if !row.is_deleted => State::shown(content, row.is_pinned),
            _ => State::DELETED,
        };
        let message = StoredMessage {
            sender: sender.cast_unsigned(),
            number: row.client_id.as_deref().and_then(number_of),
            created_seq: created_seq.cast_unsigned(),
            seq: seq.cast_unsigned(),
            state,
        };
        self.conversation(conversation).messages.insert(id.cast_unsigned(), message);
    }

    fn conversation(&mut self, id: i64) -> &mut StoredConversation {
        self.conversations.entry(id.cast_unsigned()).or_default()
    }
}
