//! Folds text for search, so that people find it as they type: in Latin or Cyrillic, with any apostrophe or none in `oʻ` and `gʻ`, with `е` for `ё`,
//! with or without accents, in any case. Text is folded to lower-case Latin words, and a query is folded likewise.
//!
//! Each word is read in two ways. Its *skeleton* is the same for all spellings: `ts` is `s`, as Uzbek writes `ц`, and `ye` is `e`. Its *spelling* keeps
//! both, so that a word is also found while it is being typed: `aliy` and `kuznet` are not yet `aliye` and `kuznets`.
//!
//! Pure: it depends on no other crate of the workspace.
//!
//! # How to add a …
//! - **letter**: a row of the table in `letters.rs`. Raise [`VERSION`] with it, so that stores of folded text fold anew.
//! - **spelling**: a row of `tests/spellings.json`, which the tests of the page read too: `web/packages/client/src/fold.ts` marks the matches.

mod letters;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use letters::Letter;

/// Raised with every change of the results of [`fold`]: stored folded text of another version is folded anew.
pub const VERSION: u32 = 2;

/// Marks an `ё` in a word, which is read as `yo` and as `e`.
const YO: char = '\u{1}';
/// Marks an `oʻ` or `ў` in a word, which people also type as `o` and as `у`.
const TURNED_O: char = '\u{2}';
/// Marks an `е` in a word where Latin spells it `ye`.
const YE: char = '\u{3}';
/// Marks a `ц` in a word, which Latin spells `ts` or `s`.
const TSE: char = '\u{4}';

/// The folded words of a text, separated by single spaces, for an index. A word with several readings appears in each, its skeleton first.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in words(text) {
        for reading in readings(&word, &["o"]) {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(&reading);
        }
    }
    folded
}

/// The folded words of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The readings of each word; a text matches a word if it contains any of them.
    words: Vec<Vec<String>>,
}

impl Query {
    /// The words of a query; `None` if it has neither a letter nor a digit, which finds nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut found: Vec<Vec<String>> = Vec::new();
        for word in words(text) {
            // The query word may be a part of a word, and then the letter before `е` is not known.
            let part = word.strip_prefix(YE).map(|rest| format!("e{rest}"));
            let readings = readings(part.as_ref().unwrap_or(&word), &["o", "u"]);
            if !readings.is_empty() && !found.contains(&readings) {
                found.push(readings);
            }
        }
        (!found.is_empty()).then_some(Self { words: found })
    }

    /// The readings of each word: a text matches if for every word at least one reading is a part of its [`fold`].
    pub fn words(&self) -> &[Vec<String>] {
        &self.words
    }

    /// Whether a text with these folded words matches: each word of the query is a part of one of its words, in any order.
    pub fn matches(&self, folded: &str) -> bool {
        self.words
            .iter()
            .all(|readings| readings.iter().any(|reading| folded.contains(reading.as_str())))
    }
}

/// The different readings of a word, with each of these replacements for [`TURNED_O`].
fn readings(word: &str, turned_o: &[&str]) -> Vec<String> {
    let yo: &[&str] = if word.contains(YO) { &["yo", "e"] } else { &["yo"] };
    let turned_o = if word.contains(TURNED_O) { turned_o } else { &["o"] };
    let mut readings = Vec::with_capacity(2);
    for form in [Form::Skeleton, Form::Spelling] {
        for yo in yo {
            for turned_o in turned_o {
                let reading = read(word, yo, turned_o, form);
                if !reading.is_empty() && !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
    }
    readings
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Reads `ts` as `s` and `ye` as `e`.
    Skeleton,
    /// Keeps the Latin spelling.
    Spelling,
}

/// The word with its ambiguous letters read in one way.
fn read(word: &str, yo: &str, turned_o: &str, form: Form) -> String {
    let mut reading = String::with_capacity(word.len() + 2);
    let mut push = |letter: char| {
        let silent = match letter {
            's' => Some('t'),
            'e' => Some('y'),
            _ => None,
        };
        // All of several are dropped, so that the skeleton of a skeleton is itself.
        while form == Form::Skeleton && silent.is_some_and(|silent| reading.ends_with(silent)) {
            reading.pop();
        }
        reading.push(letter);
    };
    for letter in word.chars() {
        match letter {
            YO => yo.chars().for_each(&mut push),
            TURNED_O => turned_o.chars().for_each(&mut push),
            YE => "ye".chars().for_each(&mut push),
            TSE => "ts".chars().for_each(&mut push),
            letter => push(letter),
        }
    }
    reading
}

/// The words of a text in Latin letters, with marks such as [`YO`] for letters of several readings.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut letters = normalized(text).peekable();
    // The letter before, in the same word.
    let mut before = None;
    while let Some(letter) = letters.next() {
        let Some(word) = words.last_mut() else { break };
        let mut ends = false;
        match letters::of(letter) {
            Letter::Latin(latin) => word.push_str(latin),
            Letter::Yo => word.push(YO),
            Letter::TurnedO => word.push(TURNED_O),
            Letter::Ye => word.push(if before.is_none_or(letters::asks_for_ye) { YE } else { 'e' }),
            Letter::Tse => word.push(TSE),
            Letter::Apostrophe => {
                // Inside a word, and after o and g, the apostrophe belongs to the word and is dropped. After o it marks the letter `oʻ`.
                let follows = letters.peek().is_some_and(|next| next.is_alphanumeric());
                if word.ends_with('o') {
                    word.pop();
                    word.push(TURNED_O);
                } else {
                    ends = word.is_empty() || !(follows || word.ends_with('g'));
                }
            }
            Letter::Word(sign) => {
                words.push(sign.to_string());
                ends = true;
            }
            Letter::Silent => {}
            Letter::Other(other) if other.is_alphanumeric() => word.push(other),
            Letter::Other(_) => ends = true,
        }
        before = (!ends).then_some(letter);
        if ends {
            words.push(String::new());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Normalizes to NFKC and lower case, and removes accents from letters that are not in the table.
fn normalized(text: &str) -> impl Iterator<Item = char> {
    // NFKC turns a lone acute accent, which people type as an apostrophe, into a space and an accent.
    text.chars()
        .map(|letter| if letters::is_apostrophe(letter) { '\'' } else { letter })
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfc()
        .flat_map(|letter| {
            let known = !matches!(letters::of(letter), Letter::Other(_));
            let whole = known.then_some(letter);
            let parts = (!known).then(|| std::iter::once(letter).nfd());
            whole.into_iter().chain(parts.into_iter().flatten())
        })
        .filter(|letter| !is_combining_mark(*letter))
}
