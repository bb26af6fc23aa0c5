//! Detection of file types, image sizes and thumbnails, removal of metadata, and names that are safe to show.
//!
//! The crate reads and writes bytes. It has no runtime, network or database. Its functions compute for up to seconds, so callers run them on a bounded number of threads.
//!
//! # How a file is processed
//! 1. [`decide_head`] reads the first [`HEAD`] bytes. If it returns [`Step::Decided`], and the type is neither an image nor [overwritten in place](can_overwrite), the file
//!    needs no further processing and can be streamed.
//! 2. After [`Step::NeedsWhole`], [`decide_whole`] reads the whole file.
//! 3. [`inspect_image()`] measures an image and makes its thumbnail.
//! 4. [`strip()`] copies a JPEG, PNG, WebP or GIF without its metadata. After [`StripError::Malformed`] metadata cannot be told from pixels: the file is stored unchanged, without
//!    size and thumbnail.
//! 5. [`overwrite()`] overwrites the metadata of HEIC, AVIF, MP4, QuickTime and M4A in place.
//!
//! # How to add a …
//! - **type**: a row in [`ALLOWED_TYPES`], its magic bytes in `detect.rs`, and fixtures in the tables of `tests/types.rs`.
//! - **image format whose metadata is stripped**: a module beside `png.rs`, an arm in [`strip()`] and [`can_strip`], and a fixture with a position in it.
//! - **box or tag that is kept in videos**: its name in `overwrite/kept.rs`.

mod av1;
mod bmff;
mod declared;
mod detect;
mod error;
mod gif;
mod header;
mod heif;
mod inspect;
mod items;
mod jpeg;
mod kind;
mod limits;
mod name;
mod overwrite;
mod png;
mod strip;
mod thumbnail;
mod webp;

pub use detect::{HEAD, Step, decide_head, decide_whole};
pub use error::{Refusal, StripError, catch_panic};
pub use inspect::{ImageInfo, inspect_image};
pub use kind::{ALLOWED_TYPES, AllowedType, Kind};
pub use limits::{ImageLimits, MonotonicClock};
pub use name::{MAX_NAME_CHARS, sanitise};
pub use overwrite::{can_overwrite, overwrite};
pub use strip::{can_strip, strip};
pub use thumbnail::Thumbnail;

#[cfg(test)]
mod tests;
