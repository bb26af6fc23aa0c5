//! The summary of a conversation for lists, loaded right after a change.

use domain::{
    attachment::{AttachmentKind, AttachmentSummary},
    conversation::{ConversationSummary, Preview, RowState},
    id::{ConversationId, MessageId, Seq, UserId},
    message::Status,
    people::Role,
    time::Timestamp,
};
use rusqlite::Connection;

use super::super::rows::{Query, query, row};
use crate::error::{Result, failed};

row!(impl Preview of messaging_message {
    id: MessageId,
    sender: String = "s.username",
    sender_id: UserId,
    // The preview is shorter than this.
    content: Option<String> = "substr(m.content, 1, 513)",
    has_attachments: bool,
    attachments: Option<AttachmentSummary> as "m",
    // As `Message::status` has it for the sender. Only recipients have receipts.
    sender_status: Status =
        "CASE WHEN NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id) THEN 'sent'
         WHEN EXISTS (SELECT 1 FROM messaging_conversation_participants o WHERE o.conversation_id = m.conversation_id AND o.user_id <> m.sender_id
             AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = o.user_id AND r.read_at IS NOT NULL))
         THEN 'delivered' ELSE 'seen' END",
    created_at: Timestamp,
});

// The files of the message `m`. Of most messages they need not be looked for.
row!(impl AttachmentSummary of messaging_messageattachment {
    count: u32 = "CASE WHEN m.has_attachments = 1 THEN (SELECT COUNT(*) FROM messaging_messageattachment a WHERE a.message_id = m.id) END",
    kind: AttachmentKind =
        "CASE WHEN m.has_attachments = 1 THEN (
             SELECT CASE WHEN MIN(iif(a.voice_duration_ms IS NULL, a.file_type, 'voice')) = MAX(iif(a.voice_duration_ms IS NULL, a.file_type, 'voice'))
                 THEN MIN(iif(a.voice_duration_ms IS NULL, a.file_type, 'voice')) ELSE 'other' END
             FROM messaging_messageattachment a WHERE a.message_id = m.id) END",
    name: String =
        "CASE WHEN m.has_attachments = 1 THEN (
             SELECT a.file_name FROM messaging_messageattachment a WHERE a.message_id = m.id ORDER BY a.id LIMIT 1) END",
});

row!(
    /// A row of a participant.
    struct Row of messaging_conversation_participants {
        user: UserId = user_id,
        count: u64 = unread_count,
        state: RowState as "p",
        role: Role = "u.role",
    }
);

row!(
    struct SummaryRow of messaging_conversation {
        last_seq: Seq,
        preview: Option<Preview> as "m",
    }
);

/// The rows of a conversation, by participant.
pub(crate) const SELECT_ROWS: Query<Row> = query!(
    Row as "p",
    "FROM messaging_conversation_participants p CROSS JOIN accounts_user u ON u.id = p.user_id WHERE p.conversation_id = ?1 ORDER BY p.user_id"
);

/// The summary with the rows of all participants.
pub(crate) fn summary_of_all(connection: &Connection, id: ConversationId) -> Result<ConversationSummary> {
    summary(connection, id, SELECT_ROWS.all(connection, [id.0])?)
}

/// The summary with the rows of the participants who are staff.
pub(crate) fn summary_of_staff(connection: &Connection, id: ConversationId) -> Result<ConversationSummary> {
    let mut rows = SELECT_ROWS.all(connection, [id.0])?;
    rows.retain(|row| row.role.is_staff());
    summary(connection, id, rows)
}

/// The summary with the row of one user; that of a new one for a user who does not take part.
pub(crate) fn summary_of_one(connection: &Connection, id: ConversationId, user: UserId) -> Result<ConversationSummary> {
    const SELECT_ROW: Query<Row> = query!(
        Row as "p",
        "FROM messaging_conversation_participants p CROSS JOIN accounts_user u ON u.id = p.user_id WHERE p.conversation_id = ?1 AND p.user_id = ?2"
    );
    let row = SELECT_ROW.first(connection, [id.0, user.0])?.unwrap_or(Row {
        user,
        count: 0,
        state: RowState::default(),
        role: Role::User,
    });
    summary(connection, id, vec![row])
}

fn summary(connection: &Connection, id: ConversationId, of: Vec<Row>) -> Result<ConversationSummary> {
    const SELECT_SUMMARY: Query<SummaryRow> = query!(
        SummaryRow as "c",
        "FROM messaging_conversation c LEFT JOIN messaging_message m ON m.id = c.last_message_id
         LEFT JOIN accounts_user s ON s.id = m.sender_id WHERE c.id = ?1"
    );
    let SummaryRow { last_seq, preview } = SELECT_SUMMARY
        .first(connection, [id.0])?
        .ok_or_else(|| failed("there is no such conversation"))?;
    Ok(ConversationSummary {
        conversation: id,
        last_seq,
        preview,
        unread: of.iter().map(|row| (row.user, row.count)).collect(),
        rows: of.into_iter().map(|row| (row.user, row.state.seen_by(row.role))).collect(),
    })
}
