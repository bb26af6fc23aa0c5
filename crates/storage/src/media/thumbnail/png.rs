//! PNG, made smaller row by row. Interlaced images, whose rows come in no order, are decoded whole.

use std::io::{BufReader, Read, Seek, SeekFrom};

use image::codecs::png::PngDecoder;
use png::{BitDepth, Decoder, Limits, Transformations};

use super::{Decoded, bounds, shrinking::Shrinking, whole};
use crate::media::picture::PictureLimits;

/// For a few rows and the colour profile, which may be compressed a thousandfold.
const ROW_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn decode(source: &mut (impl Read + Seek), limits: &PictureLimits) -> Option<Decoded> {
    let bytes = limits.decoder_bytes.min(ROW_BYTES);
    let mut decoder = Decoder::new_with_limits(BufReader::with_capacity(32 * 1024, &mut *source), Limits { bytes });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    if info.interlaced {
        // Sixteen bits a channel are brought to eight.
        let beside = if info.bit_depth == BitDepth::Sixteen { 4 } else { 0 };
        source.seek(SeekFrom::Start(0)).ok()?;
        return whole(
            PngDecoder::with_limits(BufReader::new(source), bounds(limits)).ok()?,
            beside,
            limits,
        );
    }
    let (width, height) = (info.width, info.height);
    let profile = info.icc_profile.as_ref().map(|profile| profile.to_vec());
    let (colours, _) = reader.output_color_type();
    let mut shrinking = Shrinking::new(width, height, colours.samples(), limits.thumbnail_side)?;
    while let Some(row) = reader.next_row().ok()? {
        shrinking.add(row.data());
    }
    Some(Decoded {
        image: shrinking.finish()?,
        profile,
    })
}
