//! The words of a message as an index holds them: the skeleton of each word, in both readings if it has an `ё`.

use crate::words::{Form, openings, read, read_into, words};

/// The letters of a word that an index holds. Nobody searches for more, and PostgreSQL refuses words of more than 2,046 bytes.
pub const INDEXED_LETTERS: usize = 64;

/// A word of a text, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The place of its first character, in scalar values from the beginning of the text.
    pub start: usize,
    /// Its length in scalar values; an apostrophe that belongs to the word counts.
    pub len: usize,
    /// The folded word: one form, or two if it has an `ё`.
    pub forms: Vec<String>,
}

/// The words of a text in its order, with their places. Texts in Chinese characters give a token for each character.
pub fn tokens(text: &str) -> Vec<Token> {
    let token = |word: crate::words::Word| {
        let forms = openings(&word.letters, &["o"]).map(|(yo, o)| read(&word.letters, yo, o, Form::Skeleton));
        Token {
            start: word.start,
            len: word.end - word.start,
            forms: forms.collect(),
        }
    };
    words(text).into_iter().map(token).collect()
}

/// The folded words of a message for an index, separated by single spaces: the forms of its [`tokens`], cut after [`INDEXED_LETTERS`] letters.
pub fn index(text: &str) -> String {
    let mut index = String::with_capacity(text.len() + text.len() / 4);
    for word in words(text) {
        for (yo, o) in openings(&word.letters, &["o"]) {
            if !index.is_empty() {
                index.push(' ');
            }
            let start = index.len();
            read_into(&mut index, &word.letters, yo, o, Form::Skeleton);
            if index.len() - start > INDEXED_LETTERS {
                let kept = cut(&index[start..]).len();
                index.truncate(start + kept);
            }
        }
    }
    index
}

/// The letters of a folded word that an index holds.
pub(crate) fn cut(word: &str) -> &str {
    word.char_indices().nth(INDEXED_LETTERS).map_or(word, |(end, _)| &word[..end])
}
