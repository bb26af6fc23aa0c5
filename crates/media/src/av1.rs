//! The size of AV1 images, by their sequence header (AV1 Bitstream Specification, 5.5).
//!
//! Hand-written because the parsers in decoders read much more than these few bits.

/// Width and height of a still picture, in pixels. None for anything but a still picture: its frames may have sizes of their own, which only a decoder finds.
pub(super) fn still_size(data: &[u8]) -> Option<(u32, u32)> {
    let mut size = None;
    let mut rest = data;
    while let Some((header, content)) = rest.split_first() {
        let (kind, has_extension, has_size) = (header >> 3 & 0xF, header & 4 != 0, header & 2 != 0);
        let content = content.get(usize::from(has_extension)..)?;
        let (length, content) = if has_size { leb128(content)? } else { (content.len(), content) };
        if kind == 1 {
            let (width, height) = sequence_size(content)?;
            // A later sequence header replaces an earlier one. Which one a decoder uses is not known, so the largest size counts.
            let (widest, highest) = size.unwrap_or((0, 0));
            size = Some((width.max(widest), height.max(highest)));
        }
        // The data may be cut off here, because only its start was read.
        let Some(next) = content.get(length..) else { break };
        rest = next;
    }
    size
}

/// The size in a reduced sequence header, which holds for all of its frames. None if the header is not reduced.
fn sequence_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits { bytes, at: 0 };
    let _profile = bits.next(3)?;
    let _still = bits.next(1)?;
    let is_reduced = bits.next(1)? == 1;
    if !is_reduced {
        return None;
    }
    let _level = bits.next(5)?;
    let (width_bits, height_bits) = (bits.next(4)? + 1, bits.next(4)? + 1);
    Some((bits.next(width_bits)? + 1, bits.next(height_bits)? + 1))
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn next(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| {
            let byte = *self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | u32::from(bit))
        })
    }
}
