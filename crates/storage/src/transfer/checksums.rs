//! Checksums by which the rows of two databases are compared.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// The number of some rows, and the sum of their hashes, which does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checksum {
    rows: u64,
    sum: u64,
}

impl Checksum {
    fn add(&mut self, hash: u64) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hash);
    }
}

/// A checksum of each table and of each conversation.
#[derive(Debug, Default)]
pub(super) struct Checksums {
    tables: BTreeMap<&'static str, Checksum>,
    /// Over the rows of all tables that belong to the conversation.
    conversations: HashMap<i64, Checksum>,
}

impl Checksums {
    /// Adds a row. The cells are texts, so that both databases give the same ones.
    pub(super) fn add<T: AsRef<str>>(&mut self, table: &'static str, conversation: Option<i64>, cells: &[Option<T>]) {
        let mut hasher = DefaultHasher::new();
        table.hash(&mut hasher);
        for cell in cells {
            cell.as_ref().map(AsRef::as_ref).hash(&mut hasher);
        }
        let hash = hasher.finish();
        self.tables.entry(table).or_default().add(hash);
        if let Some(conversation) = conversation {
            self.conversations.entry(conversation).or_default().add(hash);
        }
    }

    /// The number of all rows.
    pub(super) fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    pub(super) fn rows_of(&self, table: &str) -> u64 {
        self.tables.get(table).map_or(0, |table| table.rows)
    }

    /// The first difference between what was read and what is stored, as a part of a sentence.
    pub(super) fn difference(&self, stored: &Self) -> Option<String> {
        let conversations = self.conversations.iter();
        let different = conversations.filter(|(id, checksum)| stored.conversations.get(id) != Some(checksum));
        let first = different.map(|(id, _)| id).min();
        first
            .map(|id| format!("the rows of conversation {id} are not the same"))
            .or_else(|| {
                let names = self.tables.keys().chain(stored.tables.keys());
                let mut names = names.filter(|name| self.tables.get(*name) != stored.tables.get(*name));
                names.next().map(|name| {
                    let (read, written) = (self.rows_of(name), stored.rows_of(name));
                    format!("of {read} rows of the table {name}, {written} were stored, or their values are not the same")
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, Option<i64>, [Option<&'static str>; 2]);

    fn of(rows: &[Row]) -> Checksums {
        let mut checksums = Checksums::default();
        for (table, conversation, cells) in rows {
            checksums.add(table, *conversation, cells);
        }
        checksums
    }

    const PERSON: Row = ("accounts_user", None, [Some("1"), None]);
    const ONE: Row = ("messaging_message", Some(7), [Some("1"), Some("salom")]);
    const OTHER: Row = ("messaging_message", Some(7), [Some("2"), Some("salom")]);

    #[test]
    fn the_order_of_rows_does_not_matter() {
        assert_eq!(of(&[PERSON, ONE, OTHER]).difference(&of(&[OTHER, PERSON, ONE])), None);
    }

    #[test]
    fn a_row_that_is_missing_doubled_changed_or_elsewhere_is_a_difference() {
        let read = of(&[PERSON, ONE, OTHER]);
        let moved = (ONE.0, Some(8), ONE.2);
        let emptied = (ONE.0, ONE.1, [Some("1"), Some("")]);
        let deleted = (ONE.0, ONE.1, [Some("1"), None]);
        for stored in [
            vec![PERSON, OTHER],
            vec![PERSON, ONE, OTHER, OTHER],
            vec![PERSON, moved, OTHER],
            vec![PERSON, emptied, OTHER],
            vec![PERSON, deleted, OTHER],
        ] {
            let difference = read.difference(&of(&stored));
            assert_eq!(
                difference.as_deref(),
                Some("the rows of conversation 7 are not the same"),
                "{stored:?}"
            );
        }
        let nobody = read.difference(&of(&[ONE, OTHER])).unwrap();
        assert!(
            nobody.starts_with("of 1 rows of the table accounts_user, 0 were stored"),
            "{nobody}"
        );
        let more = of(&[ONE, OTHER]).difference(&read).unwrap();
        assert!(more.starts_with("of 0 rows of the table accounts_user, 1 were stored"), "{more}");
    }
}
