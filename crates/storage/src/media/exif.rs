//! The one thing in EXIF that is needed: which way is up.

use image::metadata::Orientation;

/// What precedes EXIF in JPEG, and in some WebP files.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";

/// Reads the orientation; anything unreadable counts as upright.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(PREFIX).unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

/// EXIF that tells the orientation and nothing else; none for an upright image.
pub(super) fn only(orientation: Orientation) -> Option<[u8; 26]> {
    // Big-endian, first directory at 8 with one entry: tag 0x0112 of type SHORT, one value; no further directory.
    let mut tiff = *b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation.to_exif();
    (orientation != Orientation::NoTransforms).then_some(tiff)
}
