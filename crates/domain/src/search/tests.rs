use super::*;
use crate::{id::UserId, people::Role};

fn person(username: &str, first_name: &str, last_name: &str) -> Person {
    Person {
        id: UserId(1),
        username: username.to_owned(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        role: Role::User,
        avatar: None,
        is_active: true,
    }
}

fn finds(person: &Person, query: &str) -> bool {
    Query::parse(query).is_some_and(|query| query.matches(&names_of(person)))
}

#[test]
fn a_person_is_found_by_username_and_by_first_and_last_name_together() {
    let person = person("malika_77", "Malika", "Oʻktamova");
    for query in [
        "ALIK",
        "Malika Oʻk",
        "a o",
        "oʻktamova",
        "Oktamova, Malika",
        "малика ўктамова",
        "77 tamova",
        "malika_77",
        "ka_7",
    ] {
        assert!(finds(&person, query), "{query}");
    }
    for query in ["malikaOktamova", "malika karimova", "78", "_", ""] {
        assert!(!finds(&person, query), "{query}");
    }
}

#[test]
fn names_are_stored_without_words_that_others_contain() {
    assert_eq!(names("malika", "Malika", "Aliyeva"), "malika alieva aliyeva");
    assert_eq!(names("yelena.tsoy", "Елена", "Цой"), "yelena tsoy");
    assert_eq!(names("aliyev-aliyeva", "", ""), "alieva aliyeva");
    assert_eq!(names("", "", "«»"), "");
    assert_eq!(name("Nur, nur va Nurli"), "va nurli");
}

#[test]
fn control_characters_in_names_part_words() {
    let person = person("a\u{1f}b", "c\nd", "");
    assert!(finds(&person, "a\u{1f}b") && finds(&person, "c\nd") && finds(&person, "b c"));
    assert!(!finds(&person, "ab") && !finds(&person, "cd"));
}
