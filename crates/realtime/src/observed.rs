//! The use cases, each measured and within a span of its own, whether REST or a socket calls them.

use std::{ops::Deref, sync::Arc};

use domain::{
    conversation::{ListCounts, ListFilter, ListItem, OpenRequest, RowRequest},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{Message, NewMessage},
    message_search::{SearchPage, SearchRequest},
    messaging::{Actor, ConversationView, Error, Membership, MessageList, MessageTarget, Messaging, MissedChanges, Pinned, UploadSession},
    page::{NumberedPage, PageRequest, Window},
    people::{Affiliation, Contact, ContactDetail, ContactFilter},
    ports::{Arranged, MessageFilter, Opened, ReadOutcome, SendOutcome},
    receipt::{DeliveryMark, ReadRequest},
    settings::{ConfessionSettings, ConfessionSettingsChange, PersonSettingsChange, PersonSettingsView},
};

use crate::measure::{UseCase, observed};

/// [`Messaging`] as the entries call it: use cases that are listed in `measured!` are measured, all others are reached by dereferencing. A test finds use
/// cases that stand neither there nor in [`UNMEASURED`].
#[derive(Clone)]
pub struct Observed(Messaging);

impl Observed {
    /// Measures these use cases.
    pub const fn new(messaging: Messaging) -> Self {
        Self(messaging)
    }

    /// Measures the use cases of [`Messaging::without_delivery`].
    #[must_use]
    pub fn without_delivery(&self) -> Self {
        Self(self.0.without_delivery())
    }
}

impl Deref for Observed {
    type Target = Messaging;

    fn deref(&self) -> &Messaging {
        &self.0
    }
}

/// Use cases that are no act of a person, or a part of one that is measured as a whole.
pub const UNMEASURED: [&str; 22] = [
    "actor",
    "admit",
    "announce_presence",
    "bytes",
    "changes_between",
    "claim_objects",
    "counterparts",
    "departed",
    "directory_changed",
    "file",
    "inactive_among",
    "link",
    "may_feed_directory",
    "online_among",
    "outlast_unconfirmed",
    "renew_presence",
    "sign_in",
    "sign_out",
    "sweep",
    "thumbnail_size",
    "watch_presence",
    // It begins a message that is measured when it is sent.
    "upload",
];

macro_rules! measured {
    ($($use_case:ident: $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        /// The use cases that are measured.
        pub const MEASURED: &[&str] = &[$(stringify!($name)),+];

        impl Observed {
            $(
                #[doc = concat!("[`Messaging::", stringify!($name), "`], measured.")]
                pub async fn $name(&self, $($argument: $type),*) -> Result<$answer, Error> {
                    observed(UseCase::$use_case, self.0.$name($($argument),*)).await
                }
            )+
        }
    };
}

measured! {
    Open: open(request: OpenRequest) -> Opened;
    Send: send(message: NewMessage) -> SendOutcome;
    Send: send_with_files(session: UploadSession, message: NewMessage) -> SendOutcome;
    Edit: edit(target: MessageTarget, content: String) -> Arc<Message>;
    Delete: delete(target: MessageTarget) -> Arc<Message>;
    Pin: pin(target: MessageTarget, pinned: bool) -> Pinned;
    MarkRead: mark_read(request: ReadRequest) -> ReadOutcome;
    Arrange: arrange(request: RowRequest) -> Arranged;
    Deliver: deliver(marks: Vec<DeliveryMark>) -> ();
    Conversation: conversation(viewer: UserId, id: ConversationId) -> ConversationView;
    Conversations: conversations(viewer: &Actor, filter: &ListFilter, page: PageRequest) -> NumberedPage<ListItem>;
    Unread: unread_total(viewer: &Actor) -> u64;
    ListCounts: list_counts(viewer: &Actor, within: Option<ConfessionId>) -> ListCounts;
    History: history(viewer: UserId, of: ConversationId, window: Window, shown: MessageFilter) -> MessageList;
    Search: search(viewer: &Actor, request: SearchRequest) -> SearchPage;
    Message: message(viewer: &Actor, id: MessageId) -> Message;
    Changes: changes(viewer: UserId, of: ConversationId, after: Seq, limit: u32) -> MissedChanges;
    Contacts: contacts(viewer: &Actor, filter: &ContactFilter, page: PageRequest) -> NumberedPage<Contact>;
    Contacts: contact(viewer: &Actor, id: UserId) -> ContactDetail;
    Me: me(viewer: UserId) -> Affiliation;
    Settings: settings(viewer: &Actor) -> PersonSettingsView;
    Settings: confession_settings(viewer: &Actor, of: ConfessionId) -> ConfessionSettings;
    ChangeSettings: change_settings(actor: &Actor, change: PersonSettingsChange) -> PersonSettingsView;
    ChangeSettings: change_confession_settings(actor: &Actor, of: ConfessionId, change: ConfessionSettingsChange) -> ConfessionSettings;
    Membership: membership(actor: UserId, of: ConversationId) -> Membership;
}
