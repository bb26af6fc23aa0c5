//! Ogg, MPEG audio and WebM, by the codecs or frames in the first bytes.

use crate::{declared::Declaration, kind::Format};

/// Only Ogg files without video, whose codecs are in the first pages. A file without a known codec has to be declared as Ogg.
pub(super) fn ogg(head: &[u8], declaration: &Declaration) -> Option<Format> {
    const AUDIO_CODECS: &[&[u8]] = &[b"OpusHead", b"\x01vorbis", b"\x7FFLAC", b"Speex   "];
    const VIDEO_CODECS: &[&[u8]] = &[b"\x80theora", b"BBCD\0", b"\x01video"];
    let has = |streams: &[&[u8]]| {
        streams
            .iter()
            .any(|stream| head.windows(stream.len()).any(|window| window == *stream))
    };
    let is_audio = has(AUDIO_CODECS) || declaration.is_one_of(&[Format::Ogg]);
    (is_audio && !has(VIDEO_CODECS)).then_some(Format::Ogg)
}

/// MP3 by two consecutive layer III frames. A file with an ID3 tag or a single frame has to be declared as MP3.
pub(super) fn mpeg(head: &[u8], declaration: &Declaration) -> Option<Format> {
    let start = if head.starts_with(b"ID3") {
        10 + synchsafe(head.get(6..10)?)?
    } else {
        0
    };
    let frame = |at: usize| head.get(at..).and_then(frame_length);
    let first = frame(start);
    let is_followed = first.is_some_and(|length| frame(start + length).is_some());
    let is_claimed = declaration.is_one_of(&[Format::Mp3]) && (start > 0 || first.is_some());
    (is_followed || is_claimed).then_some(Format::Mp3)
}

/// MP3 after zero bytes, as audio editors leave them when they cut. Needs two consecutive frames and a declaration.
pub(super) fn padded_mpeg(head: &[u8], declaration: &Declaration) -> Option<Format> {
    let start = head.iter().position(|byte| *byte != 0).filter(|start| *start > 0)?;
    let length = head.get(start..).and_then(frame_length)?;
    let is_followed = head.get(start + length..).and_then(frame_length).is_some();
    (is_followed && declaration.is_one_of(&[Format::Mp3])).then_some(Format::Mp3)
}

/// Decodes a size in an ID3 header, which has seven bits per byte.
fn synchsafe(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .try_fold(0, |size, byte| (*byte < 0x80).then_some(size << 7 | usize::from(*byte)))
}

/// The length in bytes of the layer III frame that starts here.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    const KILOBITS_MPEG1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const KILOBITS_MPEG2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const HERTZ: [usize; 3] = [44_100, 48_000, 32_000];
    let [sync, version, rates, _] = *bytes.first_chunk::<4>()?;
    if sync != 0xFF || version & 0b1110_0110 != 0b1110_0010 {
        return None;
    }
    let hertz = *HERTZ.get(usize::from(rates >> 2 & 0b11))?;
    let (kilobits, samples, divisor) = match version >> 3 & 0b11 {
        0b11 => (KILOBITS_MPEG1, 144, 1),
        0b10 => (KILOBITS_MPEG2, 72, 2),
        0b00 => (KILOBITS_MPEG2, 72, 4),
        _ => return None,
    };
    let rate = *kilobits.get(usize::from(rates >> 4)).filter(|rate| **rate > 0)?;
    Some(samples * 1000 * rate / (hertz / divisor) + usize::from(rates >> 1 & 1))
}

/// WebM by the `DocType` in the EBML header; a file without one has to be declared as WebM. Browsers record voice as WebM with audio only, which the codec names in the track list
/// show.
pub(super) fn webm(head: &[u8], declaration: &Declaration) -> Option<Format> {
    const DOC_TYPE: &[u8] = b"\x42\x82";
    let header = &head[..head.len().min(64)];
    let is_webm = contains(header, b"\x42\x82\x84webm") || contains(header, b"\x42\x82\x88webm\0\0\0\0");
    let is_declared_webm = !contains(header, DOC_TYPE) && declaration.is_one_of(&[Format::WebM, Format::WebMAudio]);
    if !is_webm && !is_declared_webm {
        return None;
    }
    let (video, audio) = (
        contains(head, b"V_VP") || contains(head, b"V_AV1"),
        contains(head, b"A_OPUS") || contains(head, b"A_VORBIS"),
    );
    Some(if audio && !video { Format::WebMAudio } else { Format::WebM })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
