//! The tracks of a video, and the positions of their samples in the file.

use std::{
    collections::HashMap,
    io::{Read, Seek},
    ops::Range,
};

use super::{
    kept::{METADATA_SUBTITLES, METADATA_TRACKS},
    patches::{Fill, Patches},
};
use crate::{
    bmff::{BoxSpan, Result, Source, u16_at, u32_at, u64_at},
    error::StripError,
};

/// The most chunks of samples per track.
const MAX_CHUNKS: usize = 1_000_000;

const BROKEN: StripError = StripError::Malformed("a sample table is broken");

/// Video formats whose compressor name is free text that no player needs.
const FORMATS_WITH_COMPRESSOR_NAME: &[&[u8; 4]] = &[
    b"avc1", b"avc3", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"av01", b"vp08", b"vp09", b"mp4v",
];

/// A track, with the boxes that locate its samples.
pub(super) struct Track {
    pub(super) span: BoxSpan,
    pub(super) id: u32,
    /// Whether the track holds records of the camera, such as positions, instead of audio, video or subtitles.
    pub(super) is_timed_metadata: bool,
    tables: Vec<BoxSpan>,
    /// Bytes of one frame of uncompressed audio, whose table counts frames.
    frame_bytes: u64,
}

impl Track {
    /// Reads a track, and blanks the names of its handler and its encoder.
    pub(super) fn read<S: Read + Seek>(source: &mut Source<S>, span: &BoxSpan, patches: &mut Patches) -> Result<Self> {
        // Read the id, the handler and the sample tables
        let parts = source.boxes(span.content.clone())?;
        let header = find(&parts, b"tkhd").ok_or(BROKEN)?;
        let header = source.read_some(header.content.clone(), 24)?;
        let id = u32_at(&header, if header.first() == Some(&1) { 20 } else { 12 }).ok_or(BROKEN)?;
        let media = child_boxes(source, &parts, b"mdia")?;
        let (handler, name) = handler(source, &media, patches)?;
        let information = child_boxes(source, &media, b"minf")?;
        let tables = child_boxes(source, &information, b"stbl")?;
        let formats = child_boxes_after(source, find(&tables, b"stsd").ok_or(BROKEN)?, 8)?;
        // Tell timed metadata from audio, video and subtitles, and blank the names of encoders
        let is_text = matches!(&handler, b"text" | b"sbtl" | b"subt");
        let is_metadata_subtitle = METADATA_SUBTITLES
            .iter()
            .any(|marker| name.windows(marker.len()).any(|part| part == *marker));
        let mut is_timed_metadata = METADATA_TRACKS.contains(&&handler) || is_text && is_metadata_subtitle;
        let mut frame_bytes = 1;
        for format in &formats {
            is_timed_metadata |= METADATA_TRACKS.contains(&&format.name);
            if handler == *b"vide" && FORMATS_WITH_COMPRESSOR_NAME.contains(&&format.name) {
                let name = format.content.start.saturating_add(42);
                patches.add(name..format.content.end.min(name.saturating_add(32)), Fill::Zeros);
            }
            if handler == *b"soun" {
                let front = source.read_some(format.content.clone(), 20)?;
                let channels = u16_at(&front, 16).unwrap_or(1);
                let bits = u16_at(&front, 18).unwrap_or(8);
                frame_bytes = frame_bytes.max(u64::from(channels) * u64::from(bits.div_ceil(8)));
            }
        }
        Ok(Self {
            span: span.clone(),
            id,
            is_timed_metadata,
            tables,
            frame_bytes,
        })
    }

    /// The positions of the samples, except those in fragments.
    pub(super) fn samples<S: Read + Seek>(&self, source: &mut Source<S>) -> Result<Vec<Range<u64>>> {
        // Read the offsets of the chunks
        let offsets: Vec<u64> = if let Some(table) = find(&self.tables, b"stco") {
            let table = source.read(table.content.clone())?;
            let offsets = entries(&table, 8)?.as_chunks::<4>().0.iter().take(count(&table)?);
            offsets.map(|offset| u32::from_be_bytes(*offset).into()).collect()
        } else {
            let table = source.read(find(&self.tables, b"co64").ok_or(BROKEN)?.content.clone())?;
            let offsets = entries(&table, 8)?.as_chunks::<8>().0.iter().take(count(&table)?);
            offsets.map(|offset| u64::from_be_bytes(*offset)).collect()
        };
        if offsets.len() > MAX_CHUNKS {
            return Err(BROKEN);
        }
        // Read the sizes of the samples, and the number of samples in each chunk
        let mut sizes = self.sizes(source)?;
        let groups = source.read(find(&self.tables, b"stsc").ok_or(BROKEN)?.content.clone())?;
        let (known, groups) = (count(&groups)?, entries(&groups, 8)?.as_chunks::<12>().0);
        let group = |at: usize| {
            groups[..known.min(groups.len())]
                .get(at)
                .and_then(|group| Some((u32_at(group, 0)?, u32_at(group, 4)?)))
        };
        // Add up the sizes of the samples in each chunk
        let (mut at, mut samples) = (0, Vec::with_capacity(offsets.len()));
        for (number, offset) in (1_u32..).zip(offsets) {
            // An entry applies up to the first chunk of the next entry.
            while group(at + 1).is_some_and(|(first, _)| first <= number) {
                at += 1;
            }
            let (_, count) = group(at).ok_or(BROKEN)?;
            let length = sizes.next_chunk(count.into()).ok_or(BROKEN)?;
            samples.push(offset..offset.saturating_add(length));
        }
        Ok(samples)
    }

    fn sizes<S: Read + Seek>(&self, source: &mut Source<S>) -> Result<SampleSizes> {
        if let Some(table) = find(&self.tables, b"stz2") {
            let table = source.read(table.content.clone())?;
            let count = usize::try_from(u32_at(&table, 8).ok_or(BROKEN)?).map_err(|_| BROKEN)?;
            let bytes = entries(&table, 12)?;
            let sizes: Vec<u32> = match table.get(7) {
                Some(4) => bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).map(u32::from).collect(),
                Some(8) => bytes.iter().copied().map(u32::from).collect(),
                Some(16) => bytes
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|size| u16::from_be_bytes(*size).into())
                    .collect(),
                _ => return Err(BROKEN),
            };
            return Ok(SampleSizes::Listed(sizes.into_iter().take(count).collect(), 0));
        }
        let table = source.read(find(&self.tables, b"stsz").ok_or(BROKEN)?.content.clone())?;
        match u32_at(&table, 4).ok_or(BROKEN)? {
            0 => {
                let count = usize::try_from(u32_at(&table, 8).ok_or(BROKEN)?).map_err(|_| BROKEN)?;
                let sizes = entries(&table, 12)?.as_chunks::<4>().0.iter().take(count);
                Ok(SampleSizes::Listed(sizes.map(|size| u32::from_be_bytes(*size)).collect(), 0))
            }
            // The table of uncompressed audio counts frames, which have several bytes.
            1 => Ok(SampleSizes::Uniform(self.frame_bytes)),
            size => Ok(SampleSizes::Uniform(size.into())),
        }
    }
}

/// The sizes of samples, in order.
enum SampleSizes {
    Uniform(u64),
    /// The sizes, and the number of them that were used.
    Listed(Vec<u32>, usize),
}

impl SampleSizes {
    /// The bytes of the next `count` samples.
    fn next_chunk(&mut self, count: u64) -> Option<u64> {
        match self {
            Self::Uniform(size) => count.checked_mul(*size),
            Self::Listed(sizes, at) => {
                let end = at.checked_add(usize::try_from(count).ok()?)?;
                let chunk = sizes.get(*at..end)?;
                *at = end;
                Some(chunk.iter().map(|size| u64::from(*size)).sum())
            }
        }
    }
}

/// The handler type of a track and the name of its handler, which is blanked.
fn handler<S: Read + Seek>(source: &mut Source<S>, media: &[BoxSpan], patches: &mut Patches) -> Result<([u8; 4], Vec<u8>)> {
    let span = find(media, b"hdlr").ok_or(BROKEN)?;
    let bytes = source.read_some(span.content.clone(), 1024)?;
    let kind = *bytes.get(8..).and_then(|kind| kind.first_chunk()).ok_or(BROKEN)?;
    let name = bytes.get(24..).unwrap_or_default().to_vec();
    // QuickTime stores the length of the name in its first byte.
    let is_counted = name.first().is_some_and(|length| usize::from(*length) + 1 == name.len());
    let blank = name.iter().enumerate().map(|(at, byte)| match byte {
        0 => 0,
        length if at == 0 && is_counted => *length,
        _ => b' ',
    });
    patches.add_bytes(span.content.start.saturating_add(24), &blank.collect::<Vec<u8>>());
    Ok((kind, name))
}

/// The position of samples in a fragment.
pub(super) struct Run {
    pub(super) track: u32,
    pub(super) range: Range<u64>,
}

/// `mvex`: by track, the size of samples in fragments that give no size.
#[derive(Default)]
pub(super) struct Defaults(HashMap<u32, u32>);

impl Defaults {
    pub(super) fn read<S: Read + Seek>(&mut self, source: &mut Source<S>, mvex: &BoxSpan) -> Result<()> {
        for span in source.boxes(mvex.content.clone())?.iter().filter(|span| span.name == *b"trex") {
            let trex = source.read_some(span.content.clone(), 24)?;
            let (track, size) = (u32_at(&trex, 4).ok_or(BROKEN)?, u32_at(&trex, 16).ok_or(BROKEN)?);
            self.0.insert(track, size);
        }
        Ok(())
    }
}

/// Adds the positions of the samples in a fragment.
pub(super) fn fragment_runs<S: Read + Seek>(
    source: &mut Source<S>,
    moof: &BoxSpan,
    parts: &[BoxSpan],
    defaults: &Defaults,
    found: &mut Vec<Run>,
) -> Result<()> {
    let mut end = moof.start;
    for traf in parts.iter().filter(|part| part.name == *b"traf") {
        let parts = source.boxes(traf.content.clone())?;
        // Read the fragment header
        let header = find(&parts, b"tfhd").ok_or(BROKEN)?;
        let header = source.read_some(header.content.clone(), 64)?;
        let flags = u32_at(&header, 0).ok_or(BROKEN)?;
        let track = u32_at(&header, 4).ok_or(BROKEN)?;
        let (mut at, mut base) = (8, if flags & 0x2_0000 == 0 { end } else { moof.start });
        if flags & 1 != 0 {
            base = u64_at(&header, at).ok_or(BROKEN)?;
            at += 8;
        }
        // Skip the index of the sample description and the default duration.
        at += [2, 8].iter().filter(|flag| flags & *flag != 0).count() * 4;
        let size = if flags & 0x10 == 0 {
            defaults.0.get(&track).copied().unwrap_or_default()
        } else {
            u32_at(&header, at).ok_or(BROKEN)?
        };
        // Locate each run of samples
        end = base;
        for run in parts.iter().filter(|part| part.name == *b"trun") {
            let run = source.read(run.content.clone())?;
            let (start, length) = run_extent(&run, base, end, size).ok_or(BROKEN)?;
            end = start.checked_add(length).ok_or(BROKEN)?;
            found.push(Run { track, range: start..end });
        }
    }
    Ok(())
}

/// The start and the length of a run. `follows` is the start of a run that gives none.
fn run_extent(run: &[u8], base: u64, follows: u64, size: u32) -> Option<(u64, u64)> {
    let (flags, count) = (u32_at(run, 0)?, u32_at(run, 4)?);
    let mut at = 8;
    let mut start = follows;
    if flags & 1 != 0 {
        start = base.checked_add_signed(u32_at(run, at)?.cast_signed().into())?;
        at += 4;
    }
    at += if flags & 4 == 0 { 0 } else { 4 };
    if flags & 0x200 == 0 {
        return Some((start, u64::from(count) * u64::from(size)));
    }
    let fields = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & *flag != 0).count();
    let before = usize::from(flags & 0x100 != 0) * 4;
    let mut length = 0;
    for _ in 0..count {
        length += u64::from(u32_at(run, at + before)?);
        at += fields * 4;
    }
    Some((start, length))
}

fn find<'a>(spans: &'a [BoxSpan], name: &[u8]) -> Option<&'a BoxSpan> {
    spans.iter().find(|span| span.name == name)
}

fn child_boxes<S: Read + Seek>(source: &mut Source<S>, spans: &[BoxSpan], name: &[u8]) -> Result<Vec<BoxSpan>> {
    child_boxes_after(source, find(spans, name).ok_or(BROKEN)?, 0)
}

/// The boxes in another box, after this many bytes.
fn child_boxes_after<S: Read + Seek>(source: &mut Source<S>, span: &BoxSpan, skipped: u64) -> Result<Vec<BoxSpan>> {
    source.boxes(span.content.start.saturating_add(skipped)..span.content.end)
}

/// The number of entries in a table.
fn count(table: &[u8]) -> Result<usize> {
    u32_at(table, 4).and_then(|count| usize::try_from(count).ok()).ok_or(BROKEN)
}

/// The entries of a table, which follow its header.
fn entries(table: &[u8], head: usize) -> Result<&[u8]> {
    table.get(head..).ok_or(BROKEN)
}
