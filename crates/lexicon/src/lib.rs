//! Folds text for search, so that people find it as they type: in Latin or Cyrillic, with any apostrophe or none in `oʻ` and `gʻ`, with `е` for `ё`,
//! with or without accents, in any case. Text is folded to lower-case Latin words, and a query is folded likewise.
//!
//! Each word is read in two ways. Its *skeleton* is the same for all spellings: `ts` is `s`, as Uzbek writes `ц`, and `ye` is `e`. Its *spelling* keeps
//! both, so that a word is also found while it is being typed: `aliy` and `kuznet` are not yet `aliye` and `kuznets`.
//!
//! [`fold`] and [`Query`] search lists of names, whose words are found anywhere. [`index`] and [`search`] search messages, whose words are found by their
//! beginnings and stems.
//!
//! Pure: it depends on no other crate of the workspace.
//!
//! # How to add a …
//! - **letter**: a row of the table in `letters.rs`. Raise [`VERSION`] with it, so that stores of folded text fold anew.
//! - **ending or rule of a stem**: `stems.rs`. It needs no new index, since only the words of a query are reduced.
//! - **spelling**: a row of `tests/spellings.json`, which the tests of the page read too: `web/packages/client/src/fold.ts` marks the matches.

mod letters;
pub mod search;
mod stems;
mod tokens;
mod words;

pub use tokens::{INDEXED_LETTERS, Token, index, tokens};

use words::{YE, readings, words};

/// Raised with every change of the results of [`fold`]: stored folded text of another version is folded anew.
pub const VERSION: u32 = 2;

/// The folded words of a text, separated by single spaces, for an index. A word with several readings appears in each, its skeleton first.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in words(text) {
        for reading in readings(&word.letters, &["o"]) {
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
            let part = word.letters.strip_prefix(YE).map(|rest| format!("e{rest}"));
            let readings = readings(part.as_ref().unwrap_or(&word.letters), &["o", "u"]);
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
