//! What a device does by itself.

use std::time::Instant;

use serde_json::{Value, json};

use super::{DEPTH, Device, Pending, Phase, QUIET_PINGS};
use crate::{
    feed::MessageId,
    ledger::{ConversationId, Number, Wish, client_id, digest, first_content},
    people::People,
};

impl Device {
    /// One act; returns the frames to send.
    pub(super) fn act(&mut self) -> Vec<String> {
        if self.pending.len() + self.replies.len() >= DEPTH {
            return Vec::new();
        }
        let Some(conversation) = self.chance.pick(&self.plan.conversations).copied() else {
            return Vec::new();
        };
        match self.chance.below(100) {
            0..60 => {
                let message = self.compose(conversation);
                vec![self.send(message)]
            }
            60..70 => {
                let message = self.compose(conversation);
                self.post(message);
                Vec::new()
            }
            // The same message over the socket and over REST at once, as a client does that is in doubt.
            70..76 => {
                let message = self.compose(conversation);
                self.shared.ledger.lock().count("messages sent twice at once");
                self.post(message);
                vec![self.send(message)]
            }
            76..84 => self.edit(),
            84..87 => self.delete(),
            87..91 => self.pin(conversation),
            91..98 => self.read(conversation),
            _ => vec![json!({ "type": "typing", "conversation": conversation, "is_typing": true }).to_string()],
        }
    }

    fn compose(&self, conversation: ConversationId) -> Number {
        self.shared.ledger.lock().compose(conversation, self.plan.user)
    }

    /// The frame that sends a message.
    fn send(&mut self, message: Number) -> String {
        let conversation = self.conversation_of(message);
        let frame = json!({
            "type": "chat_message",
            "conversation": conversation,
            "content": first_content(message),
            "client_id": client_id(message),
        });
        self.request(frame, Pending::Send(message))
    }

    fn request(&mut self, mut frame: Value, pending: Pending) -> String {
        self.requests += 1;
        self.pending.insert(self.requests, pending);
        frame["request_id"] = json!(self.requests.to_string());
        frame.to_string()
    }

    /// Sends a message again whose answer was lost.
    pub(super) fn resend(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        while self.pending.len() + self.replies.len() < DEPTH
            && let Some((_, message)) = self.doubtful.pop_front_if(|(at, _)| *at <= Instant::now())
        {
            self.shared.ledger.lock().count("messages sent again");
            if self.chance.percent(50) {
                self.post(message);
            } else {
                out.push(self.send(message));
            }
        }
        out
    }

    fn change(&mut self, frame: Value, conversation: ConversationId, message: MessageId, wish: Wish) -> Vec<String> {
        vec![self.request(frame, Pending::Change(conversation, message, wish))]
    }

    fn edit(&mut self) -> Vec<String> {
        let own: Vec<_> = self.own.iter().copied().collect();
        let Some((conversation, message)) = self.chance.pick(&own).copied() else {
            return Vec::new();
        };
        let content = format!("edit {} of {message} by device {}", self.requests, self.plan.device);
        let wish = Wish::Edit(digest(&content));
        let frame = json!({ "type": "edit_message", "conversation": conversation, "message_id": message, "content": content });
        self.change(frame, conversation, message, wish)
    }

    fn delete(&mut self) -> Vec<String> {
        let Some((conversation, message)) = self.own.pop_front() else {
            return Vec::new();
        };
        let frame = json!({ "type": "delete_message", "conversation": conversation, "message_id": message });
        self.change(frame, conversation, message, Wish::Delete)
    }

    /// One of the newest messages of a conversation.
    fn recent(&mut self, conversation: ConversationId) -> Option<MessageId> {
        let recent: Vec<_> = self.feeds.get(&conversation)?.messages().keys().rev().take(20).copied().collect();
        self.chance.pick(&recent).copied()
    }

    fn pin(&mut self, conversation: ConversationId) -> Vec<String> {
        if !People::is_admin(self.plan.user) {
            return Vec::new();
        }
        let Some(message) = self.recent(conversation) else {
            return Vec::new();
        };
        let is_pinned = self.chance.percent(50);
        let frame = json!({ "type": "pin_message", "conversation": conversation, "message_id": message, "is_pinned": is_pinned });
        self.change(frame, conversation, message, Wish::Pin(is_pinned))
    }

    fn read(&mut self, conversation: ConversationId) -> Vec<String> {
        let Some(up_to) = self.recent(conversation) else {
            return Vec::new();
        };
        let frame = json!({ "type": "read_receipt", "conversation": conversation, "up_to": up_to });
        vec![self.request(frame, Pending::Read(conversation, up_to))]
    }

    /// A ping, if it is time for one. While the device acts, it asks in turns for the newest number of each conversation. Later it does not, so that a change
    /// that was told to nobody stays unnoticed.
    pub(super) fn ping(&mut self) -> Option<String> {
        self.pings += 1;
        let is_due = self.phase() != Phase::Act || self.pings.is_multiple_of(QUIET_PINGS);
        if !is_due || self.pinged.is_some() {
            return None;
        }
        self.pinged = Some(Instant::now());
        let named = self.plan.conversations.get(self.pings % self.plan.conversations.len().max(1));
        Some(match named {
            Some(conversation) if self.phase() == Phase::Act => json!({ "type": "ping", "conversation": conversation }).to_string(),
            _ => json!({ "type": "ping" }).to_string(),
        })
    }
}
