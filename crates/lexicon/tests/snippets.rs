//! The part of a message that a list of hits shows.

use lexicon::search::{Query, SNIPPET_CHARACTERS, Snippet, snippet};
use proptest::prelude::*;

fn of(query: &str, text: &str) -> Snippet {
    let hits = Query::parse(query).expect("a query").matches(text).expect("a match");
    snippet(text, &hits)
}

fn marked(snippet: &Snippet) -> Vec<String> {
    let word = |hit: &lexicon::search::Hit| snippet.text.chars().skip(hit.start).take(hit.len).collect();
    snippet.hits.iter().map(word).collect()
}

#[test]
fn a_short_text_is_shown_whole() {
    let found = of("kitob", "😀 Yangi kitoblar keldi\n");
    assert_eq!(found.text, "😀 Yangi kitoblar keldi");
    assert_eq!(marked(&found), ["kitoblar"]);
    assert!(!found.before && !found.after);
}

#[test]
fn a_long_text_is_cut_between_words_around_the_first_hit() {
    let text = format!("{}yangi kitob haqida {}kitob", "salom ".repeat(50), "suhbat ".repeat(50));
    let found = of("kitob", &text);
    assert!(found.text.starts_with("salom ") && found.text.ends_with(" suhbat"), "{found:?}");
    assert!(found.text.chars().count() > 140, "{found:?}");
    assert_eq!(marked(&found), ["kitob"]);
    assert!(found.before && found.after);
}

#[test]
fn the_end_of_a_text_is_shown_in_full_length() {
    let text = format!("{}kitob", "salom ".repeat(50));
    let found = of("kitob", &text);
    assert!(found.before && !found.after);
    assert!(found.text.chars().count() > 150 && found.text.ends_with(" kitob"), "{found:?}");
}

#[test]
fn a_text_without_spaces_is_cut_where_it_must_be() {
    let found = of("北京", &format!("{}北京{}", "我".repeat(300), "们".repeat(300)));
    assert_eq!(found.text.chars().count(), SNIPPET_CHARACTERS);
    assert_eq!(marked(&found), ["北", "京"]);
    let word = "x".repeat(300);
    let found = of("xxx", &word);
    assert_eq!(found.text.chars().count(), SNIPPET_CHARACTERS);
    assert_eq!(marked(&found).concat(), found.text);
    assert!(!found.before && found.after);
}

#[test]
fn a_text_without_a_hit_is_shown_from_its_beginning() {
    let found = snippet(&"salom ".repeat(50), &[]);
    assert!(found.text.starts_with("salom") && found.hits.is_empty() && !found.before && found.after);
    assert_eq!(snippet("", &[]).text, "");
    assert_eq!(snippet(" \n ", &[]).text, "");
}

proptest! {
    #[test]
    fn a_snippet_is_a_part_of_the_text_with_its_first_hit(
        words in prop::collection::vec("(kitob|[a-z]{1,9}|北京|😀|e\u{301}e| |\n|[а-яё]{30}|q{170})", 1..60), spaces in "[ ]{1,3}"
    ) {
        let text = words.join(&spaces);
        let hits = Query::parse("kitob").expect("a query").matches(&text).unwrap_or_default();
        let found = snippet(&text, &hits);
        prop_assert!(text.contains(&found.text) && found.text.chars().count() <= SNIPPET_CHARACTERS);
        prop_assert_eq!(found.text.trim(), &found.text);
        prop_assert_eq!(found.hits.is_empty(), hits.is_empty());
        for word in marked(&found) {
            prop_assert!(word.starts_with("kitob"), "{} in {:?}", word, found);
        }
        prop_assert_eq!(!found.before && !found.after, found.text == text.trim(), "{:?}", found);
        // Cut between words, unless one word is longer than a snippet.
        if !text.contains(&"q".repeat(170)) {
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert!(found.text.split_whitespace().all(|word| words.contains(&word)), "{:?}", found);
        }
    }
}
