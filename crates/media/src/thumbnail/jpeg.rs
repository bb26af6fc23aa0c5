//! JPEG, decoded at an eighth, a quarter or half of its size if that is enough.
//!
//! Uses `jpeg-decoder`, because `zune-jpeg`, the decoder of `image`, cannot decode at a smaller size and takes sixty times the memory for a photo. CMYK is left to `image`.

use std::io::{Read, Seek, SeekFrom};

use image::{DynamicImage, GrayImage, RgbImage, codecs::jpeg::JpegDecoder};
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use super::whole::{Decoded, decode_whole};
use crate::{
    jpeg::count_scans,
    limits::{Deadline, ImageLimits},
};

/// A scan of fewer pixels counts as this many, since its tables have to be built anyway.
const MIN_SCAN_PIXELS: u64 = 1_000_000;

pub(super) fn decode(source: &mut (impl Read + Seek), limits: &ImageLimits, deadline: &Deadline) -> Option<Decoded> {
    // Refuse an image whose scans take too long
    let scans = count_scans(source).ok()?;
    source.seek(SeekFrom::Start(0)).ok()?;
    let mut decoder = Decoder::new(deadline.reader(&mut *source));
    decoder.set_max_decoding_buffer_size(limits.decoder_bytes);
    decoder.read_info().ok()?;
    let info = decoder.info()?;
    // Each scan goes over all pixels, however few bytes it has.
    let pixels = (u64::from(info.width) * u64::from(info.height)).max(MIN_SCAN_PIXELS);
    if pixels.checked_mul(scans)? > limits.scanned_pixels {
        return None;
    }
    // Refuse an image that takes too much memory. A progressive decoder keeps all coefficients, of two bytes each.
    let coefficients = match info.coding_process {
        CodingProcess::DctProgressive => 2 * info.pixel_format.pixel_bytes(),
        _ => 0,
    };
    if matches!(info.pixel_format, PixelFormat::CMYK32 | PixelFormat::L16) {
        source.seek(SeekFrom::Start(0)).ok()?;
        return decode_whole(JpegDecoder::new(deadline.reader(source)).ok()?, coefficients as u64, limits);
    }
    if usize::from(info.width) * usize::from(info.height) * coefficients > limits.decoder_bytes {
        return None;
    }
    // Decode at the smallest size that is enough
    let side = u16::try_from(limits.thumbnail_side).unwrap_or(u16::MAX);
    let (width, height) = decoder.scale(side, side).ok()?;
    let pixels = decoder.decode().ok()?;
    let (width, height) = (width.into(), height.into());
    let image = match info.pixel_format {
        PixelFormat::L8 => DynamicImage::ImageLuma8(GrayImage::from_raw(width, height, pixels)?),
        _ => DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, pixels)?),
    };
    Some(Decoded {
        image,
        profile: decoder.icc_profile(),
    })
}
