//! Documents that feed the directory (section 8 of the contract).

mod document;

use domain::{
    feeding::BadRow,
    id::{ConfessionId, UserId},
    people::{self, DirectoryDocument, Person, Role},
    settings::Language,
};
use serde::Serialize;
use utoipa::ToSchema;

pub use document::parse;

use crate::fields::{FieldErrors, Fields, Rejection, request};

/// As long as the platform's own columns for names are, or longer.
const NAME_CHARS: usize = 255;
/// The longest URL of a picture.
const URL_CHARS: usize = 2_000;

/// Accounts, confessions and who follows what, in one document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DirectoryImport {
    /// Upserted by id.
    #[serde(default)]
    pub users: Vec<DirectoryUser>,
    /// Upserted by id.
    #[serde(default)]
    pub confessions: Vec<DirectoryConfession>,
    /// Added; existing ones stay.
    #[serde(default)]
    pub subscriptions: Vec<DirectorySubscription>,
}

request! {
    /// An account.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct DirectoryUser {
        /// The account.
        #[schema(value_type = i64)]
        pub id: UserId = user_id,
        /// The unique name.
        pub username: String = name,
        /// Empty by default.
        #[serde(default)]
        pub first_name: String = optional_name,
        /// Empty by default.
        #[serde(default)]
        pub last_name: String = optional_name,
        /// `user`, `admin` or `superadmin`.
        #[schema(value_type = crate::names::Role)]
        pub role: Role = role,
        /// A URL, or a path of the platform.
        pub avatar: Option<String> = url,
        /// True by default. Deactivated people can neither act nor be written to.
        #[serde(default)]
        #[schema(default = true)]
        pub is_active: bool = active,
        /// The language of pushes and of whatever else the service words itself, until the person chooses one here. Null by default.
        #[serde(default)]
        #[schema(value_type = Option<crate::names::Language>)]
        pub language: Option<Language> = language,
    }
}

impl DirectoryUser {
    /// Reads the body of a request whose URL names the account.
    pub fn with_id(mut fields: Fields, id: UserId) -> Result<Self, Rejection> {
        fields.set_id("id", id.0);
        Self::read(fields)
    }

    /// Adds the account with its language to a document. Of several rows of an account the last one counts.
    pub fn add_to(self, document: &mut DirectoryDocument) {
        match self.language {
            Some(language) => document.languages.insert(self.id, language),
            None => document.languages.remove(&self.id),
        };
        document.users.push(self.into());
    }
}

impl From<DirectoryUser> for Person {
    fn from(user: DirectoryUser) -> Self {
        Self {
            id: user.id,
            username: user.username,
            first_name: user.first_name,
            last_name: user.last_name,
            role: user.role,
            avatar: user.avatar,
            is_active: user.is_active,
        }
    }
}

request! {
    /// A confession.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct DirectoryConfession {
        /// The confession.
        #[schema(value_type = i64)]
        pub id: ConfessionId = confession_id,
        /// For people.
        pub name: String = name,
        /// For URLs.
        pub slug: String = slug,
        /// The admin of the confession; null if it has none.
        #[schema(value_type = Option<i64>)]
        pub admin_id: Option<UserId>,
    }
}

impl DirectoryConfession {
    /// Reads the body of a request whose URL names the confession.
    pub fn with_id(mut fields: Fields, id: ConfessionId) -> Result<Self, Rejection> {
        fields.set_id("id", id.0);
        Self::read(fields)
    }
}

impl From<DirectoryConfession> for people::Confession {
    fn from(confession: DirectoryConfession) -> Self {
        Self {
            id: confession.id,
            name: confession.name,
            slug: confession.slug,
            admin: confession.admin_id,
        }
    }
}

request! {
    /// That a member follows a confession.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
    pub struct DirectorySubscription {
        /// The member who follows.
        #[schema(value_type = i64)]
        pub user_id: UserId,
        /// The followed confession.
        #[schema(value_type = i64)]
        pub confession_id: ConfessionId,
    }
}

impl From<DirectorySubscription> for people::Subscription {
    fn from(subscription: DirectorySubscription) -> Self {
        Self {
            user: subscription.user_id,
            confession: subscription.confession_id,
        }
    }
}

/// The answer to a document that was not stored, with its bad rows.
pub fn rejected(rows: &[BadRow]) -> Rejection {
    let mut errors = FieldErrors::default();
    for row in rows {
        errors.add_row(
            format!("{}.{}", row.place(), row.fault.field()),
            sentence(&row.reason()),
            format!("{row}."),
        );
    }
    Rejection::Invalid(errors)
}

/// Why a single account, confession or subscription was not stored: its bad fields.
pub fn refused(rows: &[BadRow]) -> Rejection {
    let mut errors = FieldErrors::default();
    for row in rows {
        errors.add(row.fault.field().to_owned(), sentence(&row.reason()));
    }
    Rejection::Invalid(errors)
}

fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// How much a document brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DirectoryImported {
    /// Rows of accounts.
    pub users: usize,
    /// Rows of confessions.
    pub confessions: usize,
    /// Rows of subscriptions.
    pub subscriptions: usize,
}

impl From<&DirectoryDocument> for DirectoryImported {
    fn from(document: &DirectoryDocument) -> Self {
        Self {
            users: document.users.len(),
            confessions: document.confessions.len(),
            subscriptions: document.subscriptions.len(),
        }
    }
}

/// A name with at least one visible character.
fn name(row: &mut Fields, field: &str) -> String {
    without_overrides(row.line(field, NAME_CHARS))
}

/// Empty where it is absent.
fn optional_name(row: &mut Fields, field: &str) -> String {
    without_overrides(row.optional_visible_line(field, NAME_CHARS).unwrap_or_default())
}

fn slug(row: &mut Fields, field: &str) -> String {
    row.line(field, NAME_CHARS)
}

fn url(row: &mut Fields, field: &str) -> Option<String> {
    row.optional_line(field, URL_CHARS).filter(|url| !url.is_empty())
}

/// Accounts are active by default.
fn active(row: &mut Fields, field: &str) -> bool {
    row.optional_flag(&[field]).unwrap_or(true)
}

/// Without the characters that turn the order of others: they reach beyond the name, into the line where it is shown. They are taken out rather than
/// refused, for one person's name must not keep the platform's document from being imported.
fn without_overrides(mut name: String) -> String {
    name.retain(|letter| !matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'));
    name
}

fn user_id(row: &mut Fields, field: &str) -> UserId {
    UserId(positive_id(row, field))
}

fn confession_id(row: &mut Fields, field: &str) -> ConfessionId {
    ConfessionId(positive_id(row, field))
}

/// The platform counts from 1. An id that could not be read is 0 and has been refused already.
fn positive_id(row: &mut Fields, field: &str) -> i64 {
    let id = row.id(&[field]);
    if id < 1 && !row.failed(field) {
        row.refuse(field, "Must be at least 1.");
    }
    id
}

fn role(row: &mut Fields, field: &str) -> Role {
    let role = row.text(&[field]);
    Role::parse(&role).unwrap_or_else(|| {
        if !row.failed(field) {
            row.refuse(field, "Must be user, admin or superadmin.");
        }
        Role::User
    })
}

fn language(row: &mut Fields, field: &str) -> Option<Language> {
    let tag = row.optional_text(&[field]).filter(|tag| !tag.is_empty())?;
    let language = Language::parse(&tag);
    if language.is_none() {
        row.refuse(field, "Must be uz, uz-Cyrl, ru, en, or null.");
    }
    language
}

#[cfg(test)]
mod tests;
