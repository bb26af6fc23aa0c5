//! ISO base media files: MP4, M4A, QuickTime, HEIC, AVIF.

use super::is_claimed;
use crate::media::{claim::Claim, kind::Format};

const HEIC: &[&[u8; 4]] = &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"];
const AVIF: &[&[u8; 4]] = &[b"avif", b"avis"];
/// Brands that say only "an image sequence": another brand tells the codec.
const IMAGES: &[&[u8; 4]] = &[b"mif1", b"mif2", b"msf1", b"miaf"];
const FILM: &[&[u8; 4]] = &[
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"avc1", b"dash", b"cmfc", b"mmp4", b"mp41", b"mp42",
    b"mp71", b"mp4v", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"F4V ", b"hvc1", b"av01",
];
const SOUND: &[&[u8; 4]] = &[b"M4A ", b"M4B ", b"M4P ", b"F4A "];
/// QuickTime files of before `ftyp` begin with one of these.
const OLD_QUICKTIME: &[&[u8; 4]] = &[b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

/// By the brands of `ftyp`. Sound that is branded as film, as recorders write it, is told by its name or declared type.
pub(super) fn find(head: &[u8], claim: &Claim) -> Option<Format> {
    let (size, kind) = (head.first_chunk::<4>()?, head.get(4..8)?);
    if kind != b"ftyp" {
        let old = OLD_QUICKTIME.iter().any(|name| kind == *name) && is_claimed(claim, &[Format::Mov]);
        return old.then_some(Format::Mov);
    }
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let brands = head.get(8..size.min(head.len()))?;
    let (brands, _) = brands.as_chunks::<4>();
    let (major, rest) = brands.split_first()?;
    // The word after the major brand is its version.
    by_brand(*major, claim).or_else(|| {
        let only_images = IMAGES.contains(&major);
        let mut compatible = rest.iter().skip(1).filter_map(|brand| by_brand(*brand, claim));
        compatible
            .find(|format| !only_images || matches!(format, Format::Heic | Format::Avif))
            .filter(|_| major != b"crx ")
    })
}

fn by_brand(brand: [u8; 4], claim: &Claim) -> Option<Format> {
    match &brand {
        _ if HEIC.contains(&&brand) => Some(Format::Heic),
        _ if AVIF.contains(&&brand) => Some(Format::Avif),
        _ if SOUND.contains(&&brand) => Some(Format::M4a),
        _ if FILM.contains(&&brand) && is_claimed(claim, &[Format::M4a]) => Some(Format::M4a),
        _ if FILM.contains(&&brand) => Some(Format::Mp4),
        b"qt  " => Some(Format::Mov),
        _ => None,
    }
}
