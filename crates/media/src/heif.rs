//! HEIC and AVIF: size and orientation of the primary image, by the boxes in front of the pixels. Neither format is decoded here.
//!
//! Hand-written because `imagesize` reads neither the rotation (`irot`) nor the sizes of grids, tiles and AV1 sequences.

use std::io::{Read, Seek};

use image::metadata::Orientation;

use super::{
    av1,
    bmff::{Result, Source, u16_at, u32_at},
    error::StripError,
    header::{FrameBounds, Header},
    items::{self, Item},
};

/// The most of a `meta` box that is read, in bytes. It has room for thousands of tiles.
const MAX_META: u64 = 1024 * 1024;
/// The most AV1 images that are measured. An ordinary AVIF has two: the image and its alpha channel.
const MAX_AV1_ITEMS: usize = 1000;

const BROKEN: StripError = StripError::Malformed("it has no header");

/// Reads size and orientation. The size is 0 × 0 for an AVIF that decoders may decode at another size: an animation, or frames with sizes of their own.
pub(super) fn read_header(source: &mut (impl Read + Seek), is_avif: bool) -> Result<Header> {
    let mut source = Source::open(source)?;
    // Read the size and the orientation of the primary image
    let boxes = source.boxes(0..source.length())?;
    let meta = boxes.iter().find(|span| span.name == *b"meta").ok_or(BROKEN)?;
    let description = source.read_some(meta.content.clone(), MAX_META)?;
    // Version and flags come first.
    let mut header = parse_meta(description.get(4..).unwrap_or_default()).ok_or(BROKEN)?;
    // Add the sizes of grids, and of AV1 images as they are decoded
    let parts = source.boxes(meta.content.start + 4..meta.content.end)?;
    let (items, _) = items::read_items(&mut source, &parts)?;
    for grid in items.iter().filter(|item| item.kind == *b"grid") {
        let Some(extent) = grid.extents.first() else { continue };
        if let Some((width, height)) = grid_size(&source.read_some(extent.clone(), 12)?) {
            header.frames.add_separate(width, height);
        }
    }
    let is_moving = boxes.iter().any(|span| span.name == *b"moov");
    if is_avif && (!measure_av1(&mut source, &items, &description, &mut header)? || is_moving) {
        (header.width, header.height) = (0, 0);
    }
    Ok(header)
}

/// Adds the decoded sizes of the images in an AVIF. Returns false if they cannot be determined.
fn measure_av1<S: Read + Seek>(source: &mut Source<S>, items: &[Item], meta: &[u8], header: &mut Header) -> Result<bool> {
    let primary = child(meta.get(4..).unwrap_or_default(), *b"pitm").and_then(primary_item);
    let mut av1_items = items.iter().filter(|item| item.kind == *b"av01");
    for item in av1_items.by_ref().take(MAX_AV1_ITEMS) {
        let Some((width, height)) = av1::still_size(&data(source, item)?) else {
            return Ok(false);
        };
        header.frames.add_separate(width, height);
        if Some(item.id) == primary {
            header.frames.add_frame((0, 0), (width, height));
        }
    }
    Ok(av1_items.next().is_none())
}

/// All bytes of an item; empty if the item is too large to be read.
fn data<S: Read + Seek>(source: &mut Source<S>, item: &Item) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    for extent in &item.extents {
        match source.read(extent.clone()) {
            Ok(piece) => data.extend(piece),
            Err(StripError::Malformed(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    Ok(data)
}

/// The size of a grid of tiles (ISO/IEC 23008-12, 6.6.2.3.2).
fn grid_size(grid: &[u8]) -> Option<(u32, u32)> {
    if grid.get(1)? & 1 == 0 {
        Some((u16_at(grid, 4)?.into(), u16_at(grid, 6)?.into()))
    } else {
        Some((u32_at(grid, 4)?, u32_at(grid, 8)?))
    }
}

/// The boxes in these bytes. The list ends at a truncated box.
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

/// The size and the orientation of the primary image, by the content of `meta`.
fn parse_meta(meta: &[u8]) -> Option<Header> {
    let primary = primary_item(child(meta, *b"pitm")?)?;
    let properties = child(meta, *b"iprp")?;
    let container = child(properties, *b"ipco")?;
    let of_primary = associations(child(properties, *b"ipma")?, primary)?;
    // Read the properties of the primary image
    let (mut size, mut quarters) = (None, 0);
    for index in of_primary {
        // Indices start at 1; 0 means that there is no property.
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
    // `irot` counts quarter turns counterclockwise. Mirroring (`imir`) does not change the size, and no thumbnail is made.
    let orientation = match quarters {
        1 => Orientation::Rotate270,
        2 => Orientation::Rotate180,
        3 => Orientation::Rotate90,
        _ => Orientation::NoTransforms,
    };
    // Tiles, thumbnails and depth maps have an `ispe` too, and each may be the largest image.
    let mut frames = FrameBounds::default();
    for (_, content) in boxes(container).filter(|(name, _)| name == b"ispe") {
        frames.add_separate(u32_at(content, 4)?, u32_at(content, 8)?);
    }
    Some(Header {
        width,
        height,
        orientation,
        frames,
    })
}

fn primary_item(pitm: &[u8]) -> Option<u32> {
    if *pitm.first()? == 0 {
        u16_at(pitm, 4).map(u32::from)
    } else {
        u32_at(pitm, 4)
    }
}

/// The indices of the properties of an item.
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
            // The top bit only marks whether readers have to know the property.
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
