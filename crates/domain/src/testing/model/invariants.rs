//! The invariants of every store, after any steps.

use std::collections::BTreeSet;

use super::{World, visible::View};
use crate::{
    conversation::{ListItem, Preview},
    id::{MessageId, UserId},
    message::Message,
    receipt::Receipt,
    testing::conformance::{Store, Works},
};

impl<S: Store + 'static> World<S> {
    /// Checks that the list is in order and has the right total.
    pub(super) async fn check_list(&self, of: UserId, rows: &[ListItem]) {
        let mut order = Vec::new();
        for row in rows {
            let facts = self.store.facts(row.id, of).await.works().expect("they take part");
            order.push((row.last_message_at.unwrap_or(facts.conversation.created_at), row.id));
        }
        assert!(
            order.is_sorted_by(|one, next| one > next),
            "the list of {of} is out of order: {order:?}"
        );
        let unread: u64 = rows.iter().map(|row| row.unread_count).sum();
        assert_eq!(self.store.unread_total(of).await.works(), unread, "the unread total of {of}");
        let kinds: BTreeSet<_> = rows
            .iter()
            .map(|row| (ids_of(row), row.confession.as_ref().map(|confession| confession.id)))
            .collect();
        assert_eq!(kinds.len(), rows.len(), "one conversation for each set of people and confession");
    }

    /// Checks that numbers and lists follow from the messages and their receipts.
    pub(super) async fn check_view(&self, view: &View) {
        let View {
            conversation,
            viewer,
            row,
            history,
            changes,
            last_page,
        } = view;
        let number = self.names.number_of(*conversation).expect("it was opened");
        assert_eq!(
            (row.last_seq, last_page.last_seq),
            (self.published[number], self.published[number]),
            "the newest seq is the one last announced"
        );
        assert!(history.is_sorted_by(|one, next| one.id < next.id), "the history ascends");
        check_unread(history, *viewer, row);
        let newest = history.iter().rfind(|message| !message.is_deleted);
        assert_eq!(
            row.preview.as_ref().map(Preview::text),
            newest.map(|message| Preview::of(message).text()),
            "the newest not deleted"
        );
        assert_eq!(
            row.last_message_at,
            history.last().map(|message| message.created_at),
            "the newest sending"
        );
        for message in history {
            check_tombstones(message);
            assert_eq!(
                self.store.get(message.id, *viewer).await.works().as_ref(),
                Some(message),
                "every way to read a message gives the same"
            );
            let facts = self
                .store
                .facts_to_change(message.id, *viewer)
                .await
                .works()
                .expect("they take part");
            assert_eq!(
                (facts.takes_part, &facts.message),
                (true, message),
                "every way to read a message gives the same"
            );
        }
        assert!(changes.is_sorted_by(|(_, one), (_, next)| one.seq < next.seq), "changes ascend");
        assert_eq!(
            changes.last().map_or(0, |(_, newest)| newest.seq.0),
            row.last_seq.0,
            "the newest change is there"
        );
        let mut changed: Vec<&Message> = changes.iter().map(|(_, message)| message).collect();
        changed.sort_by_key(|message| message.id);
        assert_eq!(
            changed,
            history.iter().collect::<Vec<_>>(),
            "each message once, in its present state"
        );
        check_marks(view);
    }
}

fn ids_of(row: &ListItem) -> Vec<UserId> {
    row.participants.iter().map(|person| person.id).collect()
}

fn check_unread(history: &[Message], viewer: UserId, row: &ListItem) {
    let is_read = |message: &Message| receipt(message, viewer).is_some_and(|receipt| receipt.read_at.is_some());
    let unread = history
        .iter()
        .filter(|message| message.sender.id != viewer && !message.is_deleted && !is_read(message))
        .count();
    assert_eq!(row.unread_count, unread as u64, "unread messages of {viewer}");
}

fn check_tombstones(message: &Message) {
    assert!(
        !message.is_deleted || (message.content.is_none() && message.attachments.is_empty() && !message.is_pinned),
        "{message:?}"
    );
    assert!(
        message.is_deleted || message.content.is_some() || !message.attachments.is_empty(),
        "{message:?}"
    );
    if let Some(reply) = &message.reply_to {
        assert!(
            !reply.is_deleted || (reply.content.is_none() && reply.attachments.is_empty()),
            "{message:?}"
        );
    }
    assert!(
        message.receipts.iter().all(|receipt| receipt.person.id != message.sender.id),
        "{message:?}"
    );
    assert!(
        message
            .receipts
            .is_sorted_by_key(|receipt| (receipt.delivered_at, receipt.person.id)),
        "{message:?}"
    );
}

/// Checks that a mark is the newest message of others that was reached, where all before it were reached or deleted.
fn check_marks(view: &View) {
    for marks in &view.last_page.marks {
        let of_others = || view.history.iter().filter(|message| message.sender.id != marks.user);
        let newest = |reached: &dyn Fn(&Receipt) -> bool| -> Option<MessageId> {
            let is_reached = |message: &&Message| receipt(message, marks.user).is_some_and(reached);
            of_others()
                .take_while(|message| message.is_deleted || is_reached(message))
                .filter(is_reached)
                .last()
                .map(|message| message.id)
        };
        let read_up_to = newest(&|receipt| receipt.read_at.is_some());
        assert_eq!(
            (marks.delivered_up_to, marks.read_up_to),
            (newest(&|_| true), read_up_to),
            "the marks of {}",
            marks.user
        );
        let read = of_others().filter(|message| Some(message.id) <= read_up_to);
        let newest_reading = read.filter_map(|message| receipt(message, marks.user)?.read_at).max();
        assert_eq!(marks.read_at, newest_reading, "when the read mark of {} moved", marks.user);
    }
    let mut users: Vec<UserId> = view.last_page.marks.iter().map(|marks| marks.user).collect();
    users.sort_unstable();
    assert_eq!(users, ids_of(&view.row), "everybody has marks");
}

fn receipt(message: &Message, user: UserId) -> Option<&Receipt> {
    message.receipts.iter().find(|receipt| receipt.person.id == user)
}
