//! The identity of a database and of the line of history in it.

use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// A name as the store gave it. Names are only compared.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as the store gave it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// Names the line of history that `seq` and message ids belong to (contract 4.3). It changes only when a database was put back from a backup: from
    /// then on the same numbers are given out again, for other messages.
    Epoch
);
name!(
    /// Names a database and the object store that belongs to it: both carry the same id, and a backup keeps it.
    StoreId
);

/// The identity that a database stores about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreIdentity {
    /// The id of the database, which its object store carries too.
    pub store: StoreId,
    /// The line of history that `seq` and message ids belong to.
    pub epoch: Epoch,
}
