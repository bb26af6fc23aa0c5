//! WebM, a profile of Matroska.

use crate::media::kind::Format;

/// By the `DocType` of the EBML header; sound alone, as browsers record it, by the tracks, which stand near the start of a WebM file.
pub(super) fn find(head: &[u8]) -> Option<Format> {
    let header = &head[..head.len().min(64)];
    if !contains(header, b"\x42\x82\x84webm") && !contains(header, b"\x42\x82\x88webm\0\0\0\0") {
        return None;
    }
    let (film, sound) = (
        contains(head, b"V_VP") || contains(head, b"V_AV1"),
        contains(head, b"A_OPUS") || contains(head, b"A_VORBIS"),
    );
    Some(if sound && !film { Format::WebMAudio } else { Format::WebM })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
