//! Names and queries for the searches of all lists.

use super::super::builders::{AZIZ, DILNOZA, NUR, ORPHAN, PAVEL, RUSTAM, community, someone};
use crate::{
    id::{ConfessionId, UserId},
    people::{Confession, ContactScope, DirectoryDocument, Person},
};

/// A viewer for each scope who may write to [`DILNOZA`] and whose other contacts have none of these names.
pub(super) const VIEWERS: [(UserId, ContactScope); 4] = [
    (AZIZ, ContactScope::FollowedAdmins),
    (RUSTAM, ContactScope::Everyone),
    (RUSTAM, ContactScope::Staff),
    (PAVEL, ContactScope::StaffAndOwnSubscribers),
];

/// The confession with which Dilnoza appears in the list of that viewer.
pub(super) fn shared(scope: ContactScope) -> Option<ConfessionId> {
    (scope == ContactScope::FollowedAdmins).then_some(NUR)
}

/// Names, each with queries that find it.
pub(super) const FOUND: &[(&str, &[&str])] = &[
    // Any apostrophe or none finds the name, in Latin and Cyrillic.
    (
        "Gulnora Qoʻchqorova",
        &[
            "o'chq",
            "o‘chq",
            "o`chq",
            "o’chq",
            "oʼchq",
            "oʻchq",
            "ochq",
            "OʻCHQ",
            "ўчқ",
            "қўчқор",
            "qo'chqorova gulnora",
            "gul qoch",
        ],
    ),
    ("Choʻlponoy Gʻofurova", &["g'ofur", "gofurova", "ғофур", "chol gof", "чўлпон"]),
    ("O'ktamjon G`ulomov", &["oʻktamjon", "ўктамжон", "oktamjon gʻulom"]),
    ("Ўктамжон Ғуломов", &["oʻktamjon", "o'ktamjon g'ul", "gulomov oktamjon"]),
    ("Isʼhoqjon", &["ishoqjon", "is'hoqj", "исҳоқжон"]),
    // Latin finds Cyrillic, and the reverse.
    ("Шаҳзодбек Хўжаев", &["shahzodbek", "xoʻjayev", "hojaev", "ХЎЖА шаҳзодбек"]),
    ("Shahzodbek Xoʻjayev", &["шаҳзодбек", "хўжаев", "hojaev"]),
    ("Юлдузхон Цойева", &["yulduzxon", "tsoy", "soyeva", "юлдуз"]),
    ("Yelizavetta", &["елизаветта", "elizavetta", "ЕЛИЗАВЕТТА"]),
    ("Елизаветта", &["yelizavetta", "elizavetta"]),
    // The query ends in the middle of `ye` or `ts`.
    ("Abdullayeva", &["abdullay", "abdullaye", "абдуллае"]),
    ("Абдуллаева", &["abdullay", "abdullaye", "abdullae"]),
    ("Kuznetsov", &["kuznet", "kuznets", "кузнец"]),
    ("Кузнецов", &["kuznet", "kuznets", "kuznes"]),
    // The letter ё is typed as е or yo, or е is typed as ё.
    ("Семёнов", &["семенов", "СЕМЁНОВ", "semyonov", "semenov"]),
    ("Семенов", &["семёнов", "semenov"]),
    // Composed and decomposed letters, accents and compatible forms of letters are found.
    ("И\u{306}одгор Е\u{308}рматов", &["йодгор", "ёрматов", "ерматов йод"]),
    ("Йодгор Ёрматов", &["и\u{306}одгор", "е\u{308}рматов"]),
    ("Jose\u{301} Çelik", &["josé", "jose chelik", "JOSE"]),
    ("ＡＢＣ ﬁnal", &["abc", "FINAL"]),
    // The letter oʻ is typed as у.
    ("Уролбой", &["oʻrolboy", "ўролбой"]),
    // Parts of words, digits, and characters between words.
    (
        "Toshkent-shahar 2-jamoa",
        &["toshkent", "shahar toshkent", "2 toshk", "«Toshkent»", "oshken/aha"],
    ),
];

/// Names, each with queries that do not find it.
pub(super) const NOT_FOUND: &[(&str, &[&str])] = &[
    ("Gulnora Qoʻchqorova", &["gulnora karimova", "gulnoraqo", "qorova gulnara"]),
    ("Артурбек", &["arsurbek", "turbekk"]),
    ("Ўктамжон", &["уктамжон"]),
];

/// Queries that find nothing.
pub(super) const WITHOUT_LETTERS: [&str; 9] = ["_", "%", "*", "'", "ʻʼ", "!? …", "😀", "\u{200b}", "ъ"];

/// Dilnoza with this first name, and the confession [`ORPHAN`] with this name.
pub(super) fn called(name: &str) -> DirectoryDocument {
    let dilnoza = Person {
        first_name: name.to_owned(),
        last_name: String::new(),
        ..someone(DILNOZA)
    };
    let orphan = community().confessions.into_iter().find(|confession| confession.id == ORPHAN);
    let named = |confession: Confession| Confession {
        name: name.to_owned(),
        ..confession
    };
    DirectoryDocument {
        users: vec![dilnoza],
        confessions: orphan.map(named).into_iter().collect(),
        subscriptions: Vec::new(),
        ..DirectoryDocument::default()
    }
}
