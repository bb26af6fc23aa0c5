//! Conversations and numbers of messages, for the tests of one adapter beside its suites.

use domain::{
    conversation::NewConversation,
    id::{ConversationId, MessageId, Seq, UserId},
    page::Window,
    ports::{Conversations, MessageFilter, Messages, SendOutcome},
    testing::{
        builders::{NUR, at},
        conformance::{Works as _, silent},
        direct::DirectConversations as _,
    },
};

/// A conversation that the admin side opens about Nur.
pub(crate) fn between(one: UserId, other: UserId) -> NewConversation {
    let mut participants = vec![one, other];
    participants.sort();
    NewConversation {
        participants,
        confession: Some(NUR),
        opened_by: one,
        opened_by_staff: true,
        at: at(0),
    }
}

pub(crate) async fn room(store: &impl Conversations, one: UserId, other: UserId) -> ConversationId {
    store.create(between(one, other), silent()).await.works().id()
}

/// The id and the number of a message that must be new.
pub(crate) fn stored(sent: &SendOutcome) -> (MessageId, Seq) {
    let SendOutcome::New(change) = sent else {
        panic!("not new: {sent:?}")
    };
    (change.message.id, change.message.seq)
}

/// The numbers of a conversation's messages, in the order of the history.
pub(crate) async fn seqs(store: &impl Messages, of: ConversationId) -> Vec<Seq> {
    let (mut seqs, mut after) = (Vec::new(), MessageId(0));
    loop {
        let window = Window::After(after, 100);
        let page = store.window(of, window, MessageFilter::default()).await.works().unwrap();
        seqs.extend(page.items.iter().map(|message| message.seq));
        let Some(last) = page.items.last() else { return seqs };
        after = last.id;
    }
}
