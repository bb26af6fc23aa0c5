use std::{io::Cursor, path::PathBuf};

use super::*;

mod fuzz;
mod names;
mod pictures;
mod stripping;
mod table;

/// What must be gone from what is stored; see `fixtures/media/README.md`.
const SECRET: &[u8] = b"59.9386N 30.3141E";

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/media").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The way of a file: by its head, then by the whole.
fn decide(bytes: &[u8], declared: Option<&str>, name: &str) -> Result<Kind, Refusal> {
    let head = &bytes[..bytes.len().min(HEAD)];
    match decide_head(head, head.len() == bytes.len(), declared, name)? {
        Step::Decided(kind) => Ok(kind),
        Step::NeedsWhole => decide_whole(&mut Cursor::new(bytes), declared, name),
    }
}

fn kind_of(name: &str) -> Kind {
    decide(&fixture(name), None, name).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn stripped(kind: &Kind, bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut target = Vec::new();
    strip(kind, &mut Cursor::new(bytes), &mut target).map(|()| target)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
