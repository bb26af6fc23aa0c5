//! Identifiers: 64-bit integers given by the database.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A person's account, owned by the platform.
    UserId
);
id!(
    /// A faith community, owned by the platform.
    ConfessionId
);
id!(
    /// A conversation, numbered by the store.
    ConversationId
);
id!(
    /// A message. Inside a conversation, ids grow in the order of `seq`.
    MessageId
);
id!(
    /// A file of a message.
    AttachmentId
);
id!(
    /// The number of a change within its conversation: from 1, without gaps, in the order of commits. 0 stands for "none yet".
    Seq
);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
