//! The files in `deploy/`, tried with the programs that read them.

mod manager;
mod nginx;
mod programs;

use std::path::{Path, PathBuf};

/// A file of this repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).expect("a file of this repository")
}

/// The text with a part replaced, which must be in it.
fn replaced(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "{part:?} is not in\n{text}");
    text.replace(part, by)
}
