//! The shapes of REST, with the names and the order of the contract.
//!
//! Responses borrow from the domain and are written straight to JSON; requests are read by [`crate::fields::Fields`].

mod attachment;
mod changes;
mod config;
mod conversation;
pub mod directory;
mod list;
mod message;
mod people;
pub mod query;
pub mod request;
mod search;
mod settings;

pub use attachment::{Attachment, AttachmentSummary, Voice};
pub use changes::{ChangeEntry, Changes, Mark};
pub use config::{AllowedType, CallsFeature, ClientConfig, Features, Limits, PushFeature, Reactions, ReactionsSwitch};
pub use conversation::{
    Conversation, ConversationCounts, ConversationListItem, ConversationMarkedAsRead, ConversationRow, MessagePreview, Presence,
    UnreadCount,
};
pub use list::{ContactList, ConversationList, List, MessageList};
pub use message::{Message, MessageMarkedAsRead, Receipt, ReplyPreview};
pub use people::{Confession, Contact, ContactDetail, DemoAccess, DemoPerson, Me, Ticket, User};
pub use search::{FileHit, SEARCH_PAGE, SearchHit, SearchQuery, SearchResults, SearchedConversation, Snippet};
pub use settings::{ConfessionSettings, PersonSettings};
