//! People and their communities, as the platform knows them.

use crate::id::{ConfessionId, UserId};

/// What a person is on the platform. Administering a confession is a relation, not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Role {
    /// A member.
    User,
    /// Administers zero or more confessions.
    Admin,
    /// Administers the platform.
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

    /// From the name on the wire and in the database.
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
    /// The account.
    pub id: UserId,
    /// The unique name.
    pub username: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// What the person is on the platform.
    pub role: Role,
    /// A URL, or a path of the platform.
    pub avatar: Option<String>,
    /// Deactivated people can neither act nor be written to.
    pub is_active: bool,
}

/// A faith community.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Confession {
    /// The community.
    pub id: ConfessionId,
    /// For people.
    pub name: String,
    /// For URLs.
    pub slug: String,
    /// At most one.
    pub admin: Option<UserId>,
}

/// That a member follows a confession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    /// Who follows.
    pub user: UserId,
    /// What is followed.
    pub confession: ConfessionId,
}

/// Somebody whom one may write to, and in the name of which community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The other.
    pub person: Person,
    /// The confession that the conversation would belong to.
    pub confession: Option<Confession>,
}

/// Everything a directory document brings at once; see section 8 of the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryDocument {
    /// Upserted by id.
    pub users: Vec<Person>,
    /// Upserted by id.
    pub confessions: Vec<Confession>,
    /// Added; existing ones stay.
    pub subscriptions: Vec<Subscription>,
}
