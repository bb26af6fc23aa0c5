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
mod tests {
    use super::*;

    fn json(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    fn refused<T: std::fmt::Debug>(outcome: Result<T, Rejection>) -> String {
        match outcome.unwrap_err() {
            Rejection::Invalid(errors) => serde_json::to_string_pretty(&errors).unwrap(),
            Rejection::InvalidJson | Rejection::NotJson(_) => "invalid_json".to_owned(),
        }
    }

    #[test]
    fn document_becomes_rows_with_defaults() {
        let document = parse(
            r#"{"users": [{"id": 1, "username": "aziza", "role": "admin", "avatar": "/a.png"}, {"id": "2", "username": "timur", "first_name": "Timur", "last_name": "Karimov", "role": "user", "avatar": null, "is_active": false}],
                "confessions": [{"id": 3, "name": "Baptists", "slug": "baptists", "admin_id": 1}, {"id": 4, "name": "Others", "slug": "others", "admin_id": null}],
                "subscriptions": [{"user_id": 2, "confession_id": 3}], "comment": "ignored"}"#
                .as_bytes(),
        )
        .unwrap();
        insta::assert_debug_snapshot!(document, @r#"
        DirectoryDocument {
            users: [
                Person {
                    id: UserId(
                        1,
                    ),
                    username: "aziza",
                    first_name: "",
                    last_name: "",
                    role: Admin,
                    avatar: Some(
                        "/a.png",
                    ),
                    is_active: true,
                },
                Person {
                    id: UserId(
                        2,
                    ),
                    username: "timur",
                    first_name: "Timur",
                    last_name: "Karimov",
                    role: User,
                    avatar: None,
                    is_active: false,
                },
            ],
            languages: {},
            confessions: [
                Confession {
                    id: ConfessionId(
                        3,
                    ),
                    name: "Baptists",
                    slug: "baptists",
                    admin: Some(
                        UserId(
                            1,
                        ),
                    ),
                },
                Confession {
                    id: ConfessionId(
                        4,
                    ),
                    name: "Others",
                    slug: "others",
                    admin: None,
                },
            ],
            subscriptions: [
                Subscription {
                    user: UserId(
                        2,
                    ),
                    confession: ConfessionId(
                        3,
                    ),
                },
            ],
        }
        "#);
        assert_eq!(
            DirectoryImported::from(&document),
            DirectoryImported {
                users: 2,
                confessions: 2,
                subscriptions: 1
            }
        );
    }

    #[test]
    fn every_part_of_a_document_may_be_absent() {
        assert_eq!(parse(b"{}"), Ok(DirectoryDocument::default()));
    }

    #[test]
    fn the_error_of_a_bad_row_names_row_and_reason() {
        let outcome = parse(
            r#"{"users": [{"id": 1, "username": "aziza", "role": "owner"}, {"username": " ", "role": 5, "is_active": "perhaps"}, {"id": 0, "username": "a\u0000b", "role": "user"}],
                "confessions": [{"id": 3, "name": null, "slug": "x", "admin_id": "me"}, "nothing"], "subscriptions": [{"user_id": 1}]}"#
                .as_bytes(),
        );
        insta::assert_snapshot!(refused(outcome), @r#"
        {
          "confessions[0].admin_id": [
            "Must be an integer."
          ],
          "confessions[0].name": [
            "This field is required."
          ],
          "confessions[1]": [
            "Must be an object."
          ],
          "subscriptions[0].confession_id": [
            "This field is required."
          ],
          "users[0].role": [
            "Must be user, admin or superadmin."
          ],
          "users[1].id": [
            "This field is required."
          ],
          "users[1].is_active": [
            "Must be true or false."
          ],
          "users[1].role": [
            "Must be a string."
          ],
          "users[1].username": [
            "Must not be blank."
          ],
          "users[2].id": [
            "Must be at least 1."
          ],
          "users[2].username": [
            "Must not contain NUL."
          ]
        }
        "#);
    }

    #[test]
    fn the_last_row_of_an_account_decides_on_its_language() {
        let body = r#"{"users": [
            {"id": 1, "username": "aziza", "role": "user", "language": "ru"}, {"id": 2, "username": "timur", "role": "user", "language": "uz-Cyrl"},
            {"id": 1, "username": "aziza", "role": "user", "language": null}, {"id": 3, "username": "olim", "role": "user", "language": ""},
            {"id": 2, "username": "timur", "role": "user", "language": "en"}]}"#;
        let document = parse(body.as_bytes()).unwrap();
        assert_eq!(document.languages, [(UserId(2), Language::English)].into());
        for language in [r#""de""#, r#""UZ""#, "5"] {
            let body = format!(r#"{{"users": [{{"id": 1, "username": "aziza", "role": "user", "language": {language}}}]}}"#);
            let Err(Rejection::Invalid(errors)) = parse(body.as_bytes()) else {
                panic!("{language} is taken")
            };
            assert!(errors.names("users[0].language"), "{language}");
        }
    }

    #[test]
    fn names_do_not_turn_the_text_around_them() {
        let body = r#"{"users": [{"id": 1, "username": "\u202enimda", "first_name": "\u2067A\u2069", "last_name": "\u202a\u202b\u202c\u202dB\u2066\u2068", "role": "user"}],
            "confessions": [{"id": 3, "name": "Nur \u202ejamoasi", "slug": "nur", "admin_id": null}]}"#;
        let document = parse(body.as_bytes()).unwrap();
        let user = &document.users[0];
        assert_eq!((&*user.username, &*user.first_name, &*user.last_name), ("nimda", "A", "B"));
        assert_eq!(document.confessions[0].name, "Nur jamoasi");
        // Marks that letters of right-to-left scripts need stay.
        let kept = json("{\"username\": \"a\u{200F}b\u{200D}\", \"role\": \"user\"}");
        assert_eq!(DirectoryUser::with_id(kept, UserId(1)).unwrap().username, "a\u{200F}b\u{200D}");
        let nothing = json(r#"{"username": "\u202e\u2066", "role": "user"}"#);
        assert!(refused(DirectoryUser::with_id(nothing, UserId(1))).contains("Must not be blank."));
    }

    #[test]
    fn names_that_show_nothing_are_refused_and_empty_ones_may_be_left_out() {
        for nothing in [
            " \t",
            "\u{200b}",
            "\u{2060}\u{feff}",
            "\u{3164}",
            "\u{2800} \u{ad}",
            "\u{202e}",
            "\u{fe0f}\u{e0020}",
        ] {
            let named = |field: &str| {
                let mut body = serde_json::json!({"username": "aziza", "role": "user", "name": "A", "slug": "a"});
                body[field] = nothing.into();
                json(&body.to_string())
            };
            for field in ["username", "first_name", "last_name"] {
                let refused = refused(DirectoryUser::with_id(named(field), UserId(1)));
                assert!(refused.contains(field), "{nothing:?}: {refused}");
            }
            let refused = refused(DirectoryConfession::with_id(named("name"), ConfessionId(1)));
            assert!(refused.contains("Must not be blank."), "{nothing:?}: {refused}");
            let row = serde_json::json!({"users": [{"id": 1, "username": "aziza", "first_name": nothing, "role": "user"}]});
            let Err(Rejection::Invalid(errors)) = parse(row.to_string().as_bytes()) else {
                panic!("{nothing:?} is taken");
            };
            assert!(errors.names("users[0].first_name"));
        }
        let empty = json(r#"{"username": "aziza", "first_name": "", "last_name": null, "role": "user"}"#);
        let user = DirectoryUser::with_id(empty, UserId(1)).unwrap();
        assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("", ""));
        let joined = json("{\"username\": \"a\", \"first_name\": \"\u{200d}\u{1f54a}\u{fe0f}\", \"role\": \"user\"}");
        assert_eq!(
            DirectoryUser::with_id(joined, UserId(1)).unwrap().first_name,
            "\u{200d}\u{1f54a}\u{fe0f}"
        );
    }

    #[test]
    fn id_in_the_url_is_the_one_that_counts() {
        let body = r#"{"username":"aziza","role":"admin"}"#;
        assert_eq!(DirectoryUser::with_id(json(body), UserId(9)).unwrap().id, UserId(9));
        assert_eq!(
            DirectoryConfession::with_id(json(r#"{"id":"9","name":"A","slug":"a"}"#), ConfessionId(9))
                .unwrap()
                .id,
            ConfessionId(9)
        );
        insta::assert_snapshot!(refused(DirectoryUser::with_id(json(r#"{"id":8,"username":"aziza","role":"admin"}"#), UserId(9))), @r#"
        {
          "id": [
            "Must be the id in the URL."
          ]
        }
        "#);
    }
}
