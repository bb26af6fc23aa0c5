//! What the clients did and saw, gathered while the suite runs, in a few bytes for each message.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::{
    feed::{MessageId, Seq},
    violation::{Kind, Violation},
};

/// The id of a conversation.
pub type ConversationId = u64;
/// The id of a person.
pub type UserId = u64;
/// The number of a message among all that were ever sent; its `client_id` and its first content are made of it.
pub type Number = usize;

/// The state of a message, as far as all its participants see the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// A hash of the content; 0 if the message is deleted.
    pub content: u64,
    /// Whether it is pinned.
    pub is_pinned: bool,
}

impl State {
    /// A deleted message.
    pub const DELETED: Self = Self {
        content: 0,
        is_pinned: false,
    };

    /// The state of a message that is not deleted.
    pub fn shown(content: &str, is_pinned: bool) -> Self {
        Self {
            content: digest(content),
            is_pinned,
        }
    }

    /// The state of a message as the service renders it.
    pub fn of(message: &Value) -> Self {
        match message["content"].as_str() {
            Some(content) if message["is_deleted"] != true => Self::shown(content, message["is_pinned"] == true),
            _ => Self::DELETED,
        }
    }
}

/// A hash of a content, never 0.
pub fn digest(content: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish().max(1)
}

/// The `client_id` of a message.
pub fn client_id(number: Number) -> String {
    format!("chaos-{number}")
}

/// The number in a `client_id`.
pub fn number_of(client_id: &str) -> Option<Number> {
    client_id.strip_prefix("chaos-")?.parse().ok()
}

/// The content of a message before it is edited.
pub fn first_content(number: Number) -> String {
    format!("message {number}")
}

/// A message that was sent, once or several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Where.
    pub conversation: ConversationId,
    /// By whom.
    pub sender: UserId,
    /// The id that the service acknowledged.
    pub acknowledged: Option<MessageId>,
    /// The `seq` that it acknowledged; a repeated send is acknowledged without.
    pub seq: Option<Seq>,
}

/// A change of a message that a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Another content, by its hash.
    Edit(u64),
    /// To delete it.
    Delete,
    /// To pin it, or not.
    Pin(bool),
}

/// A change that was acknowledged under a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcknowledgedChange {
    /// Where.
    pub conversation: ConversationId,
    /// The changed message.
    pub message: MessageId,
    /// The number of the change.
    pub seq: Seq,
    /// What was asked for.
    pub wish: Wish,
}

/// All that the clients did and saw.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By number.
    pub sendings: Vec<Sending>,
    /// Edits, deletions and pins.
    pub changes: Vec<AcknowledgedChange>,
    /// Changes that were asked for and never answered, by conversation: they may be stored or not.
    pub doubtful_changes: HashMap<ConversationId, usize>,
    /// What anybody saw under each `seq`, which is the position plus one.
    pub seen: HashMap<ConversationId, Vec<Option<(MessageId, State)>>>,
    /// The newest acknowledged read mark.
    pub read_up_to: BTreeMap<(ConversationId, UserId), MessageId>,
    /// Found on the way.
    pub violations: Vec<Violation>,
    /// How often something happened.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Ledger {
    /// Notes a message that will be sent, and gives it its number.
    pub fn compose(&mut self, conversation: ConversationId, sender: UserId) -> Number {
        self.sendings.push(Sending {
            conversation,
            sender,
            acknowledged: None,
            seq: None,
        });
        self.sendings.len() - 1
    }

    /// Notes that a message was acknowledged.
    pub fn acknowledge(&mut self, number: Number, id: MessageId, seq: Option<Seq>) {
        let Some(sending) = self.sendings.get_mut(number) else { return };
        match sending.acknowledged {
            None => {
                sending.acknowledged = Some(id);
                *self.counts.entry("messages").or_default() += 1;
            }
            Some(first) if first != id => {
                self.violations.push(Violation::new(
                    Kind::Doubled,
                    format!("message {number} was acknowledged as {first} and as {id}"),
                ));
            }
            Some(_) => {}
        }
        sending.seq = sending.seq.or(seq);
    }

    /// Notes the state of a message under this number.
    pub fn see(&mut self, conversation: ConversationId, seq: Seq, message: MessageId, state: State) {
        let seen = self.seen.entry(conversation).or_default();
        let Some(position) = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1)) else {
            return;
        };
        if seen.len() <= position {
            seen.resize(position + 1, None);
        }
        match seen[position] {
            None => seen[position] = Some((message, state)),
            Some(other) if other != (message, state) => {
                self.violations.push(Violation::new(
                    Kind::Disagreement,
                    format!(
                        "seq {seq} of conversation {conversation} is {other:?} for one client and {:?} for another",
                        (message, state)
                    ),
                ));
            }
            Some(_) => {}
        }
    }

    /// Notes an acknowledged read mark.
    pub fn read(&mut self, conversation: ConversationId, user: UserId, up_to: MessageId) {
        let mark = self.read_up_to.entry((conversation, user)).or_default();
        *mark = up_to.max(*mark);
    }

    /// Counts something.
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Notes a violation that was found on the way.
    pub fn violated(&mut self, kind: Kind, what: String) {
        self.violations.push(Violation::new(kind, what));
    }

    /// The messages that were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.counts.get("messages").copied().unwrap_or_default()
    }
}

/// The ledger of all clients. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct SharedLedger(Arc<Mutex<Ledger>>);

impl SharedLedger {
    /// The ledger, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
