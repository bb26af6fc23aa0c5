//! People and their communities, as the platform knows them.

use crate::id::{ConfessionId, UserId};

/// The role of a person on the platform. Administering a confession is a relation, not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Role {
    /// A member of the platform, without rights of administration.
    User,
    /// Administers zero or more confessions.
    Admin,
    /// Administers the platform, and may pin in every conversation.
    Superadmin,
}

impl Role {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Superadmin => "superadmin",
        }
    }

    /// Reads the name on the wire and in the database.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Admin, Self::Superadmin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// An admin or a superadmin.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Admin | Self::Superadmin)
    }
}

/// A person. Never holds an e-mail address or anything else that others must not see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Person {
    /// The id on the platform.
    pub id: UserId,
    /// Unique over all accounts.
    pub username: String,
    /// As the platform has it; may be empty.
    pub first_name: String,
    /// As the platform has it; may be empty.
    pub last_name: String,
    /// The role on the platform.
    pub role: Role,
    /// A URL, or a path of the platform.
    pub avatar: Option<String>,
    /// Deactivated people can neither act nor be written to.
    pub is_active: bool,
}

/// A faith community, as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Confession {
    /// The id on the platform.
    pub id: ConfessionId,
    /// The display name, unique over all confessions.
    pub name: String,
    /// The name in URLs of the platform, unique over all confessions.
    pub slug: String,
    /// The admin, at most one.
    pub admin: Option<UserId>,
}

/// The record that a member follows a confession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    /// The member who follows.
    pub user: UserId,
    /// The confession that the member follows.
    pub confession: ConfessionId,
}

/// A person and the confessions that they administer and follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affiliation {
    /// The account with its present role.
    pub person: Person,
    /// The confessions that they administer, by id.
    pub administers: Vec<Confession>,
    /// The confessions that they follow, by id.
    pub follows: Vec<Confession>,
}

/// A person with whom one may open a conversation, and the confession that it would be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The person to write to; always active.
    pub person: Person,
    /// The confession that the conversation would belong to.
    pub confession: Option<Confession>,
}

/// The content of a directory document; see section 8 of the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryDocument {
    /// Accounts, inserted or replaced by id.
    pub users: Vec<Person>,
    /// Confessions, inserted or replaced by id.
    pub confessions: Vec<Confession>,
    /// Added; existing ones stay.
    pub subscriptions: Vec<Subscription>,
}

/// The people whom a person may write to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactScope {
    /// The admins of the confessions that the person follows: one pair for each confession.
    FollowedAdmins,
    /// All admins and superadmins.
    Staff,
    /// Admins and superadmins, and members who follow a confession that the person administers.
    StaffAndOwnSubscribers,
    /// All active people, members included.
    Everyone,
}
