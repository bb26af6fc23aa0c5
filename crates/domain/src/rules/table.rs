//! The decision table: every combination of role, relation, age and state that the rules distinguish, decided by the rules themselves and written
//! down as `docs/rules.md`.
//!
//! # How to add a …
//! - **state that a rule looks at**: a variant of an axis, or an axis, in the table of the rule's family; then the sentence of the contract in the
//!   family's test. `cargo run -p suhbat-domain --features testing --example rules-table > docs/rules.md` writes the document anew.

mod actors;
mod combinations;
mod deleting;
mod denials;
mod editing;
mod finding;
mod opening;
mod pinning;
mod reading;
mod sending;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use actors::a_stored_file;
use combinations::section;

const PREAMBLE: &str = "\
# The rules as a table

Generated from the rules by `cargo run -p suhbat-domain --features testing --example rules-table > docs/rules.md`; a test fails while this file differs.

Each table covers all combinations of the states in its columns; combinations that differ only in states without effect share a row. The rows of a
table exclude each other, and together they cover every combination. `any` means that the state has no effect, `–` that it does not apply.
";

/// The text of `docs/rules.md`.
pub fn document() -> String {
    [
        PREAMBLE.to_owned(),
        section::<opening::Opening>(),
        section::<opening::Contacts>(),
        section::<sending::MaySend>(),
        section::<sending::Sending>(),
        section::<editing::Editing>(),
        section::<deleting::Deleting>(),
        section::<pinning::Pinning>(),
        section::<reading::Reading>(),
        section::<finding::Finding>(),
        denials::section(),
    ]
    .join("\n")
}
