//! The header of an image, as the modules of the formats read it, and the orientation in EXIF.
//!
//! Hand-written because `imagesize` and `image` read neither the frames of a file nor the rotation of HEIC.

use image::metadata::Orientation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// In pixels, before the orientation is applied.
    pub(super) width: u32,
    /// In pixels, before the orientation is applied.
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    pub(super) frames: FrameBounds,
}

/// The extent of everything in a file that a decoder allocates: frames of an animation, tiles, depth maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameBounds {
    right: u64,
    bottom: u64,
    pixels: u64,
}

impl FrameBounds {
    /// Adds a frame of this size at this position.
    pub(super) fn add_frame(&mut self, (left, top): (u32, u32), (width, height): (u32, u32)) {
        self.right = self.right.max(u64::from(left) + u64::from(width));
        self.bottom = self.bottom.max(u64::from(top) + u64::from(height));
    }

    /// Adds an image of this size that is not part of the main one, such as a tile or a depth map.
    pub(super) fn add_separate(&mut self, width: u32, height: u32) {
        self.pixels = self.pixels.max(u64::from(width) * u64::from(height));
    }
}

impl Header {
    /// The pixels of the largest thing that a decoder may allocate: the image, the area that its frames reach, or a separate image.
    pub(super) fn max_pixels(&self) -> u64 {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let frames = self.frames.right.saturating_mul(self.frames.bottom);
        (width * height).max(frames).max(self.frames.pixels)
    }

    /// Whether a frame reaches outside the image. Some decoders then enlarge the image, or allocate the frame before they fail.
    pub(super) fn has_frame_outside(&self) -> bool {
        self.frames.right > self.width.into() || self.frames.bottom > self.height.into()
    }

    /// Width and height after the orientation is applied.
    pub(super) fn display_size(&self) -> (u32, u32) {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match self.orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (self.height, self.width),
            _ => (self.width, self.height),
        }
    }
}

/// The prefix of EXIF in JPEG, and in some WebP files.
pub(super) const EXIF_PREFIX: &[u8] = b"Exif\0\0";

/// Reads the orientation. Unreadable EXIF counts as upright.
pub(super) fn read_orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(EXIF_PREFIX).unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

/// EXIF with nothing but this orientation; none if the image is upright.
pub(super) fn orientation_exif(orientation: Orientation) -> Option<[u8; 26]> {
    (orientation != Orientation::NoTransforms).then(|| encode_orientation(orientation))
}

/// EXIF with nothing but this orientation.
pub(super) fn encode_orientation(orientation: Orientation) -> [u8; 26] {
    // Big-endian TIFF. The directory at offset 8 has one entry, tag 0x0112 of type SHORT with one value, and no successor.
    let mut tiff = *b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation.to_exif();
    tiff
}
