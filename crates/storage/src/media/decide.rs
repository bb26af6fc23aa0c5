//! The type of a file, by its content together with what its sender says of it.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    claim::Claim,
    kind::{Format, Kind},
    office,
    signature::{self, Found},
    text,
};

/// How much of a file [`decide_head`] wants to see, where the file has as much.
pub const HEAD: usize = 8 * 1024;

/// What the head of a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is clear what the file is.
    Decided(Kind),
    /// A container that has to be looked into: [`decide_whole`] answers.
    NeedsWhole,
}

/// Why a file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its content is of no allowed type, or something else than its name or its declared type say.
    #[error("this type of file is not allowed: {0}")]
    Type(&'static str),
    /// An image with more pixels than are allowed, by its header; it was not decoded.
    #[error("the image has more than {limit} pixels")]
    ImageTooLarge {
        /// Pixels that are allowed.
        limit: u64,
    },
    /// The spooled file cannot be read; no fault of its sender.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
}

/// Decides from the first [`HEAD`] bytes (or all, when `complete`). The content decides; the declared type and the extension of the name
/// only tell apart what has no signature (text from tables, sound from film), and may forbid.
pub fn decide_head(head: &[u8], complete: bool, declared: Option<&str>, file_name: &str) -> Result<Step, Refusal> {
    let claim = Claim::new(declared, file_name)?;
    match signature::find(head, complete, &claim)? {
        Found::Format(format) => claim.admit(format).map(Step::Decided),
        Found::Container => Ok(Step::NeedsWhole),
        Found::Nothing => text::decide(head, complete, &claim)
            .and_then(|format| claim.admit(format))
            .map(Step::Decided),
    }
}

/// Decides with the whole file at hand; the answer of [`decide_head`] where that is clear.
pub fn decide_whole(file: &mut (impl Read + Seek), declared: Option<&str>, file_name: &str) -> Result<Kind, Refusal> {
    let complete = file.seek(SeekFrom::End(0))? <= HEAD as u64;
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    match decide_head(&head, complete, declared, file_name)? {
        Step::Decided(kind) => Ok(kind),
        Step::NeedsWhole => {
            let claim = Claim::new(declared, file_name)?;
            let format: Format = office::look_inside(file, &head, &claim)?;
            claim.admit(format)
        }
    }
}
