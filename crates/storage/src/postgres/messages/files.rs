//! Files by themselves: opening them, and which objects are theirs.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
    dsl::{exists, not, select},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    facts::FileFacts,
    id::{AttachmentId, ConversationId, UserId},
    time::Timestamp,
};

use super::{
    super::{
        Connection,
        rows::sql_time,
        schema::{
            accounts_user, messaging_conversation_participants as members, messaging_message as messages,
            messaging_messageattachment as attachments,
        },
    },
    load::AttachmentRow,
};
use crate::error::Result;

/// A file, and what opening it depends on.
pub(super) async fn file(mut connection: &Connection, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>> {
    let row: Option<(AttachmentRow, i64, bool)> = attachments::table
        .inner_join(messages::table)
        .filter(attachments::id.eq(id.0))
        .select((AttachmentRow::as_select(), messages::conversation_id, messages::is_deleted))
        .first(&mut connection)
        .await
        .optional()?;
    let Some((file, conversation, message_deleted)) = row else {
        return Ok(None);
    };
    let viewer_takes_part = match viewer {
        Some(viewer) => {
            let active_member = members::table
                .inner_join(accounts_user::table)
                .filter(members::conversation_id.eq(conversation))
                .filter(members::user_id.eq(viewer.0))
                .filter(accounts_user::is_active);
            select(exists(active_member)).get_result(&mut connection).await?
        }
        None => false,
    };
    Ok(Some(FileFacts {
        file: file.into_attachment(ConversationId(conversation))?,
        message_deleted,
        viewer_takes_part,
    }))
}

/// Those of these keys that belong to files or thumbnails.
pub(super) async fn keys_in_use(mut connection: &Connection, keys: Vec<String>) -> Result<Vec<String>> {
    let mut used: Vec<String> = attachments::table
        .filter(attachments::file.eq_any(keys.clone()))
        .select(attachments::file)
        .load(&mut connection)
        .await?;
    let thumbnails: Vec<Option<String>> = attachments::table
        .filter(attachments::thumbnail.eq_any(keys))
        .select(attachments::thumbnail)
        .load(&mut connection)
        .await?;
    used.extend(thumbnails.into_iter().flatten());
    Ok(used)
}

/// Those of these keys that belong to files or thumbnails of messages that were deleted before this time. Nothing changes a deleted message, so its
/// last change was the deletion.
pub(super) async fn keys_deleted_before(mut connection: &Connection, keys: Vec<String>, before: Timestamp) -> Result<Vec<String>> {
    let mut deleted: Vec<String> = attachments::table
        .inner_join(messages::table)
        .filter(attachments::file.eq_any(keys.clone()))
        .filter(messages::is_deleted)
        .filter(messages::updated_at.lt(sql_time(before)))
        .select(attachments::file)
        .load(&mut connection)
        .await?;
    let thumbnails: Vec<Option<String>> = attachments::table
        .inner_join(messages::table)
        .filter(attachments::thumbnail.eq_any(keys))
        .filter(messages::is_deleted)
        .filter(messages::updated_at.lt(sql_time(before)))
        .select(attachments::thumbnail)
        .load(&mut connection)
        .await?;
    deleted.extend(thumbnails.into_iter().flatten());
    Ok(deleted)
}

/// The keys of the newest files, at most so many.
pub(super) async fn newest_keys(mut connection: &Connection, limit: u32) -> Result<Vec<String>> {
    let keys = attachments::table
        .inner_join(messages::table)
        .filter(not(messages::is_deleted))
        .order(attachments::id.desc())
        .limit(limit.into())
        .select(attachments::file)
        .load(&mut connection)
        .await?;
    Ok(keys)
}
