use std::collections::BTreeSet;

use chaos::feed::{Change, Feed, Page, Seq};

pub(crate) const NODES: usize = 2;
pub(crate) const CLIENTS: usize = 2;

/// The model, within limits, sound or with a fault.
#[derive(Clone, Debug)]
pub(crate) struct Resume {
    pub(crate) limits: Limits,
    pub(crate) fault: Option<Fault>,
}

/// How often each thing may happen. All else happens as often as it can.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Limits {
    /// The messages that each client sends.
    pub(crate) messages: [u8; CLIENTS],
    /// Sends that are repeated although an answer is still awaited.
    pub(crate) repeats: u8,
    pub(crate) edits: u8,
    /// Events that the bus loses.
    pub(crate) losses: u8,
    pub(crate) node_crashes: u8,
    /// Commits whose answer the node does not get, because its connection to the database breaks.
    pub(crate) lost_answers: u8,
    pub(crate) client_crashes: u8,
    pub(crate) disconnects: u8,
    /// Backups that are put back. A backup can be made at any time before.
    pub(crate) restores: u8,
}

/// A fault that the properties must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The client keeps what it holds if the epoch changes.
    EpochIgnored,
    /// The server looks for the `client_id` in a step before the one that stores.
    CheckOutsideTransaction,
    /// The node does not tell its sockets that events were lost.
    LostResync,
    /// The server acknowledges in a step before the one that stores.
    EarlyAcknowledgement,
    /// The server publishes in a step before the one that stores.
    EarlyPublication,
    /// The other nodes do not notice that a node ended.
    UnnoticedCrash,
    /// A node forgets an act of which the database did not say whether it is stored.
    ForgottenAct,
}

/// Whose message, and its number: what a `client_id` names.
pub(crate) type ClientId = (usize, u8);

/// A message as a client shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shown {
    pub(crate) client_id: ClientId,
    /// The number of edits.
    pub(crate) version: u8,
}

/// What the database holds of the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Stored {
    /// The messages by id, which is the position plus one.
    pub(crate) messages: Vec<(Seq, Shown)>,
    pub(crate) last_seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) is_up: bool,
    /// Events for it were lost, and its sockets were not told yet.
    pub(crate) has_gap: bool,
    /// It does not know whether an act of its own is stored, and told nobody yet.
    pub(crate) is_in_doubt: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Frame {
    Changed(Change<Shown>),
    Resync,
    Acknowledged(ClientId),
}

/// A message that its client has sent and not seen acknowledged; it survives a crash of the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Unacknowledged {
    pub(crate) client_id: ClientId,
    /// Whether it was sent over the present socket.
    pub(crate) is_sent: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) feed: Feed<u8, Shown>,
    /// The node of its socket.
    pub(crate) socket: Option<usize>,
    /// On their way to it, in order.
    pub(crate) frames: Vec<Frame>,
    /// An answer of `changes/` on its way to it.
    pub(crate) answer: Option<Page<u8, Shown>>,
    /// The messages that it has sent so far.
    pub(crate) composed: u8,
    pub(crate) unacknowledged: Vec<Unacknowledged>,
    /// The number that was applied last.
    pub(crate) applied: Seq,
}

/// The progress of a request of a server with a fault, which takes two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Progress {
    Arrived,
    /// The first step is done; it found the message with this id under the `client_id`.
    Checked(Option<u64>),
}

/// A request to send a message, on its way to a node or in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) node: usize,
    pub(crate) client_id: ClientId,
    pub(crate) progress: Progress,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) epoch: u8,
    pub(crate) stored: Stored,
    pub(crate) backup: Option<Stored>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) clients: Vec<Client>,
    pub(crate) requests: Vec<Request>,
    /// Events on their way to a node, in no order.
    pub(crate) bus: Vec<(usize, Change<Shown>)>,
    /// What must be stored: acknowledged, and not undone by a restore.
    pub(crate) promised: BTreeSet<ClientId>,
    pub(crate) left: Limits,
    /// A node crashed, and its lease has not ended yet.
    pub(crate) is_lease_ending: bool,
    pub(crate) was_applied_twice: bool,
    /// A client saw a change before it was stored.
    pub(crate) was_ahead: bool,
}

impl State {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            epoch: 1,
            stored: Stored::default(),
            backup: None,
            nodes: vec![
                Node {
                    is_up: true,
                    has_gap: false,
                    is_in_doubt: false,
                };
                NODES
            ],
            clients: (0..CLIENTS)
                .map(|number| {
                    let mut client = Client {
                        socket: Some(number),
                        ..Client::default()
                    };
                    client.feed.connected(&1);
                    client.feed.ask();
                    client.feed.answer(Page {
                        epoch: 1,
                        changes: Vec::new(),
                        last_seq: 0,
                        has_more: false,
                        reset: false,
                    });
                    client
                })
                .collect(),
            requests: Vec::new(),
            bus: Vec::new(),
            promised: BTreeSet::new(),
            left: limits.clone(),
            is_lease_ending: false,
            was_applied_twice: false,
            was_ahead: false,
        }
    }
}

impl Client {
    /// Opens a socket at a node. What it has not seen acknowledged has to be sent again.
    pub(crate) fn open(&mut self, node: usize) {
        self.socket = Some(node);
        for message in &mut self.unacknowledged {
            message.is_sent = false;
        }
    }

    /// Loses the socket, and what was on its way.
    pub(crate) fn close(&mut self) {
        self.socket = None;
        self.frames.clear();
        self.answer = None;
        self.feed.disconnected();
    }
}
