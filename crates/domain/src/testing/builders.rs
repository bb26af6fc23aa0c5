//! The community of the tests, and shortcuts to build their data.

use crate::{
    attachment::{FileType, NewAttachment},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    identity::{Epoch, StoreId},
    message::{ClientId, Content, Draft, Message},
    people::{Confession, DirectoryDocument, Person, Role, Subscription},
    policy::Policy,
    time::Timestamp,
};

/// A superadmin who administers no confession.
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
/// An id without an account.
pub const NOBODY: UserId = UserId(999);

/// A confession administered by [`DILNOZA`].
pub const NUR: ConfessionId = ConfessionId(1);
/// Another confession administered by [`DILNOZA`].
pub const BAHOR: ConfessionId = ConfessionId(2);
/// A confession administered by [`PAVEL`], with a Cyrillic name.
pub const SVET: ConfessionId = ConfessionId(3);
/// A confession without an admin and without members.
pub const ORPHAN: ConfessionId = ConfessionId(4);
/// An id without a confession.
pub const NOWHERE: ConfessionId = ConfessionId(999);

/// The epoch of the fakes.
pub fn epoch() -> Epoch {
    Epoch::new("first")
}

/// The store id of the fakes.
pub fn store_id() -> StoreId {
    StoreId::new("ours")
}

/// The time this many seconds after the moment at which tests begin: 2026-03-21T09:00:00.000001Z.
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp(1_774_083_600_000_001).plus_seconds(seconds)
}

/// An active person without first name, last name and avatar.
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

/// A confession whose slug is made of its number.
pub fn confession(id: i64, name: &str, admin: Option<UserId>) -> Confession {
    Confession {
        id: ConfessionId(id),
        name: name.to_owned(),
        slug: format!("confession-{id}"),
        admin,
    }
}

/// The subscription of `user` to `confession`.
pub const fn follows(user: UserId, confession: ConfessionId) -> Subscription {
    Subscription { user, confession }
}

/// The people, confessions and subscriptions of all suites; see the constants of this module.
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
        ..DirectoryDocument::default()
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

/// A content, which must be within the limits.
pub fn content(text: &str) -> Content {
    Content::new(text.to_owned(), &Policy::default()).expect("a text within the limits")
}

/// A client id, which must be within the limits.
pub fn client_id(text: &str) -> ClientId {
    ClientId::new(text).expect("1 to 64 characters")
}

/// A message of a person of the [`community`] in a conversation of two.
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

/// A stored message in a conversation of two, sent at [`at`]`(0)`.
pub fn message(conversation: ConversationId, sender: &Person, text: &str) -> Message {
    let draft = Draft {
        conversation,
        sender: sender.clone(),
        content: Some(content(text)),
        reply_to: None,
        client_id: None,
        attachments: Vec::new(),
        others: 1,
        at: at(0),
    };
    draft.stored(MessageId(100), Seq(1), Vec::new())
}

/// A new attachment with this key: a picture of one pixel, without a thumbnail.
pub fn a_file(key: &str) -> NewAttachment {
    NewAttachment {
        file_type: FileType::Image,
        file_name: "gul.png".to_owned(),
        file_size: 5,
        mime_type: "image/png".to_owned(),
        width: Some(1),
        height: Some(1),
        key: key.to_owned(),
        thumbnail: None,
        voice: None,
    }
}
