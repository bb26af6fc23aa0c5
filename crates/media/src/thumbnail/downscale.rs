//! Downscaling by averaging blocks of pixels, row by row. Fast, and only the result is in memory.

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

/// Averages blocks of pixels. The blocks are as large as possible while the longest side stays at least twice that of the thumbnail.
pub(super) struct BoxDownscaler {
    factor: usize,
    /// Samples per pixel. If the number is even, the last one is alpha.
    samples: usize,
    width: usize,
    /// The row of blocks that is being averaged.
    blocks: Vec<Block>,
    rows: usize,
    pixels: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
struct Block {
    /// Sums of the colours, weighted by alpha.
    colours: [u64; 3],
    opacity: u64,
    pixels: u64,
}

impl BoxDownscaler {
    pub(super) fn new(width: u32, height: u32, samples: usize, side: u32) -> Option<Self> {
        let factor = usize::try_from(width.max(height) / (2 * side.max(1))).ok()?.max(1);
        let width = usize::try_from(width).ok()?;
        let blocks = vec![Block::default(); width.div_ceil(factor)];
        Some(Self {
            factor,
            samples,
            width,
            blocks,
            rows: 0,
            pixels: Vec::new(),
        })
    }

    pub(super) fn add_row(&mut self, row: &[u8]) {
        let has_opacity = self.samples.is_multiple_of(2);
        let pixels = row.chunks_exact(self.samples).take(self.width);
        for (at, pixel) in pixels.enumerate() {
            let block = &mut self.blocks[at / self.factor];
            let (colours, opacity) = match pixel {
                [colours @ .., opacity] if has_opacity => (colours, u64::from(*opacity)),
                colours => (colours, u64::from(u8::MAX)),
            };
            for (sum, colour) in block.colours.iter_mut().zip(colours) {
                *sum += u64::from(*colour) * opacity;
            }
            block.opacity += opacity;
            block.pixels += 1;
        }
        self.rows += 1;
        if self.rows.is_multiple_of(self.factor) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let colours = self.samples - usize::from(self.samples.is_multiple_of(2));
        for block in &mut self.blocks {
            let Block {
                colours: sums,
                opacity,
                pixels,
            } = std::mem::take(block);
            self.pixels.extend(sums[..colours].iter().map(|sum| average(*sum, opacity)));
            if colours < self.samples {
                self.pixels.push(average(opacity, pixels));
            }
        }
    }

    /// The downscaled image; none if rows are missing.
    pub(super) fn finish(mut self) -> Option<DynamicImage> {
        if !self.rows.is_multiple_of(self.factor) {
            self.flush();
        }
        let width = u32::try_from(self.blocks.len()).ok()?;
        let height = u32::try_from(self.rows.div_ceil(self.factor)).ok()?;
        match self.samples {
            1 => GrayImage::from_raw(width, height, self.pixels).map(Into::into),
            2 => GrayAlphaImage::from_raw(width, height, self.pixels).map(Into::into),
            3 => RgbImage::from_raw(width, height, self.pixels).map(Into::into),
            _ => RgbaImage::from_raw(width, height, self.pixels).map(Into::into),
        }
    }
}

fn average(sum: u64, count: u64) -> u8 {
    (sum + count / 2)
        .checked_div(count)
        .and_then(|average| u8::try_from(average).ok())
        .unwrap_or_default()
}
