//! What files are: their type by content, pictures' size, thumbnails, removal of metadata, names for display.
//!
//! Pure work on bytes: no runtime, no store. It computes, so it belongs on threads of its own, a bounded number at a time.
//!
//! # The way of a file
//! 1. [`decide_head`] looks at the first [`HEAD`] bytes. [`Step::Decided`] with a kind that is no image can be streamed on as it is.
//! 2. Everything else is spooled: [`Step::NeedsWhole`] is answered by [`decide_whole`], and an image goes through [`picture()`] and [`strip()`].
//! 3. [`strip()`] copies an image without its metadata. When it answers [`StripError::Malformed`], the metadata could not be told from the pixels:
//!    the original is kept as it is, as an opaque file of the decided type, and what [`picture()`] said of it is forgotten.
//!
//! # How to add a …
//! - **type**: a row in [`ALLOWED`], a test of its magic bytes in `media/signature.rs`, and files in the table of `media/tests/table.rs`.
//! - **container whose metadata is removed**: a module beside `media/png.rs`, an arm in [`strip()`] and [`can_strip`], a fixture with a position in it.

mod claim;
mod decide;
mod exif;
mod gif;
mod header;
mod heif;
mod jpeg;
mod kind;
mod name;
mod office;
mod picture;
mod png;
mod signature;
mod strip;
mod text;
mod thumbnail;
mod webp;

pub use decide::{HEAD, Refusal, Step, decide_head, decide_whole};
pub use kind::{ALLOWED, Allowed, Kind};
pub use name::{MAX_NAME_CHARS, sanitise};
pub use picture::{Picture, PictureLimits, Thumbnail, picture};
pub use strip::{StripError, can_strip, strip};

/// Runs a decoder that might panic on what it was not made for. The panic counts as "cannot be read"; nothing of the decoder is used afterwards.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests;
