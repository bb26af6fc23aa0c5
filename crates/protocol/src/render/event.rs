use domain::{
    conversation::{ConversationSummary, RowState},
    event::{Body, Event},
    id::UserId,
    message::{self, ChangeKind},
    policy::Policy,
    time::Timestamp,
};

use super::{Links, Viewer};
use crate::{
    error::Code,
    frame::{ServerFrame, ServerFrameType},
    rest::{MessagePreview, Presence},
    time::Time,
};

/// The audience of an event, which decides its rendering. All sockets of one audience can share the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The sender of the message that the event is about.
    Sender,
    /// Everybody else; everybody, where the event is not about a message.
    Others,
}

impl Audience {
    /// The audience that this person belongs to.
    pub fn of(event: &Event, user: UserId) -> Self {
        match &event.body {
            Body::Message { message, .. } if message.sender.id == user => Self::Sender,
            _ => Self::Others,
        }
    }
}

/// The type of an event's frame; `None` if the event has no frame.
pub fn event_frame_type(body: &Body) -> Option<ServerFrameType> {
    Some(match body {
        Body::Message { kind, .. } => (*kind).into(),
        Body::Opened { .. } | Body::Arranged { .. } => ServerFrameType::ConversationUpdated,
        Body::Delivered(_) => ServerFrameType::MessageDelivered,
        Body::Read { .. } => ServerFrameType::ReadReceipt,
        Body::Typing { .. } => ServerFrameType::Typing,
        Body::Presence { .. } => ServerFrameType::UserStatus,
        Body::Access { .. } => ServerFrameType::ConversationAccess,
        Body::AccountChanged => return None,
    })
}

/// A frame as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFrame {
    /// The type of the frame.
    pub frame_type: ServerFrameType,
    /// The frame in JSON.
    pub text: String,
}

impl From<&ServerFrame<'_>> for RenderedFrame {
    fn from(frame: &ServerFrame<'_>) -> Self {
        Self {
            frame_type: frame.frame_type(),
            text: frame.to_text(),
        }
    }
}

/// The frame of an event for an audience; `None` if the event only has the frame of [`summary_frame`], or none at all.
pub fn event_frame(event: &Event, audience: Audience, now: Timestamp, policy: &Policy, links: &dyn Links) -> Option<RenderedFrame> {
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
            node: _,
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
        Body::Access {
            conversation,
            cannot_send,
            can_pin,
        } => ServerFrame::ConversationAccess {
            conversation: conversation.0,
            can_send: cannot_send.is_none(),
            cannot_send_reason: cannot_send.map(Code::from),
            can_pin: *can_pin,
        },
        Body::Opened { .. } | Body::Arranged { .. } | Body::AccountChanged => return None,
    };
    Some(RenderedFrame::from(&frame))
}

/// The `conversation_updated` that an event means for this person; `None` if it leaves their list as it was.
pub fn summary_frame(event: &Event, user: UserId) -> Option<String> {
    let summary = event.body.summary()?;
    Some(updated(summary, user, summary.unread_of(user)?, summary.row_of(user)).to_text())
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

fn updated(summary: &ConversationSummary, user: UserId, unread_count: u64, row: RowState) -> ServerFrame<'_> {
    ServerFrame::ConversationUpdated {
        conversation: summary.conversation.0,
        unread_count,
        last_seq: summary.last_seq.0,
        last_message_preview: summary.preview.as_ref().map(|preview| MessagePreview::of(preview, user)),
        awaiting_since: row.awaiting_since.map(Time::from),
        muted_until: row.muted_until.map(Time::from),
        archived_at: row.archived_at.map(Time::from),
        is_marked_unread: row.is_marked_unread,
    }
}
