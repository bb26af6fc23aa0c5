//! HEIC and AVIF: the size and the rotation of the main picture, from the boxes in front of the pixels. There is no decoder for them here.

use std::io::{BufReader, Read, Seek, SeekFrom};

use image::metadata::Orientation;

use super::{header::Header, strip::StripError};

/// The largest description that is read; thousands of tiles fit.
const MAX_META: u64 = 1024 * 1024;
/// The description comes right behind the brands; files with more boxes in front are not searched.
const MAX_BOXES: usize = 64;

type Result<T> = std::result::Result<T, StripError>;

const BROKEN: StripError = StripError::Malformed("it has no header");

pub(super) fn header(source: &mut (impl Read + Seek)) -> Result<Header> {
    let meta = read_meta(source)?;
    // Its version and flags come first.
    find(meta.get(4..).unwrap_or_default()).ok_or(BROKEN)
}

fn read_meta(source: &mut (impl Read + Seek)) -> Result<Vec<u8>> {
    let mut left = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut source = BufReader::with_capacity(4 * 1024, source);
    for _ in 0..MAX_BOXES {
        let mut fixed = [0; 8];
        source.read_exact(&mut fixed)?;
        let [a, b, c, d, name @ ..] = fixed;
        let (mut size, mut head) = (u64::from(u32::from_be_bytes([a, b, c, d])), 8);
        if size == 1 {
            let mut large = [0; 8];
            source.read_exact(&mut large)?;
            (size, head) = (u64::from_be_bytes(large), 16);
        }
        let content = size.checked_sub(head).ok_or(BROKEN)?;
        left = left.checked_sub(head).ok_or(BROKEN)?;
        if name == *b"meta" {
            let mut meta = Vec::new();
            source.take(content.min(MAX_META)).read_to_end(&mut meta)?;
            return Ok(meta);
        }
        // Disks refuse to seek far behind the end, which would look like a fault of theirs.
        left = left.checked_sub(content).ok_or(BROKEN)?;
        source.seek_relative(i64::try_from(content).map_err(|_| BROKEN)?)?;
    }
    Err(BROKEN)
}

/// The boxes in a container, by name; stops at one that is cut off.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let [a, b, c, d, name @ ..] = *bytes.first_chunk::<8>()?;
        let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let content = bytes.get(8..size)?;
        bytes = &bytes[size..];
        Some((name, content))
    })
}

fn child(bytes: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|(name, _)| *name == wanted).map(|(_, content)| content)
}

fn find(meta: &[u8]) -> Option<Header> {
    let primary = primary_item(child(meta, *b"pitm")?)?;
    let properties = child(meta, *b"iprp")?;
    let container = child(properties, *b"ipco")?;
    let of_primary = associations(child(properties, *b"ipma")?, primary)?;
    let (mut size, mut quarters) = (None, 0);
    for index in of_primary {
        // Counted from one; zero is none.
        let Some((name, content)) = index.checked_sub(1).and_then(|index| boxes(container).nth(index)) else {
            continue;
        };
        match &name {
            b"ispe" => size = size.or(Some((u32_at(content, 4)?, u32_at(content, 8)?))),
            b"irot" => quarters = content.first()? & 0b11,
            _ => {}
        }
    }
    let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0)?;
    // Against the clock, and what is mirrored keeps its size.
    let orientation = match quarters {
        1 => Orientation::Rotate270,
        2 => Orientation::Rotate180,
        3 => Orientation::Rotate90,
        _ => Orientation::NoTransforms,
    };
    Some(Header {
        width,
        height,
        orientation,
    })
}

fn primary_item(pitm: &[u8]) -> Option<u32> {
    if *pitm.first()? == 0 {
        u16_at(pitm, 4).map(u32::from)
    } else {
        u32_at(pitm, 4)
    }
}

/// The numbers of the properties of an item.
fn associations(ipma: &[u8], item: u32) -> Option<Vec<usize>> {
    let (wide_items, wide_indices) = (*ipma.first()? > 0, ipma.get(3)? & 1 == 1);
    let mut at = 8;
    for _ in 0..u32_at(ipma, 4)? {
        let found = if wide_items { u32_at(ipma, at)? } else { u16_at(ipma, at)?.into() };
        at += if wide_items { 4 } else { 2 };
        let count = usize::from(*ipma.get(at)?);
        at += 1;
        let width = if wide_indices { 2 } else { 1 };
        let indices = ipma.get(at..at + count * width)?;
        at += count * width;
        if found == item {
            // The top bit says only that a reader must know the property.
            return Some(
                indices
                    .chunks_exact(width)
                    .map(|index| {
                        if let [high, low] = *index {
                            usize::from(u16::from_be_bytes([high & 0x7F, low]))
                        } else {
                            usize::from(index[0] & 0x7F)
                        }
                    })
                    .collect(),
            );
        }
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
