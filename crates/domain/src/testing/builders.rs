//! Short ways to make what tests are about.

use crate::{
    attachment::{FileType, NewAttachment},
    id::{ConfessionId, ConversationId, UserId},
    message::{ClientId, Content, Draft},
    people::{Confession, DirectoryDocument, Person, Role, Subscription},
    policy::Policy,
    time::Timestamp,
};

/// A superadmin.
pub const RUSTAM: UserId = UserId(1);
/// The admin of [`NUR`] and of [`BAHOR`].
pub const DILNOZA: UserId = UserId(2);
/// The admin of [`SVET`], with a Cyrillic name.
pub const PAVEL: UserId = UserId(3);
/// An admin who administers nothing.
pub const KAMOL: UserId = UserId(4);
/// A member who follows [`NUR`].
pub const AZIZ: UserId = UserId(5);
/// A member who follows [`NUR`], [`BAHOR`] (both Dilnoza's) and [`SVET`].
pub const MALIKA: UserId = UserId(6);
/// A member who follows nothing, with a Cyrillic name.
pub const SVETLANA: UserId = UserId(7);
/// A member who follows [`NUR`] and is not active.
pub const ZAFAR: UserId = UserId(8);
/// Nobody.
pub const NOBODY: UserId = UserId(999);

/// Administered by [`DILNOZA`].
pub const NUR: ConfessionId = ConfessionId(1);
/// Administered by [`DILNOZA`].
pub const BAHOR: ConfessionId = ConfessionId(2);
/// Administered by [`PAVEL`], with a Cyrillic name.
pub const SVET: ConfessionId = ConfessionId(3);
/// Administered by nobody, followed by nobody.
pub const ORPHAN: ConfessionId = ConfessionId(4);
/// Not there.
pub const NOWHERE: ConfessionId = ConfessionId(999);

/// So many seconds after the moment at which tests begin: 2026-03-21T09:00:00.000001Z.
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp(1_774_083_600_000_001).plus_seconds(seconds)
}

/// Somebody active without first name, last name and picture.
pub fn person(id: i64, username: &str, role: Role) -> Person {
    Person {
        id: UserId(id),
        username: username.to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        role,
        avatar: None,
        is_active: true,
    }
}

/// A person with a first and a last name.
pub fn named(id: UserId, username: &str, first_name: &str, last_name: &str, role: Role) -> Person {
    Person {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        ..person(id.0, username, role)
    }
}

/// A confession, its slug made of its number.
pub fn confession(id: i64, name: &str, admin: Option<UserId>) -> Confession {
    Confession {
        id: ConfessionId(id),
        name: name.to_owned(),
        slug: format!("confession-{id}"),
        admin,
    }
}

/// That `user` follows `confession`.
pub const fn follows(user: UserId, confession: ConfessionId) -> Subscription {
    Subscription { user, confession }
}

/// The people, confessions and subscriptions that all suites are about; see the constants of this module.
pub fn community() -> DirectoryDocument {
    DirectoryDocument {
        users: vec![
            named(RUSTAM, "rustam", "Rustam", "Qodirov", Role::Superadmin),
            named(DILNOZA, "dilnoza", "Dilnoza", "Toʻrayeva", Role::Admin),
            named(PAVEL, "pavel", "Павел", "Щукин", Role::Admin),
            named(KAMOL, "kamol", "Kamol", "", Role::Admin),
            Person {
                avatar: Some("/media/aziz.jpg".to_owned()),
                ..named(AZIZ, "aziz", "Aziz", "Gʻaniyev", Role::User)
            },
            named(MALIKA, "malika", "Malika", "Oʻktamova", Role::User),
            named(SVETLANA, "svetlana", "Светлана", "Ёлкина", Role::User),
            Person {
                is_active: false,
                ..named(ZAFAR, "zafar", "Zafar", "Yoʻldoshev", Role::User)
            },
        ],
        confessions: vec![
            confession(NUR.0, "Nur jamoasi", Some(DILNOZA)),
            confession(BAHOR.0, "Bahor oʻlkasi", Some(DILNOZA)),
            confession(SVET.0, "Община «Свет»", Some(PAVEL)),
            confession(ORPHAN.0, "Yetim 100%", None),
        ],
        subscriptions: vec![
            follows(AZIZ, NUR),
            follows(MALIKA, NUR),
            follows(MALIKA, BAHOR),
            follows(MALIKA, SVET),
            follows(ZAFAR, NUR),
        ],
    }
}

/// A person of the [`community`].
pub fn someone(id: UserId) -> Person {
    community()
        .users
        .into_iter()
        .find(|person| person.id == id)
        .expect("a person of the community")
}

/// A text within the limits.
pub fn content(text: &str) -> Content {
    Content::new(text.to_owned(), &Policy::default()).expect("a text within the limits")
}

/// A sender's name for a message, within the limits.
pub fn client_id(text: &str) -> ClientId {
    ClientId::new(text).expect("1 to 64 characters")
}

/// A message of somebody of the [`community`] in a conversation of two.
pub fn draft(conversation: ConversationId, sender: UserId, text: &str, at: Timestamp) -> Draft {
    Draft {
        conversation,
        sender: someone(sender),
        content: Some(content(text)),
        reply_to: None,
        client_id: None,
        attachments: Vec::new(),
        others: 1,
        at,
    }
}

/// A small picture under this key, which waits for its message.
pub fn a_file(key: &str) -> NewAttachment {
    NewAttachment {
        file_type: FileType::Image,
        file_name: "gul.png".to_owned(),
        file_size: 5,
        mime_type: "image/png".to_owned(),
        width: Some(1),
        height: Some(1),
        key: key.to_owned(),
        thumbnail_key: None,
    }
}
