//! The ways in which a word of a query is found in a text, and the terms that an index is asked for to find it.

use super::{Found, Term};
use crate::{
    stems::{Language, Stem, are_endings},
    tokens::cut,
    words::{Form, lower_case, read},
};

/// Of so many `u` in a word, each may be an `oʻ` that was typed as `u`. Each doubles the terms.
const TURNED_LETTERS: usize = 3;

/// One way in which a word of a query is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    way: Way,
    /// The skeleton of the text of the way.
    skeleton: String,
    /// Whether an `oʻ` of a text is found by `u`: укитувчи finds oʻqituvchi. Not for short words, which would become other ones.
    finds_turned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Whole,
    /// The spelling of the beginning of a word.
    Prefix(String),
    /// The spelling of a word that Uzbek endings may follow.
    WithEndings(String),
    /// A word with this stem in this language; and the folded beginning of such words.
    Same {
        language: Language,
        stem: String,
        folded: String,
    },
}

fn skeleton(spelling: &str) -> String {
    read(spelling, "yo", "o", Form::Skeleton)
}

impl Pattern {
    /// The word itself, by its spelling.
    pub(super) fn whole(spelling: &str) -> Self {
        Self::new(Way::Whole, spelling, 3)
    }

    /// Words that begin with this spelling.
    pub(super) fn prefix(spelling: &str) -> Self {
        Self::new(Way::Prefix(spelling.to_owned()), spelling, 4)
    }

    pub(super) fn stem(stem: Stem) -> Self {
        match stem {
            Stem::Prefix(spelling) => Self::prefix(&spelling),
            Stem::WithEndings(spelling) => Self::new(Way::WithEndings(spelling.clone()), &spelling, 4),
            Stem::Same { language, stem, folded } => {
                let spelling = folded.clone();
                Self::new(Way::Same { language, stem, folded }, &spelling, usize::MAX)
            }
        }
    }

    fn new(way: Way, spelling: &str, letters_to_find_turned: usize) -> Self {
        let turned = spelling.matches('u').count();
        Self {
            way,
            skeleton: skeleton(spelling),
            finds_turned: (1..=TURNED_LETTERS).contains(&turned) && spelling.chars().count() >= letters_to_find_turned,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.way == Way::Whole
    }

    /// Whether this finds the word.
    pub(super) fn fits(&self, word: &Found<'_>) -> bool {
        let fits = |reading: &String| self.fits_reading(reading, word.written);
        word.readings.iter().any(fits) || self.finds_turned && word.turned.iter().any(fits)
    }

    fn fits_reading(&self, reading: &str, written: &str) -> bool {
        match &self.way {
            Way::Whole => reading == self.skeleton,
            Way::Prefix(spelling) => reading.starts_with(&self.skeleton) || reading.starts_with(spelling),
            Way::WithEndings(spelling) => [&self.skeleton, spelling]
                .into_iter()
                .any(|stem| reading.strip_prefix(stem.as_str()).is_some_and(are_endings)),
            Way::Same { language, stem, folded } => {
                (reading.starts_with(&self.skeleton) || reading.starts_with(folded)) && language.has_stem(&lower_case(written), stem)
            }
        }
    }

    /// Adds the terms that words have which this finds.
    fn add_terms(&self, terms: &mut Vec<Term>) {
        let mut texts = vec![self.skeleton.clone()];
        if let Way::Prefix(spelling) | Way::WithEndings(spelling) | Way::Same { folded: spelling, .. } = &self.way {
            // Before an s a t is dropped, and before an e a y, so words that are spelled so may have another letter there in their skeleton: `event` is a
            // prefix of `events`, which is indexed as `evens`.
            for (silent, next) in [('t', 's'), ('y', 'e')] {
                for text in [spelling, &self.skeleton] {
                    if let Some(start) = text.strip_suffix(silent) {
                        texts.push(format!("{}{next}", skeleton(start.trim_end_matches(silent))));
                    }
                }
            }
        }
        if self.finds_turned {
            texts = texts.iter().flat_map(|text| with_turned(text)).collect();
        }
        for text in texts {
            let text = cut(&text).to_owned();
            let is_prefix = !self.is_whole();
            terms.push(Term { text, is_prefix });
        }
    }
}

/// The text with each choice of its `u` replaced by `o`, itself included.
fn with_turned(text: &str) -> Vec<String> {
    let mut texts = vec![String::with_capacity(text.len())];
    for letter in text.chars() {
        let open = if letter == 'u' { texts.clone() } else { Vec::new() };
        for text in &mut texts {
            text.push(letter);
        }
        texts.extend(open.into_iter().map(|text| text + "o"));
    }
    texts
}

/// The terms for a word that any of the patterns finds, without those that another one covers.
pub(super) fn terms(patterns: &[Pattern]) -> Vec<Term> {
    let mut all = Vec::new();
    for pattern in patterns {
        pattern.add_terms(&mut all);
    }
    // A prefix sorts before the words that it covers, and at the same text it goes first.
    all.sort_by(|a, b| a.text.cmp(&b.text).then(b.is_prefix.cmp(&a.is_prefix)));
    let mut terms: Vec<Term> = Vec::new();
    for term in all {
        let is_covered = |before: &Term| before.text == term.text || before.is_prefix && term.text.starts_with(&before.text);
        if !terms.iter().any(is_covered) {
            terms.push(term);
        }
    }
    terms
}
