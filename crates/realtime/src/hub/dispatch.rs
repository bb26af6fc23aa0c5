use std::{cell::LazyCell, sync::Arc, time::Instant};

use bytestring::ByteString;
use domain::{
    conversation::Inbox,
    event::{Body, Event},
    id::UserId,
    message::ChangeKind,
};
use protocol::{
    frame::ServerFrame,
    render::{Audience, event_frame, inbox_frame},
};

use super::{
    Node,
    registry::{Socket, Sockets},
};
use crate::{
    bus::{EventSource, Missed, Published},
    measure,
    outbox::{Frame, Weight},
};

/// The most events that are handed on before others get a turn on this thread.
const BATCH: usize = 64;

/// Hands events on to the sockets of this node, one after another, so that they arrive in the order of publishing. What nobody here would hear is not
/// rendered; what several hear is rendered once.
pub(super) async fn run(node: Arc<Node>, mut events: EventSource) {
    loop {
        let batch = events.next(BATCH).await;
        node.resync(&batch.missed);
        let now = Instant::now();
        for published in &batch.events {
            measure::received(now.saturating_duration_since(published.trail.since));
            node.dispatch(published);
        }
        tokio::task::yield_now().await;
    }
}

impl Node {
    fn resync(&self, missed: &Missed) {
        let frame = LazyCell::new(|| Frame::new("resync", ServerFrame::Resync {}.to_text().into(), Weight::Once));
        let sockets = self.registry.read();
        match missed {
            Missed::Nobody => {}
            Missed::Users(users) => {
                let affected = users.iter().flat_map(|user| sockets.of(*user));
                affected.for_each(|socket| socket.outbox.push(frame.clone()));
            }
            Missed::Everybody => sockets.all().for_each(|socket| socket.outbox.push(frame.clone())),
        }
    }

    fn dispatch(&self, published: &Published) {
        let Published { event, trail } = published;
        let sockets = self.registry.read();
        if matches!(event.body, Body::AccountChanged) {
            let affected = event.to.iter().flat_map(|user| sockets.of(*user));
            return affected.for_each(|socket| socket.outbox.look_again());
        }
        // Nearly always there is one base, so these are two at most.
        let mut rendered: Vec<(Audience, &str, Option<Frame>)> = Vec::new();
        let mut reached = 0_usize;
        for user in &event.to {
            let audience = Audience::of(event, *user);
            for socket in sockets.of(*user).filter(|socket| hears(socket, &event.body)) {
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
        dispatch_inbox(&sockets, event);
        tracing::debug!(parent: &trail.span, sockets = reached, "an event reached the sockets of this node");
    }

    fn frame(&self, published: &Published, audience: Audience, base: &str) -> Option<Frame> {
        let Published { event, trail } = published;
        let now = self.messaging.clock.now();
        let text = event_frame(event, audience, now, &self.messaging.policy, &*(self.links)(base))?.into();
        let mut frame = match &event.body {
            Body::Message { kind, message, .. } => Frame {
                change: Some((message.conversation, message.seq)),
                delivers: (*kind == ChangeKind::Sent && audience == Audience::Others).then_some(message.id),
                ..Frame::new(kind.frame_type(), text, Weight::Durable)
            },
            Body::Delivered(_) => Frame::new("message_delivered", text, Weight::Durable),
            Body::Read { .. } => Frame::new("read_receipt", text, Weight::Durable),
            Body::Typing { conversation, user, .. } => Frame::new("typing", text, Weight::Typing(*conversation, *user)),
            Body::Presence { status, .. } => Frame::new("user_status", text, Weight::Presence(status.user)),
            Body::Opened { .. } | Body::AccountChanged => return None,
        };
        if frame.weight == Weight::Durable {
            frame.trail = Some(trail.clone());
        }
        Some(frame)
    }
}

/// Is the event, apart from what it means for a list, for this socket?
fn hears(socket: &Socket, body: &Body) -> bool {
    match body {
        Body::Message { message, .. } => socket.scope.covers(message.conversation),
        Body::Delivered(news) => socket.scope.covers(news.conversation),
        Body::Read { conversation, .. } | Body::Typing { conversation, .. } => socket.scope.covers(*conversation),
        Body::Presence { status, .. } => socket.watches(status.user),
        Body::Opened { .. } | Body::AccountChanged => false,
    }
}

/// `conversation_updated`, to the sockets for all conversations only. For people it differs by the count of unread messages alone.
fn dispatch_inbox(sockets: &Sockets<'_>, event: &Event) {
    let (Body::Message { inbox, .. } | Body::Opened { inbox } | Body::Read { inbox, .. }) = &event.body else {
        return;
    };
    let mut rendered: Vec<(u64, ByteString)> = Vec::new();
    for user in &event.to {
        let mut affected = sockets.of(*user).filter(|socket| socket.is_for_all()).peekable();
        if affected.peek().is_none() {
            continue;
        }
        let Some(text) = inbox_text(&mut rendered, event, inbox, *user) else {
            continue;
        };
        let weight = Weight::NewestOf(inbox.conversation);
        affected.for_each(|socket| socket.outbox.push(Frame::new("conversation_updated", text.clone(), weight)));
    }
}

fn inbox_text(rendered: &mut Vec<(u64, ByteString)>, event: &Event, inbox: &Inbox, user: UserId) -> Option<ByteString> {
    let unread = inbox.unread_of(user)?;
    if let Some((_, text)) = rendered.iter().find(|(count, _)| *count == unread) {
        return Some(text.clone());
    }
    let text: ByteString = inbox_frame(event, user)?.into();
    rendered.push((unread, text.clone()));
    Some(text)
}
