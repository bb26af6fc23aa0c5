//! One suite for each port, one small case for each promise of its doc comments. Every adapter runs them from its own tests, and so do the fakes.
//!
//! A suite is a macro that takes the path of an `async fn` without arguments. For the stores it returns `(store, guard)`: an empty store and
//! a guard that must live as long as the store (`()` if none is needed). As far as the store can tell, a service runs on it. [`store_conformance!`](crate::store_conformance) runs all suites of a store.

pub mod blobs;
pub mod bus;
pub mod contacts;
pub mod conversations;
pub mod directory;
pub mod feed;
pub mod files;
pub mod jobs;
pub mod limiter;
pub mod lists;
pub mod messages;
pub mod notes;
pub mod outbox;
pub mod presence;
pub mod receipts;
pub mod rows;
pub mod search;
pub mod sending;
pub mod settings;
pub mod tickets;
pub mod windows;

mod scene;
mod spellings;

pub use scene::{PublishedOutcomes, Scene, Works, silent};

use crate::{
    ports::{Conversations, Directory, DirectoryWriter, Messages, Receipts, Searchable, Settings},
    testing::direct::{DirectConversations, DirectMessages, DirectReceipts},
};

/// All ports of one database, with shortcuts to act on them.
pub trait Store:
    Directory
    + DirectoryWriter
    + Conversations
    + Messages
    + Receipts
    + Searchable
    + Settings
    + DirectConversations
    + DirectMessages
    + DirectReceipts
{
}

impl<S: Directory + DirectoryWriter + Conversations + Messages + Receipts + Searchable + Settings + ?Sized> Store for S {}

/// One test for each case of a suite of a store.
#[doc(hidden)]
#[macro_export]
macro_rules! store_cases {
    ($fresh:path, $suite:ident: $($case:ident),+ $(,)?) => { $(
        #[tokio::test]
        async fn $case() {
            let (store, _guard) = $fresh().await;
            $crate::testing::conformance::$suite::$case(&store).await;
        }
    )+ };
}

/// All suites of a store, each in a module of its own.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:path) => {
        mod directory {
            $crate::directory_conformance!($fresh);
        }
        mod contacts {
            $crate::contacts_conformance!($fresh);
        }
        mod feed {
            $crate::feed_conformance!($fresh);
        }
        mod notes {
            $crate::notes_conformance!($fresh);
        }
        mod conversations {
            $crate::conversations_conformance!($fresh);
        }
        mod lists {
            $crate::lists_conformance!($fresh);
        }
        mod sending {
            $crate::sending_conformance!($fresh);
        }
        mod messages {
            $crate::messages_conformance!($fresh);
        }
        mod files {
            $crate::files_conformance!($fresh);
        }
        mod windows {
            $crate::windows_conformance!($fresh);
        }
        mod receipts {
            $crate::receipts_conformance!($fresh);
        }
        mod rows {
            $crate::rows_conformance!($fresh);
        }
        mod outbox {
            $crate::outbox_conformance!($fresh);
        }
        mod jobs {
            $crate::jobs_conformance!($fresh);
        }
        mod settings {
            $crate::settings_conformance!($fresh);
        }
    };
}
