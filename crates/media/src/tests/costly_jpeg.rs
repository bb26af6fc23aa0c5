//! A small JPEG that is expensive to decode. The attacks on the whole program use it too.

/// A grey progressive JPEG of this size with this many scans. The first scan has one bit per block of pixels, each further one a few bytes, and a decoder goes over all pixels for
/// each of them.
pub(super) fn progressive(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let mut bytes = vec![0xFF, 0xD8];
    // A quantisation table of ones, and a frame of one component.
    segment(&mut bytes, 0xDB, &[&[0][..], &[1; 64]].concat());
    let [[high, low], [wide, narrow]] = [height, width].map(u16::to_be_bytes);
    segment(&mut bytes, 0xC2, &[8, high, low, wide, narrow, 1, 1, 0x11, 0]);
    // Code 0: no difference to the previous block.
    segment(&mut bytes, 0xC4, &one_code(0x00, 0));
    segment(&mut bytes, 0xDA, &[1, 1, 0x00, 0, 0, 0]);
    bytes.resize(bytes.len() + blocks.div_ceil(8), 0);
    // Code 0 and fourteen more bits: 16,384 blocks plus this number are empty.
    segment(&mut bytes, 0xC4, &one_code(0x10, 0xE0));
    let mut empty = Bits::default();
    let mut left = blocks;
    while left > 0 {
        let run = left.min(0x7FFF);
        if run < 0x4000 {
            // The last run may extend beyond the last block.
            empty.push(0, 15);
        } else {
            empty.push(run - 0x4000, 15);
        }
        left -= run;
    }
    let empty = empty.finish();
    for _ in 1..scans {
        segment(&mut bytes, 0xDA, &[1, 1, 0x00, 1, 63, 0]);
        bytes.extend_from_slice(&empty);
    }
    bytes.extend_from_slice(&[0xFF, 0xD9]);
    bytes
}

fn segment(bytes: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).expect("a short segment");
    bytes.extend_from_slice(&[0xFF, marker]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(content);
}

/// A Huffman table in which code 0 stands for `symbol`, and no other code is used.
fn one_code(class: u8, symbol: u8) -> Vec<u8> {
    [&[class, 1][..], &[0; 15], &[symbol]].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: usize, count: u32) {
        self.held = self.held << count | u32::try_from(value).expect("few bits");
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.byte();
        }
    }

    fn byte(&mut self) {
        let byte = (self.held >> self.count).to_le_bytes()[0];
        self.bytes.push(byte);
        if byte == 0xFF {
            self.bytes.push(0);
        }
        self.held &= (1 << self.count) - 1;
    }

    /// Pads the last byte with ones.
    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.push(0x7F, 7);
        }
        self.bytes
    }
}
