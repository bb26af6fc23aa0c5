//! Spellings that people use, and their folded forms.

use std::collections::BTreeSet;

use lexicon::{Query, fold};
use proptest::prelude::*;

/// Every character that people type as an apostrophe.
const APOSTROPHES: [char; 15] = ['\'', '`', '´', 'ʻ', 'ʼ', 'ʽ', 'ʹ', 'ˈ', '‘', '’', '‛', '′', '＇', 'ʾ', 'ʿ'];

fn finds(query: &str, name: &str) -> bool {
    Query::parse(query).is_some_and(|query| query.matches(&fold(name)))
}

/// The tests of the page read the same table, since its search marks the matches.
#[test]
fn names_are_found_as_the_table_says() {
    let rows: serde_json::Value = serde_json::from_str(include_str!("spellings.json")).expect("JSON");
    let rows = rows.as_array().expect("a list");
    assert!(rows.len() > 80, "{} rows", rows.len());
    for row in rows {
        let text = |name: &str| row[name].as_str().expect("a text");
        let (name, query) = (text("name"), text("query"));
        let found = row["found"].as_bool().expect("true or false");
        assert_eq!(
            finds(query, name),
            found,
            "{query:?} in {name:?}: {:?} in {:?}",
            Query::parse(query),
            fold(name)
        );
    }
}

#[test]
fn any_apostrophe_or_none_finds_the_same_name() {
    for apostrophe in APOSTROPHES {
        for name in ["Oʻktam Gʻaniyev", "Ўктам Ғаниев", "O'ktam G'aniyev"] {
            assert!(finds(&format!("o{apostrophe}ktam"), name), "{apostrophe} in {name}");
            assert!(finds(&format!("G{apostrophe}aniyev"), name), "{apostrophe} in {name}");
        }
        assert_eq!(fold(&format!("san{apostrophe}at")), "sanat");
        assert_eq!(fold(&format!("bog{apostrophe}")), "bog");
        assert_eq!(fold(&format!("{apostrophe}kitob{apostrophe} yaxshi")), "kitob yahshi");
    }
    assert!(finds("oktam ganiyev", "Oʻktam Gʻaniyev"));
}

#[test]
fn both_scripts_find_each_other() {
    let pairs = [
        ("Dilnoza Yusupova", "Дилноза Юсупова"),
        ("Shahzod Xoʻjayev", "Шаҳзод Хўжаев"),
        ("Choʻlpon", "Чўлпон"),
        ("Yer", "Ер"),
        ("Yelena", "Елена"),
        ("Rahmat", "Раҳмат"),
        ("raxmat", "рахмат"),
        ("Qodir", "Қодир"),
        ("Sirk", "Цирк"),
        ("Tsirk", "Цирк"),
        ("Isʼhoq", "Исҳоқ"),
        ("Sanʼat", "Санъат"),
        ("Yodgor", "Ёдгор"),
    ];
    for (latin, cyrillic) in pairs {
        assert!(
            finds(latin, cyrillic),
            "{latin} finds {cyrillic}: {} {}",
            fold(latin),
            fold(cyrillic)
        );
        assert!(
            finds(cyrillic, latin),
            "{cyrillic} finds {latin}: {} {}",
            fold(cyrillic),
            fold(latin)
        );
    }
}

#[test]
fn yo_is_found_as_ye_and_back() {
    assert_eq!(fold("Ещё"), "eshyo eshe yeshyo yeshe");
    assert_eq!(fold("Вот ещё"), "vot eshyo eshe yeshyo yeshe");
    for (query, name) in [
        ("еще", "ещё"),
        ("ещё", "еще"),
        ("Семенов", "Семёнов"),
        ("Семёнов", "Семенов"),
        ("Semyonov", "Семёнов"),
    ] {
        assert!(finds(query, name), "{query} finds {name}");
    }
}

#[test]
fn a_word_stands_in_its_skeleton_and_as_it_is_spelled() {
    assert_eq!(fold("Aliyeva Kuznetsov"), "alieva aliyeva kuznesov kuznetsov");
    assert_eq!(fold("Алиева Кузнецов"), fold("Aliyeva Kuznetsov"));
    assert_eq!(
        fold("Соловьев Объедков Майер Серов"),
        "solovev solovyev obedkov obyedkov maer mayer serov"
    );
}

#[test]
fn every_beginning_of_a_name_finds_it() {
    for name in [
        "Aliyeva",
        "Алиева",
        "Kuznetsov",
        "Кузнецов",
        "Yelena",
        "Елена",
        "Tsoy",
        "Цой",
        "Семёнов",
        "Oʻktam",
        "Щукин",
    ] {
        for spelling in ["Aliyeva", "Kuznetsov", "Yelena", "Tsoy", "Semyonov", "Oʻktam", "Shukin", name] {
            if finds(spelling, name) {
                let ends = spelling.char_indices().map(|(at, letter)| at + letter.len_utf8());
                for end in ends {
                    assert!(finds(&spelling[..end], name), "{} in {name}", &spelling[..end]);
                }
            }
        }
    }
}

#[test]
fn turned_o_is_found_when_typed_as_u() {
    assert!(finds("укитувчи", "уқитувчи"));
    assert!(finds("ўқитувчи", "уқитувчи"));
    assert!(finds("oʻqituvchi", "Уқитувчи"));
}

#[test]
fn accents_and_composition_make_no_difference() {
    assert_eq!(fold("Ünal José Çelik Şahin"), "unal jose chelik shahin");
    // Composed and decomposed letters fold alike.
    assert_eq!(fold("И\u{306}од Е\u{308}лка"), fold("Йод Ёлка"));
    assert_eq!(fold("Ўктам"), fold("У\u{306}ктам"));
    assert_eq!(fold("yyettsa"), "esa yyettsa");
    assert_eq!(fold("ﬁnal Ⅷ ＡＢＣ"), "final viii abc");
    assert_eq!(fold("مُحَمَّد أحمد فاطمة"), "محمد احمد فاطمه");
    assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
    assert_eq!(fold("北京"), "北 京");
}

#[test]
fn words_are_found_in_any_order_and_all_must_be_there() {
    assert!(finds("yusupova dilnoza", "Dilnoza Yusupova"));
    assert!(finds("dil yus", "Dilnoza Yusupova"));
    assert!(!finds("dilnoza karimova", "Dilnoza Yusupova"));
}

#[test]
fn a_query_without_letter_or_digit_finds_nothing() {
    for text in ["", "  ", "!?…", "'", "ʻʼ", "\u{200b}", "😀", "ъ"] {
        assert_eq!(Query::parse(text), None, "{text:?}");
    }
    assert!(Query::parse("7").is_some());
}

/// The official Latin spelling of an Uzbek text in Cyrillic (the tables of 1995 and 1940), with this apostrophe.
fn to_latin(cyrillic: &str, apostrophe: char) -> String {
    let mut latin = String::new();
    let mut before = None;
    for letter in cyrillic.chars() {
        let begins = before.is_none_or(|before| "аоуўэеёюяиъ".contains(before));
        match letter {
            'е' if begins => latin.push_str("ye"),
            'ё' => latin.push_str("yo"),
            'ю' => latin.push_str("yu"),
            'я' => latin.push_str("ya"),
            'ш' => latin.push_str("sh"),
            'ч' => latin.push_str("ch"),
            'ц' => latin.push_str("ts"),
            'ў' => latin.extend(['o', apostrophe]),
            'ғ' => latin.extend(['g', apostrophe]),
            'ъ' => latin.push(apostrophe),
            other => {
                let from = "абвгдезийклмнопрстуфхқҳжэ";
                let to = "abvgdeziyklmnoprstufxqhje";
                let at = from.chars().position(|known| known == other);
                latin.extend(at.and_then(|at| to.chars().nth(at)));
            }
        }
        before = Some(letter);
    }
    latin
}

proptest! {
    /// Words of the structure of Uzbek: syllables of a consonant, a vowel and perhaps a consonant.
    #[test]
    fn uzbek_words_fold_alike_in_both_scripts(word in "([бвгдзйклмнпрсфхқҳғшчжт][аоуўеиэюя][нмлрк]?){1,4}", apostrophe in prop::sample::select(&APOSTROPHES[..])) {
        let latin = to_latin(&word, apostrophe);
        prop_assert_eq!(fold(&latin), fold(&word), "{} {}", latin, word);
    }

    #[test]
    fn folding_twice_adds_no_word(text in "\\PC{0,40}") {
        let once = fold(&text);
        let twice = fold(&once);
        prop_assert_eq!(twice.split(' ').collect::<BTreeSet<_>>(), once.split(' ').collect::<BTreeSet<_>>());
    }

    /// Every part of a text must find it; each letter is one scalar value here, so that every cut is between letters.
    #[test]
    fn every_part_of_a_text_finds_it(text in "[a-etsyoxq0-9 ._'ʻа-яёўқғҳЁЦЕ-]{1,24}", from in 0_usize..24, len in 1_usize..24) {
        let part: String = text.chars().skip(from).take(len).collect();
        if let Some(query) = Query::parse(&part) {
            prop_assert!(query.matches(&fold(&text)), "{:?} of {:?}: {:?} in {:?}", part, text, query, fold(&text));
        }
    }

    #[test]
    fn every_text_is_found_by_itself_and_by_its_words(text in "\\PC{0,40}") {
        if let Some(query) = Query::parse(&text) {
            prop_assert!(query.matches(&fold(&text)), "{:?} in {:?}", query, fold(&text));
        }
    }

    #[test]
    fn folded_text_has_single_spaces_and_no_capitals(text in "\\PC{0,60}") {
        let folded = fold(&text);
        prop_assert!(!folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "));
        prop_assert!(folded.chars().all(|letter| letter == ' ' || letter.is_alphanumeric()), "{}", folded);
    }
}
