use domain::{
    conversation::Inbox,
    event::{Body, Event},
    id::UserId,
    message::{self, ChangeKind},
    policy::Policy,
    time::Timestamp,
};

use super::{Links, Viewer};
use crate::{
    frame::ServerFrame,
    rest::{MessagePreview, Presence},
};

/// Which of the two renderings of an event somebody gets. All sockets of one audience can share the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The sender of the message that the event is about.
    Sender,
    /// Everybody else; everybody, where the event is not about a message.
    Others,
}

impl Audience {
    /// Which one this person belongs to.
    pub fn of(event: &Event, user: UserId) -> Self {
        match &event.body {
            Body::Message { message, .. } if message.sender.id == user => Self::Sender,
            _ => Self::Others,
        }
    }
}

/// The frame that tells an audience of an event; `None` if the event is told by [`inbox_frame`] alone, or not at all.
pub fn event_frame(event: &Event, audience: Audience, now: Timestamp, policy: &Policy, links: &dyn Links) -> Option<String> {
    let frame = match &event.body {
        Body::Message { kind, message, .. } => {
            // All but the sender see the same, so any id that is not the sender's stands for them.
            let id = match audience {
                Audience::Sender => message.sender.id,
                Audience::Others => UserId(!message.sender.id.0),
            };
            change(*kind, message, &Viewer { id, now, policy, links })
        }
        Body::Delivered(news) => ServerFrame::MessageDelivered {
            conversation: news.conversation.0,
            message_id: news.message.0,
            user_id: news.user.0,
            delivered_at: news.delivered_at.into(),
        },
        Body::Read {
            conversation,
            message,
            up_to,
            user,
            username,
            read_at,
            ..
        } => ServerFrame::ReadReceipt {
            conversation: conversation.0,
            message_id: message.0,
            user_id: user.0,
            username,
            read_at: (*read_at).into(),
            up_to: *up_to,
        },
        Body::Typing {
            conversation,
            user,
            username,
            is_typing,
        } => ServerFrame::Typing {
            conversation: conversation.0,
            user_id: user.0,
            username,
            is_typing: *is_typing,
        },
        Body::Presence { status, username } => {
            let Presence {
                user_id,
                status,
                last_seen,
            } = Presence::from(status);
            ServerFrame::UserStatus {
                user_id,
                username,
                status,
                last_seen,
            }
        }
        Body::Opened { .. } | Body::AccountChanged => return None,
    };
    Some(frame.to_text())
}

/// The `conversation_updated` that an event means for this person; `None` if it leaves their list as it was.
pub fn inbox_frame(event: &Event, user: UserId) -> Option<String> {
    let inbox = match &event.body {
        Body::Message { inbox, .. } | Body::Opened { inbox } | Body::Read { inbox, .. } => inbox,
        Body::Delivered(_) | Body::Typing { .. } | Body::Presence { .. } | Body::AccountChanged => return None,
    };
    Some(updated(inbox, inbox.unread_of(user)?).to_text())
}

fn change<'m>(kind: ChangeKind, message: &'m message::Message, viewer: &Viewer<'_>) -> ServerFrame<'m> {
    let (conversation, seq) = (message.conversation.0, message.seq.0);
    match kind {
        ChangeKind::Sent => ServerFrame::ChatMessage {
            conversation,
            message: viewer.message(message),
            seq,
        },
        ChangeKind::Edited => ServerFrame::MessageEdited {
            conversation,
            message: viewer.message(message),
            seq,
        },
        ChangeKind::Pinned => ServerFrame::MessagePinned {
            conversation,
            message: viewer.message(message),
            seq,
        },
        ChangeKind::Deleted => ServerFrame::MessageDeleted {
            conversation,
            message_id: message.id.0,
            seq,
        },
    }
}

fn updated(inbox: &Inbox, unread_count: u64) -> ServerFrame<'_> {
    ServerFrame::ConversationUpdated {
        conversation: inbox.conversation.0,
        unread_count,
        last_seq: inbox.last_seq.0,
        last_message_preview: inbox.preview.as_ref().map(MessagePreview::from),
    }
}
