//! Decoding of an image at full size, for formats whose decoders cannot downscale.

use image::{DynamicImage, ImageDecoder};

use super::downscale::BoxDownscaler;
use crate::limits::ImageLimits;

/// A decoded image, no smaller than the thumbnail, with its colour profile.
pub(super) struct Decoded {
    pub(super) image: DynamicImage,
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes the image, or the first frame of an animation. `extra_bytes` is the memory that the decoder takes besides the image, in bytes per pixel.
pub(super) fn decode_whole(mut decoder: impl ImageDecoder, extra_bytes: u64, limits: &ImageLimits) -> Option<Decoded> {
    let mut memory_limits = memory_limits(limits);
    let (width, height) = decoder.dimensions();
    let extra_bytes = u64::from(width) * u64::from(height) * extra_bytes;
    memory_limits.reserve(decoder.total_bytes().checked_add(extra_bytes)?).ok()?;
    decoder.set_limits(memory_limits).ok()?;
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).ok()?;
    Some(Decoded {
        image: downscale(image, limits.thumbnail_side)?,
        profile,
    })
}

pub(super) fn memory_limits(limits: &ImageLimits) -> image::Limits {
    let mut memory_limits = image::Limits::default();
    memory_limits.max_alloc = u64::try_from(limits.decoder_bytes).ok();
    memory_limits
}

fn downscale(image: DynamicImage, side: u32) -> Option<DynamicImage> {
    if image.width().max(image.height()) < 4 * side {
        return Some(image);
    }
    let (width, height, has_alpha) = (image.width(), image.height(), image.color().has_alpha());
    let pixels = if has_alpha {
        image.into_rgba8().into_raw()
    } else {
        image.into_rgb8().into_raw()
    };
    let samples = if has_alpha { 4 } else { 3 };
    let mut downscaler = BoxDownscaler::new(width, height, samples, side)?;
    pixels
        .chunks_exact(usize::try_from(width).ok()? * samples)
        .for_each(|row| downscaler.add_row(row));
    downscaler.finish()
}
