//! PNG, made smaller row by row. Interlaced images, whose rows come in no order, are decoded whole.

use std::io::{BufReader, Read, Seek, SeekFrom};

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage, codecs::png::PngDecoder};
use png::{ColorType, Decoder, Limits, Transformations};

use super::{Decoded, whole};
use crate::media::picture::PictureLimits;

pub(super) fn decode(source: &mut (impl Read + Seek), limits: &PictureLimits) -> Option<Decoded> {
    let mut decoder = Decoder::new_with_limits(
        BufReader::with_capacity(32 * 1024, &mut *source),
        Limits {
            bytes: limits.decoder_bytes,
        },
    );
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    if info.interlaced {
        source.seek(SeekFrom::Start(0)).ok()?;
        let bounds = image::Limits::default();
        return whole(PngDecoder::with_limits(BufReader::new(source), bounds).ok()?, limits);
    }
    let (width, height) = (info.width, info.height);
    let profile = info.icc_profile.as_ref().map(|profile| profile.to_vec());
    let (colours, _) = reader.output_color_type();
    let mut shrinking = Shrinking::new(width, height, colours.samples(), limits.thumbnail_side)?;
    while let Some(row) = reader.next_row().ok()? {
        shrinking.add(row.data());
    }
    let (width, height, pixels) = shrinking.finish()?;
    let image = match colours {
        ColorType::Grayscale => DynamicImage::ImageLuma8(GrayImage::from_raw(width, height, pixels)?),
        ColorType::GrayscaleAlpha => DynamicImage::ImageLumaA8(GrayAlphaImage::from_raw(width, height, pixels)?),
        ColorType::Rgb => DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, pixels)?),
        ColorType::Rgba => DynamicImage::ImageRgba8(RgbaImage::from_raw(width, height, pixels)?),
        ColorType::Indexed => return None,
    };
    Some(Decoded { image, profile })
}

/// Takes rows and averages squares of pixels, in such a way that the longest side remains at least twice that of the thumbnail.
struct Shrinking {
    factor: usize,
    /// Of a pixel; where they are even in number, the last one is its opacity.
    samples: usize,
    width: usize,
    /// Of the row of squares under way.
    squares: Vec<Square>,
    rows: usize,
    pixels: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
struct Square {
    /// Colours, weighed by opacity.
    colours: [u64; 3],
    opacity: u64,
    pixels: u64,
}

impl Shrinking {
    fn new(width: u32, height: u32, samples: usize, side: u32) -> Option<Self> {
        let factor = usize::try_from(width.max(height) / (2 * side.max(1))).ok()?.max(1);
        let width = usize::try_from(width).ok()?;
        let squares = vec![Square::default(); width.div_ceil(factor)];
        Some(Self {
            factor,
            samples,
            width,
            squares,
            rows: 0,
            pixels: Vec::new(),
        })
    }

    fn add(&mut self, row: &[u8]) {
        let has_opacity = self.samples.is_multiple_of(2);
        let pixels = row.chunks_exact(self.samples).take(self.width);
        for (at, pixel) in pixels.enumerate() {
            let square = &mut self.squares[at / self.factor];
            let (colours, opacity) = match pixel {
                [colours @ .., opacity] if has_opacity => (colours, u64::from(*opacity)),
                colours => (colours, u64::from(u8::MAX)),
            };
            for (sum, colour) in square.colours.iter_mut().zip(colours) {
                *sum += u64::from(*colour) * opacity;
            }
            square.opacity += opacity;
            square.pixels += 1;
        }
        self.rows += 1;
        if self.rows.is_multiple_of(self.factor) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let colours = self.samples - usize::from(self.samples.is_multiple_of(2));
        for square in &mut self.squares {
            let Square {
                colours: sums,
                opacity,
                pixels,
            } = std::mem::take(square);
            self.pixels.extend(sums[..colours].iter().map(|sum| average(*sum, opacity)));
            if colours < self.samples {
                self.pixels.push(average(opacity, pixels));
            }
        }
    }

    fn finish(mut self) -> Option<(u32, u32, Vec<u8>)> {
        if !self.rows.is_multiple_of(self.factor) {
            self.flush();
        }
        let (width, height) = (self.squares.len(), self.rows.div_ceil(self.factor));
        Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?, self.pixels))
    }
}

fn average(sum: u64, count: u64) -> u8 {
    (sum + count / 2)
        .checked_div(count)
        .and_then(|average| u8::try_from(average).ok())
        .unwrap_or_default()
}
