//! `meta` boxes: the tags of videos and the items of images.

use std::{
    io::{Read, Seek},
    ops::Range,
};

use super::{
    kept::{ITUNES_FREEFORM_TAGS, ITUNES_TAGS, QUICKTIME_KEYS},
    patches::{Fill, Patches},
};
use crate::{
    bmff::{BoxSpan, Result, Source, u32_at},
    header::{self, EXIF_PREFIX},
    items::{self, Item},
};

/// The most EXIF that is read for the orientation, in bytes.
const MAX_EXIF: u64 = 1024 * 1024;

/// Cleans a `meta` box. Returns false if the positions of the images that it describes are not all known.
pub(super) fn meta<S: Read + Seek>(source: &mut Source<S>, patches: &mut Patches, meta: &BoxSpan) -> Result<bool> {
    // QuickTime has no version and flags in front of the boxes.
    let front = source.read_some(meta.content.clone(), 8)?;
    let skipped = if front.get(4..8) == Some(b"hdlr") { 0 } else { 4 };
    let parts = source.boxes(meta.content.start.saturating_add(skipped)..meta.content.end)?;
    // Read the keys, and overwrite XML and free space
    let mut keys = Vec::new();
    for part in &parts {
        match &part.name {
            b"keys" => keys = read_keys(source, part)?,
            b"xml " | b"bxml" => patches.add(part.content.start.saturating_add(4)..part.content.end, Fill::Spaces),
            b"free" | b"skip" => patches.add(part.content.clone(), Fill::Zeros),
            _ => {}
        }
    }
    // Overwrite the values of tags
    for list in parts.iter().filter(|part| part.name == *b"ilst") {
        tags(source, patches, list, &keys)?;
    }
    // Overwrite items that are metadata
    let (items, is_whole) = items::read_items(source, &parts)?;
    for item in items {
        clean_item(source, patches, &item)?;
    }
    Ok(is_whole)
}

/// The keys of QuickTime tags.
fn read_keys<S: Read + Seek>(source: &mut Source<S>, keys: &BoxSpan) -> Result<Vec<Vec<u8>>> {
    let spans = source.boxes(keys.content.start.saturating_add(8)..keys.content.end)?;
    spans.into_iter().map(|span| source.read_some(span.content, 256)).collect()
}

fn tags<S: Read + Seek>(source: &mut Source<S>, patches: &mut Patches, list: &BoxSpan, keys: &[Vec<u8>]) -> Result<()> {
    for tag in source.boxes(list.content.clone())? {
        let parts = source.boxes(tag.content.clone())?;
        // Keys are numbered from 1.
        let key = usize::try_from(u32::from_be_bytes(tag.name))
            .ok()
            .and_then(|index| index.checked_sub(1));
        let is_kept = match key.and_then(|index| keys.get(index)) {
            Some(key) => QUICKTIME_KEYS.contains(&key.as_slice()),
            None if tag.name == *b"----" => {
                let name = parts.iter().find(|part| part.name == *b"name");
                let name = name.map(|name| source.read_some(name.content.start.saturating_add(4)..name.content.end, 64));
                name.transpose()?
                    .is_some_and(|name| ITUNES_FREEFORM_TAGS.contains(&name.as_slice()))
            }
            None => ITUNES_TAGS.contains(&&tag.name),
        };
        if is_kept {
            continue;
        }
        let values: Vec<&BoxSpan> = parts.iter().filter(|part| part.name == *b"data").collect();
        for value in &values {
            // The type of the value comes first, then the language.
            let front = source.read_some(value.content.clone(), 4)?;
            let is_text = matches!(u32_at(&front, 0), Some(1..=5));
            let fill = if is_text { Fill::Spaces } else { Fill::Zeros };
            patches.add(value.content.start.saturating_add(8)..value.content.end, fill);
        }
        if values.is_empty() {
            patches.add(tag.content, Fill::Zeros);
        }
    }
    Ok(())
}

/// Keeps the data of images, reduces EXIF to the orientation, and overwrites XMP and other files.
fn clean_item<S: Read + Seek>(source: &mut Source<S>, patches: &mut Patches, item: &Item) -> Result<()> {
    let is_text = item.content_type.ends_with(b"xml") || item.content_type.starts_with(b"text/");
    match &item.kind {
        b"Exif" => return clean_exif(source, patches, &item.extents),
        b"mime" if item.content_type.starts_with(b"image/") => {}
        b"mime" | b"uri " => {
            let fill = if is_text { Fill::Spaces } else { Fill::Zeros };
            for extent in &item.extents {
                patches.add(extent.clone(), fill);
            }
            return Ok(());
        }
        _ => {}
    }
    for extent in &item.extents {
        patches.keep(extent.clone());
    }
    Ok(())
}

/// Replaces EXIF by the orientation alone, followed by zeros, in the same number of bytes.
fn clean_exif<S: Read + Seek>(source: &mut Source<S>, patches: &mut Patches, extents: &[Range<u64>]) -> Result<()> {
    // Read the old EXIF
    let mut old = Vec::new();
    for extent in extents {
        let left = MAX_EXIF.saturating_sub(old.len() as u64);
        old.extend(source.read_some(extent.clone(), left)?);
    }
    // The first four bytes are the offset from their end to the TIFF header, usually to skip `Exif\0\0`.
    let offset = u32_at(&old, 0).and_then(|offset| usize::try_from(offset).ok());
    let tiff = offset
        .and_then(|offset| offset.checked_add(4))
        .filter(|tiff| *tiff <= 4 + EXIF_PREFIX.len());
    // Build the new one, if it fits
    let mut new = Vec::new();
    if let Some(tiff) = tiff
        && let Some(content) = old.get(tiff..)
    {
        let bare = header::encode_orientation(header::read_orientation(content));
        if bare.len() <= content.len() {
            new.extend_from_slice(&old[..tiff]);
            new.extend(bare);
        }
    }
    // Write it over the old one
    let mut rest = new.as_slice();
    for extent in extents {
        let fits = usize::try_from(extent.end - extent.start).unwrap_or(usize::MAX).min(rest.len());
        let (now, later) = rest.split_at(fits);
        patches.add_bytes(extent.start, now);
        patches.add(extent.start + now.len() as u64..extent.end, Fill::Zeros);
        rest = later;
    }
    Ok(())
}
