//! The words of messages, their places, and their forms in an index.

use lexicon::{INDEXED_LETTERS, fold, index, tokens};
use proptest::prelude::*;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The words of a text as they stand in it.
fn written(text: &str) -> Vec<String> {
    let place = |token: &lexicon::Token| text.chars().skip(token.start).take(token.len).collect();
    tokens(text).iter().map(place).collect()
}

#[test]
fn a_message_is_indexed_by_the_skeletons_of_its_words() {
    for (text, indexed) in [
        ("Aliyeva, Kuznetsov!", "alieva kuznesov"),
        ("Алиева, Кузнецов!", "alieva kuznesov"),
        ("Ещё раз", "eshyo eshe raz"),
        ("oʻqituvchi Ўқитувчи o'qituvchi", "okituvchi okituvchi okituvchi"),
        ("san'at 'kitob' bog‘", "sanat kitob bog"),
        ("السَّلامُ عليكم أحمد", "السلام عليكم احمد"),
        ("北京 2024-yil", "北 京 2024 yil"),
        ("Йод и́дол", "yod idol"),
        ("😀 … !", ""),
    ] {
        assert_eq!(index(text), indexed, "{text}");
    }
}

#[test]
fn a_place_covers_the_word_as_it_is_written() {
    for (text, words) in [
        ("Assalomu alaykum, do‘stlar!", vec!["Assalomu", "alaykum", "do‘stlar"]),
        ("«bog'» va 'xudo'", vec!["bog'", "va", "xudo'"]),
        ("e\u{301}te\u{301} объект", vec!["e\u{301}te\u{301}", "объект"]),
        ("مُحَمَّد صَلَّى", vec!["مُحَمَّد", "صَلَّى"]),
        ("上海 ok", vec!["上", "海", "ok"]),
        ("👍🏽kitob👍", vec!["kitob"]),
        ("ﬁsh", vec!["ﬁsh"]),
        ("день, ъ", vec!["день"]),
    ] {
        assert_eq!(written(text), words, "{text}");
    }
}

#[test]
fn a_long_word_is_indexed_by_its_beginning() {
    let long = "ж".repeat(3000);
    assert_eq!(index(&long), "j".repeat(INDEXED_LETTERS));
    assert_eq!(index(&format!("{long} ok")), format!("{} ok", "j".repeat(INDEXED_LETTERS)));
}

proptest! {
    #[test]
    fn places_ascend_and_lie_in_the_text(text in "[ -~а-яёʻ‘’\u{300}-\u{310}一-三ا-ي\u{64b}-\u{652}😀-😂ﬀ-ﬄ]{0,40}") {
        let length = text.chars().count();
        let mut last = 0;
        for token in tokens(&text) {
            prop_assert!(token.start >= last && token.len > 0 && token.start + token.len <= length, "{:?} in {:?}", token, text);
            prop_assert!((1..=2).contains(&token.forms.len()));
            last = token.start + token.len;
        }
    }

    /// A word alone is the same word as in its text, so a place says which characters make the word.
    #[test]
    fn a_word_read_alone_is_the_same_word(text in "[a-z'ʻ а-яёўқ一-三ا-ي\u{64b}-\u{652}]{0,40}") {
        for token in tokens(&text) {
            let word: String = text.chars().skip(token.start).take(token.len).collect();
            let alone = tokens(&word);
            prop_assert_eq!(alone.len(), 1, "{:?} in {:?}", word, text);
            prop_assert_eq!(&alone[0].forms, &token.forms);
        }
    }

    #[test]
    fn indexing_is_idempotent(text in "\\PC{0,60}") {
        let once = index(&text);
        prop_assert_eq!(index(&once), once);
    }

    /// Names and messages are folded alike: each form of a token is a folded word of the text.
    #[test]
    fn names_have_the_words_of_messages(text in "\\PC{0,60}") {
        let folded = fold(&text);
        for form in tokens(&text).into_iter().flat_map(|token| token.forms) {
            prop_assert!(folded.split(' ').any(|word| word == form), "{} in {}", form, folded);
        }
    }

    /// Characters are normalized one by one with their marks, which gives the same as normalizing the whole text.
    #[test]
    fn normalizing_first_makes_no_difference(text in "[\\PC\u{300}-\u{345}\u{1100}-\u{11ff}ｦ-ﾟﾠ-ￜ]{0,30}") {
        let normal: String = text.nfkc().collect();
        // An acute accent alone is typed as an apostrophe, and NFKC makes a space of it.
        prop_assume!(!text.chars().any(|sign| sign != ' ' && sign.nfkc().next() == Some(' ')));
        prop_assume!(!text.starts_with(is_combining_mark));
        prop_assert_eq!(index(&normal), index(&text));
    }
}
