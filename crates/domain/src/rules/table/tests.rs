//! The rules against an independent statement of the contract, on every combination; and the document against the rules.

mod changing;
mod combinations;
mod opening;
mod refusals;
mod sending;

use super::{combinations as table, deleting, document, editing, finding, pinning, reading, sending as sends};

/// The code of the first condition that holds.
fn first(obstacles: &[(bool, &'static str)]) -> Option<&'static str> {
    obstacles.iter().find(|(stands, _)| *stands).map(|(_, code)| *code)
}

#[test]
fn the_committed_document_is_the_one_generated_from_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    let committed = std::fs::read_to_string(path).expect("docs/rules.md can be read");
    assert!(
        committed == document(),
        "docs/rules.md differs from the rules; `cargo run -p suhbat-domain --features testing --example rules-table > docs/rules.md` writes it anew"
    );
}
