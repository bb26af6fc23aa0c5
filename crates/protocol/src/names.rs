//! Words of the wire that are names of the domain, as schemas. Only their schemas are used: shapes hold the words themselves.

use utoipa::ToSchema;

/// What a person is on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Role {
    /// A member.
    User,
    /// Administers zero or more confessions.
    Admin,
    /// Administers the platform.
    Superadmin,
}

/// The kind of a file, as clients show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum FileType {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Text, tables, slides, PDF.
    Document,
    /// Anything else that is allowed, such as an archive.
    Other,
}

/// How far a message has come, in the eyes of its viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum MessageStatus {
    /// Stored.
    Sent,
    /// Reached a device of at least one other participant.
    Delivered,
    /// Read by all others.
    Seen,
    /// What everybody but the sender sees.
    Received,
}

/// Whether somebody is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum OnlineStatus {
    /// Has an open socket, or had one within the grace.
    Online,
    /// Neither.
    Offline,
}

/// The type of the frame that tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ChangeType {
    /// Created.
    ChatMessage,
    /// Its content was replaced.
    MessageEdited,
    /// Pinned or unpinned.
    MessagePinned,
    /// Deleted.
    MessageDeleted,
}
