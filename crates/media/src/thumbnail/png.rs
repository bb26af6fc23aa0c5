//! PNG, downscaled row by row. Interlaced images are decoded as a whole, because their rows are not in order.

use std::io::{Read, Seek, SeekFrom};

use image::codecs::png::PngDecoder;
use png::{BitDepth, Decoder, Limits, Transformations};

use super::{
    downscale::BoxDownscaler,
    whole::{Decoded, decode_whole, memory_limits},
};
use crate::limits::{Deadline, ImageLimits};

/// Memory for some rows and the colour profile, in bytes. The profile may be compressed a thousandfold.
const ROW_DECODER_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn decode(source: &mut (impl Read + Seek), limits: &ImageLimits, deadline: &Deadline) -> Option<Decoded> {
    let bytes = limits.decoder_bytes.min(ROW_DECODER_BYTES);
    let mut decoder = Decoder::new_with_limits(deadline.reader(&mut *source), Limits { bytes });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    if info.interlaced {
        // Sixteen bits per channel are converted to eight.
        let extra_bytes = if info.bit_depth == BitDepth::Sixteen { 4 } else { 0 };
        source.seek(SeekFrom::Start(0)).ok()?;
        return decode_whole(
            PngDecoder::with_limits(deadline.reader(source), memory_limits(limits)).ok()?,
            extra_bytes,
            limits,
        );
    }
    let (width, height) = (info.width, info.height);
    let profile = info.icc_profile.as_ref().map(|profile| profile.to_vec());
    let (colours, _) = reader.output_color_type();
    let mut downscaler = BoxDownscaler::new(width, height, colours.samples(), limits.thumbnail_side)?;
    while let Some(row) = reader.next_row().ok()? {
        deadline.check()?;
        downscaler.add_row(row.data());
    }
    Some(Decoded {
        image: downscaler.finish()?,
        profile,
    })
}
