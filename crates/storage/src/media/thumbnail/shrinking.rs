//! Averaging squares of pixels: the quick way to something not much larger than the thumbnail, of which memory holds only the result.

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

/// Takes rows and averages squares of pixels, in such a way that the longest side remains at least twice that of the thumbnail.
pub(super) struct Shrinking {
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
    pub(super) fn new(width: u32, height: u32, samples: usize, side: u32) -> Option<Self> {
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

    pub(super) fn add(&mut self, row: &[u8]) {
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

    /// The smaller image; none where rows were missing.
    pub(super) fn finish(mut self) -> Option<DynamicImage> {
        if !self.rows.is_multiple_of(self.factor) {
            self.flush();
        }
        let width = u32::try_from(self.squares.len()).ok()?;
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
