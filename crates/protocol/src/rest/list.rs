use serde::Serialize;
use utoipa::ToSchema;

use super::{Contact, ConversationListItem, Message};

/// A page of a list. Its schema is the one named after its rows, such as [`MessageList`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// How many the whole list has.
    pub count: u64,
    /// The absolute URL of the next page; null on the last. In histories it leads to older messages.
    pub next: Option<String>,
    /// The absolute URL of the page before; null on the first. In histories it leads to newer messages.
    pub previous: Option<String>,
    /// This page.
    pub results: Vec<T>,
}

/// Schemas of [`List`], one for each kind of row, since the derived schema of a generic type repeats the rows' schema instead of referring to it.
macro_rules! list_schemas {
    ($($(#[$doc:meta])+ $name:ident of $row:ty;)+) => {
        $(
            $(#[$doc])+
            #[derive(Clone, Debug, Serialize, ToSchema)]
            pub struct $name<'a> {
                /// How many the whole list has.
                pub count: u64,
                /// The absolute URL of the next page; null on the last. In histories it leads to older messages.
                #[schema(required, format = "uri")]
                pub next: Option<String>,
                /// The absolute URL of the page before; null on the first. In histories it leads to newer messages.
                #[schema(required, format = "uri")]
                pub previous: Option<String>,
                /// This page.
                pub results: Vec<$row>,
            }
        )+
    };
}

list_schemas! {
    /// A page of messages.
    MessageList of Message<'a>;
    /// A page of conversations.
    ConversationList of ConversationListItem<'a>;
    /// A page of people whom one may write to.
    ContactList of Contact<'a>;
}
