//! Search by name: `q=` finds people and confessions as people type their names, whatever the script, the apostrophe, the accents and the case
//! ([`lexicon::fold`]).
//!
//! - A query is a list of words, separated by everything that is neither letter nor digit. It finds a person whose username, first and last name together have
//!   every word, in any order, and a confession whose name has every word. A query without a letter or digit finds nothing.
//! - A word is found anywhere inside a word of a name, not only at its beginning: the search of the service that Suhbat replaces worked so, and
//!   usernames are often several words written as one.
//!
//! Names are folded when they are stored and a query when it arrives. A store keeps the folded names beside the [`VERSION`] that made them.

#[cfg(test)]
mod tests;

pub use lexicon::Query;

use crate::people::{Confession, Person};

/// The version of the folded names. Stores whose names have another one fold them anew when they are opened; so a change of [`names`] or [`name`] must raise
/// it as well, in the lexicon.
pub const VERSION: u32 = lexicon::VERSION;

/// The folded names of a person, for [`Query::matches`].
pub fn names(username: &str, first_name: &str, last_name: &str) -> String {
    name(&format!("{username} {first_name} {last_name}"))
}

/// The folded names of this person.
pub fn names_of(person: &Person) -> String {
    names(&person.username, &person.first_name, &person.last_name)
}

/// A folded name, for [`Query::matches`]. Words that are a part of another word of it are left out, since they add nothing to what is found.
pub fn name(name: &str) -> String {
    let folded = lexicon::fold(name);
    let words: Vec<&str> = folded.split(' ').collect();
    let mut kept = String::with_capacity(folded.len());
    for (place, word) in words.iter().enumerate() {
        let is_part = |(other, text): (usize, &&str)| other != place && text.contains(word) && (text.len() > word.len() || other < place);
        if words.iter().enumerate().any(is_part) {
            continue;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// The folded name of this confession.
pub fn name_of(confession: &Confession) -> String {
    name(&confession.name)
}
