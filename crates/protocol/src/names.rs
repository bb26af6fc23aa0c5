//! Words of the wire that are names of the domain, as schemas. Only their schemas are used: shapes hold the words themselves.

use utoipa::ToSchema;

/// The role of a person on the platform.
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

/// Something that a message may have beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum SearchedKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Text, tables, slides, PDF.
    Document,
    /// A file that is neither picture, film nor sound.
    File,
    /// A link in the text.
    Link,
}

/// The kind of the files of a message, as conversation lists name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// Pictures.
    Image,
    /// Films.
    Video,
    /// Sound.
    Audio,
    /// Voice messages.
    Voice,
    /// Text, tables, slides, PDF.
    Document,
    /// Anything else, or files of several kinds.
    Other,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
pub enum Language {
    /// Uzbek in Latin letters.
    #[schema(rename = "uz")]
    Uzbek,
    /// Uzbek in Cyrillic letters.
    #[schema(rename = "uz-Cyrl")]
    UzbekCyrillic,
    /// Russian.
    #[schema(rename = "ru")]
    Russian,
    /// English.
    #[schema(rename = "en")]
    English,
}

/// The status of a message, as its viewer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum MessageStatus {
    /// Stored.
    Sent,
    /// Reached a device of at least one other participant.
    Delivered,
    /// Read by all others.
    Seen,
    /// The status for everybody but the sender.
    Received,
}

/// Whether a person is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum OnlineStatus {
    /// The person has an open socket, or had one within the grace.
    Online,
    /// The person has no open socket, and had none within the grace.
    Offline,
}

/// The type of the frame that reports a change.
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
