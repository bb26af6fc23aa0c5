//! Domain objects as their viewer sees them.

mod event;

use domain::{
    attachment::Attachment as StoredFile,
    id::UserId,
    message::{self, ChangeKind},
    messaging::{ConversationView, MissedChanges},
    policy::Policy,
    rules::editing::may_edit,
    time::Timestamp,
};

pub use event::{Audience, RenderedFrame, event_frame, event_frame_type, summary_frame};

use crate::{
    frame::ServerFrameType,
    rest::{Attachment, ChangeEntry, Changes, Confession, Conversation, Mark, Message, Presence, Receipt, ReplyPreview, User},
    time::Time,
};

/// Makes the links to files, which only the server can sign.
pub trait Links: Send + Sync {
    /// The URL that serves the file.
    fn file(&self, attachment: &StoredFile) -> String;

    /// The URL of its thumbnail; `None` if it has none.
    fn thumbnail(&self, attachment: &StoredFile) -> Option<String>;
}

/// The person for whom messages are rendered, the time, and the settings that the rendering depends on.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    /// Must be a participant of the conversation.
    pub id: UserId,
    /// Decides whether the edit window is still open.
    pub now: Timestamp,
    /// Decides how long messages can be edited.
    pub policy: &'a Policy,
    /// Makes the links to files.
    pub links: &'a dyn Links,
}

impl Viewer<'_> {
    /// Renders a message, or the tombstone of a deleted one.
    pub fn message<'m>(&self, message: &'m message::Message) -> Message<'m> {
        let own = message.sender.id == self.id;
        Message {
            id: message.id.0,
            conversation: message.conversation.0,
            sender: User::from(&message.sender),
            content: message.content.as_deref().filter(|_| !message.is_deleted),
            reply_to: message.reply_to.as_ref().map(|reply| self.reply(reply)),
            is_edited: message.is_edited,
            is_pinned: message.is_pinned,
            is_deleted: message.is_deleted,
            created_at: message.created_at.into(),
            updated_at: message.updated_at.into(),
            edited_at: message.edited_at.map(Time::from),
            attachments: self.files(&message.attachments, message.is_deleted),
            message_reads: message.receipts.iter().map(Receipt::from).collect(),
            status: message.status(self.id).as_str(),
            can_edit: may_edit(message, self.id, self.policy, self.now).is_ok(),
            edit_deadline: message.edit_deadline(self.policy).into(),
            seq: message.seq.0,
            client_id: message.client_id.as_ref().filter(|_| own).map(message::ClientId::as_str),
        }
    }

    fn reply<'m>(&self, reply: &'m message::ReplyPreview) -> ReplyPreview<'m> {
        ReplyPreview {
            id: reply.id.0,
            sender: User::from(&reply.sender),
            content: reply.content.as_deref().filter(|_| !reply.is_deleted),
            attachments: self.files(&reply.attachments, reply.is_deleted),
            created_at: reply.created_at.into(),
            is_deleted: reply.is_deleted,
        }
    }

    /// Stores give no files with tombstones; should one do so, they still go nowhere (R9).
    fn files<'m>(&self, files: &'m [StoredFile], deleted: bool) -> Vec<Attachment<'m>> {
        if deleted {
            Vec::new()
        } else {
            files.iter().map(|file| Attachment::new(file, self.links)).collect()
        }
    }

    /// Renders a conversation with its newest message.
    pub fn conversation<'m>(&self, view: &'m ConversationView) -> Conversation<'m> {
        let detail = &view.detail;
        let conversation = &detail.facts.conversation;
        Conversation {
            id: conversation.id.0,
            participants: conversation.participants.iter().map(User::from).collect(),
            confession: conversation.confession.as_ref().map(Confession::from),
            created_at: conversation.created_at.into(),
            updated_at: conversation.updated_at.into(),
            last_message_at: conversation.last_message_at.map(Time::from),
            last_message: detail.last_message.as_ref().map(|message| self.message(message)),
            unread_count: detail.unread_count,
            last_seq: conversation.last_seq.0,
            can_send: view.cannot_send.is_none(),
            cannot_send_reason: view.cannot_send.as_ref().map(|denial| denial.code().as_str()),
            can_pin: view.can_pin,
            presence: view
                .presence
                .iter()
                .filter(|presence| presence.user != self.id)
                .map(Presence::from)
                .collect(),
            awaiting_since: detail.row.awaiting_since.map(Time::from),
            muted_until: detail.row.muted_until.map(Time::from),
            archived_at: detail.row.archived_at.map(Time::from),
            is_marked_unread: detail.row.is_marked_unread,
        }
    }

    /// The answer to `changes/`: changed messages and marks.
    pub fn changes<'m>(&self, missed: &'m MissedChanges) -> Changes<'m> {
        let page = &missed.page;
        Changes {
            epoch: missed.epoch.as_str(),
            reset: missed.reset,
            changes: page.changes.iter().map(|(kind, message)| self.change(*kind, message)).collect(),
            last_seq: page.last_seq.0,
            has_more: page.has_more,
            receipts: page.marks.iter().map(Mark::from).collect(),
        }
    }

    fn change<'m>(&self, kind: ChangeKind, message: &'m message::Message) -> ChangeEntry<'m> {
        let deleted = kind == ChangeKind::Deleted;
        ChangeEntry {
            seq: message.seq.0,
            kind: ServerFrameType::from(kind).as_str(),
            message: (!deleted).then(|| self.message(message)),
            message_id: deleted.then_some(message.id.0),
        }
    }
}

#[cfg(test)]
mod tests;
