use std::{cell::LazyCell, sync::Arc, time::Instant};

use bytestring::ByteString;
use domain::{
    conversation::ConversationSummary,
    event::{Body, Event},
    id::UserId,
    message::ChangeKind,
};
use protocol::{
    frame::{ServerFrame, ServerFrameType},
    render::{Audience, event_frame, summary_frame},
};

use super::{
    Node,
    registry::{Socket, Sockets},
};
use crate::{
    bus::{EventSource, Gap, Published},
    measure,
    outbox::{DropPolicy, Frame},
};

/// The most events that are handed on before others get a turn on this thread.
const BATCH: usize = 64;

/// Hands events to the sockets of this node, one after another, so that they arrive in the order of publishing. An event without a socket here is not
/// rendered; one for several sockets of the same audience is rendered once.
pub(super) async fn run(node: Arc<Node>, mut events: EventSource) {
    loop {
        let batch = events.next(BATCH).await;
        node.resync(&batch.gap);
        let now = Instant::now();
        for published in &batch.events {
            measure::received(now.saturating_duration_since(published.trace.since));
            node.dispatch(published);
        }
        tokio::task::yield_now().await;
    }
}

impl Node {
    fn resync(&self, gap: &Gap) {
        #[cfg(feature = "seeded-faults")]
        if domain::seeded::SeededFault::LostResync.is_chosen() {
            return;
        }
        let frame = LazyCell::new(|| Frame::new(ServerFrameType::Resync, ServerFrame::Resync {}.to_text().into(), DropPolicy::Once));
        let sockets = self.registry.read();
        match gap {
            Gap::Nobody => {}
            Gap::Users(users) => {
                let affected = users.iter().flat_map(|user| sockets.of(*user));
                affected.for_each(|socket| socket.outbox.push(frame.clone()));
            }
            Gap::Everybody => sockets.all().for_each(|socket| socket.outbox.push(frame.clone())),
        }
    }

    fn dispatch(&self, published: &Published) {
        let Published { event, trace } = published;
        let sockets = self.registry.read();
        if matches!(event.body, Body::AccountChanged) {
            let affected = event.to.iter().flat_map(|user| sockets.of(*user));
            return affected.for_each(|socket| socket.outbox.recheck_account());
        }
        // Nearly all sockets have the same base, so there are two entries at most: one for each audience.
        let mut rendered: Vec<(Audience, &str, Option<Frame>)> = Vec::new();
        let mut reached = 0_usize;
        for user in &event.to {
            let audience = Audience::of(event, *user);
            for socket in sockets.of(*user).filter(|socket| receives(socket, &event.body)) {
                let known = rendered.iter().position(|(to, base, _)| *to == audience && **base == *socket.base);
                let at = known.unwrap_or_else(|| {
                    rendered.push((audience, &socket.base, self.frame(published, audience, &socket.base)));
                    rendered.len() - 1
                });
                if let Some((_, _, Some(frame))) = rendered.get(at) {
                    socket.outbox.push(frame.clone());
                    reached += 1;
                }
            }
        }
        dispatch_summary(&sockets, event);
        tracing::debug!(parent: &trace.span, sockets = reached, "an event reached the sockets of this node");
    }

    fn frame(&self, published: &Published, audience: Audience, base: &str) -> Option<Frame> {
        let Published { event, trace } = published;
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
        Body::Opened { .. } => false,
        body => body.conversation().is_some_and(|conversation| socket.scope.covers(conversation)),
    }
}

/// Sends `conversation_updated` to the sockets for all conversations. Only the unread count differs between participants.
fn dispatch_summary(sockets: &Sockets<'_>, event: &Event) {
    let Some(summary) = event.body.summary() else { return };
    let mut rendered: Vec<(u64, ByteString)> = Vec::new();
    for user in &event.to {
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

fn summary_text(rendered: &mut Vec<(u64, ByteString)>, event: &Event, summary: &ConversationSummary, user: UserId) -> Option<ByteString> {
    let unread = summary.unread_of(user)?;
    if let Some((_, text)) = rendered.iter().find(|(count, _)| *count == unread) {
        return Some(text.clone());
    }
    let text: ByteString = summary_frame(event, user)?.into();
    rendered.push((unread, text.clone()));
    Some(text)
}
