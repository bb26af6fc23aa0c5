//! Documents that feed the directory (section 8 of the contract).

use domain::{
    id::{ConfessionId, UserId},
    people::{self, DirectoryDocument, Person, Role},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::{Fields, Rejection};

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

impl DirectoryImport {
    /// From a document. A bad row names itself, as in `users[3].role`.
    pub fn read(mut fields: Fields) -> Result<Self, Rejection> {
        let users = fields.rows("users", |row| DirectoryUser::from_row(row, None));
        let confessions = fields.rows("confessions", |row| DirectoryConfession::from_row(row, None));
        let subscriptions = fields.rows("subscriptions", DirectorySubscription::from_row);
        fields.finish(Self {
            users,
            confessions,
            subscriptions,
        })
    }
}

impl From<DirectoryImport> for DirectoryDocument {
    fn from(document: DirectoryImport) -> Self {
        Self {
            users: document.users.into_iter().map(Person::from).collect(),
            confessions: document.confessions.into_iter().map(people::Confession::from).collect(),
            subscriptions: document.subscriptions.into_iter().map(people::Subscription::from).collect(),
        }
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DirectoryUser {
    /// The account.
    #[schema(value_type = i64)]
    pub id: UserId,
    /// The unique name.
    pub username: String,
    /// Empty by default.
    #[serde(default)]
    pub first_name: String,
    /// Empty by default.
    #[serde(default)]
    pub last_name: String,
    /// `user`, `admin` or `superadmin`.
    #[schema(value_type = crate::schema::Role)]
    pub role: Role,
    /// A URL, or a path of the platform.
    pub avatar: Option<String>,
    /// True by default. Deactivated people can neither act nor be written to.
    #[serde(default)]
    #[schema(default = true)]
    pub is_active: bool,
}

impl DirectoryUser {
    /// From the body of a request whose URL names the account.
    pub fn read(mut fields: Fields, id: UserId) -> Result<Self, Rejection> {
        let user = Self::from_row(&mut fields, Some(id.0));
        fields.finish(user)
    }

    fn from_row(row: &mut Fields, id: Option<i64>) -> Self {
        Self {
            id: UserId(id_of(row, id)),
            username: row.line("username", NAME_CHARS),
            first_name: row.optional_line("first_name", NAME_CHARS).unwrap_or_default(),
            last_name: row.optional_line("last_name", NAME_CHARS).unwrap_or_default(),
            role: role(row),
            avatar: row.optional_line("avatar", URL_CHARS).filter(|url| !url.is_empty()),
            is_active: row.optional_flag("is_active").unwrap_or(true),
        }
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

/// A confession.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DirectoryConfession {
    /// The confession.
    #[schema(value_type = i64)]
    pub id: ConfessionId,
    /// For people.
    pub name: String,
    /// For URLs.
    pub slug: String,
    /// Who administers it.
    #[schema(value_type = Option<i64>)]
    pub admin_id: Option<UserId>,
}

impl DirectoryConfession {
    /// From the body of a request whose URL names the confession.
    pub fn read(mut fields: Fields, id: ConfessionId) -> Result<Self, Rejection> {
        let confession = Self::from_row(&mut fields, Some(id.0));
        fields.finish(confession)
    }

    fn from_row(row: &mut Fields, id: Option<i64>) -> Self {
        Self {
            id: ConfessionId(id_of(row, id)),
            name: row.line("name", NAME_CHARS),
            slug: row.line("slug", NAME_CHARS),
            admin_id: row.optional_id(&["admin_id"]).map(UserId),
        }
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

/// That a member follows a confession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DirectorySubscription {
    /// Who follows.
    #[schema(value_type = i64)]
    pub user_id: UserId,
    /// What is followed.
    #[schema(value_type = i64)]
    pub confession_id: ConfessionId,
}

impl DirectorySubscription {
    fn from_row(row: &mut Fields) -> Self {
        Self {
            user_id: UserId(row.id(&["user_id"])),
            confession_id: ConfessionId(row.id(&["confession_id"])),
        }
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

/// The id that the URL names, which the body must not contradict; without one the body's own.
fn id_of(row: &mut Fields, named: Option<i64>) -> i64 {
    let Some(named) = named else {
        let id = row.id(&["id"]);
        return positive(row, id);
    };
    if row.optional_id(&["id"]).is_some_and(|id| id != named) {
        row.refuse("id", "Must be the id in the URL.");
    }
    positive(row, named)
}

/// The platform counts from 1. An id that could not be read is 0 and has been refused already.
fn positive(row: &mut Fields, id: i64) -> i64 {
    if id < 1 && !row.failed("id") {
        row.refuse("id", "Must be at least 1.");
    }
    id
}

fn role(row: &mut Fields) -> Role {
    let name = row.text(&["role"]);
    Role::parse(&name).unwrap_or_else(|| {
        if !row.failed("role") {
            row.refuse("role", "Must be user, admin or superadmin.");
        }
        Role::User
    })
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
            Rejection::InvalidJson => "invalid_json".to_owned(),
        }
    }

    #[test]
    fn document_becomes_rows_with_defaults() {
        let document = DirectoryImport::read(json(
            r#"{"users": [{"id": 1, "username": "aziza", "role": "admin", "avatar": "/a.png"}, {"id": "2", "username": "timur", "first_name": "Timur", "last_name": "Karimov", "role": "user", "avatar": null, "is_active": false}],
                "confessions": [{"id": 3, "name": "Baptists", "slug": "baptists", "admin_id": 1}, {"id": 4, "name": "Others", "slug": "others", "admin_id": null}],
                "subscriptions": [{"user_id": 2, "confession_id": 3}], "comment": "ignored"}"#,
        ))
        .unwrap();
        let document = DirectoryDocument::from(document);
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
        assert_eq!(DirectoryImport::read(json("{}")), Ok(DirectoryImport::default()));
    }

    #[test]
    fn a_bad_row_names_itself_and_what_is_wrong_with_it() {
        let outcome = DirectoryImport::read(json(
            r#"{"users": [{"id": 1, "username": "aziza", "role": "owner"}, {"username": " ", "role": 5, "is_active": "perhaps"}, {"id": 0, "username": "a\u0000b", "role": "user"}],
                "confessions": [{"id": 3, "name": null, "slug": "x", "admin_id": "me"}, "nothing"], "subscriptions": [{"user_id": 1}]}"#,
        ));
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
    fn id_in_the_url_is_the_one_that_counts() {
        let body = r#"{"username":"aziza","role":"admin"}"#;
        assert_eq!(DirectoryUser::read(json(body), UserId(9)).unwrap().id, UserId(9));
        assert_eq!(
            DirectoryConfession::read(json(r#"{"id":"9","name":"A","slug":"a"}"#), ConfessionId(9))
                .unwrap()
                .id,
            ConfessionId(9)
        );
        insta::assert_snapshot!(refused(DirectoryUser::read(json(r#"{"id":8,"username":"aziza","role":"admin"}"#), UserId(9))), @r#"
        {
          "id": [
            "Must be the id in the URL."
          ]
        }
        "#);
    }
}
