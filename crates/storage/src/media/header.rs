//! What every format's header tells, each read by the module of the format.

use image::metadata::Orientation;

/// What the header of an image tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// As stored.
    pub(super) width: u32,
    /// As stored.
    pub(super) height: u32,
    pub(super) orientation: Orientation,
}

impl Header {
    /// Width and height as shown.
    pub(super) fn shown(&self) -> (u32, u32) {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match self.orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (self.height, self.width),
            _ => (self.width, self.height),
        }
    }
}
