//! ISO base media files by the brands in their `ftyp` box: MP4, M4A, QuickTime, HEIC, AVIF.

use crate::{declared::Declaration, kind::Format};

const HEIC_BRANDS: &[&[u8; 4]] = &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"];
const AVIF_BRANDS: &[&[u8; 4]] = &[b"avif", b"avis"];
/// Brands of any HEIF image. Another brand in the list names the codec.
const GENERIC_IMAGE_BRANDS: &[&[u8; 4]] = &[b"mif1", b"mif2", b"msf1", b"miaf"];
const VIDEO_BRANDS: &[&[u8; 4]] = &[
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"avc1", b"dash", b"cmfc", b"mmp4", b"mp41", b"mp42",
    b"mp71", b"mp4v", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"F4V ", b"hvc1", b"av01",
];
const AUDIO_BRANDS: &[&[u8; 4]] = &[b"M4A ", b"M4B ", b"M4P ", b"F4A "];
/// The first box of QuickTime files older than `ftyp`.
const BARE_QUICKTIME_BOXES: &[&[u8; 4]] = &[b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

/// Matches the brands in `ftyp`. Recorders write audio with the brands of a video; a declared audio type tells it apart.
pub(super) fn identify(head: &[u8], declaration: &Declaration) -> Option<Format> {
    let (size, kind) = (head.first_chunk::<4>()?, head.get(4..8)?);
    if kind != b"ftyp" {
        let old = BARE_QUICKTIME_BOXES.iter().any(|name| kind == *name) && declaration.is_one_of(&[Format::Mov]);
        return old.then_some(Format::Mov);
    }
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let brands = head.get(8..size.min(head.len()))?;
    let (brands, _) = brands.as_chunks::<4>();
    let (major, rest) = brands.split_first()?;
    // The four bytes after the major brand are its version.
    by_brand(*major, declaration).or_else(|| {
        let only_images = GENERIC_IMAGE_BRANDS.contains(&major);
        let mut compatible = rest.iter().skip(1).filter_map(|brand| by_brand(*brand, declaration));
        compatible
            .find(|format| !only_images || matches!(format, Format::Heic | Format::Avif))
            .filter(|_| major != b"crx ")
    })
}

fn by_brand(brand: [u8; 4], declaration: &Declaration) -> Option<Format> {
    match &brand {
        _ if HEIC_BRANDS.contains(&&brand) => Some(Format::Heic),
        _ if AVIF_BRANDS.contains(&&brand) => Some(Format::Avif),
        _ if AUDIO_BRANDS.contains(&&brand) => Some(Format::M4a),
        _ if VIDEO_BRANDS.contains(&&brand) && declaration.is_one_of(&[Format::M4a]) => Some(Format::M4a),
        _ if VIDEO_BRANDS.contains(&&brand) => Some(Format::Mp4),
        b"qt  " => Some(Format::Mov),
        _ => None,
    }
}
