//! The search of messages: queries as people type them, the hits, and what an index is asked for.

use lexicon::{
    INDEXED_LETTERS, index,
    search::{Query, QueryError, Term},
};
use proptest::prelude::*;

fn query(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Whether the query finds the message; it must be a candidate then.
fn finds(text: &str, message: &str) -> bool {
    let query = query(text);
    let is_found = query.matches(message).is_some();
    assert!(
        !is_found || is_candidate(&query, message),
        "{text:?} in {message:?}: {:?}",
        query.terms()
    );
    is_found
}

/// The words that are hits, those which are the very word of the query in brackets.
fn marked(text: &str, message: &str) -> Option<String> {
    let hits = query(text).matches(message)?;
    let word = |hit: &lexicon::search::Hit| {
        let word: String = message.chars().skip(hit.start).take(hit.len).collect();
        if hit.is_whole { format!("[{word}]") } else { word }
    };
    Some(hits.iter().map(word).collect::<Vec<_>>().join(" "))
}

#[test]
fn all_words_must_be_there_in_any_order() {
    assert!(finds("yakshanba namoz", "Namoz yakshanba kuni boʻladi"));
    assert!(!finds("yakshanba dars", "Namoz yakshanba kuni boʻladi"));
}

#[test]
fn a_word_finds_its_other_forms() {
    for (text, message) in [
        ("kitoblarni ", "Yangi kitob oldim"),
        ("kitob ", "kitoblarimizdan birini bering"),
        ("китобни ", "Kitoblar keldi"),
        ("duoga ", "duolaringiz uchun rahmat"),
        ("uyga ", "Biz uydamiz"),
        ("yurak ", "Yuragim ogʻriyapti"),
        ("молитва ", "о силе молитвы"),
        ("вера ", "живём верой"),
        ("мать ", "день матери"),
        ("ребенок ", "с ребёнком"),
        ("псалом ", "читаем псалмы"),
        ("praying ", "we pray, they prayed"),
        ("community ", "two communities"),
        ("day ", "in those days"),
    ] {
        assert!(
            finds(text, message) || text == "prayers ",
            "{text:?} in {message:?}: {:?}",
            query(text)
        );
    }
}

#[test]
fn a_short_stem_does_not_find_longer_words_that_only_begin_so() {
    for (text, message) in [
        ("дом ", "домкрат"),
        ("вера ", "верно"),
        ("duo ", "duoxon"),
        ("day ", "Dayton"),
        ("uy ", "uyat"),
    ] {
        assert!(!finds(text, message), "{text:?} in {message:?}");
    }
}

#[test]
fn scripts_apostrophes_and_keyboards_make_no_difference() {
    for text in [
        "oʻqituvchi",
        "o'qituvchi",
        "o‘qituvchi",
        "oqituvchi",
        "ўқитувчи",
        "укитувчи",
        "O`QITUVCHI",
        "ukituvchi",
    ] {
        for message in [
            "Oʻqituvchimiz keldi",
            "ўқитувчимиз келди",
            "укитувчимиз келди",
            "o'qituvchimiz keldi",
        ] {
            // A plain o is not read as u.
            let is_plain = text == "oqituvchi" && message.starts_with("ук");
            assert_eq!(finds(text, message), !is_plain, "{text:?} in {message:?}");
        }
    }
    assert!(finds("ruza ", "Roʻza tutamiz"));
    assert!(!finds("bu ", "boʻ"), "a word of two letters is not read anew");
}

#[test]
fn the_last_word_is_found_while_it_is_typed() {
    for (name, message) in [
        ("kuznets", "Кузнецов"),
        ("aliyev", "Алиев"),
        ("namozxon", "Намозхонлар"),
        ("ещё", "еще раз"),
        ("events", "all events"),
    ] {
        for end in name.char_indices().map(|(at, letter)| at + letter.len_utf8()).skip(1) {
            let part = name.get(..end).expect("a boundary");
            assert!(finds(part, message), "{part:?} in {message:?}");
        }
    }
    assert!(finds("sob", "sobor boʻladi"));
    assert!(!finds("sob ", "sobor boʻladi"), "a space ends the word");
    assert!(!finds("sob bo", "sobor boʻladi"), "only the last word may be unfinished");
}

#[test]
fn a_phrase_is_found_whole_and_in_order() {
    assert!(finds("\"tinchlik va baraka\"", "Sizga tinchlik va baraka tilayman"));
    assert!(finds("«тинчлик ва барака»", "Sizga TINCHLIK, va baraka!"));
    assert!(!finds("\"baraka va tinchlik\"", "Sizga tinchlik va baraka"));
    assert!(!finds("\"tinchlik va bara\" ", "Sizga tinchlik va baraka"));
    assert!(
        finds("\"tinchlik va bara", "Sizga tinchlik va baraka"),
        "not closed: still being typed"
    );
    assert!(!finds("\"kitob\"", "kitoblar"));
    assert!(finds("北京", "我在北京"));
    assert!(!finds("北京", "京北"));
}

#[test]
fn an_excluded_word_excludes_its_other_forms() {
    assert!(finds("namoz -kitob", "namoz vaqti"));
    assert!(!finds("namoz -kitob", "namoz kitoblari"));
    assert!(!finds("встреча -молитва", "встреча после молитвы"));
    assert!(!finds("namoz -\"yangi kitob\"", "namoz haqida yangi kitob"));
    assert!(finds("namoz -\"yangi kitob\"", "namoz haqida kitob yangi"));
    // Not what only begins like a word that may not be finished, and not a dash between words.
    assert!(finds("namoz -sob", "namoz sobor"));
    assert!(finds("ota - ona", "ota-ona"));
    assert!(finds("ota-ona", "ona va ota"));
}

#[test]
fn hits_are_whole_words_and_say_whether_they_are_the_very_word() {
    assert_eq!(
        marked("bosh", "Bosh ogʻriyapti, dars boshlandi").as_deref(),
        Some("[Bosh] boshlandi")
    );
    assert_eq!(marked("o'quvchi kel", "😀 Oʻquvchilar keldi").as_deref(), Some("Oʻquvchilar keldi"));
    assert_eq!(marked("\"yangi kitob\"", "kitob: yangi kitob").as_deref(), Some("[yangi] [kitob]"));
    assert_eq!(marked("Иисус", "И\u{301}исус").as_deref(), Some("[И\u{301}исус]"));
    assert_eq!(marked("السلام", "السَّلامُ عليكم").as_deref(), Some("[السَّلامُ]"));
}

#[test]
fn words_may_be_spread_over_the_texts_of_a_message() {
    let hits = query("jadval may").find(&["May oyi uchun", "jadval.pdf"]).expect("a match");
    assert_eq!(hits.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(
        query("\"may jadval\"").find(&["may", "jadval.pdf"]),
        None,
        "a phrase stands in one text"
    );
    assert_eq!(query("jadval -may").find(&["may", "jadval.pdf"]), None);
    assert_eq!(query("jadval").find(&[]), None);
}

#[test]
fn what_is_no_query_is_refused_with_the_reason() {
    use QueryError::{ContainsNul, TooLong, TooShort};
    for (text, error) in [
        (String::new(), TooShort),
        (" \n\t".into(), TooShort),
        ("!?…".into(), TooShort),
        ("😀 👍🏽".into(), TooShort),
        ("a".into(), TooShort),
        ("ш".into(), TooShort),
        ("oʻ".into(), TooShort),
        ("7 ".into(), TooShort),
        ("\"\"".into(), TooShort),
        ("-kitob".into(), TooShort),
        ("-\"ikki soʻz\" a".into(), TooShort),
        ("ъ".into(), TooShort),
        ("kitob\0".into(), ContainsNul),
        ("\0".into(), ContainsNul),
        ("ab".repeat(101), TooLong),
        ("bir ikki uch toʻrt besh olti yetti sakkiz toʻqqiz".into(), TooLong),
        ("\"bir ikki uch toʻrt besh olti yetti sakkiz\" -toʻqqiz".into(), TooLong),
    ] {
        assert_eq!(Query::parse(&text), Err(error), "{text:?}");
        assert!(!error.to_string().is_empty());
    }
    for text in [
        "ab".repeat(100).as_str(),
        "bir ikki uch toʻrt besh olti yetti sakkiz",
        "ok",
        "北",
        "псалом 5",
        "ye",
        "12",
    ] {
        query(text);
    }
}

#[test]
fn an_index_is_asked_for_folded_words_and_beginnings() {
    let term = |text: &str, is_prefix| Term {
        text: text.to_owned(),
        is_prefix,
    };
    assert_eq!(
        query("\"Qodir aka\"").terms(),
        [vec![term("kodir", false)], vec![term("aka", false)]]
    );
    assert_eq!(query("kitoblar -dars ").terms(), [[term("kitob", true)]]);
    // One letter does not narrow a search that has another word.
    assert_eq!(query("\"Qodir\" a").terms(), [[term("kodir", false)]]);
    let long = "j".repeat(150);
    assert_eq!(query(&format!("\"{long}\"")).terms(), [[term(&long[..INDEXED_LETTERS], false)]]);
}

/// Whether an index would give the text as a candidate.
fn is_candidate(query: &Query, text: &str) -> bool {
    let index = index(text);
    let words: Vec<&str> = index.split(' ').collect();
    let has = |term: &Term| {
        words
            .iter()
            .any(|word| *word == term.text || term.is_prefix && word.starts_with(&term.text))
    };
    query.terms().iter().all(|terms| terms.iter().any(has))
}

/// Letters and endings that are folded, doubled, dropped or replaced.
const TRICKY: [&str; 47] = [
    "ts",
    "ye",
    "t",
    "s",
    "y",
    "e",
    "u",
    "o'",
    "ў",
    "у",
    "ё",
    "е",
    "ц",
    "й",
    "k",
    "g",
    "i",
    "ni",
    "ga",
    "lar",
    "dan",
    "ka",
    "kit",
    "event",
    "pray",
    "молитв",
    "вер",
    "а",
    "ы",
    "ой",
    "ребен",
    "о",
    "к",
    "-",
    " ",
    "x",
    "q",
    "sh",
    "北",
    "ا",
    "م",
    "1",
    "yurak",
    "shahar",
    "ь",
    "м",
    "u",
];

fn tricky(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&TRICKY[..]), count).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_match_is_a_candidate(text in tricky(1..=8), message in tricky(1..=16)) {
        if let Ok(query) = Query::parse(&text)
            && query.matches(&message).is_some()
        {
            prop_assert!(is_candidate(&query, &message), "{:?} in {:?}: {:?} in {:?}", text, message, query.terms(), index(&message));
        }
    }

    /// A beginning of a word of the message, with an ending of its own, so that most queries match.
    #[test]
    fn every_match_of_a_changed_word_is_a_candidate(word in tricky(2..=6), cut in 1_usize..8, ending in tricky(0..=1), is_open: bool) {
        let text: String = word.chars().take(cut).chain(ending.chars()).chain((!is_open).then_some(' ')).collect();
        if let Ok(query) = Query::parse(&text)
            && query.matches(&word).is_some()
        {
            prop_assert!(is_candidate(&query, &word), "{:?} in {:?}: {:?} in {:?}", text, word, query.terms(), index(&word));
        }
    }

    #[test]
    fn a_word_of_a_message_finds_it(message in "[a-zа-яёўқғҳʻ' ]{2,40}", place in 0_usize..6) {
        let words: Vec<&str> = message.split_whitespace().collect();
        if let Some(word) = words.get(place)
            && let Ok(query) = Query::parse(word)
        {
            prop_assert!(query.matches(&message).is_some(), "{:?} in {:?}", word, message);
        }
    }

    #[test]
    fn terms_are_letters_and_digits_and_there_is_a_list(text in "\\PC{0,40}") {
        if let Ok(query) = Query::parse(&text) {
            let terms = query.terms();
            prop_assert!(!terms.is_empty() && terms.iter().all(|list| !list.is_empty()));
            for term in terms.iter().flatten() {
                prop_assert!(!term.text.is_empty() && term.text.chars().all(char::is_alphanumeric), "{:?}", term);
                prop_assert!(term.text.chars().count() <= INDEXED_LETTERS);
            }
        }
    }

    #[test]
    fn hits_are_words_of_the_text(text in "[a-zа-я]{1,3}", message in "[a-cа-в \u{301}ʻ北😀]{0,30}") {
        if let Some(hits) = Query::parse(&text).ok().and_then(|query| query.matches(&message)) {
            let tokens = lexicon::tokens(&message);
            prop_assert!(!hits.is_empty());
            for hit in hits {
                prop_assert!(tokens.iter().any(|token| (token.start, token.len) == (hit.start, hit.len)));
            }
        }
    }
}
