//! The items of HEIC and AVIF (ISO/IEC 14496-12, 8.11): images and metadata, with their positions in the file.

use std::{
    collections::HashMap,
    io::{Read, Seek},
    ops::Range,
};

use super::bmff::{BoxSpan, Result, Source, u16_at, u32_at, u64_at};

/// The most items that are read. An image of 64 megapixels has some hundred tiles.
const MAX_ITEMS: usize = 10_000;

/// The most extents of all items. A table entry can consist of zero-length fields, so the length of the table is no bound.
const MAX_EXTENTS: usize = 100_000;

/// An image, or metadata of an image.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: u32,
    /// Such as `hvc1`, `av01`, `grid`, `Exif` or `mime`.
    pub(super) kind: [u8; 4],
    /// The MIME type of an item of kind `mime`, in lower case; empty for other kinds.
    pub(super) content_type: Vec<u8>,
    /// The positions of its parts in the file. Empty for an item that is derived from other items.
    pub(super) extents: Vec<Range<u64>>,
}

/// The items that the boxes of a `meta` describe, and whether the table of their positions (`iloc`) was read to its end.
pub(super) fn read_items<S: Read + Seek>(source: &mut Source<S>, meta: &[BoxSpan]) -> Result<(Vec<Item>, bool)> {
    let find = |name: &[u8; 4]| meta.iter().find(|span| span.name == *name).map(|span| span.content.clone());
    let Some(table) = find(b"iinf") else {
        return Ok((Vec::new(), true));
    };
    let mut items = read_entries(source, table)?;
    let mut is_whole = true;
    if let Some(locations) = find(b"iloc") {
        let bytes = source.read(locations)?;
        is_whole = read_locations(&bytes, source.length(), find(b"idat").as_ref(), &mut items).is_some();
    }
    Ok((items, is_whole))
}

/// `iinf`: the kinds of the items.
fn read_entries<S: Read + Seek>(source: &mut Source<S>, table: Range<u64>) -> Result<Vec<Item>> {
    let version = source.read_some(table.clone(), 1)?.first().copied().unwrap_or_default();
    let head = if version == 0 { 6 } else { 8 };
    let spans = source.boxes(table.start.saturating_add(head)..table.end)?;
    let mut items = Vec::new();
    for span in spans.iter().filter(|span| span.name == *b"infe").take(MAX_ITEMS) {
        // A name may be long, but the fields that matter come before it or after a short one.
        let bytes = source.read_some(span.content.clone(), 4096)?;
        items.extend(parse_entry(&bytes));
    }
    Ok(items)
}

/// Parses `infe`, the entry of one item.
fn parse_entry(bytes: &[u8]) -> Option<Item> {
    let version = *bytes.first()?;
    let (id, at) = match version {
        3 => (u32_at(bytes, 4)?, 8),
        _ => (u16_at(bytes, 4)?.into(), 6),
    };
    // The protection index comes first.
    let at = at + 2;
    let (kind, names) = if version >= 2 {
        (*bytes.get(at..)?.first_chunk()?, at + 4)
    } else {
        (*b"mime", at)
    };
    // The name, then for kind `mime` the MIME type.
    let mut texts = bytes.get(names..)?.split(|byte| *byte == 0).skip(1);
    let content_type = if kind == *b"mime" {
        texts.next().unwrap_or_default().to_ascii_lowercase()
    } else {
        Vec::new()
    };
    Some(Item {
        id,
        kind,
        content_type,
        extents: Vec::new(),
    })
}

/// `iloc`: the positions of the items, in the file or in `idat`. None if the table is broken.
fn read_locations(bytes: &[u8], length: u64, idat: Option<&Range<u64>>, items: &mut [Item]) -> Option<()> {
    let version = *bytes.first()?;
    // Read the widths of the fields
    let sizes = u16_at(bytes, 4)?;
    let [offset_size, length_size, base_size, index_size] = [12, 8, 4, 0].map(|shift| usize::from(sizes >> shift & 0xF));
    let index_size = if version == 0 { 0 } else { index_size };
    let mut table = FieldReader { bytes, at: 6 };
    let wide = if version < 2 { 2 } else { 4 };
    let by_id: HashMap<u64, usize> = items.iter().enumerate().map(|(at, item)| (item.id.into(), at)).collect();
    // Read the extents of each item
    let mut extents = 0;
    for _ in 0..table.next(wide)? {
        let id = table.next(wide)?;
        let method = if version == 0 { 0 } else { table.next(2)? & 0xF };
        let other_file = table.next(2)? != 0;
        let base = table.next(base_size)?;
        let within = match method {
            0 if !other_file => Some(0..length),
            1 => idat.cloned(),
            _ => None,
        };
        for _ in 0..table.next(2)? {
            extents += 1;
            if extents > MAX_EXTENTS {
                return None;
            }
            table.next(index_size)?;
            let (offset, size) = (table.next(offset_size)?, table.next(length_size)?);
            let (Some(within), Some(item)) = (&within, by_id.get(&id)) else {
                continue;
            };
            let start = base.checked_add(offset).and_then(|offset| within.start.checked_add(offset));
            let Some(start) = start.filter(|start| *start < within.end) else {
                continue;
            };
            // A length of 0 means "to the end".
            let end = if size == 0 {
                within.end
            } else {
                start.saturating_add(size).min(within.end)
            };
            items.get_mut(*item)?.extents.push(start..end);
        }
    }
    Some(())
}

/// Reads the fields of a table, whose width differs from file to file.
struct FieldReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl FieldReader<'_> {
    fn next(&mut self, size: usize) -> Option<u64> {
        let number = match size {
            0 => 0,
            2 => u16_at(self.bytes, self.at)?.into(),
            4 => u32_at(self.bytes, self.at)?.into(),
            8 => u64_at(self.bytes, self.at)?,
            _ => return None,
        };
        self.at += size;
        Some(number)
    }
}
