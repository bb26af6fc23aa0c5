//! Small pictures. JPEG and PNG are made smaller while they are decoded, so that a photo does not take its full size in memory.

use std::io::{BufReader, Read, Seek};

use fast_image_resize::Resizer;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder,
    codecs::{
        gif::GifDecoder,
        jpeg::JpegEncoder,
        webp::{WebPDecoder, WebPEncoder},
    },
};

use self::shrinking::Shrinking;
use super::{
    header::Header,
    kind::Format,
    picture::{PictureLimits, Thumbnail},
    webp,
};

mod jpeg;
mod png;
mod shrinking;

/// Where the eye stops seeing the difference at this size.
const JPEG_QUALITY: u8 = 80;
/// Profiles of cameras and screens are smaller; those of printers would outweigh the picture.
const MAX_PROFILE: usize = 4 * 1024;

/// A decoded image, no smaller than the thumbnail, with the profile of its colours.
struct Decoded {
    image: DynamicImage,
    profile: Option<Vec<u8>>,
}

/// None where the image cannot be decoded within the limits.
pub(super) fn make(format: Format, source: &mut (impl Read + Seek), header: &Header, limits: &PictureLimits) -> Option<Thumbnail> {
    let Decoded { image, profile } = match format {
        Format::Jpeg => jpeg::decode(source, limits)?,
        Format::Png => png::decode(source, limits)?,
        Format::Gif => whole(GifDecoder::new(BufReader::new(source)).ok()?, 0, limits)?,
        Format::WebP => {
            let source = webp::decodable(source, (header.width, header.height))?;
            let decoder = WebPDecoder::new(BufReader::new(source)).ok()?;
            // A frame, and what it is laid on or its opacity.
            let beside = if decoder.has_animation() || decoder.color_type().has_alpha() {
                8
            } else {
                4
            };
            whole(decoder, beside, limits)?
        }
        _ => return None,
    };
    let mut image = fit(image, limits.thumbnail_side)?;
    image.apply_orientation(header.orientation);
    encode(&image, profile.as_deref().filter(|profile| is_usable(profile, &image)))
}

/// Decodes all pixels; the first frame of an animation. `beside` is what its decoder takes beside the image, in bytes a pixel.
fn whole(mut decoder: impl ImageDecoder, beside: u64, limits: &PictureLimits) -> Option<Decoded> {
    let mut bounds = bounds(limits);
    let (width, height) = decoder.dimensions();
    let beside = u64::from(width) * u64::from(height) * beside;
    bounds.reserve(decoder.total_bytes().checked_add(beside)?).ok()?;
    decoder.set_limits(bounds).ok()?;
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).ok()?;
    Some(Decoded {
        image: shrink(image, limits.thumbnail_side)?,
        profile,
    })
}

fn bounds(limits: &PictureLimits) -> image::Limits {
    let mut bounds = image::Limits::default();
    bounds.max_alloc = u64::try_from(limits.decoder_bytes).ok();
    bounds
}

fn shrink(image: DynamicImage, side: u32) -> Option<DynamicImage> {
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
    let mut shrinking = Shrinking::new(width, height, samples, side)?;
    pixels
        .chunks_exact(usize::try_from(width).ok()? * samples)
        .for_each(|row| shrinking.add(row));
    shrinking.finish()
}

/// Eight bits a channel, no side longer than this; without a channel for opacity where all is opaque.
fn fit(image: DynamicImage, side: u32) -> Option<DynamicImage> {
    let image = if image.color().has_alpha() {
        DynamicImage::ImageRgba8(image.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(image.into_rgb8())
    };
    let longest = image.width().max(image.height());
    let image = if longest > side {
        let shorter = |length: u32| (u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest);
        let [width, height] = [image.width(), image.height()].map(|length| u32::try_from(shorter(length).max(1)));
        let mut small = DynamicImage::new(width.ok()?, height.ok()?, image.color());
        // `image` does this in floating point, with five times the memory, and lets the colours of what is transparent show at the edges.
        Resizer::new().resize(&image, &mut small, None).ok()?;
        small
    } else {
        image
    };
    let opaque = image
        .as_rgba8()
        .is_some_and(|image| image.pixels().all(|pixel| pixel[3] == u8::MAX));
    Some(if opaque {
        DynamicImage::ImageRgb8(image.into_rgb8())
    } else {
        image
    })
}

/// Whether a profile is small, and one of colours as the picture now has them.
fn is_usable(profile: &[u8], image: &DynamicImage) -> bool {
    profile.len() <= MAX_PROFILE && image.color().has_color() && profile.get(16..20) == Some(b"RGB ")
}

/// As JPEG or WebP, whichever is smaller; only WebP where something is transparent.
fn encode(image: &DynamicImage, profile: Option<&[u8]>) -> Option<Thumbnail> {
    let (mut webp, mut jpeg) = (Vec::new(), Vec::new());
    let webp = write(image, profile, WebPEncoder::new_lossless(&mut webp)).map(|()| Thumbnail {
        bytes: webp,
        mime_type: "image/webp",
    });
    if image.color().has_alpha() {
        return webp;
    }
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
    let jpeg = write(image, profile, encoder).map(|()| Thumbnail {
        bytes: jpeg,
        mime_type: "image/jpeg",
    });
    [webp, jpeg].into_iter().flatten().min_by_key(|thumbnail| thumbnail.bytes.len())
}

fn write(image: &DynamicImage, profile: Option<&[u8]>, mut encoder: impl ImageEncoder) -> Option<()> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.to_owned()).ok()?;
    }
    image.write_with_encoder(encoder).ok()
}
