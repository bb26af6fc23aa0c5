//! Ogg and MPEG audio.

use super::is_claimed;
use crate::media::{claim::Claim, kind::Format};

/// Only sound: an Ogg file with pictures names them in its first pages. What names no codec that is known needs the name to say so.
pub(super) fn ogg(head: &[u8], claim: &Claim) -> Option<Format> {
    const SOUND: &[&[u8]] = &[b"OpusHead", b"\x01vorbis", b"\x7FFLAC", b"Speex   "];
    const FILM: &[&[u8]] = &[b"\x80theora", b"BBCD\0", b"\x01video"];
    let has = |streams: &[&[u8]]| {
        streams
            .iter()
            .any(|stream| head.windows(stream.len()).any(|window| window == *stream))
    };
    let is_sound = has(SOUND) || is_claimed(claim, &[Format::Ogg]);
    (is_sound && !has(FILM)).then_some(Format::Ogg)
}

/// Layer III, by two frames in a row; a lone frame and a tag need the name to say so too.
pub(super) fn mpeg(head: &[u8], claim: &Claim) -> Option<Format> {
    let start = if head.starts_with(b"ID3") {
        10 + synchsafe(head.get(6..10)?)?
    } else {
        0
    };
    let frame = |at: usize| head.get(at..).and_then(frame_length);
    let first = frame(start);
    let is_followed = first.is_some_and(|length| frame(start + length).is_some());
    let is_claimed = is_claimed(claim, &[Format::Mp3]) && (start > 0 || first.is_some());
    (is_followed || is_claimed).then_some(Format::Mp3)
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
