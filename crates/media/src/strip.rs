//! Removal of metadata by copying an image without it.
//!
//! Each format copies an allow-list of chunks, so unknown metadata is removed too. Hand-written because `img-parts` and `little_exif` hold the whole file in memory and keep unknown
//! chunks; here one segment is in memory at a time.

use std::io::{Read, Seek, SeekFrom, Write};

use super::{
    error::StripError,
    gif, jpeg,
    kind::{Format, Kind},
    png, webp,
};

/// Copies an image without EXIF, positions, XMP, IPTC, comments and trailing bytes. Pixels, animation, colour profile and orientation are kept.
///
/// An image that is truncated within its pixels, or broken after the first of them, is copied up to there: viewers show that part, so its metadata has to be removed.
pub fn strip(kind: &Kind, source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<(), StripError> {
    source.seek(SeekFrom::Start(0))?;
    match kind.format {
        Format::Jpeg => jpeg::strip(source, target),
        Format::Png => png::strip(source, target),
        Format::WebP => webp::strip(source, target),
        Format::Gif => gif::strip(source, target),
        _ => Err(StripError::Malformed("its format cannot be stripped")),
    }
}

/// Whether [`strip`] supports this kind. HEIC, AVIF and videos are [overwritten](super::overwrite()) instead.
pub fn can_strip(kind: &Kind) -> bool {
    matches!(kind.format, Format::Jpeg | Format::Png | Format::WebP | Format::Gif)
}
