//! Reads a query as people type it.

use super::{Part, QUERY_CHARACTERS, QUERY_WORDS, QueryError, pattern::Pattern};
use crate::{
    letters::is_apostrophe,
    stems::{spellings_of, stems},
    words::{Word, lower_case, words},
};

/// A word between spaces or a phrase between quotation marks, as it is typed.
struct Piece<'t> {
    text: &'t str,
    is_excluded: bool,
    is_phrase: bool,
    /// Whether its last word may not be finished.
    is_open: bool,
}

/// The parts of a query.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, QueryError> {
    if text.contains('\0') {
        return Err(QueryError::ContainsNul);
    }
    if text.chars().count() > QUERY_CHARACTERS {
        return Err(QueryError::TooLong);
    }
    let mut parts = Vec::new();
    let mut count = 0;
    let mut has_long = false;
    for piece in pieces(text) {
        let words = words(piece.text);
        let groups = groups(&words, piece.is_phrase);
        let last = groups.len().saturating_sub(1);
        for (place, group) in groups.iter().enumerate() {
            count += if piece.is_phrase { group.len() } else { 1 };
            let is_open = piece.is_open && place == last;
            let letters: usize = group.iter().map(|word| letters(&piece, word)).sum();
            has_long |= !piece.is_excluded && (letters >= 2 || group.iter().any(|word| word.is_sign));
            parts.push(part(&piece, group, is_open));
        }
    }
    if count > QUERY_WORDS {
        return Err(QueryError::TooLong);
    }
    if !has_long {
        return Err(QueryError::TooShort);
    }
    Ok(parts)
}

/// The letters and digits of a word as it is typed.
fn letters(piece: &Piece<'_>, word: &Word) -> usize {
    let written = piece.text.get(word.bytes.clone()).unwrap_or_default();
    written
        .chars()
        .filter(|letter| letter.is_alphanumeric() && !is_apostrophe(*letter))
        .count()
}

const fn is_quotation_mark(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

/// Splits a query at its spaces, and takes phrases as one piece.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let without_sign = rest.strip_prefix(['-', '−']);
        let is_excluded = without_sign.is_some();
        let body = without_sign.unwrap_or(rest);
        let phrase = body.strip_prefix(is_quotation_mark);
        let body = phrase.unwrap_or(body);
        let end = if phrase.is_some() {
            body.find(is_quotation_mark)
        } else {
            body.find(|letter: char| letter.is_whitespace() || letter == '"')
        };
        let piece = &body[..end.unwrap_or(body.len())];
        pieces.push(Piece {
            text: piece,
            is_excluded,
            is_phrase: phrase.is_some(),
            is_open: end.is_none() && !piece.ends_with(char::is_whitespace),
        });
        rest = &body[piece.len()..];
        if phrase.is_some() {
            rest = rest.strip_prefix(is_quotation_mark).unwrap_or(rest);
        }
        rest = rest.trim_start();
    }
    pieces
}

/// The words that are found together: those of a phrase, and Chinese characters without a space between them. Every other word is found alone.
fn groups(words: &[Word], is_phrase: bool) -> Vec<&[Word]> {
    words
        .chunk_by(|a, b| is_phrase || a.is_sign && b.is_sign && a.end == b.start)
        .collect()
}

fn part(piece: &Piece<'_>, group: &[Word], is_open: bool) -> Part {
    let is_phrase = piece.is_phrase || group.len() > 1;
    let last = group.len().saturating_sub(1);
    let patterns = |(place, word): (usize, &Word)| {
        let spellings = spellings_of(&word.letters);
        let mut patterns: Vec<Pattern> = spellings.iter().map(|spelling| Pattern::whole(spelling)).collect();
        // An excluded word that is not finished would exclude what it is not going to.
        if is_open && place == last && !piece.is_excluded && !word.is_sign {
            patterns.extend(spellings.iter().map(|spelling| Pattern::prefix(spelling)));
        }
        if !is_phrase && !word.is_sign {
            let written = piece.text.get(word.bytes.clone()).unwrap_or_default();
            patterns.extend(stems(&lower_case(written), &spellings).into_iter().map(Pattern::stem));
        }
        let mut different: Vec<Pattern> = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            if !different.contains(&pattern) {
                different.push(pattern);
            }
        }
        different
    };
    Part {
        is_excluded: piece.is_excluded,
        words: group.iter().enumerate().map(patterns).collect(),
    }
}
