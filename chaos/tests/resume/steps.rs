//! Which steps a state allows, and where they lead.

use chaos::feed::{Effect, Feed};
use stateright::{Model, Property};

use super::{
    properties,
    server::is_new,
    state::{ClientId, Fault, Frame, Progress, Request, Resume, State, Unacknowledged},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Composes a message and sends it.
    Send(usize),
    /// Sends a message again that was not acknowledged before the socket was lost.
    SendAgain(ClientId),
    /// A node decides a request, stores its message, publishes it and acknowledges it; with a fault, a part of that.
    Handle(usize),
    Carry(usize),
    Resync(usize),
    Receive(usize),
    Ask(usize),
    Answer(usize),
    Connect(usize, usize),
    StartNode(usize),
    /// The lease of a node that crashed ends, and the others notice it.
    EndLease,
    /// The database answers a node again that does not know whether an act is stored: all nodes are told that its people may have missed an event.
    TellUnconfirmed(usize),
    // What goes wrong, or need not happen.
    Repeat(ClientId),
    Edit(usize),
    Lose(usize),
    CrashNode(usize),
    /// A node crashes between the commit and all that follows.
    CommitAndCrash(usize),
    /// The connection to the database breaks between the commit and its answer: the client gets an error.
    CommitAndLoseAnswer(usize),
    CrashClient(usize),
    Disconnect(usize),
    Backup,
    Restore,
}

impl State {
    /// The steps by which the system comes to rest.
    pub(crate) fn progress(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (number, client) in self.clients.iter().enumerate() {
            if client.socket.is_some() {
                if client.composed < self.left.messages[number] {
                    steps.push(Step::Send(number));
                }
                let unsent = client.unacknowledged.iter().filter(|message| !message.is_sent);
                steps.extend(unsent.map(|message| Step::SendAgain(message.client_id)));
            } else {
                let up = (0..self.nodes.len()).filter(|node| self.nodes[*node].is_up);
                steps.extend(up.map(|node| Step::Connect(number, node)));
            }
            if !client.frames.is_empty() {
                steps.push(Step::Receive(number));
            }
            if client.socket.is_some() && client.feed.clone().ask().is_some() {
                steps.push(Step::Ask(number));
            }
            if client.answer.is_some() {
                steps.push(Step::Answer(number));
            }
        }
        steps.extend((0..self.requests.len()).map(Step::Handle));
        steps.extend((0..self.bus.len()).map(Step::Carry));
        for (number, node) in self.nodes.iter().enumerate() {
            if !node.is_up {
                steps.push(Step::StartNode(number));
                continue;
            }
            if node.has_gap {
                steps.push(Step::Resync(number));
            }
            if node.is_in_doubt {
                steps.push(Step::TellUnconfirmed(number));
            }
        }
        if self.is_lease_ending {
            steps.push(Step::EndLease);
        }
        steps
    }

    fn faults(&self, steps: &mut Vec<Step>) {
        let left = &self.left;
        for (number, client) in self.clients.iter().enumerate() {
            if left.repeats > 0 && client.socket.is_some() {
                let sent = client.unacknowledged.iter().filter(|message| message.is_sent);
                steps.extend(sent.map(|message| Step::Repeat(message.client_id)));
            }
            if left.client_crashes > 0 {
                steps.push(Step::CrashClient(number));
            }
            if left.disconnects > 0 && client.socket.is_some() {
                steps.push(Step::Disconnect(number));
            }
        }
        if left.losses > 0 {
            steps.extend((0..self.bus.len()).map(Step::Lose));
        }
        for (number, _) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_up) {
            if left.edits > 0 && !self.stored.messages.is_empty() {
                steps.push(Step::Edit(number));
            }
            if left.node_crashes > 0 {
                steps.push(Step::CrashNode(number));
            }
        }
        if left.node_crashes > 0 {
            steps.extend((0..self.requests.len()).map(Step::CommitAndCrash));
        }
        if left.lost_answers > 0 {
            steps.extend((0..self.requests.len()).map(Step::CommitAndLoseAnswer));
        }
        if left.restores > 0 {
            steps.push(if self.backup.is_some() { Step::Restore } else { Step::Backup });
        }
    }

    fn submit(&mut self, client_id: ClientId) {
        let client = &mut self.clients[client_id.0];
        let Some(node) = client.socket else { return };
        for message in client.unacknowledged.iter_mut().filter(|message| message.client_id == client_id) {
            message.is_sent = true;
        }
        self.requests.push(Request {
            node,
            client_id,
            progress: Progress::Arrived,
        });
        self.requests.sort();
    }

    /// The transaction: looks for the `client_id`, decides and stores.
    fn commit(&mut self, request: &Request) -> Option<chaos::feed::Change<super::state::Shown>> {
        let found = match &request.progress {
            Progress::Arrived => self.stored.find(request.client_id),
            Progress::Checked(found) => *found,
        };
        if !is_new(request.client_id, found) {
            return None;
        }
        let change = self.stored.next_change(request.client_id);
        self.stored.store(&change);
        Some(change)
    }

    /// The first of two steps of a server with a fault; `None` if the server has none that concerns requests.
    fn begin(&mut self, request: &Request, fault: Option<Fault>) -> Option<Request> {
        let found = self.stored.find(request.client_id);
        match fault? {
            Fault::CheckOutsideTransaction => {}
            Fault::EarlyAcknowledgement => self.acknowledge(request.node, request.client_id),
            Fault::EarlyPublication if found.is_none() => {
                let change = self.stored.next_change(request.client_id);
                self.publish(request.node, &change);
            }
            _ => return None,
        }
        Some(Request {
            progress: Progress::Checked(found),
            ..request.clone()
        })
    }

    fn handle(&mut self, position: usize, fault: Option<Fault>) {
        let request = self.requests.remove(position);
        if request.progress == Progress::Arrived
            && let Some(begun) = self.begin(&request, fault)
        {
            self.requests.push(begun);
            self.requests.sort();
            return;
        }
        if let Some(change) = self.commit(&request)
            && fault != Some(Fault::EarlyPublication)
        {
            self.publish(request.node, &change);
        }
        self.acknowledge(request.node, request.client_id);
    }

    fn receive(&mut self, number: usize) {
        let last_seq = self.stored.last_seq;
        let client = &mut self.clients[number];
        let effects = match client.frames.remove(0) {
            Frame::Changed(change) => {
                self.was_ahead |= change.seq > last_seq;
                client.feed.frame(change)
            }
            Frame::Resync => {
                client.feed.resync();
                Vec::new()
            }
            Frame::Acknowledged(client_id) => {
                client.unacknowledged.retain(|message| message.client_id != client_id);
                Vec::new()
            }
        };
        self.note(number, &effects);
    }

    /// The socket is registered, and its `ready` arrives.
    fn connect(&mut self, number: usize, node: usize, fault: Option<Fault>) {
        let client = &mut self.clients[number];
        client.open(node);
        let epoch = match client.feed.epoch() {
            Some(held) if fault == Some(Fault::EpochIgnored) => *held,
            _ => self.epoch,
        };
        let effects = client.feed.connected(&epoch);
        self.note(number, &effects);
    }

    fn answer(&mut self, number: usize, fault: Option<Fault>) {
        let client = &mut self.clients[number];
        let Some(mut page) = client.answer.take() else { return };
        if fault == Some(Fault::EpochIgnored)
            && let Some(held) = client.feed.epoch()
        {
            page.epoch = *held;
        }
        let effects = client.feed.answer(page);
        self.note(number, &effects);
    }

    fn note(&mut self, number: usize, effects: &[Effect]) {
        let client = &mut self.clients[number];
        for effect in effects {
            match effect {
                Effect::Applied(seq) => {
                    self.was_applied_twice |= *seq <= client.applied;
                    client.applied = *seq;
                }
                Effect::Dropped => client.applied = 0,
            }
        }
    }

    /// The client gets an error, and sends the message again.
    fn refuse(&mut self, request: &Request) {
        let client = &mut self.clients[request.client_id.0];
        for message in client
            .unacknowledged
            .iter_mut()
            .filter(|message| message.client_id == request.client_id)
        {
            message.is_sent = false;
        }
    }

    fn crash(&mut self, node: usize, fault: Option<Fault>) {
        self.stop_node(node);
        self.is_lease_ending |= fault != Some(Fault::UnnoticedCrash);
    }

    /// All nodes have a gap.
    fn have_gaps(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| node.is_up) {
            node.has_gap = true;
        }
    }

    fn restore(&mut self) {
        for node in 0..self.nodes.len() {
            self.stop_node(node);
        }
        if let Some(backup) = self.backup.take() {
            self.promised.retain(|client_id| backup.find(*client_id).is_some());
            self.stored = backup;
            self.epoch += 1;
        }
    }
}

impl Model for Resume {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.limits)]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps.extend(state.progress());
        state.faults(steps);
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        match step {
            Step::Send(number) => {
                let client = &mut next.clients[number];
                client.composed += 1;
                let client_id = (number, client.composed);
                client.unacknowledged.push(Unacknowledged { client_id, is_sent: true });
                next.submit(client_id);
            }
            Step::SendAgain(client_id) => next.submit(client_id),
            Step::Repeat(client_id) => {
                next.left.repeats -= 1;
                next.submit(client_id);
            }
            Step::Handle(position) => next.handle(position, self.fault),
            Step::CommitAndCrash(position) => {
                next.left.node_crashes -= 1;
                let request = next.requests[position].clone();
                next.commit(&request);
                next.crash(request.node, self.fault);
            }
            Step::CommitAndLoseAnswer(position) => {
                next.left.lost_answers -= 1;
                let request = next.requests.remove(position);
                if next.commit(&request).is_some() && self.fault != Some(Fault::ForgottenAct) {
                    next.nodes[request.node].is_in_doubt = true;
                }
                next.refuse(&request);
            }
            Step::Carry(position) => {
                let (node, change) = next.bus.remove(position);
                next.forward(node, &change);
            }
            Step::Lose(position) => {
                next.left.losses -= 1;
                let (node, _) = next.bus.remove(position);
                next.nodes[node].has_gap = self.fault != Some(Fault::LostResync);
            }
            Step::Resync(node) => {
                next.nodes[node].has_gap = false;
                for client in next.clients.iter_mut().filter(|client| client.socket == Some(node)) {
                    client.frames.push(Frame::Resync);
                }
            }
            Step::Receive(number) => next.receive(number),
            Step::Ask(number) => {
                let asked = next.clients[number].feed.ask()?;
                next.clients[number].answer = Some(next.changes(asked));
            }
            Step::Answer(number) => next.answer(number, self.fault),
            Step::Connect(number, node) => next.connect(number, node, self.fault),
            Step::StartNode(node) => next.nodes[node].is_up = true,
            Step::EndLease => {
                next.is_lease_ending = false;
                next.have_gaps();
            }
            Step::TellUnconfirmed(node) => {
                next.nodes[node].is_in_doubt = false;
                next.have_gaps();
            }
            Step::Edit(node) => {
                next.left.edits -= 1;
                let change = next.stored.edit();
                next.publish(node, &change);
            }
            Step::CrashNode(node) => {
                next.left.node_crashes -= 1;
                next.crash(node, self.fault);
            }
            Step::CrashClient(number) => {
                next.left.client_crashes -= 1;
                let client = &mut next.clients[number];
                client.close();
                client.feed = Feed::default();
                client.applied = 0;
            }
            Step::Disconnect(number) => {
                next.left.disconnects -= 1;
                next.clients[number].close();
            }
            Step::Backup => next.backup = Some(next.stored.clone()),
            Step::Restore => {
                next.left.restores -= 1;
                next.restore();
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.limits)
    }
}
