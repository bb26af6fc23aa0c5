//! WebM, a profile of Matroska.

use super::is_claimed;
use crate::media::{claim::Claim, kind::Format};

/// By the `DocType` of the EBML header, or by the name where there is none; sound alone, as browsers record it, by the tracks, which stand near the start of a WebM file.
pub(super) fn find(head: &[u8], claim: &Claim) -> Option<Format> {
    const DOC_TYPE: &[u8] = b"\x42\x82";
    let header = &head[..head.len().min(64)];
    let is_webm = contains(header, b"\x42\x82\x84webm") || contains(header, b"\x42\x82\x88webm\0\0\0\0");
    let is_meant = !contains(header, DOC_TYPE) && is_claimed(claim, &[Format::WebM, Format::WebMAudio]);
    if !is_webm && !is_meant {
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
