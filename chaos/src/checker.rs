//! Compares what the clients did and saw with what is stored. It looks at no clock and asks nobody, so its own tests make up histories.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    feed::{MessageId, Seq},
    ledger::{AcknowledgedChange, ConversationId, Ledger, State, UserId, Wish},
    stored::{Stored, StoredConversation},
    violation::{Kind, Violation},
};

/// What one device holds of a conversation at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// All changes up to this number are applied.
    pub known: Seq,
    /// The messages, each with the number of its newest change.
    pub messages: BTreeMap<MessageId, (Seq, State)>,
    /// The unread count that it shows; `None` if it was not told any.
    pub unread: Option<u64>,
}

/// A device at the end of a run, when nothing had happened for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceEnd {
    /// Whose device.
    pub user: UserId,
    /// Its number among all devices.
    pub device: usize,
    /// The conversations that it follows.
    pub held: HashMap<ConversationId, Held>,
}

/// All broken promises, those that the clients found on the way included.
pub fn check(ledger: &Ledger, stored: &Stored, devices: &[DeviceEnd]) -> Vec<Violation> {
    let mut found = ledger.violations.clone();
    sendings(ledger, stored, &mut found);
    let acknowledged = by_conversation(&ledger.changes);
    for (id, conversation) in &stored.conversations {
        duplicates(*id, conversation, &mut found);
        unknown(*id, ledger, conversation, &mut found);
        let acknowledged = acknowledged.get(id).map_or(&[][..], Vec::as_slice);
        numbering(*id, ledger, conversation, acknowledged, &mut found);
        seen(*id, ledger, conversation, &mut found);
        changes(conversation, acknowledged, &mut found);
        unread(*id, conversation, &stored.reads, &mut found);
    }
    marks(ledger, stored, &mut found);
    for device in devices {
        for (id, held) in &device.held {
            if let Some(conversation) = stored.conversations.get(id) {
                holds(device, *id, held, conversation, &mut found);
            }
        }
    }
    found
}

fn by_conversation(changes: &[AcknowledgedChange]) -> HashMap<ConversationId, Vec<AcknowledgedChange>> {
    let mut sorted: HashMap<_, Vec<_>> = HashMap::new();
    for change in changes {
        sorted.entry(change.conversation).or_default().push(*change);
    }
    sorted
}

/// Every acknowledged message is stored under its id, as it was sent.
fn sendings(ledger: &Ledger, stored: &Stored, found: &mut Vec<Violation>) {
    for (number, sending) in ledger.sendings.iter().enumerate() {
        let Some(id) = sending.acknowledged else { continue };
        let conversation = stored.conversations.get(&sending.conversation);
        let Some(message) = conversation.and_then(|conversation| conversation.messages.get(&id)) else {
            found.push(Violation::new(
                Kind::Lost,
                format!("message {number} was acknowledged as {id}: {sending:?}"),
            ));
            continue;
        };
        let is_it = message.number == Some(number) && message.sender == sending.sender;
        if !is_it || sending.seq.is_some_and(|seq| seq != message.created_seq) {
            let what = format!("message {number} was acknowledged as {id}, which is another: {sending:?}, stored {message:?}");
            found.push(Violation::new(Kind::Lost, what));
        }
    }
}

/// No message is stored twice.
fn duplicates(id: ConversationId, conversation: &StoredConversation, found: &mut Vec<Violation>) {
    let mut first = HashMap::new();
    for (message, stored) in &conversation.messages {
        let Some(number) = stored.number else { continue };
        if let Some(other) = first.insert(number, message) {
            let what = format!("message {number} is stored as {other} and as {message} in conversation {id}");
            found.push(Violation::new(Kind::Doubled, what));
        }
    }
}

/// Nothing is stored that nobody sent.
fn unknown(id: ConversationId, ledger: &Ledger, conversation: &StoredConversation, found: &mut Vec<Violation>) {
    for (message, stored) in &conversation.messages {
        let sending = stored.number.and_then(|number| ledger.sendings.get(number));
        if sending.is_none_or(|sending| sending.conversation != id || sending.sender != stored.sender) {
            found.push(Violation::new(
                Kind::Unknown,
                format!("message {message} of conversation {id}: {stored:?}"),
            ));
        }
    }
}

/// Ids grow with `seq`, no number is used twice, and none is without a change. The database keeps the first and the newest number of each message; clients
/// saw or caused most of those between. The rest can only be changes whose answer was lost.
fn numbering(
    id: ConversationId,
    ledger: &Ledger,
    conversation: &StoredConversation,
    acknowledged: &[AcknowledgedChange],
    found: &mut Vec<Violation>,
) {
    let mut before = 0;
    let mut owners: HashMap<Seq, MessageId> = HashMap::new();
    for (message, stored) in &conversation.messages {
        if stored.created_seq <= before {
            let what = format!(
                "message {message} of conversation {id} has seq {} and comes after seq {before}",
                stored.created_seq
            );
            found.push(Violation::new(Kind::Numbering, what));
        }
        before = stored.created_seq;
        for seq in BTreeSet::from([stored.created_seq, stored.seq]) {
            if let Some(other) = owners.insert(seq, *message) {
                let what = format!("seq {seq} of conversation {id} belongs to the messages {other} and {message}");
                found.push(Violation::new(Kind::Numbering, what));
            }
        }
    }
    let mut used: HashSet<Seq> = owners.into_keys().collect();
    used.extend(acknowledged.iter().map(|change| change.seq));
    let seen = ledger.seen.get(&id).map_or(&[][..], Vec::as_slice);
    used.extend(seen.iter().zip(1..).filter(|(seen, _)| seen.is_some()).map(|(_, seq)| seq));
    let unused: Vec<Seq> = (1..=conversation.last_seq).filter(|seq| !used.contains(seq)).collect();
    let doubtful = ledger.doubtful_changes.get(&id).copied().unwrap_or_default();
    if unused.len() > doubtful {
        let what = format!("{unused:?} of conversation {id} belong to no change, and only {doubtful} changes were left without an answer");
        found.push(Violation::new(Kind::Hole, what));
    }
}

/// What a client saw is stored, or was replaced by a later change.
fn seen(id: ConversationId, ledger: &Ledger, conversation: &StoredConversation, found: &mut Vec<Violation>) {
    let Some(seen) = ledger.seen.get(&id) else { return };
    for (seen, seq) in seen.iter().zip(1..) {
        let Some((message, state)) = seen else { continue };
        let stored = conversation.messages.get(message);
        match stored {
            Some(stored) if stored.seq == seq && stored.state != *state => {
                let what = format!("seq {seq} of conversation {id} was seen as {state:?}, stored is {stored:?}");
                found.push(Violation::new(Kind::WrongState, what));
            }
            Some(stored) if stored.seq >= seq && stored.created_seq <= seq && seq <= conversation.last_seq => {}
            _ => {
                let what = format!("seq {seq} of conversation {id} was seen as message {message}, stored is {stored:?}");
                found.push(Violation::new(Kind::SeenAndNotStored, what));
            }
        }
    }
}

/// An acknowledged change is stored, or was replaced by a later one.
fn changes(conversation: &StoredConversation, acknowledged: &[AcknowledgedChange], found: &mut Vec<Violation>) {
    for change in acknowledged {
        let is_kept = conversation.messages.get(&change.message).is_some_and(|stored| {
            let as_wished = match change.wish {
                Wish::Edit(content) => stored.state.content == content,
                Wish::Delete => stored.state == State::DELETED,
                Wish::Pin(is_pinned) => stored.state.is_pinned == is_pinned,
            };
            stored.seq > change.seq || (stored.seq == change.seq && as_wished)
        });
        if !is_kept {
            let stored = conversation.messages.get(&change.message);
            found.push(Violation::new(Kind::LostChange, format!("{change:?}, stored is {stored:?}")));
        }
    }
}

/// Stored unread counts follow from the messages, the read marks and the receipts.
fn unread(id: ConversationId, conversation: &StoredConversation, reads: &HashSet<(MessageId, UserId)>, found: &mut Vec<Violation>) {
    for (user, participant) in &conversation.participants {
        let others = conversation.messages.iter().filter(|(_, stored)| stored.sender != *user);
        let unread = others.filter(|(message, stored)| {
            stored.state != State::DELETED && **message > participant.read_up_to && !reads.contains(&(**message, *user))
        });
        let counted = unread.count() as u64;
        if counted != participant.unread_count {
            let what = format!("user {user} in conversation {id}: {counted} messages, stored is {participant:?}");
            found.push(Violation::new(Kind::WrongUnread, what));
        }
    }
}

/// Acknowledged read marks are stored.
fn marks(ledger: &Ledger, stored: &Stored, found: &mut Vec<Violation>) {
    for ((id, user), up_to) in &ledger.read_up_to {
        let Some(conversation) = stored.conversations.get(id) else {
            continue;
        };
        let read_up_to = conversation.participants.get(user).map_or(0, |participant| participant.read_up_to);
        let mut covered = conversation.messages.range(..=up_to).filter(|(_, message)| message.sender != *user);
        let forgotten = covered
            .find(|(message, row)| row.state != State::DELETED && **message > read_up_to && !stored.reads.contains(&(**message, *user)));
        if let Some((message, _)) = forgotten {
            let what = format!("user {user} has read conversation {id} up to {up_to}; message {message} is not read");
            found.push(Violation::new(Kind::WrongMark, what));
        }
    }
}

/// A device that resumed holds what is stored.
fn holds(device: &DeviceEnd, id: ConversationId, held: &Held, conversation: &StoredConversation, found: &mut Vec<Violation>) {
    let who = format!("device {} of user {} in conversation {id}", device.device, device.user);
    if held.known != conversation.last_seq {
        let what = format!("{who} knows seq {}, stored is {}", held.known, conversation.last_seq);
        found.push(Violation::new(Kind::Behind, what));
        return;
    }
    let stored = conversation
        .messages
        .iter()
        .map(|(message, stored)| (*message, (stored.seq, stored.state)));
    if !stored.clone().eq(held.messages.iter().map(|(message, held)| (*message, *held))) {
        let stored: BTreeMap<_, _> = stored.collect();
        let all: BTreeSet<_> = stored.keys().chain(held.messages.keys()).collect();
        let wrong = all.into_iter().filter(|message| stored.get(message) != held.messages.get(message));
        let wrong: Vec<_> = wrong
            .take(3)
            .map(|message| (message, held.messages.get(message), stored.get(message)))
            .collect();
        found.push(Violation::new(
            Kind::WrongState,
            format!("{who} (message, held, stored): {wrong:?}"),
        ));
    }
    let participant = conversation
        .participants
        .get(&device.user)
        .map(|participant| participant.unread_count);
    if let (Some(shown), Some(stored)) = (held.unread, participant)
        && shown != stored
    {
        found.push(Violation::new(
            Kind::WrongUnread,
            format!("{who} shows {shown}, stored is {stored}"),
        ));
    }
}
