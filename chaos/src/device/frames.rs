//! What a device does with the frames of its socket.

use std::time::Instant;

use serde_json::Value;

use super::{Device, Pending, requests::number};
use crate::{
    feed::Change,
    ledger::{AcknowledgedChange, ConversationId, State, Wish},
    violation::Kind,
};

/// Refusals that a client can meet without anybody's fault: the service is not able to, or somebody was faster.
const EXPECTED: [(&str, &str); 4] = [
    ("unavailable", "refusals: unavailable"),
    ("rate_limited", "refusals: rate limited"),
    ("message_deleted", "refusals: message deleted"),
    ("edit_window_closed", "refusals: edit window closed"),
];

impl Device {
    /// Handles a frame; returns the frames to send.
    pub(super) fn frame(&mut self, text: &str) -> Vec<String> {
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            self.shared
                .ledger
                .lock()
                .violated(Kind::UnexpectedAnswer, format!("no JSON: {text}"));
            return Vec::new();
        };
        let conversation = number(&frame["conversation"]);
        match (frame["type"].as_str().unwrap_or_default(), conversation) {
            ("ready", _) => self.ready(&frame),
            ("chat_message" | "message_edited" | "message_pinned" | "message_deleted", Some(conversation)) => {
                self.changed(conversation, &frame);
            }
            ("conversation_updated", Some(conversation)) => {
                if let Some(unread) = number(&frame["unread_count"]) {
                    self.unread.insert(conversation, (unread, Instant::now()));
                }
            }
            ("resync", _) => {
                self.shared.ledger.lock().count("resyncs");
                self.feeds.values_mut().for_each(crate::feed::Feed::resync);
                self.fetch_list();
            }
            ("pong", conversation) => self.pong(conversation, &frame),
            ("ack", _) => self.answered(&frame, true),
            ("error", _) => self.answered(&frame, false),
            _ => {}
        }
        Vec::new()
    }

    fn ready(&mut self, frame: &Value) {
        let epoch = frame["epoch"].as_str().unwrap_or_default().to_owned();
        for feed in self.feeds.values_mut() {
            feed.connected(&epoch);
        }
        self.fetch_list();
    }

    fn changed(&mut self, conversation: ConversationId, frame: &Value) {
        let message = &frame["message"];
        let id = number(&message["id"]).or_else(|| number(&frame["message_id"]));
        let (Some(seq), Some(id), Some(feed)) = (number(&frame["seq"]), id, self.feeds.get_mut(&conversation)) else {
            let what = format!("a change without its numbers: {frame}");
            return self.shared.ledger.lock().violated(Kind::UnexpectedAnswer, what);
        };
        let state = if message.is_object() { State::of(message) } else { State::DELETED };
        let known = feed.known();
        let effects = feed.frame(Change { seq, message: id, state });
        self.note(conversation, known, &effects);
        let before = self.brought.insert(conversation, seq).unwrap_or_default();
        let mut ledger = self.shared.ledger.lock();
        ledger.count("changes in frames");
        ledger.see(conversation, seq, id, state);
        if seq <= before {
            let what = format!(
                "device {}: seq {seq} of conversation {conversation} came after {before}",
                self.plan.device
            );
            ledger.violated(Kind::OutOfOrder, what);
        }
    }

    fn pong(&mut self, conversation: Option<ConversationId>, frame: &Value) {
        self.pinged = None;
        let feed = conversation.and_then(|id| Some((id, self.feeds.get_mut(&id)?)));
        let (Some((conversation, feed)), Some(last_seq), Some(epoch)) = (feed, number(&frame["last_seq"]), frame["epoch"].as_str()) else {
            return;
        };
        let known = feed.known();
        let effects = feed.told(last_seq, &epoch.to_owned());
        self.note(conversation, known, &effects);
    }

    /// An `ack` or an `error`.
    fn answered(&mut self, frame: &Value, is_done: bool) {
        let request = frame["request_id"].as_str().and_then(|id| id.parse().ok());
        let Some(pending) = request.and_then(|id: u64| self.pending.remove(&id)) else {
            return;
        };
        if !is_done {
            return self.refused(frame, pending);
        }
        let seq = number(&frame["seq"]);
        match pending {
            Pending::Send(message) => self.acknowledged(message, number(&frame["message_id"]), seq),
            Pending::Change(conversation, message, wish) => {
                let mut ledger = self.shared.ledger.lock();
                ledger.count(match wish {
                    Wish::Edit(_) => "edits",
                    Wish::Delete => "deletions",
                    Wish::Pin(_) => "pins",
                });
                if let Some(seq) = seq {
                    ledger.changes.push(AcknowledgedChange {
                        conversation,
                        message,
                        seq,
                        wish,
                    });
                }
            }
            Pending::Read(conversation, up_to) => {
                let mut ledger = self.shared.ledger.lock();
                ledger.count("reads");
                ledger.read(conversation, self.plan.user, up_to);
            }
        }
    }

    fn refused(&mut self, frame: &Value, pending: Pending) {
        let code = frame["code"].as_str().unwrap_or_default();
        let mut ledger = self.shared.ledger.lock();
        if let Some((_, name)) = EXPECTED.into_iter().find(|(expected, _)| *expected == code) {
            ledger.count(name);
        } else {
            ledger.violated(Kind::UnexpectedAnswer, format!("{pending:?}: {frame}"));
        }
        drop(ledger);
        self.doubt(pending);
    }
}
