//! Thumbnails. JPEG and PNG are downscaled while they are decoded, so that a photo is never in memory at full size.

use std::io::{Read, Seek};

use fast_image_resize::Resizer;
use image::{
    DynamicImage, ImageDecoder as _, ImageEncoder,
    codecs::{
        gif::GifDecoder,
        jpeg::JpegEncoder,
        webp::{WebPDecoder, WebPEncoder},
    },
};

use self::whole::{Decoded, decode_whole};
use super::{
    header::Header,
    kind::Format,
    limits::{Deadline, ImageLimits},
    webp,
};

mod downscale;
mod jpeg;
mod png;
mod whole;

/// At this size a higher quality makes no visible difference.
const JPEG_QUALITY: u8 = 80;
/// The largest colour profile that is kept, in bytes. Profiles of cameras and screens are smaller; those of printers are larger than the thumbnail.
const MAX_PROFILE_BYTES: usize = 4 * 1024;

/// An encoded thumbnail, at most 480 pixels on its longest side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// The encoded image, in the format of `mime_type`.
    pub bytes: Vec<u8>,
    /// The MIME type: `image/jpeg` or `image/webp`.
    pub mime_type: &'static str,
}

/// Makes a thumbnail. None if the image cannot be decoded within the limits.
pub(super) fn make_thumbnail(
    format: Format,
    source: &mut (impl Read + Seek),
    header: &Header,
    limits: &ImageLimits,
    deadline: &Deadline,
) -> Option<Thumbnail> {
    if header.width.max(header.height) > limits.side {
        return None;
    }
    // Decode, downscaling where the decoder can
    let Decoded { image, profile } = match format {
        Format::Jpeg => jpeg::decode(source, limits, deadline)?,
        Format::Png => png::decode(source, limits, deadline)?,
        Format::Gif => decode_whole(GifDecoder::new(deadline.reader(source)).ok()?, 0, limits)?,
        Format::WebP => {
            let source = webp::decodable(source, (header.width, header.height))?;
            let decoder = WebPDecoder::new(deadline.reader(source)).ok()?;
            // One byte per channel of a frame, and as much for the canvas or the alpha channel.
            let extra_bytes = if decoder.has_animation() || decoder.color_type().has_alpha() {
                8
            } else {
                4
            };
            decode_whole(decoder, extra_bytes, limits)?
        }
        _ => return None,
    };
    // Resize, turn upright and encode
    deadline.check()?;
    let mut image = resize_to_fit(image, limits.thumbnail_side)?;
    image.apply_orientation(header.orientation);
    encode(&image, profile.as_deref().filter(|profile| is_usable(profile, &image)))
}

/// Scales down to this longest side, at eight bits per channel. An alpha channel that is opaque everywhere is removed.
fn resize_to_fit(image: DynamicImage, side: u32) -> Option<DynamicImage> {
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
        // `image` resizes in floating point, with five times the memory, and lets the colours of transparent pixels show at edges.
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

/// Whether the profile is small, and its colour space is that of the thumbnail.
fn is_usable(profile: &[u8], image: &DynamicImage) -> bool {
    profile.len() <= MAX_PROFILE_BYTES && image.color().has_color() && profile.get(16..20) == Some(b"RGB ")
}

/// Encodes as JPEG or WebP, whichever is smaller; as WebP if there is an alpha channel.
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
