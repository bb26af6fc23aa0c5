//! Metadata that is overwritten in place: HEIC, AVIF, MP4, QuickTime.

use std::collections::BTreeSet;

use self::builders::*;
use super::*;

mod builders;
mod cost;
mod images;
mod videos;

/// Overwrites a copy, which refuses to grow.
fn overwritten(bytes: &[u8]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    match overwrite(&mut Cursor::new(copy.as_mut_slice())) {
        Ok(()) | Err(StripError::Malformed(_)) => copy,
        Err(error) => panic!("{error}: {error:?}"),
    }
}

/// The positions at which two files of the same length differ.
fn differing_bytes(one: &[u8], other: &[u8]) -> BTreeSet<usize> {
    assert_eq!(one.len(), other.len());
    (0..one.len()).filter(|at| one[*at] != other[*at]).collect()
}

#[test]
fn a_truncated_file_is_overwritten_up_to_its_end() {
    for (name, whole, data) in [
        ("video", video(LAYOUTS[1], SECRET), samples(SECRET).video[0].clone()),
        ("image", heic(SECRET), 0..14),
    ] {
        let start = place(&whole, &[b"mdat"]).start;
        let kept = start + data.start..start + data.end;
        for length in 0..whole.len() {
            let after = overwritten(&whole[..length]);
            assert_eq!(after.len(), length, "{name}");
            if length >= kept.end {
                assert_eq!(after[kept.clone()], whole[kept.clone()], "{name} of {length}");
            }
        }
    }
    // Truncated after the tags, within `moov`.
    let whole = video(LAYOUTS[1], SECRET);
    let user = place(&whole, &[b"moov", b"udta"]);
    let after = overwritten(&whole[..user.end]);
    assert!(!contains(&after[place(&whole, &[b"moov"]).start..], SECRET));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = LAYOUTS.iter().map(|layout| video(*layout, SECRET)).collect();
    seeds.extend([fragmented_video(SECRET), heic(SECRET)]);
    seeds.extend(["video.mp4", "video.mov", "turned.heic", "still.avif", "voice.m4a"].map(fixture));
    seeds
}

/// Checks that overwriting neither panics nor changes the length.
pub(super) fn check_length(bytes: &[u8]) {
    let once = overwritten(bytes);
    assert_eq!(once.len(), bytes.len());
}
