//! The schemas of everything on the wire, for the `OpenAPI` and `AsyncAPI` documents.

mod asyncapi;

use utoipa::{OpenApi, openapi::Components};

pub use asyncapi::asyncapi;

use crate::{error, names, rest};

#[derive(OpenApi)]
#[openapi(components(schemas(
    rest::User,
    rest::Confession,
    rest::Attachment,
    rest::AttachmentSummary,
    rest::Voice,
    rest::ReplyPreview,
    rest::Receipt,
    rest::Message,
    rest::MessageMarkedAsRead,
    rest::Conversation,
    rest::ConversationListItem,
    rest::ConversationMarkedAsRead,
    rest::MessagePreview,
    rest::Presence,
    rest::UnreadCount,
    rest::Changes,
    rest::ChangeEntry,
    rest::Mark,
    rest::Contact,
    rest::ContactDetail,
    rest::ClientConfig,
    rest::Limits,
    rest::AllowedType,
    rest::Ticket,
    rest::DemoPerson,
    rest::DemoAccess,
    rest::MessageList,
    rest::ConversationList,
    rest::ContactList,
    rest::request::OpenConversation,
    rest::request::GetOrCreate,
    rest::request::SendMessage,
    rest::request::SendMessageForm,
    rest::request::EditMessage,
    rest::request::DemoLogin,
    rest::directory::DirectoryImport,
    rest::directory::DirectoryUser,
    rest::directory::DirectoryConfession,
    rest::directory::DirectorySubscription,
    rest::directory::DirectoryImported,
    error::ErrorBody,
    error::Details,
    error::Code,
    crate::time::Time,
    names::AttachmentKind,
    names::ChangeType,
    names::FileType,
    names::MessageStatus,
    names::OnlineStatus,
    names::Role,
)))]
struct Schemas;

/// All shapes of REST, by name.
pub fn components() -> Components {
    Schemas::openapi().components.unwrap_or_default()
}

#[cfg(test)]
mod tests;
