//! The search of messages: the words of a query, what an index is asked for, and the hits in a text.
//!
//! - All words of a query must be found, in any order. `"two words"` is a phrase: these words, whole and in this order. `-word` excludes the texts with that
//!   word or another form of it.
//! - A word finds its other forms by its stem. The last word, if no space follows it, also finds the words that begin with it, since it may not be finished.
//! - An index holds the words of [`index`](crate::index). [`Query::terms`] says what it is asked for: every text that matches has these terms, though not every
//!   text with these terms matches. [`Query::find`] decides on the text itself, so that all stores find the same.

mod parse;
mod pattern;
mod snippet;

use std::fmt;

use pattern::Pattern;
pub use snippet::{SNIPPET_CHARACTERS, Snippet, snippet};

use crate::words::{Form, TURNED_O, openings, read, words};

/// The characters that a query may have, in scalar values.
pub const QUERY_CHARACTERS: usize = 200;
/// The words that a query may have, those of phrases and excluded words included.
pub const QUERY_WORDS: usize = 8;

/// A search of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    parts: Vec<Part>,
}

/// A word or a phrase of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    is_excluded: bool,
    /// What finds each of its words; a phrase has several, or one that is found whole only.
    words: Vec<Vec<Pattern>>,
}

/// The reason why a text is no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// It has no word to search for: it is blank, or has only punctuation, excluded words, or words of one letter. A Chinese character is a word.
    TooShort,
    /// It has more than [`QUERY_CHARACTERS`] or [`QUERY_WORDS`].
    TooLong,
    /// It contains NUL, which neither SQLite nor PostgreSQL has in a text.
    ContainsNul,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "the query has no word of two letters",
            Self::TooLong => "the query has too many words or characters",
            Self::ContainsNul => "the query contains NUL",
        })
    }
}

impl std::error::Error for QueryError {}

/// What an index is asked for: a folded word, or all words that begin so. It consists of letters and digits only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The folded word or its beginning; at most [`INDEXED_LETTERS`](crate::INDEXED_LETTERS) letters.
    pub text: String,
    /// Whether words that only begin so are asked for, too.
    pub is_prefix: bool,
}

/// A word of a text that a query finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The place of the first character of the word, in scalar values from the beginning of the text.
    pub start: usize,
    /// The length of the whole word in scalar values.
    pub len: usize,
    /// Whether the query has this very word, and not only its beginning or another form of it.
    pub is_whole: bool,
}

impl Query {
    /// Reads a query as people type it.
    ///
    /// # Errors
    /// If it is too short, too long, or contains NUL.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text).map(|parts| Self { parts })
    }

    /// What an index is asked for: at least one term of each list. All texts that match have them in their [`index`](crate::index), and there is always one list.
    pub fn terms(&self) -> Vec<Vec<Term>> {
        let mut lists: Vec<Vec<Term>> = Vec::new();
        for patterns in self.parts.iter().filter(|part| !part.is_excluded).flat_map(|part| &part.words) {
            let terms = pattern::terms(patterns);
            if !lists.contains(&terms) {
                lists.push(terms);
            }
        }
        // An index takes long to collect all words with one first letter, and few texts are ruled out by it.
        let is_narrow = |terms: &Vec<Term>| !terms.iter().any(|term| term.is_prefix && term.text.chars().nth(1).is_none());
        if lists.iter().any(is_narrow) {
            lists.retain(is_narrow);
        }
        lists
    }

    /// The hits in a text in its order, or `None` if the text does not match.
    pub fn matches(&self, text: &str) -> Option<Vec<Hit>> {
        self.find(&[text]).and_then(|hits| hits.into_iter().next())
    }

    /// The hits in each of the texts of one message, such as its content and the names of its files, or `None` if they do not match. Each word may be in any of
    /// the texts; a phrase stands in one.
    pub fn find(&self, texts: &[&str]) -> Option<Vec<Vec<Hit>>> {
        let texts: Vec<Vec<Found<'_>>> = texts.iter().map(|text| Found::all(text)).collect();
        // Of each word, whether it is a hit, and whether it is a hit as a whole.
        let mut hits: Vec<Vec<Option<bool>>> = texts.iter().map(|words| vec![None; words.len()]).collect();
        for part in &self.parts {
            let mut is_found = false;
            for (words, hits) in texts.iter().zip(&mut hits) {
                for place in 0..words.len() {
                    let Some(is_whole) = part.is_at(words, place) else { continue };
                    is_found = true;
                    if part.is_excluded {
                        break;
                    }
                    for hit in hits.iter_mut().skip(place).take(part.words.len()) {
                        *hit = Some(is_whole || *hit == Some(true));
                    }
                }
            }
            if is_found == part.is_excluded {
                return None;
            }
        }
        let of_text = |(words, hits): (&Vec<Found<'_>>, &Vec<Option<bool>>)| {
            let pairs = words.iter().zip(hits);
            pairs.filter_map(|(word, hit)| hit.map(|is_whole| word.hit(is_whole))).collect()
        };
        Some(texts.iter().zip(&hits).map(of_text).collect())
    }
}

impl Part {
    /// Whether the words from this place on are found, and if so, whether each is the very word of the query.
    fn is_at(&self, words: &[Found<'_>], place: usize) -> Option<bool> {
        let mut is_whole = true;
        for (at, patterns) in self.words.iter().enumerate() {
            let word = words.get(place + at)?;
            let mut fitting = patterns.iter().filter(|pattern| pattern.fits(word)).peekable();
            fitting.peek()?;
            is_whole &= fitting.any(Pattern::is_whole);
        }
        Some(is_whole)
    }
}

/// A word of a text that is searched.
#[derive(Debug)]
struct Found<'t> {
    start: usize,
    len: usize,
    /// As it stands in the text.
    written: &'t str,
    /// Its skeletons and spellings.
    readings: Vec<String>,
    /// The same with `u` for `oʻ`.
    turned: Vec<String>,
}

impl<'t> Found<'t> {
    fn all(text: &'t str) -> Vec<Self> {
        let found = |word: crate::words::Word| {
            let letters = &word.letters;
            let readings_with = |turned_o: &[&str]| {
                let mut readings = Vec::with_capacity(2);
                for (yo, o) in openings(letters, turned_o) {
                    for form in [Form::Skeleton, Form::Spelling] {
                        let reading = read(letters, yo, o, form);
                        if !readings.contains(&reading) {
                            readings.push(reading);
                        }
                    }
                }
                readings
            };
            Self {
                start: word.start,
                len: word.end - word.start,
                written: text.get(word.bytes.clone()).unwrap_or_default(),
                readings: readings_with(&["o"]),
                turned: if letters.contains(TURNED_O) {
                    readings_with(&["u"])
                } else {
                    Vec::new()
                },
            }
        };
        words(text).into_iter().map(found).collect()
    }

    const fn hit(&self, is_whole: bool) -> Hit {
        Hit {
            start: self.start,
            len: self.len,
            is_whole,
        }
    }
}
