//! The search of messages: what is asked for, what an index keeps of a message, and what is found.
//!
//! An index gives candidates, newest first; the text and the facts of the stored message decide ([`SearchRequest::judge`]). So an index may lag behind, and
//! what was deleted or edited away is never shown.

use std::sync::Arc;

use lexicon::search::QueryError;
pub use lexicon::search::{Hit, Query, Snippet, Term};

use crate::{
    attachment::FileType,
    conversation::Conversation,
    denial::Denial,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, UserId},
    message::Message,
    ports::OutboxPlace,
    time::Timestamp,
};

/// Reads the words of a search as people type them.
pub fn read_query(text: &str) -> Result<Query, Denial> {
    Query::parse(text).map_err(|error| match error {
        QueryError::TooShort => Denial::QueryTooShort,
        QueryError::TooLong => Denial::QueryTooLong,
        QueryError::ContainsNul => Denial::InvalidContent,
    })
}

/// Something that a message may have beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A sound recording or music.
    Audio,
    /// A text, table, slides or PDF.
    Document,
    /// A file that is neither picture, video nor audio.
    File,
    /// A link in the text.
    Link,
}

impl Has {
    /// All kinds, in the order in which documentation names them.
    pub const ALL: [Self; 6] = [Self::Image, Self::Video, Self::Audio, Self::Document, Self::File, Self::Link];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::File => "file",
            Self::Link => "link",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|has| has.as_str() == name)
    }

    /// Whether the message has it.
    fn is_in(self, text: &MessageText) -> bool {
        let has_type = |fits: fn(FileType) -> bool| text.files.iter().any(|file| fits(file.file_type));
        match self {
            Self::Image => has_type(|kind| kind == FileType::Image),
            Self::Video => has_type(|kind| kind == FileType::Video),
            Self::Audio => has_type(|kind| kind == FileType::Audio),
            Self::Document => has_type(|kind| kind == FileType::Document),
            Self::File => has_type(|kind| matches!(kind, FileType::Document | FileType::Other)),
            Self::Link => text.content.as_deref().is_some_and(has_link),
        }
    }

    /// The mark in the scope of an index entry.
    const fn mark(self) -> &'static str {
        match self {
            Self::Image => "hi",
            Self::Video => "hv",
            Self::Audio => "ha",
            Self::Document => "hd",
            Self::File => "hf",
            Self::Link => "hl",
        }
    }
}

fn has_link(text: &str) -> bool {
    let mut finder = linkify::LinkFinder::new();
    // As the page shows links: `suhbat.uz/help` is one, too.
    finder.kinds(&[linkify::LinkKind::Url]).url_must_have_scheme(false);
    finder.links(text).next().is_some()
}

/// The messages among which a search looks. Of several confessions, senders or kinds any one is enough; where none is named, all fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// Only this conversation.
    pub conversation: Option<ConversationId>,
    /// Only conversations about these confessions.
    pub confessions: Vec<ConfessionId>,
    /// Only messages of these people.
    pub senders: Vec<UserId>,
    /// Only messages that have this.
    pub has: Vec<Has>,
    /// Only messages sent at this time or later.
    pub from: Option<Timestamp>,
    /// Only messages sent before this time.
    pub until: Option<Timestamp>,
}

/// A search of the messages that a person may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// The words.
    pub query: Query,
    /// Where to look.
    pub filter: SearchFilter,
    /// Only messages older than this one, which need not exist.
    pub before: Option<MessageId>,
    /// The most hits of the answer.
    pub limit: u32,
    /// Whether the hits of the conversation are counted, up to [`MOST_COUNTED`], and each has its place among them.
    pub is_counted: bool,
}

/// The name of a file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// The file.
    pub id: AttachmentId,
    /// The name that people see.
    pub name: String,
    /// The kind of file.
    pub file_type: FileType,
}

/// The searched parts of a message that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    /// The message.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The confession that the conversation is about.
    pub confession: Option<ConfessionId>,
    /// The person who sent it.
    pub sender: UserId,
    /// When it was sent.
    pub created_at: Timestamp,
    /// Its present text.
    pub content: Option<String>,
    /// Its files, by id.
    pub files: Vec<NamedFile>,
}

/// The words that a search has found in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The part of the text around the first hit.
    pub snippet: Snippet,
    /// The hits in the names of files, for each file that has one.
    pub files: Vec<(AttachmentId, Vec<Hit>)>,
}

impl SearchRequest {
    /// Whether a message fits, and where it has the words. The caller has made sure that the person may read it.
    pub fn judge(&self, text: &MessageText) -> Option<Match> {
        if !self.filter.fits(text) || self.before.is_some_and(|before| text.id >= before) {
            return None;
        }
        let content = text.content.as_deref().unwrap_or_default();
        let names = text.files.iter().map(|file| file.name.as_str());
        let texts: Vec<&str> = std::iter::once(content).chain(names).collect();
        let mut found = self.query.find(&texts)?.into_iter();
        let in_content = found.next().unwrap_or_default();
        let files = text.files.iter().map(|file| file.id).zip(found);
        Some(Match {
            snippet: lexicon::search::snippet(content, &in_content),
            files: files.filter(|(_, hits)| !hits.is_empty()).collect(),
        })
    }

    /// What an index is asked for on behalf of this person.
    pub fn index_query(&self, viewer: UserId) -> IndexQuery {
        let filter = &self.filter;
        let place = match filter.conversation {
            Some(conversation) => in_conversation(conversation),
            None => of_participant(viewer),
        };
        let lists = [
            vec![place],
            filter.confessions.iter().map(|id| about(*id)).collect(),
            filter.senders.iter().map(|id| sent_by(*id)).collect(),
            filter.has.iter().map(|has| has.mark().to_owned()).collect(),
        ];
        IndexQuery {
            words: self.query.terms(),
            scope: lists.into_iter().filter(|list| !list.is_empty()).collect(),
            below: self.before,
            above: None,
            limit: 0,
        }
    }
}

impl SearchFilter {
    fn fits(&self, text: &MessageText) -> bool {
        let any_of = |empty: bool, found: bool| empty || found;
        self.conversation.is_none_or(|conversation| conversation == text.conversation)
            && any_of(
                self.confessions.is_empty(),
                text.confession.is_some_and(|id| self.confessions.contains(&id)),
            )
            && any_of(self.senders.is_empty(), self.senders.contains(&text.sender))
            && any_of(self.has.is_empty(), self.has.iter().any(|has| has.is_in(text)))
            && self.from.is_none_or(|from| text.created_at >= from)
            && self.until.is_none_or(|until| text.created_at < until)
    }
}

/// A message as an index takes it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The searched parts.
    pub text: MessageText,
    /// The people who may read it.
    pub participants: Vec<UserId>,
}

/// What an index keeps of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The message.
    pub id: MessageId,
    /// The folded words of its text and of the names of its files, each once; of letters and digits only.
    pub words: Vec<String>,
    /// Marks of its participants, conversation, sender, confession and of what it has: a letter and an id, such as `u7`, or two letters.
    pub scope: Vec<String>,
}

impl IndexEntry {
    /// The entry of a message.
    pub fn of(document: &Document) -> Self {
        let text = &document.text;
        let texts = text.content.iter().chain(text.files.iter().map(|file| &file.name));
        let folded: Vec<String> = texts.map(|text| lexicon::index(text)).collect();
        let mut words: Vec<String> = folded
            .iter()
            .flat_map(|text| text.split(' '))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        words.sort_unstable();
        words.dedup();
        let mut scope: Vec<String> = document.participants.iter().map(|user| of_participant(*user)).collect();
        scope.push(in_conversation(text.conversation));
        scope.push(sent_by(text.sender));
        scope.extend(text.confession.map(about));
        scope.extend(Has::ALL.into_iter().filter(|has| has.is_in(text)).map(|has| has.mark().to_owned()));
        Self { id: text.id, words, scope }
    }

    /// Whether the entry fits a query, for indexes that look at each.
    pub fn fits(&self, query: &IndexQuery) -> bool {
        let has_word = |term: &Term| {
            let fits = |word: &String| {
                if term.is_prefix {
                    word.starts_with(&term.text)
                } else {
                    *word == term.text
                }
            };
            self.words.iter().any(fits)
        };
        query.words.iter().all(|any| any.iter().any(has_word))
            && query.scope.iter().all(|any| any.iter().any(|mark| self.scope.contains(mark)))
            && query.below.is_none_or(|below| self.id < below)
            && query.above.is_none_or(|above| self.id > above)
    }
}

fn of_participant(user: UserId) -> String {
    format!("u{}", user.0)
}

fn in_conversation(conversation: ConversationId) -> String {
    format!("c{}", conversation.0)
}

fn sent_by(user: UserId) -> String {
    format!("s{}", user.0)
}

fn about(confession: ConfessionId) -> String {
    format!("f{}", confession.0)
}

/// What an index is asked for: the entries that have at least one word and at least one mark of each list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexQuery {
    /// Words, or beginnings of words.
    pub words: Vec<Vec<Term>>,
    /// Marks as in [`IndexEntry::scope`].
    pub scope: Vec<Vec<String>>,
    /// Only messages older than this one.
    pub below: Option<MessageId>,
    /// Only messages newer than this one.
    pub above: Option<MessageId>,
    /// The most ids of the answer.
    pub limit: u32,
}

/// A change of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexChange {
    /// Keep this entry, in place of an older one of the message.
    Put(IndexEntry),
    /// Keep nothing of this message.
    Remove(MessageId),
}

/// How far an index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// The version of the lexicon that has folded its words; 0 before the first entry.
    pub lexicon: u32,
    /// The entry of the outbox up to which it has followed.
    pub followed: OutboxPlace,
    /// The messages older than this one are still to be taken in; `None` when all are.
    pub unbuilt_below: Option<MessageId>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The message as its reader sees it.
    pub message: Message,
    /// Its conversation.
    pub conversation: Arc<Conversation>,
    /// The words in it.
    pub found: Match,
    /// Where hits are counted: its place among them, from 1, newest first.
    pub position: Option<u32>,
}

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPage {
    /// The hits, newest first.
    pub hits: Vec<SearchHit>,
    /// Where older hits begin: the `before` of the next request. `None` at the end.
    pub next: Option<MessageId>,
    /// Where hits are counted: their number, at most [`MOST_COUNTED`].
    pub total: Option<u32>,
    /// The number of messages that the index has not taken in yet, about.
    pub indexing: u64,
}

/// The most hits that are counted.
pub const MOST_COUNTED: u32 = 1_000;
