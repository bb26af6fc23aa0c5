use std::sync::Arc;

use bytestring::ByteString;
use domain::{
    conversation::{ConversationSummary, RowState},
    event::{Body, Event},
    id::{Seq, UserId},
    message::{ChangeKind, Message},
    ports::{Batch, Gap},
};
use protocol::{
    frame::ServerFrameType,
    render::{Audience, event_frame, summary_frame},
};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::Instant,
};

use super::{
    Node,
    order::{Holes, Line, Missing, Place},
    registry::{Socket, Sockets},
    resync::{Resyncs, resync, resync_frame},
};
use crate::{
    bus::{DeliveryTrace, Traced},
    measure,
    outbox::{DropPolicy, Frame},
};

/// The most events that are handed on before others get a turn on this thread.
const BATCH: usize = 64;

/// Hands events to the sockets of this node, one after another, so that they arrive in the order of publishing. An event without a socket here is not
/// rendered; one for several sockets of the same audience is rendered once.
pub(super) async fn run(node: Arc<Node>) {
    let (filled, mut fills) = unbounded_channel();
    let mut dispatcher = Dispatcher {
        node: node.clone(),
        holes: Holes::default(),
        resyncs: Resyncs::default(),
        filled,
        recipients: Vec::new(),
    };
    loop {
        let due = dispatcher.due();
        tokio::select! {
            batch = node.subscriber.next(BATCH) => dispatcher.take(batch),
            Some(fill) = fills.recv() => dispatcher.fill(fill),
            () = sleep_until(due), if due.is_some() => dispatcher.tick(Instant::now()),
        }
        tokio::task::yield_now().await;
    }
}

async fn sleep_until(due: Option<Instant>) {
    if let Some(due) = due {
        tokio::time::sleep_until(due).await;
    }
}

/// The missing changes of a hole as they were read; `None` if they could not be read.
struct Fill {
    missing: Missing,
    changes: Option<Vec<(ChangeKind, Message)>>,
}

/// The state of handing on events. Only the task of [`run`] has it.
struct Dispatcher {
    node: Arc<Node>,
    holes: Holes,
    resyncs: Resyncs,
    filled: UnboundedSender<Fill>,
    /// The users to whom a change goes now. Kept for its buffer.
    recipients: Vec<UserId>,
}

impl Dispatcher {
    fn due(&self) -> Option<Instant> {
        let (holes, resyncs) = (self.holes.next_due(), self.resyncs.due());
        holes.into_iter().chain(resyncs).min()
    }

    fn tick(&mut self, now: Instant) {
        self.resyncs.send(&self.node.registry.read(), now);
        for missing in self.holes.due(now) {
            self.read(missing);
        }
    }

    fn take(&mut self, batch: Batch<DeliveryTrace>) {
        let now = Instant::now();
        #[cfg(feature = "seeded-faults")]
        let batch = without_gap(batch);
        if batch.gap != Gap::Nobody {
            // The clients ask for what is missing. What waits for it goes on: a client that does not know `resync` has the change all the same.
            for line in self.holes.lines(|user| batch.gap.includes(user)) {
                self.hand_on(line, None);
            }
            self.resyncs.add(&self.node.registry.read(), batch.gap, now);
        }
        for received in &batch.events {
            measure::received(now.into_std().saturating_duration_since(received.trace.since));
            self.dispatch(received, now);
        }
    }

    fn dispatch(&mut self, received: &Traced, now: Instant) {
        if let Body::Typing {
            conversation,
            user,
            is_typing,
            node,
            ..
        } = received.event.body
            && node != self.node.number
            && received.event.to.contains(&user)
        {
            self.node.typed_elsewhere(user, conversation, is_typing);
        }
        let Body::Message { message, .. } = &received.event.body else {
            return self.node.dispatch(received, &received.event.to, true);
        };
        let mut recipients = std::mem::take(&mut self.recipients);
        let mut others: Vec<(Line, Place)> = Vec::new();
        {
            let sockets = self.node.registry.read();
            for user in &received.event.to {
                let Some(mut forwarded) = sockets.forwarded(*user) else { continue };
                let line = (*user, message.conversation);
                match self.holes.place(&mut forwarded, line, message.seq, received, now) {
                    Place::Next => recipients.push(*user),
                    place => others.push((line, place)),
                }
            }
        }
        self.node.dispatch(received, &recipients, true);
        for (line, place) in others {
            match place {
                Place::Next | Place::Late | Place::Early { kept: true } => {}
                Place::Awaited => {
                    metrics::counter!(measure::HOLES_TOTAL, "outcome" => "arrived").increment(1);
                    self.node.dispatch(received, &[line.0], true);
                    self.release(line, message.seq, now);
                }
                Place::Early { kept: false } => self.give_up(line, Some((message.seq, received))),
            }
        }
        recipients.clear();
        self.recipients = recipients;
    }

    /// Hands on what need not wait any more.
    fn release(&mut self, line: Line, filled: Seq, now: Instant) {
        let released = {
            let sockets = self.node.registry.read();
            match sockets.forwarded(line.0) {
                Some(mut forwarded) => self.holes.released(&mut forwarded, line, filled, now),
                None => return self.holes.forget(line.0),
            }
        };
        for change in released {
            self.node.dispatch(&change, &[line.0], true);
        }
    }

    /// Hands on what waits, and lets the client ask for the rest.
    fn give_up(&mut self, line: Line, change: Option<(Seq, &Traced)>) {
        metrics::counter!(measure::HOLES_TOTAL, "outcome" => "resync").increment(1);
        resync(&self.node.registry.read(), line.0, &resync_frame());
        self.hand_on(line, change);
    }

    /// Hands on what waits, without what is missing before it.
    fn hand_on(&mut self, line: Line, change: Option<(Seq, &Traced)>) {
        let waiting = {
            let sockets = self.node.registry.read();
            let Some(mut forwarded) = sockets.forwarded(line.0) else {
                return self.holes.forget(line.0);
            };
            self.holes.give_up(&mut forwarded, line, change)
        };
        for change in waiting {
            self.node.dispatch(&change, &[line.0], true);
        }
    }

    /// Reads the missing changes beside the dispatching of other events.
    fn read(&mut self, missing: Missing) {
        if !missing.is_small() {
            return self.give_up(missing.line, None);
        }
        let (node, filled) = (self.node.clone(), self.filled.clone());
        tokio::spawn(async move {
            let read = node.messaging.changes_between(missing.line.1, missing.after, missing.before).await;
            let changes = read
                .inspect_err(|error| tracing::warn!(error = %error, conversation.id = missing.line.1.0, "missing changes could not be read; the clients are told to ask for them"))
                .ok();
            // The dispatcher ends with the node.
            let _ = filled.send(Fill { missing, changes });
        });
    }

    fn fill(&mut self, Fill { missing, changes }: Fill) {
        let (line, now) = (missing.line, Instant::now());
        // Changes may have arrived, and gone on, while these were read.
        let Some((after, before)) = self.holes.bounds(line).filter(|(_, before)| *before == missing.before) else {
            return;
        };
        let Some(changes) = changes else { return self.give_up(line, None) };
        metrics::counter!(measure::HOLES_TOTAL, "outcome" => "read").increment(1);
        for (kind, message) in changes {
            if after < message.seq && message.seq < before {
                let change = filling(line.0, kind, message);
                // Lists are brought up to date by the change that waits behind the hole.
                self.node.dispatch(&change, &[line.0], false);
            }
        }
        self.release(line, Seq(before.0 - 1), now);
    }
}

/// The fault `SeededFault::LostResync`, which the chaos suite has to find.
#[cfg(feature = "seeded-faults")]
fn without_gap(batch: Batch<DeliveryTrace>) -> Batch<DeliveryTrace> {
    let gap = if domain::seeded::SeededFault::LostResync.is_chosen() {
        Gap::Nobody
    } else {
        batch.gap
    };
    Batch { gap, ..batch }
}

/// A change that was read from storage, for one user.
fn filling(user: UserId, kind: ChangeKind, message: Message) -> Traced {
    let summary = ConversationSummary {
        conversation: message.conversation,
        last_seq: message.seq,
        preview: None,
        unread: Vec::new(),
        rows: Vec::new(),
    };
    let event = Event {
        to: vec![user],
        body: Body::Message {
            kind,
            message: Arc::new(message),
            summary: Arc::new(summary),
        },
    };
    let trace = DeliveryTrace::of(&event);
    Traced { event, trace }
}

impl Node {
    /// Hands an event to the sockets of these users, and brings their lists up to date if `updates_lists`.
    fn dispatch(&self, received: &Traced, to: &[UserId], updates_lists: bool) {
        let Traced { event, trace } = received;
        let sockets = self.registry.read();
        if matches!(event.body, Body::AccountChanged) {
            let affected = to.iter().flat_map(|user| sockets.of(*user));
            return affected.for_each(|socket| socket.outbox.recheck_account());
        }
        // Nearly all sockets have the same base, so there are two entries at most: one for each audience.
        let mut rendered: Vec<(Audience, &str, Option<Frame>)> = Vec::new();
        let mut reached = 0_usize;
        for user in to {
            let audience = Audience::of(event, *user);
            for socket in sockets.of(*user).filter(|socket| receives(socket, &event.body)) {
                let known = rendered.iter().position(|(to, base, _)| *to == audience && **base == *socket.base);
                let at = known.unwrap_or_else(|| {
                    rendered.push((audience, &socket.base, self.frame(received, audience, &socket.base)));
                    rendered.len() - 1
                });
                if let Some((_, _, Some(frame))) = rendered.get(at) {
                    socket.outbox.push(frame.clone());
                    reached += 1;
                }
            }
        }
        if updates_lists {
            dispatch_summary(&sockets, event, to);
        }
        tracing::debug!(parent: &trace.span, sockets = reached, "an event reached the sockets of this node");
    }

    fn frame(&self, received: &Traced, audience: Audience, base: &str) -> Option<Frame> {
        let Traced { event, trace } = received;
        let now = self.messaging.now();
        let rendered = event_frame(event, audience, now, self.messaging.policy(), &*(self.links)(base))?;
        let mut frame = Frame::new(rendered.frame_type, rendered.text.into(), DropPolicy::of(&event.body));
        if let Body::Message { kind, message, .. } = &event.body {
            frame.change = Some((message.conversation, message.seq));
            frame.delivers = (*kind == ChangeKind::Sent && audience == Audience::Others).then_some(message.id);
        }
        if frame.drop_policy == DropPolicy::Durable {
            frame.trace = Some(trace.clone());
        }
        Some(frame)
    }
}

/// Whether the socket receives the frame of this event. `conversation_updated` is sent apart from it, by [`dispatch_summary`].
fn receives(socket: &Socket, body: &Body) -> bool {
    match body {
        Body::Presence { status, .. } => socket.watches(status.user),
        Body::Opened { .. } | Body::Arranged { .. } => false,
        Body::Typing { conversation, user, .. } => *user != socket.user && socket.scope.covers(*conversation),
        body => body.conversation().is_some_and(|conversation| socket.scope.covers(conversation)),
    }
}

/// Sends `conversation_updated` to the sockets for all conversations. Only the unread count and the row differ between participants.
fn dispatch_summary(sockets: &Sockets<'_>, event: &Event, to: &[UserId]) {
    let Some(summary) = event.body.summary() else { return };
    let mut rendered: Vec<Rendered> = Vec::new();
    for user in to {
        let mut affected = sockets.of(*user).filter(|socket| socket.is_for_all()).peekable();
        if affected.peek().is_none() {
            continue;
        }
        let Some(text) = summary_text(&mut rendered, event, summary, *user) else {
            continue;
        };
        let drop_policy = DropPolicy::NewestOf(summary.conversation);
        affected.for_each(|socket| {
            socket
                .outbox
                .push(Frame::new(ServerFrameType::ConversationUpdated, text.clone(), drop_policy));
        });
    }
}

/// The text for everybody with this unread count and this row.
type Rendered = (u64, RowState, ByteString);

fn summary_text(rendered: &mut Vec<Rendered>, event: &Event, summary: &ConversationSummary, user: UserId) -> Option<ByteString> {
    let (unread, row) = (summary.unread_of(user)?, summary.row_of(user));
    if let Some((_, _, text)) = rendered.iter().find(|(count, of, _)| (*count, *of) == (unread, row)) {
        return Some(text.clone());
    }
    let text: ByteString = summary_frame(event, user)?.into();
    rendered.push((unread, row, text.clone()));
    Some(text)
}
