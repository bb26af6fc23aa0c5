//! Removal of metadata without touching the pixels.
//!
//! Own walks over the containers, since the crates for it (`img-parts`, `little_exif`) hold the whole file in memory and keep what they do not know; here only what
//! is known to make the picture is copied, and a walk holds one segment at a time.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{
    gif, jpeg,
    kind::{Format, Kind},
    png, webp,
};

/// Why metadata could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum StripError {
    /// The structure is broken, so that metadata cannot be told from pixels. What was written so far is to be thrown away.
    #[error("the image is broken: {0}")]
    Malformed(&'static str),
    /// Reading or writing failed; no fault of the image.
    #[error("the image cannot be copied")]
    Io(#[source] io::Error),
}

impl From<io::Error> for StripError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Malformed("it ends too early"),
            _ => Self::Io(error),
        }
    }
}

/// Copies an image without EXIF, positions, XMP, IPTC, comments and whatever follows its end. Pixels, animation, colour profile and the way up stay.
/// An image that ends within its pixels, or is broken behind the first of them, is copied as far as it goes: it is shown that far, so its metadata must go.
pub fn strip(kind: &Kind, source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<(), StripError> {
    source.seek(SeekFrom::Start(0))?;
    match kind.format {
        Format::Jpeg => jpeg::strip(source, target),
        Format::Png => png::strip(source, target),
        Format::WebP => webp::strip(source, target),
        Format::Gif => gif::strip(source, target),
        _ => Err(StripError::Malformed("there is no way of cleaning it")),
    }
}

/// Whether there is a way of cleaning files of this kind. Those of AVIF and HEIC are stored as they came.
pub fn can_strip(kind: &Kind) -> bool {
    matches!(kind.format, Format::Jpeg | Format::Png | Format::WebP | Format::Gif)
}
