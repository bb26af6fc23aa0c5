use crate::{
    attachment::NewAttachment,
    conversation::{ConversationSummary, ListItem, Preview, RowState},
    event::{Body, Event},
    id::{ConversationId, MessageId},
    message::{Message, ReplyPreview},
    receipt::Marks,
    testing::builders::{a_file, at},
    time::Timestamp,
};

/// Names for the ids that the store gave, in the order in which they appeared: two stores need not give the same ids.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) conversations: Vec<ConversationId>,
    pub(super) messages: Vec<(MessageId, ConversationId)>,
}

/// A file with this key.
pub(super) fn file(key: &str) -> NewAttachment {
    NewAttachment {
        file_name: format!("{key}.png"),
        ..a_file(key)
    }
}

/// The seconds since the beginning of the test.
fn seconds(time: Timestamp) -> i64 {
    (time.0 - at(0).0) / 1_000_000
}

impl Names {
    pub(super) fn number_of(&self, id: ConversationId) -> Option<usize> {
        self.conversations.iter().position(|known| *known == id)
    }

    pub(super) fn of_conversation(&self, id: ConversationId) -> String {
        self.number_of(id)
            .map_or_else(|| format!("unknown conversation {id}"), |number| format!("c{number}"))
    }

    pub(super) fn of_message(&self, id: MessageId) -> String {
        let number = self.messages.iter().position(|(known, _)| *known == id);
        number.map_or_else(|| format!("unknown message {id}"), |number| format!("m{number}"))
    }

    pub(super) fn message(&self, message: &Message) -> String {
        let flags = [
            (message.is_edited, "edited"),
            (message.is_pinned, "pinned"),
            (message.is_deleted, "deleted"),
        ];
        let flags: Vec<&str> = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        let receipts: Vec<String> = message
            .receipts
            .iter()
            .map(|receipt| {
                format!(
                    "{} {} {:?}",
                    receipt.person.username,
                    seconds(receipt.delivered_at),
                    receipt.read_at.map(seconds)
                )
            })
            .collect();
        format!(
            "{} in {} #{} by {} of {}: {:?} files={:?} {flags:?} created={} updated={} edited={:?} named={:?} answers=({}) receipts={receipts:?}",
            self.of_message(message.id),
            self.of_conversation(message.conversation),
            message.seq,
            message.sender.username,
            message.others,
            message.content,
            message.attachments.iter().map(|file| &file.key).collect::<Vec<_>>(),
            seconds(message.created_at),
            seconds(message.updated_at),
            message.edited_at.map(seconds),
            message.client_id,
            message.reply_to.as_ref().map_or_else(String::new, |reply| self.reply(reply)),
        )
    }

    fn reply(&self, reply: &ReplyPreview) -> String {
        let files: Vec<&String> = reply.attachments.iter().map(|file| &file.key).collect();
        let ReplyPreview {
            id,
            sender,
            content,
            created_at,
            is_deleted,
            ..
        } = reply;
        format!(
            "{} by {}: {content:?} {files:?} {} deleted={is_deleted}",
            self.of_message(*id),
            sender.username,
            seconds(*created_at)
        )
    }

    fn preview(&self, preview: &Preview) -> String {
        let Preview {
            id,
            sender,
            sender_id,
            attachments,
            has_attachments,
            sender_status,
            created_at,
            content: _,
        } = preview;
        format!(
            "{} by {sender} ({sender_id}): {:?} files={has_attachments} {attachments:?} {sender_status:?} {}",
            self.of_message(*id),
            preview.text(),
            seconds(*created_at)
        )
    }

    pub(super) fn summary(&self, summary: &ConversationSummary) -> String {
        let mut unread = summary.unread.clone();
        unread.sort_unstable();
        let mut rows: Vec<_> = summary.rows.iter().map(|(user, row)| (*user, row_state(row))).collect();
        rows.sort_unstable();
        let preview = summary.preview.as_ref().map(|preview| self.preview(preview));
        format!(
            "{} #{} unread={unread:?} {preview:?} rows={rows:?}",
            self.of_conversation(summary.conversation),
            summary.last_seq
        )
    }

    pub(super) fn row(&self, item: &ListItem) -> String {
        format!(
            "{} #{} unread={} with {:?} about {:?} at {:?} {:?} {}",
            self.of_conversation(item.id),
            item.last_seq,
            item.unread_count,
            item.participants.iter().map(|person| &person.username).collect::<Vec<_>>(),
            item.confession.as_ref().map(|confession| &confession.slug),
            item.last_message_at.map(seconds),
            item.preview.as_ref().map(|preview| self.preview(preview)),
            row_state(&item.state),
        )
    }

    pub(super) fn marks(&self, marks: &Marks) -> String {
        let name = |id: Option<MessageId>| id.map(|id| self.of_message(id));
        let (delivered, read) = (name(marks.delivered_up_to), name(marks.read_up_to));
        format!(
            "{} delivered={delivered:?} read={read:?} at {:?}",
            marks.user,
            marks.read_at.map(seconds)
        )
    }

    pub(super) fn event(&self, event: &Event) -> String {
        let body = match &event.body {
            Body::Message { kind, message, summary } => format!("{kind:?} {} {}", self.message(message), self.summary(summary)),
            Body::Opened { summary } => format!("Opened {}", self.summary(summary)),
            Body::Arranged { summary } => format!("Arranged {}", self.summary(summary)),
            Body::Delivered(delivered) => {
                let message = self.of_message(delivered.message);
                format!(
                    "Delivered {message} of {} to {} {}",
                    delivered.sender,
                    delivered.user,
                    seconds(delivered.delivered_at)
                )
            }
            Body::Read {
                message,
                up_to,
                user,
                read_at,
                summary,
                ..
            } => {
                format!(
                    "Read {} up_to={up_to} by {user} {} {}",
                    self.of_message(*message),
                    seconds(*read_at),
                    self.summary(summary)
                )
            }
            other => format!("{other:?}"),
        };
        format!("→ {:?}: {body}", event.to)
    }
}

fn row_state(row: &RowState) -> String {
    format!(
        "awaiting={:?} muted={:?} archived={:?} marked={}",
        row.awaiting_since.map(seconds),
        row.muted_until.map(seconds),
        row.archived_at.map(seconds),
        row.is_marked_unread,
    )
}
