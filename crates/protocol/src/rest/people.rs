use std::borrow::Cow;

use domain::{
    people::{self, Affiliation, Person},
    ports::RosterEntry,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A person, as others may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User<'a> {
    /// The account.
    pub id: i64,
    /// The unique name.
    pub username: &'a str,
    /// May be empty.
    pub first_name: &'a str,
    /// May be empty.
    pub last_name: &'a str,
    /// `user`, `admin` or `superadmin`.
    #[schema(value_type = crate::names::Role)]
    pub role: &'static str,
    /// A URL, or a path of the platform.
    #[schema(required)]
    pub avatar: Option<&'a str>,
}

impl<'a> From<&'a Person> for User<'a> {
    fn from(person: &'a Person) -> Self {
        Self {
            id: person.id.0,
            username: &person.username,
            first_name: &person.first_name,
            last_name: &person.last_name,
            role: person.role.as_str(),
            avatar: person.avatar.as_deref(),
        }
    }
}

/// A faith community.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Confession<'a> {
    /// The community.
    pub id: i64,
    /// For people.
    #[schema(value_type = String)]
    pub name: Cow<'a, str>,
    /// For URLs.
    #[schema(value_type = String)]
    pub slug: Cow<'a, str>,
}

impl Confession<'_> {
    /// A copy that borrows from nothing.
    pub fn into_owned(self) -> Confession<'static> {
        Confession {
            id: self.id,
            name: Cow::Owned(self.name.into_owned()),
            slug: Cow::Owned(self.slug.into_owned()),
        }
    }
}

impl<'a> From<&'a people::Confession> for Confession<'a> {
    fn from(confession: &'a people::Confession) -> Self {
        Self {
            id: confession.id.0,
            name: Cow::Borrowed(&confession.name),
            slug: Cow::Borrowed(&confession.slug),
        }
    }
}

/// The caller, and the confessions that concern them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Me<'a> {
    /// The account of the caller.
    pub user: User<'a>,
    /// The confessions that the caller administers, in the order of their ids.
    pub administers: Vec<Confession<'a>>,
    /// The confessions that the caller follows, in the order of their ids.
    pub follows: Vec<Confession<'a>>,
}

impl<'a> From<&'a Affiliation> for Me<'a> {
    fn from(found: &'a Affiliation) -> Self {
        Self {
            user: User::from(&found.person),
            administers: found.administers.iter().map(Confession::from).collect(),
            follows: found.follows.iter().map(Confession::from).collect(),
        }
    }
}

/// A person with whom the caller may open a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact<'a> {
    /// The person.
    pub user: User<'a>,
    /// The confession that the conversation would be about.
    #[schema(required)]
    pub confession: Option<Confession<'a>>,
}

impl<'a> From<&'a people::Contact> for Contact<'a> {
    fn from(contact: &'a people::Contact) -> Self {
        Self {
            user: User::from(&contact.person),
            confession: contact.confession.as_ref().map(Confession::from),
        }
    }
}

/// A person with whom the caller may open a conversation, and all confessions that it could be about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactDetail<'a> {
    /// The person.
    pub user: User<'a>,
    /// For members the followed confessions that the person administers; for admins and superadmins those that they administer and the person follows.
    pub confessions: Vec<Confession<'a>>,
}

impl<'a> From<&'a people::ContactDetail> for ContactDetail<'a> {
    fn from(contact: &'a people::ContactDetail) -> Self {
        Self {
            user: User::from(&contact.person),
            confessions: contact.confessions.iter().map(Confession::from).collect(),
        }
    }
}

/// A person as whom one can sign in to the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DemoPerson<'a> {
    /// The person.
    #[serde(flatten)]
    pub user: User<'a>,
    /// The confessions that the person follows or administers.
    pub confessions: Vec<Confession<'a>>,
}

impl<'a> From<&'a RosterEntry> for DemoPerson<'a> {
    fn from(entry: &'a RosterEntry) -> Self {
        Self {
            user: User::from(&entry.person),
            confessions: entry.confessions.iter().map(Confession::from).collect(),
        }
    }
}

/// Opens one socket without a token in its URL.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ticket {
    /// The value for `?ticket=`; it can be used once.
    pub ticket: String,
    /// The seconds until the ticket expires.
    pub expires_in: u64,
}

/// The token with which one is signed in to the demo.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DemoAccess {
    /// An access token.
    pub access: String,
}
