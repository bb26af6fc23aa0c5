//! The suite of searches in lists.

use super::{super::spellings, Scene, Store, Works, search, three_chats_of_dilnoza};
use crate::{
    conversation::ListFilter,
    page::{NumberedPage, PageRequest},
    people::{DirectoryDocument, Person},
    testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, ORPHAN, PAVEL, RUSTAM, SVET, SVETLANA, someone},
};

/// A query may match the username, the first name, the last name, or both together; the viewer's own names do not count.
pub async fn lists_are_searched_by_names_of_others(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, pavel] = three_chats_of_dilnoza(&scene).await;
    let group = scene.open(&[DILNOZA, KAMOL, PAVEL], None).await;
    for (query, expected) in [
        ("aziz", vec![aziz]),
        ("Gʻaniyev", vec![aziz]),
        ("Aziz Gʻan", vec![aziz]),
        ("malika oʻk", vec![malika]),
        ("oktamova malika", vec![malika]),
        ("aziz oktamova", vec![]),
        ("aziz nur", vec![]),
        ("pavel", vec![group, pavel]),
        ("Kamol", vec![group]),
        ("dilnoza", vec![]),
        ("Toʻrayeva", vec![]),
        ("nobody", vec![]),
    ] {
        assert_eq!(scene.listed(DILNOZA, &search(query)).await, expected, "{query}");
    }
    assert_eq!(scene.listed(AZIZ, &search("dilnoza")).await, [aziz]);
}

/// The name of the confession is searched, not its slug.
pub async fn lists_are_searched_by_confession(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, malika, _] = three_chats_of_dilnoza(&scene).await;
    for (query, expected) in [("nur", vec![aziz]), ("Bahor oʻl", vec![malika]), ("confession-", vec![])] {
        assert_eq!(scene.listed(DILNOZA, &search(query)).await, expected, "{query}");
    }
}

/// Latin, Cyrillic and the letters of Uzbek are treated alike.
pub async fn lists_are_searched_in_any_case_of_any_script(store: &impl Store) {
    let scene = Scene::new(store).await;
    let [aziz, _, pavel] = three_chats_of_dilnoza(&scene).await;
    let svet = scene.open(&[MALIKA, PAVEL], Some(SVET)).await;
    for query in ["ПАВЕЛ", "щукин", "Павел ЩУ", "PAVEL"] {
        assert_eq!(scene.listed(DILNOZA, &search(query)).await, [pavel], "{query}");
    }
    assert_eq!(scene.listed(DILNOZA, &search("GʻANIYEV")).await, [aziz]);
    assert_eq!(scene.listed(PAVEL, &search("«свет»")).await, [svet]);
}

/// One table of names and queries for all lists, for people and confessions: see [`crate::testing::conformance::spellings`].
pub async fn lists_are_found_in_every_spelling(store: &impl Store) {
    let scene = Scene::new(store).await;
    let with_dilnoza = scene.open(&[RUSTAM, DILNOZA], None).await;
    let in_orphan = scene.open(&[RUSTAM, KAMOL], Some(ORPHAN)).await;
    for (name, queries) in spellings::FOUND {
        scene.import(spellings::called(name)).await;
        for query in *queries {
            let found = scene.listed(RUSTAM, &search(query)).await;
            assert_eq!(found, [in_orphan, with_dilnoza], "{query:?} finds {name:?}");
        }
    }
    for (name, queries) in spellings::NOT_FOUND {
        scene.import(spellings::called(name)).await;
        for query in *queries {
            let found = scene.listed(RUSTAM, &search(query)).await;
            assert_eq!(found, [], "{query:?} does not find {name:?}");
        }
    }
}

/// A search without a letter or digit finds nothing, also with other filters and on any page.
pub async fn a_list_search_without_letters_finds_nothing(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(spellings::called("ʻ_%*'\" 😀 ъ")).await;
    let chat = scene.open(&[RUSTAM, DILNOZA], Some(ORPHAN)).await;
    scene.say(chat, DILNOZA, "salom").await;
    for query in spellings::WITHOUT_LETTERS {
        for (confession, unread) in [(None, false), (Some(ORPHAN), false), (None, true)] {
            let filter = ListFilter {
                confession,
                unread,
                ..search(query)
            };
            for number in [1, 2] {
                let page = store.list(RUSTAM, &filter, PageRequest::new(number, 2)).await.works();
                assert_eq!(page, NumberedPage::empty(), "{query:?}");
            }
        }
    }
}

/// `%`, `_`, `*` and the backslash are no wildcards: like all characters that are neither letter nor digit they only separate words.
pub async fn list_search_has_no_wildcards(store: &impl Store) {
    let scene = Scene::new(store).await;
    let orphan = scene.open(&[RUSTAM, KAMOL], Some(ORPHAN)).await;
    let odd = scene.open(&[RUSTAM, SVETLANA], None).await;
    for query in ["_", "ka_wol", "k%w", "*", "\\", "'", "\""] {
        assert_eq!(scene.listed(RUSTAM, &search(query)).await, [], "{query}");
    }
    assert_eq!(scene.listed(RUSTAM, &search("100%")).await, [orphan]);
    let svetlana = Person {
        first_name: r#"_\'"*"#.to_owned(),
        ..someone(SVETLANA)
    };
    scene
        .import(DirectoryDocument {
            users: vec![svetlana],
            ..DirectoryDocument::default()
        })
        .await;
    for query in ["svet_lana", "\\svet", "'lana'", "\"svetlana\"", "s*t"] {
        assert_eq!(scene.listed(RUSTAM, &search(query)).await, [odd], "{query}");
    }
}
