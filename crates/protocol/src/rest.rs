//! The shapes of REST, with the names and the order of the contract.
//!
//! What the service answers borrows from the domain and is written straight to JSON; what it is asked is read by [`crate::fields::Fields`].

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
mod session;

pub use attachment::Attachment;
pub use changes::{ChangeEntry, Changes, Mark};
pub use config::{AllowedType, ClientConfig, Limits};
pub use conversation::{Conversation, ConversationListItem, ConversationMarkedAsRead, MessagePreview, Presence, UnreadCount};
pub use list::{ContactList, ConversationList, List, MessageList};
pub use message::{Message, MessageMarkedAsRead, Receipt, ReplyPreview};
pub use people::{Confession, Contact, DemoPerson, User};
pub use session::{DemoAccess, Ticket};
