//! The part of a text around its first hit.

use super::Hit;

/// The characters of a snippet at most, in scalar values.
pub const SNIPPET_CHARACTERS: usize = 160;
/// The characters before the first hit, if it does not stand near the beginning or the end of the text.
const BEFORE_THE_HIT: usize = 40;

/// A part of a text with its first hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The part, cut between words where it has spaces; at most [`SNIPPET_CHARACTERS`].
    pub text: String,
    /// The hits that stand in the part, with their places in it.
    pub hits: Vec<Hit>,
    /// Whether the text has more before the part.
    pub before: bool,
    /// Whether the text has more after the part.
    pub after: bool,
}

/// The part of a text around its first hit, or its beginning if there is none. The hits are those of [`Query::matches`](super::Query::matches) in this text.
pub fn snippet(text: &str, hits: &[Hit]) -> Snippet {
    let letters: Vec<char> = text.chars().collect();
    let is_space = |place: usize| letters.get(place).is_none_or(|letter| letter.is_whitespace());
    let (first, first_end) = hits.first().map_or((0, 0), |hit| (hit.start, hit.start + hit.len));
    let last_start = letters.len().saturating_sub(SNIPPET_CHARACTERS);

    let earliest = first.saturating_sub(BEFORE_THE_HIT).min(last_start);
    let is_beginning = |place: &usize| *place == 0 || is_space(place - 1) && !is_space(*place);
    let start = (earliest..=first).find(is_beginning).unwrap_or(earliest);

    let latest = (start + SNIPPET_CHARACTERS).min(letters.len());
    let end = (first_end.max(start + 1)..=latest)
        .rev()
        .find(|place| is_space(*place))
        .unwrap_or(latest);
    // Spaces at the ends of the part are not shown.
    let start = (start..end).find(|place| !is_space(*place)).unwrap_or(start);
    let end = (start..end).rev().find(|place| !is_space(*place)).map_or(start, |last| last + 1);

    let inside = |hit: &Hit| {
        let len = hit.len.min(end.saturating_sub(hit.start));
        (hit.start >= start && len > 0).then(|| Hit {
            start: hit.start - start,
            len,
            is_whole: hit.is_whole,
        })
    };
    Snippet {
        text: letters.get(start..end).unwrap_or_default().iter().collect(),
        hits: hits.iter().filter_map(inside).collect(),
        before: (0..start).any(|place| !is_space(place)),
        after: (end..letters.len()).any(|place| !is_space(place)),
    }
}
