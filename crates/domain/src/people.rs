//! People and their communities, as the platform knows them.

use std::collections::BTreeMap;

use crate::{
    id::{ConfessionId, UserId},
    settings::Language,
};

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

impl Person {
    /// The name that clients show: first and last name, or the username where there is neither.
    pub fn shown_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        let name = name.trim();
        if name.is_empty() { self.username.clone() } else { name.to_owned() }
    }

    /// The key of the alphabetical order of shown names: in lower case, `ё` as `е`, without apostrophes and other marks; equal names by username.
    pub fn name_order(&self) -> (String, &str) {
        let letters = self.shown_name().to_lowercase();
        let letters = letters.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ');
        // These letters of the apostrophe are letters to Unicode.
        let letters = letters.filter(|letter| !matches!(letter, '\u{2bb}' | '\u{2bc}'));
        let letters = letters.map(|letter| if letter == 'ё' { 'е' } else { letter });
        (letters.collect(), &self.username)
    }
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

/// A person with whom one may open a conversation, and all confessions that it could be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactDetail {
    /// The person to write to; always active.
    pub person: Person,
    /// For a member: the followed confessions that the person administers. For an admin or superadmin: the administered confessions that the member follows.
    /// By id.
    pub confessions: Vec<Confession>,
}

/// The contacts that a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Only people and confessions that this finds, as [`crate::conversation::ListFilter::query`] does.
    pub query: Option<String>,
    /// Only members who follow a confession that the viewer administers (true), or only all others (false); both if `None`.
    pub own: Option<bool>,
}

/// The content of a directory document; see section 8 of the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryDocument {
    /// Accounts, inserted or replaced by id.
    pub users: Vec<Person>,
    /// The languages of these accounts. An account of [`Self::users`] that is not in here has none from then on.
    pub languages: BTreeMap<UserId, Language>,
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
    /// Members who follow a confession that the person administers.
    OwnSubscribers,
    /// All active people without [`Self::OwnSubscribers`].
    EveryoneElse,
}

impl ContactScope {
    /// [`Self::OwnSubscribers`] come in the order of [`Person::name_order`] if the person's confessions have at most so many followers, and in that of usernames
    /// otherwise: no index has shown names in order, and sorting many of them would take longer than a page may.
    pub const MOST_SORTED: usize = 2_000;
}
