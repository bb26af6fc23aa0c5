//! The stems of a word of a query. The language of a word is not guessed: it is reduced by the rules of each language of its script.

use rust_stemmers::{Algorithm, Stemmer};

use crate::{
    index,
    letters::is_apostrophe,
    words::{Form, openings, read, words},
};

/// Endings of Uzbek nouns and verbs in folded letters, longest first.
const ENDINGS: [&str; 40] = [
    "larimiz", "ingiz", "yapti", "aman", "dagi", "imiz", "lari", "ning", "yman", "adi", "cha", "chi", "dan", "dik", "gan", "ing", "ish",
    "kan", "lar", "lik", "man", "miz", "mok", "sin", "siz", "yap", "ydi", "da", "di", "ga", "ib", "im", "ka", "ma", "ng", "ni", "sa", "si",
    "i", "m",
];
/// The only endings after which a stem of two letters may be left: uyda, itlar. Others are the end of too many words.
const ENDINGS_OF_SHORT_NOUNS: [&str; 7] = ["da", "dan", "ga", "ka", "lar", "ni", "ning"];
/// The letters that an Uzbek or English stem needs to be searched as a prefix.
const PREFIX_LETTERS: usize = 4;
/// The endings that a word of a text may have after a stem that is too short for a prefix.
const ENDINGS_OF_A_WORD: usize = 3;

/// What the stem of a word of a query finds. Its text is folded, and spelled with `ts` and `ye`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stem {
    /// Words that begin so.
    Prefix(String),
    /// This word with Uzbek endings or none, for stems that are too short for a prefix: `duo` finds `duolar`, not `duoba`.
    WithEndings(String),
    /// Words whose stem in this language is the same, for stems that are too short for a prefix: `вера` finds `верой`, not `верно`.
    Same { language: Language, stem: String, folded: String },
}

/// A language with a stemmer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Russian,
    English,
}

impl Language {
    /// The stem of a word in lower case, if it is in the alphabet of this language.
    fn stem(self, word: &str) -> Option<String> {
        let (algorithm, letters) = match self {
            Self::Russian => (Algorithm::Russian, 'а'..='я'),
            Self::English => (Algorithm::English, 'a'..='z'),
        };
        let word: String = word
            .chars()
            .filter(|letter| !is_apostrophe(*letter))
            .map(|letter| if letter == 'ё' { 'е' } else { letter })
            .collect();
        let is_of_it = !word.is_empty() && word.chars().all(|letter| letters.contains(&letter));
        is_of_it.then(|| Stemmer::create(algorithm).stem(&word).into_owned())
    }

    /// Whether a word of a text, in lower case, has this stem.
    pub(crate) fn has_stem(self, word: &str, stem: &str) -> bool {
        let Some(found) = self.stem(word) else { return false };
        // Some Russian nouns are longer by a syllable in most of their forms: мать матери, сын сыновья, имя имени.
        let longer = ["ер", "ов", "ен"];
        found == stem || self == Self::Russian && found.strip_prefix(stem).is_some_and(|rest| longer.contains(&rest))
    }
}

/// Whether a text consists of Uzbek endings, of which there may be none.
pub(crate) fn are_endings(text: &str) -> bool {
    fn at_most(text: &str, count: usize) -> bool {
        text.is_empty()
            || count > 0
                && ENDINGS
                    .iter()
                    .any(|ending| text.strip_suffix(ending).is_some_and(|rest| at_most(rest, count - 1)))
    }
    at_most(text, ENDINGS_OF_A_WORD)
}

/// The stems of a word in lower case, whose folded spellings are these.
pub(crate) fn stems(word: &str, spellings: &[String]) -> Vec<Stem> {
    let mut stems = Vec::new();
    for spelling in spellings {
        // A number has no endings.
        if spelling.chars().all(char::is_alphabetic) {
            uzbek(spelling, &mut stems);
        }
    }
    russian(word, &mut stems);
    english(word, &mut stems);
    arabic(word, &mut stems);
    let mut different: Vec<Stem> = Vec::with_capacity(stems.len());
    for stem in stems {
        if !different.contains(&stem) {
            different.push(stem);
        }
    }
    different
}

/// Removes the longest ending, twice, as long as so many letters stay; two letters only where short nouns have that ending.
fn without_endings(word: &str, least: usize) -> &str {
    let mut stem = word;
    for _ in 0..2 {
        let shorter = ENDINGS.iter().find_map(|ending| {
            let rest = stem.strip_suffix(ending)?;
            let least = if ENDINGS_OF_SHORT_NOUNS.contains(ending) {
                least
            } else {
                least.max(3)
            };
            (rest.chars().count() >= least).then_some(rest)
        });
        stem = shorter.unwrap_or(stem);
    }
    stem
}

fn uzbek(word: &str, stems: &mut Vec<Stem>) {
    for least in [PREFIX_LETTERS, 2] {
        let stem = without_endings(word, least);
        add_uzbek(stem, stems);
        // A final k is softened before a vowel: yurak, yuragim.
        match stem.chars().last() {
            Some('k') if stem.len() > 2 => add_uzbek(&format!("{}g", &stem[..stem.len() - 1]), stems),
            Some('g') if stem.len() > 2 && stem != word => add_uzbek(&format!("{}k", &stem[..stem.len() - 1]), stems),
            _ => {}
        }
        // Between vowels a y is inserted: xudo, xudoyim.
        if let Some(stem) = stem.strip_suffix('y').filter(|start| stem != word && start.ends_with(['o', 'u'])) {
            add_uzbek(stem, stems);
        }
        // A short vowel of the last syllable is dropped before a vowel: oʻgʻil, oʻgʻlim; shahar, shahri.
        let letters: Vec<char> = stem.chars().collect();
        let is_vowel = |letter: &char| "aeiou".contains(*letter);
        match letters.as_slice() {
            [start @ .., a, 'a' | 'i' | 'u', b] if !start.is_empty() && !is_vowel(a) && !is_vowel(b) => {
                let shorter: String = start.iter().chain([a, b]).collect();
                stems.push(Stem::WithEndings(shorter));
            }
            [start @ .., a, b] if stem != word && !start.is_empty() && !is_vowel(a) && !is_vowel(b) && !is_digraph(*a, *b) => {
                for vowel in ['i', 'a', 'u'] {
                    let longer: String = start.iter().chain([a, &vowel, b]).collect();
                    stems.push(Stem::WithEndings(longer));
                }
            }
            _ => {}
        }
    }
}

/// Whether two letters are one sound of Uzbek.
const fn is_digraph(first: char, second: char) -> bool {
    matches!((first, second), ('s' | 'c', 'h') | ('n', 'g'))
}

fn add_uzbek(stem: &str, stems: &mut Vec<Stem>) {
    let letters = stem.chars().count();
    if letters >= PREFIX_LETTERS {
        stems.push(Stem::Prefix(stem.to_owned()));
    } else if letters >= 2 {
        stems.push(Stem::WithEndings(stem.to_owned()));
    }
}

fn russian(word: &str, stems: &mut Vec<Stem>) {
    let Some(stem) = Language::Russian.stem(word) else { return };
    let mut found = vec![stem.clone()];
    add_russian_changes(&stem, &mut found);
    // In the genitive plural the word has no ending, and what looks like one may be a part of it: писем, денег.
    let word: String = word.chars().map(|letter| if letter == 'ё' { 'е' } else { letter }).collect();
    add_russian_changes(&word, &mut found);
    for stem in found {
        add(Language::Russian, &stem, &stem, stems);
    }
}

/// Adds the stem with and without a vowel that only some forms have: ребенок ребенком, псалмы псалом, сестра сестер, письмо писем, деньги денег.
fn add_russian_changes(stem: &str, found: &mut Vec<String>) {
    let letters: Vec<char> = stem.chars().collect();
    let is_consonant = |letter: &char| !"аеиоуыэюяйь".contains(*letter);
    let is_last = |letter: &char| "кцгвнлмр".contains(*letter);
    let mut add = |start: &[char], rest: &[char]| found.push(start.iter().chain(rest).collect());
    match letters.as_slice() {
        [start @ .., a, vowel @ ('о' | 'е'), b] if !start.is_empty() && is_consonant(a) && is_last(b) => {
            add(start, &[*a, *b]);
            if *vowel == 'е' {
                add(start, &[*a, 'ь', *b]);
            }
        }
        [start @ .., 'ь', b] if is_consonant(b) => add(start, &['е', *b]),
        [start @ .., a, b] if is_consonant(a) && is_last(b) && (start.len() >= 2 || *b == 'ц') => {
            add(start, &[*a, 'о', *b]);
            add(start, &[*a, 'е', *b]);
        }
        _ => {}
    }
}

/// Adds an Arabic word with and without its article and the short words that are written together with it: مسجد المسجد والمسجد.
fn arabic(word: &str, stems: &mut Vec<Stem>) {
    const JOINED: [&str; 8] = ["وال", "بال", "فال", "لل", "ال", "و", "ب", "ل"];
    let folded = index(word);
    if folded.is_empty() || !folded.chars().all(|letter| ('\u{621}'..='\u{64a}').contains(&letter)) {
        return;
    }
    // Single letters are the beginning of too many words to be removed.
    let articles = &JOINED[..5];
    let bare = articles.iter().find_map(|joined| folded.strip_prefix(joined));
    let bare = bare.filter(|bare| bare.chars().nth(2).is_some()).unwrap_or(&folded);
    if bare.chars().nth(2).is_some() {
        stems.push(Stem::WithEndings(bare.to_owned()));
        stems.extend(JOINED.iter().map(|joined| Stem::WithEndings(format!("{joined}{bare}"))));
    }
}

fn english(word: &str, stems: &mut Vec<Stem>) {
    let Some(stem) = Language::English.stem(word) else { return };
    // The stem of both `community` and `communities` ends with an i, which is not a letter of both.
    let start = stem.strip_suffix('i').unwrap_or(&stem);
    add(Language::English, &stem, start, stems);
}

/// Adds a stem, which its words begin with this start of.
fn add(language: Language, stem: &str, start: &str, stems: &mut Vec<Stem>) {
    for folded in spellings(start) {
        // Folding may shorten it: отц is searched as os.
        let letters = start.chars().count().min(read(&folded, "yo", "o", Form::Skeleton).chars().count());
        if letters >= PREFIX_LETTERS {
            stems.push(Stem::Prefix(folded));
        } else if start.chars().nth(1).is_some() {
            let stem = stem.to_owned();
            stems.push(Stem::Same { language, stem, folded });
        }
    }
}

/// The folded spellings of a part of a text that is one word, in all readings of its letters.
fn spellings(text: &str) -> Vec<String> {
    let word = words(text).into_iter().next().unwrap_or_default();
    spellings_of(&word.letters)
}

/// The folded spellings of a word, in all readings of its letters.
pub(crate) fn spellings_of(letters: &str) -> Vec<String> {
    openings(letters, &["o", "u"])
        .map(|(yo, o)| read(letters, yo, o, Form::Spelling))
        .filter(|spelling| !spelling.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Vec<Stem> {
        stems(word, &spellings(word))
    }

    fn prefix(text: &str) -> Stem {
        Stem::Prefix(text.to_owned())
    }

    fn with_endings(text: &str) -> Stem {
        Stem::WithEndings(text.to_owned())
    }

    #[test]
    fn uzbek_endings_are_removed_twice_and_four_letters_stay() {
        for (word, stem) in [
            ("kitoblarimizni", "kitob"),
            ("китобларимиздан", "kitob"),
            ("namozga", "namoz"),
            ("ibodatxonada", "ibodathona"),
            ("yigʻilishda", "yigil"),
            ("xudo", "hudo"),
            ("bolalar", "bola"),
        ] {
            let stems = of(word);
            assert!(stems.contains(&prefix(stem)), "{word}: {stems:?}");
        }
    }

    #[test]
    fn the_longest_endings_are_listed_first() {
        assert!(ENDINGS.is_sorted_by_key(|ending| std::cmp::Reverse(ending.len())));
    }

    #[test]
    fn a_short_uzbek_stem_is_searched_with_endings_only() {
        assert!(of("duoga").contains(&with_endings("duo")));
        assert!(of("uyda").contains(&with_endings("uy")));
        assert!(are_endings("") && are_endings("larimizga") && are_endings("ni"));
        assert!(!are_endings("ba") && !are_endings("larx"));
    }

    #[test]
    fn sounds_that_change_before_an_ending_are_searched_both_ways() {
        assert!(of("yuragim").contains(&prefix("yurak")));
        assert!(of("yurak").contains(&prefix("yurag")));
        assert!(of("o'g'lim").contains(&with_endings("ogil")));
        assert!(of("o'g'il").contains(&with_endings("ogl")));
        assert!(of("shahri").contains(&with_endings("shahar")));
        assert!(of("xudoyim").contains(&prefix("hudo")));
        assert!(of("писем").contains(&prefix("pism")));
        assert!(of("денег").contains(&prefix("deng")));
        assert!(of("ребенок").contains(&prefix("rebenk")));
        assert!(of("псалмы").contains(&prefix("psalom")));
        assert!(
            of("отца")
                .iter()
                .any(|stem| matches!(stem, Stem::Prefix(folded) if folded == "otets"))
        );
    }

    #[test]
    fn russian_and_english_words_are_reduced_by_their_script() {
        assert!(of("молитвами").contains(&prefix("molitv")));
        assert!(of("praying").contains(&prefix("pray")));
        assert!(of("communities").contains(&prefix("communit")));
        assert!(
            of("верой")
                .iter()
                .any(|stem| matches!(stem, Stem::Same { stem, .. } if stem == "вер"))
        );
        assert!(Language::Russian.has_stem("вере", "вер") && !Language::Russian.has_stem("верно", "вер"));
        assert!(Language::Russian.has_stem("матери", "мат") && !Language::Russian.has_stem("материал", "мат"));
        assert!(Language::English.has_stem("days", "day") && !Language::English.has_stem("dayton", "day"));
        assert!(!of("ўқитувчи").iter().any(|stem| matches!(stem, Stem::Same { .. })));
    }

    #[test]
    fn an_arabic_word_is_searched_with_and_without_its_article() {
        assert!(of("المسجد").contains(&with_endings("مسجد")));
        assert!(of("مَسْجِد").contains(&with_endings("والمسجد")));
        assert_eq!(of("ان"), [with_endings("ان")]);
    }

    #[test]
    fn numbers_have_no_stem() {
        assert_eq!(of("2024"), Vec::new());
    }
}
