//! The summary of a conversation for lists, loaded right after a change.

use domain::{
    conversation::{ConversationSummary, Preview},
    id::{ConversationId, MessageId, Seq, UserId},
    time::Timestamp,
};
use rusqlite::Connection;

use super::super::rows::{Query, first, query, row};
use crate::error::{Result, failed};

row!(impl Preview of messaging_message {
    id: MessageId,
    sender: String = "s.username",
    // The preview is shorter than this.
    content: Option<String> = "substr(m.content, 1, 513)",
    has_attachments: bool,
    created_at: Timestamp,
});

row!(
    struct Unread of messaging_conversation_participants {
        user: UserId = user_id,
        count: u64 = unread_count,
    }
);

row!(
    struct SummaryRow of messaging_conversation {
        last_seq: Seq,
        preview: Option<Preview> as "m",
    }
);

/// The summary with the unread counts of all participants.
pub(crate) fn summary_of_all(connection: &Connection, id: ConversationId) -> Result<ConversationSummary> {
    const SELECT_UNREAD: Query<Unread> = query!(
        Unread as "p",
        "FROM messaging_conversation_participants p WHERE p.conversation_id = ?1 ORDER BY p.user_id"
    );
    let unread = SELECT_UNREAD
        .all(connection, [id.0])?
        .into_iter()
        .map(|row| (row.user, row.count))
        .collect();
    summary(connection, id, unread)
}

/// The summary with the unread count of one user, which is 0 for a user who does not take part.
pub(crate) fn summary_of_one(connection: &Connection, id: ConversationId, user: UserId) -> Result<ConversationSummary> {
    let unread = first(
        connection,
        "SELECT unread_count FROM messaging_conversation_participants WHERE conversation_id = ?1 AND user_id = ?2",
        [id.0, user.0],
    )?;
    summary(connection, id, vec![(user, unread.unwrap_or(0))])
}

fn summary(connection: &Connection, id: ConversationId, unread: Vec<(UserId, u64)>) -> Result<ConversationSummary> {
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
        unread,
    })
}
