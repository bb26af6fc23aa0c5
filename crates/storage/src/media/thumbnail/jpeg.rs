//! JPEG, decoded at an eighth, a quarter or half of its size where that is enough.
//!
//! By `jpeg-decoder`, which can do this: `zune-jpeg`, on which `image` stands now, cannot, and takes sixty times the memory for a photo.
//! The colours of print are left to `image`.

use std::io::{BufReader, Read, Seek, SeekFrom};

use image::{DynamicImage, GrayImage, RgbImage, codecs::jpeg::JpegDecoder};
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use super::{Decoded, whole};
use crate::media::{jpeg::count_scans, picture::PictureLimits};

/// Each scan of a progressive image goes over all its pixels. Ten are usual.
const MAX_SCANS: usize = 100;

pub(super) fn decode(source: &mut (impl Read + Seek), limits: &PictureLimits) -> Option<Decoded> {
    if count_scans(source).ok()? > MAX_SCANS {
        return None;
    }
    source.seek(SeekFrom::Start(0)).ok()?;
    let mut decoder = Decoder::new(BufReader::with_capacity(32 * 1024, &mut *source));
    decoder.set_max_decoding_buffer_size(limits.decoder_bytes);
    decoder.read_info().ok()?;
    let info = decoder.info()?;
    // A progressive image has all its coefficients in memory, of two bytes each.
    let coefficients = match info.coding_process {
        CodingProcess::DctProgressive => 2 * info.pixel_format.pixel_bytes(),
        _ => 0,
    };
    if matches!(info.pixel_format, PixelFormat::CMYK32 | PixelFormat::L16) {
        source.seek(SeekFrom::Start(0)).ok()?;
        return whole(JpegDecoder::new(BufReader::new(source)).ok()?, coefficients as u64, limits);
    }
    if usize::from(info.width) * usize::from(info.height) * coefficients > limits.decoder_bytes {
        return None;
    }
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
