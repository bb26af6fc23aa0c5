//! The server of the model. It decides by the rules of the domain.

use std::{collections::BTreeMap, sync::LazyLock};

use chaos::feed::{Change, Page, Seq};
use domain::{
    change::ChangePage,
    conversation::Conversation,
    facts::{ConversationFacts, SendingFacts},
    id::{self, ConversationId},
    message::NewMessage,
    policy::Policy,
    rules::sending::{self, Sending},
    testing::builders::{AZIZ, DILNOZA, at, client_id, someone},
};

use super::state::{ClientId, Frame, Shown, State, Stored};

const CONVERSATION: ConversationId = ConversationId(1);

/// The facts of a sender who may send.
static FACTS: LazyLock<ConversationFacts> = LazyLock::new(|| ConversationFacts {
    actor: someone(AZIZ),
    conversation: Conversation {
        id: CONVERSATION,
        participants: [someone(DILNOZA), someone(AZIZ)].into(),
        confession: None,
        opened_by_staff: true,
        created_at: at(0),
        updated_at: at(0),
        last_message_at: None,
        last_seq: id::Seq(0),
        awaiting_since: None,
    },
    actor_follows: true,
});

/// What the rule of sending decides, given the message that was found under the `client_id`.
pub(crate) fn is_new(asked: ClientId, found: Option<u64>) -> bool {
    let facts = SendingFacts {
        base: FACTS.clone(),
        reply_to: None,
        already: found.map(|id| (CONVERSATION, id::MessageId(id.cast_signed()))),
    };
    let message = NewMessage {
        content: Some("a message".to_owned()),
        client_id: Some(client_id(&format!("{}-{}", asked.0, asked.1))),
        ..NewMessage::empty(AZIZ, CONVERSATION)
    };
    match sending::decide(Some(facts), &message, &Policy::default(), at(1)) {
        Ok(Sending::New(_)) => true,
        Ok(Sending::Already(id)) => {
            assert_eq!(Some(id.0.cast_unsigned()), found);
            false
        }
        Err(denial) => panic!("{denial:?}"),
    }
}

impl Stored {
    pub(crate) fn find(&self, client_id: ClientId) -> Option<u64> {
        let position = self.messages.iter().position(|(_, shown)| shown.client_id == client_id);
        position.map(|position| position as u64 + 1)
    }

    /// The change that storing this message would be.
    pub(crate) fn next_change(&self, client_id: ClientId) -> Change<Shown> {
        Change {
            seq: self.last_seq + 1,
            message: self.messages.len() as u64 + 1,
            state: Shown { client_id, version: 0 },
        }
    }

    pub(crate) fn store(&mut self, change: &Change<Shown>) {
        self.last_seq = change.seq;
        self.messages.push((change.seq, change.state));
    }

    /// Edits the oldest message.
    pub(crate) fn edit(&mut self) -> Change<Shown> {
        self.last_seq += 1;
        let (seq, shown) = &mut self.messages[0];
        *seq = self.last_seq;
        shown.version += 1;
        Change {
            seq: *seq,
            message: 1,
            state: *shown,
        }
    }

    /// The messages by id, as a client holds them that has caught up.
    pub(crate) fn as_held(&self) -> BTreeMap<u64, Change<Shown>> {
        let changes = self.messages.iter().zip(1..).map(|((seq, state), message)| Change {
            seq: *seq,
            message,
            state: *state,
        });
        changes.map(|change| (change.message, change)).collect()
    }
}

impl State {
    /// The answer of `changes/?after=`, which has at most one change, so that clients have to ask for the rest.
    pub(crate) fn changes(&self, after: Seq) -> Page<u8, Shown> {
        let mut changes: Vec<_> = self.stored.as_held().into_values().filter(|change| change.seq > after).collect();
        changes.sort_by_key(|change| change.seq);
        let has_more = changes.len() > 1;
        changes.truncate(1);
        Page {
            epoch: self.epoch,
            changes,
            last_seq: self.stored.last_seq,
            has_more,
            reset: ChangePage::lies_beyond(id::Seq(after.cast_signed()), id::Seq(self.stored.last_seq.cast_signed())),
        }
    }

    /// Hands a change to the sockets of this node, and to the bus for the other nodes.
    pub(crate) fn publish(&mut self, node: usize, change: &Change<Shown>) {
        self.forward(node, change);
        let others = (0..self.nodes.len()).filter(|other| *other != node && self.nodes[*other].is_up);
        self.bus.extend(others.map(|other| (other, change.clone())));
        self.bus.sort_by_key(|(node, change)| (*node, change.seq, change.message));
    }

    /// Hands a change to the sockets of this node.
    pub(crate) fn forward(&mut self, node: usize, change: &Change<Shown>) {
        for client in self.clients.iter_mut().filter(|client| client.socket == Some(node)) {
            client.frames.push(Frame::Changed(change.clone()));
        }
    }

    pub(crate) fn acknowledge(&mut self, node: usize, client_id: ClientId) {
        self.promised.insert(client_id);
        let sender = &mut self.clients[client_id.0];
        if sender.socket == Some(node) {
            sender.frames.push(Frame::Acknowledged(client_id));
        }
    }

    /// The node is gone, with its sockets, the requests in it, and the events on their way to it.
    pub(crate) fn stop_node(&mut self, node: usize) {
        self.nodes[node].is_up = false;
        self.nodes[node].has_gap = false;
        self.nodes[node].is_in_doubt = false;
        self.requests.retain(|request| request.node != node);
        self.bus.retain(|(to, _)| *to != node);
        for client in self.clients.iter_mut().filter(|client| client.socket == Some(node)) {
            client.close();
        }
    }
}
