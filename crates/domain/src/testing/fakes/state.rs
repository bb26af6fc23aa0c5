use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{jobs::JobRow, outbox::ConsumerRow};
use crate::{
    attachment::Attachment,
    conversation::{Conversation, ConversationSummary, NewConversation, Preview, RowState},
    feeding::DirectoryChanges,
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ChangeKind, ClientId, Message, ReplyPreview},
    people::{Confession, Person, Subscription},
    ports::{OutboxEntry, StoreError, Wake},
    receipt::{Marks, Receipt},
    settings::{ConfessionSettings, Language, PersonSettings},
    time::Timestamp,
};

/// The stored acts, from which all other values are computed.
#[derive(Default)]
pub(super) struct State {
    pub(super) busy: bool,
    pub(super) loses_answers: bool,
    pub(super) people: BTreeMap<UserId, Person>,
    pub(super) confessions: BTreeMap<ConfessionId, Confession>,
    pub(super) follows: BTreeSet<Subscription>,
    /// Notes of imports, oldest first.
    pub(super) notes: VecDeque<DirectoryChanges>,
    pub(super) rooms: BTreeMap<ConversationId, NewConversation>,
    pub(super) messages: BTreeMap<MessageId, Row>,
    pub(super) receipts: BTreeMap<(MessageId, UserId), Stamps>,
    pub(super) attachments: i64,
    /// What people did with their rows; `awaiting_since` is computed.
    pub(super) arranged: BTreeMap<(ConversationId, UserId), RowState>,
    /// Of each conversation the last message that needs no answer any more: that of an admin or superadmin, or one that they decided so about.
    pub(super) answered: BTreeMap<ConversationId, MessageId>,
    /// Entries of the outbox in their order.
    pub(super) outbox: VecDeque<OutboxEntry>,
    /// How many entries there have been.
    pub(super) outbox_ids: i64,
    pub(super) consumers: BTreeMap<String, ConsumerRow>,
    pub(super) wakes: Vec<Wake>,
    pub(super) jobs: Vec<JobRow>,
    /// How many jobs there have been.
    pub(super) job_ids: i64,
    /// The languages that documents gave to accounts.
    pub(super) languages: BTreeMap<UserId, Language>,
    pub(super) person_settings: BTreeMap<UserId, PersonSettings>,
    pub(super) confession_settings: BTreeMap<ConfessionId, ConfessionSettings>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// A stored message; it keeps its content when it is deleted.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: MessageId,
    pub(super) conversation: ConversationId,
    pub(super) sender: UserId,
    pub(super) content: Option<String>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) reply_to: Option<MessageId>,
    pub(super) client_id: Option<ClientId>,
    pub(super) is_edited: bool,
    pub(super) is_pinned: bool,
    pub(super) is_deleted: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) seq: Seq,
    pub(super) kind: ChangeKind,
}

/// The times at which a recipient received and read a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamps {
    pub(super) delivered_at: Timestamp,
    pub(super) read_at: Option<Timestamp>,
}

/// The failure for an object that the caller must know to exist.
pub(super) fn missing(what: &'static str) -> StoreError {
    StoreError::Failed(format!("no such {what}").into())
}

impl State {
    pub(super) fn newest_time(&self) -> Timestamp {
        let opened = self.rooms.values().map(|room| room.at);
        let changed = self.messages.values().map(|row| row.updated_at);
        let received = self
            .receipts
            .values()
            .flat_map(|stamps| [Some(stamps.delivered_at), stamps.read_at]);
        let archived = self.arranged.values().filter_map(|row| row.archived_at);
        opened
            .chain(changed)
            .chain(received.flatten())
            .chain(archived)
            .max()
            .unwrap_or(Timestamp(0))
    }

    pub(super) fn person(&self, id: UserId) -> Result<&Person, StoreError> {
        self.people.get(&id).ok_or_else(|| missing("person"))
    }

    pub(super) fn follows(&self, user: UserId, confession: ConfessionId) -> bool {
        self.follows.contains(&Subscription { user, confession })
    }

    /// The confessions that `admin` administers and `member` follows.
    pub(super) fn administered_and_followed(&self, admin: UserId, member: UserId) -> Vec<Confession> {
        let both = |confession: &&Confession| confession.admin == Some(admin) && self.follows(member, confession.id);
        self.confessions.values().filter(both).cloned().collect()
    }

    pub(super) fn takes_part(&self, id: ConversationId, user: UserId) -> bool {
        self.rooms.get(&id).is_some_and(|room| room.participants.contains(&user))
    }

    /// The messages of a conversation, tombstones included, oldest first.
    pub(super) fn history(&self, of: ConversationId) -> impl DoubleEndedIterator<Item = &Row> {
        self.messages.values().filter(move |row| row.conversation == of)
    }

    /// The messages that others sent.
    pub(super) fn of_others(&self, of: ConversationId, user: UserId) -> impl Iterator<Item = &Row> {
        self.history(of).filter(move |row| row.sender != user)
    }

    pub(super) fn last_seq(&self, of: ConversationId) -> Seq {
        self.history(of).map(|row| row.seq).max().unwrap_or(Seq(0))
    }

    pub(super) fn newest_shown(&self, of: ConversationId) -> Option<&Row> {
        self.history(of).rfind(|row| !row.is_deleted)
    }

    pub(super) fn last_message_at(&self, of: ConversationId) -> Option<Timestamp> {
        self.history(of).next_back().map(|row| row.created_at)
    }

    pub(super) fn is_read(&self, message: MessageId, by: UserId) -> bool {
        self.receipts.get(&(message, by)).is_some_and(|stamps| stamps.read_at.is_some())
    }

    pub(super) fn unread(&self, of: ConversationId, by: UserId) -> u64 {
        self.of_others(of, by)
            .filter(|row| !row.is_deleted && !self.is_read(row.id, by))
            .count() as u64
    }

    /// The time of the first message that no answer follows and nobody decided about.
    fn awaiting_since(&self, of: ConversationId) -> Option<Timestamp> {
        self.first_shown_after(of, self.answered.get(&of).copied())
    }

    /// The time of the first message after this one; of the whole history if none is named.
    fn first_shown_after(&self, of: ConversationId, after: Option<MessageId>) -> Option<Timestamp> {
        let mut rows = self.history(of);
        rows.find(|row| !row.is_deleted && Some(row.id) > after).map(|row| row.created_at)
    }

    /// The newest message of an admin or superadmin that is not deleted.
    pub(super) fn newest_of_staff(&self, of: ConversationId) -> Option<MessageId> {
        let is_staff = |row: &Row| self.people.get(&row.sender).is_some_and(|person| person.role.is_staff());
        self.history(of).rfind(|row| !row.is_deleted && is_staff(row)).map(|row| row.id)
    }

    /// The time of the first message after the newest one of an admin or superadmin.
    pub(super) fn unanswered_since(&self, of: ConversationId) -> Option<Timestamp> {
        self.first_shown_after(of, self.newest_of_staff(of))
    }

    /// The row as this person sees it.
    pub(super) fn row_state(&self, of: ConversationId, user: UserId) -> Result<RowState, StoreError> {
        let row = RowState {
            awaiting_since: self.awaiting_since(of),
            ..self.arranged.get(&(of, user)).copied().unwrap_or_default()
        };
        Ok(row.seen_by(self.person(user)?.role))
    }

    pub(super) fn conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        let room = self.rooms.get(&id).ok_or_else(|| missing("conversation"))?;
        let participants = room
            .participants
            .iter()
            .map(|user| self.person(*user).cloned())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Conversation {
            id,
            participants: participants.into(),
            confession: room.confession.and_then(|confession| self.confessions.get(&confession)).cloned(),
            opened_by_staff: room.opened_by_staff,
            created_at: room.at,
            updated_at: self.history(id).map(|row| row.updated_at).max().unwrap_or(room.at),
            last_message_at: self.last_message_at(id),
            last_seq: self.last_seq(id),
            awaiting_since: self.awaiting_since(id),
        })
    }

    /// The conversation as lists of these people show it.
    pub(super) fn summary(&self, of: ConversationId, users: &[UserId]) -> Result<ConversationSummary, StoreError> {
        Ok(ConversationSummary {
            conversation: of,
            last_seq: self.last_seq(of),
            preview: self.preview(of)?,
            unread: users.iter().map(|user| (*user, self.unread(of, *user))).collect(),
            rows: users
                .iter()
                .map(|user| Ok((*user, self.row_state(of, *user)?)))
                .collect::<Result<_, StoreError>>()?,
        })
    }

    pub(super) fn preview(&self, of: ConversationId) -> Result<Option<Preview>, StoreError> {
        self.newest_shown(of)
            .map(|row| self.message(row).map(|message| Preview::of(&message)))
            .transpose()
    }

    /// The message in full; a tombstone if it is deleted.
    pub(super) fn message(&self, row: &Row) -> Result<Message, StoreError> {
        let room = self.rooms.get(&row.conversation).ok_or_else(|| missing("conversation"))?;
        let shown = self.as_reply(row)?;
        let answered = row.reply_to.and_then(|id| self.messages.get(&id));
        Ok(Message {
            id: row.id,
            conversation: row.conversation,
            sender: shown.sender,
            content: shown.content,
            reply_to: answered.map(|answered| self.as_reply(answered)).transpose()?,
            is_edited: row.is_edited,
            is_pinned: row.is_pinned,
            is_deleted: row.is_deleted,
            created_at: row.created_at,
            updated_at: row.updated_at,
            edited_at: row.edited_at,
            attachments: shown.attachments,
            receipts: self.receipts_of(row.id)?,
            others: u32::try_from(room.participants.len() - 1).map_err(|_| missing("room for so many people"))?,
            seq: row.seq,
            client_id: row.client_id.clone(),
        })
    }

    pub(super) fn as_reply(&self, row: &Row) -> Result<ReplyPreview, StoreError> {
        Ok(ReplyPreview {
            id: row.id,
            sender: self.person(row.sender)?.clone(),
            content: row.content.clone().filter(|_| !row.is_deleted),
            attachments: if row.is_deleted { Vec::new() } else { row.attachments.clone() },
            created_at: row.created_at,
            is_deleted: row.is_deleted,
        })
    }

    fn receipts_of(&self, message: MessageId) -> Result<Vec<Receipt>, StoreError> {
        let mut receipts = Vec::new();
        for ((_, user), stamps) in self.receipts.range((message, UserId(i64::MIN))..=(message, UserId(i64::MAX))) {
            receipts.push(Receipt {
                person: self.person(*user)?.clone(),
                delivered_at: stamps.delivered_at,
                read_at: stamps.read_at,
            });
        }
        receipts.sort_by_key(|receipt| (receipt.delivered_at, receipt.person.id));
        Ok(receipts)
    }

    /// The marks of a participant: deleted messages do not hold the marks up, and are never marks.
    pub(super) fn marks(&self, of: ConversationId, user: UserId) -> Marks {
        let stamps = |row: &Row| self.receipts.get(&(row.id, user));
        let newest = |reached: &dyn Fn(&Row) -> bool| {
            self.of_others(of, user)
                .take_while(|row| row.is_deleted || reached(row))
                .filter(|row| reached(row))
                .last()
                .map(|row| row.id)
        };
        let read_up_to = newest(&|row| stamps(row).is_some_and(|stamps| stamps.read_at.is_some()));
        let read = self.of_others(of, user).filter(|row| Some(row.id) <= read_up_to);
        Marks {
            user,
            delivered_up_to: newest(&|row| stamps(row).is_some()),
            read_up_to,
            read_at: read.filter_map(|row| stamps(row)?.read_at).max(),
        }
    }
}
