//! Ogg and MPEG audio.

use super::is_claimed;
use crate::media::{claim::Claim, kind::Format};

/// Only sound: an Ogg file with pictures names them in its first pages.
pub(super) fn ogg(head: &[u8]) -> Option<Format> {
    const SOUND: &[&[u8]] = &[b"OpusHead", b"\x01vorbis", b"\x7FFLAC", b"Speex   "];
    const FILM: &[&[u8]] = &[b"\x80theora", b"BBCD\0", b"\x01video"];
    let has = |streams: &[&[u8]]| {
        streams
            .iter()
            .any(|stream| head.windows(stream.len()).any(|window| window == *stream))
    };
    (has(SOUND) && !has(FILM)).then_some(Format::Ogg)
}

/// Layer III, by two frames in a row or by a tag; a lone frame and a tag that is longer than the head need the name to say so too.
pub(super) fn mpeg(head: &[u8], complete: bool, claim: &Claim) -> Option<Format> {
    let start = if head.starts_with(b"ID3") {
        10 + synchsafe(head.get(6..10)?)?
    } else {
        0
    };
    let claimed = is_claimed(claim, &[Format::Mp3]);
    let Some(length) = head.get(start..).and_then(frame_length) else {
        return (start > 0 && claimed).then_some(Format::Mp3);
    };
    match head.get(start + length..) {
        Some(next) if next.len() >= 4 => frame_length(next).map(|_| Format::Mp3),
        _ => (claimed && (complete || start > 0)).then_some(Format::Mp3),
    }
}

/// Sizes in ID3 have seven bits a byte.
fn synchsafe(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .try_fold(0, |size, byte| (*byte < 0x80).then_some(size << 7 | usize::from(*byte)))
}

/// The length of the layer III frame that begins here.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    const KILOBITS_1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const KILOBITS_2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const HERTZ: [usize; 3] = [44_100, 48_000, 32_000];
    let [sync, version, rates, _] = *bytes.first_chunk::<4>()?;
    if sync != 0xFF || version & 0b1110_0110 != 0b1110_0010 {
        return None;
    }
    let hertz = *HERTZ.get(usize::from(rates >> 2 & 0b11))?;
    let (kilobits, samples, divisor) = match version >> 3 & 0b11 {
        0b11 => (KILOBITS_1, 144, 1),
        0b10 => (KILOBITS_2, 72, 2),
        0b00 => (KILOBITS_2, 72, 4),
        _ => return None,
    };
    let rate = *kilobits.get(usize::from(rates >> 4)).filter(|rate| **rate > 0)?;
    Some(samples * 1000 * rate / (hertz / divisor) + usize::from(rates >> 1 & 1))
}
