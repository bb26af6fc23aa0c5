//! Boxes of ISO base media files (ISO/IEC 14496-12): HEIC, AVIF, MP4, QuickTime.
//!
//! Hand-written because parsers such as `mp4` build all tables in memory and reject damaged files. This one bounds memory, boxes and reads, and returns the boxes before the damage.

use std::{
    io::{BufReader, Read, Seek, SeekFrom},
    ops::Range,
};

use super::error::StripError;

pub(super) type Result<T> = std::result::Result<T, StripError>;

/// The largest read, in bytes.
const MAX_READ: u64 = 16 * 1024 * 1024;
/// The most boxes that are read of a file. A video of several hours in fragments of two seconds has fewer.
const MAX_BOXES: usize = 200_000;
/// Total reads, in lengths of the file. The tables of a file may refer to the same bytes again and again.
const MAX_REREADS: u64 = 16;

const TRUNCATED: StripError = StripError::Malformed("it ends within a box");
const BOX_TOO_SHORT: StripError = StripError::Malformed("a box is shorter than its header");
const TOO_MUCH: StripError = StripError::Malformed("it has too many boxes or tables");

/// The position of a box in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BoxSpan {
    pub(super) name: [u8; 4],
    pub(super) start: u64,
    /// The part after the header.
    pub(super) content: Range<u64>,
}

/// A file whose boxes are read by position.
pub(super) struct Source<S> {
    reader: BufReader<S>,
    position: u64,
    length: u64,
    boxes: usize,
    /// Bytes that may still be read.
    budget: u64,
    /// Whether the limit on boxes or reads was reached.
    is_exhausted: bool,
}

impl<S: Read + Seek> Source<S> {
    pub(super) fn open(mut source: S) -> Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        Ok(Self {
            reader: BufReader::with_capacity(4 * 1024, source),
            position: 0,
            length,
            boxes: 0,
            budget: length.saturating_mul(MAX_REREADS).saturating_add(MAX_READ),
            is_exhausted: false,
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Reads these bytes. Fails if the file is shorter, or if a limit is exceeded.
    pub(super) fn read(&mut self, range: Range<u64>) -> Result<Vec<u8>> {
        // Disks refuse to seek far past the end, and that error would look like a fault of the disk.
        let wanted = range
            .end
            .checked_sub(range.start)
            .filter(|_| range.end <= self.length)
            .ok_or(TRUNCATED)?;
        if wanted > MAX_READ {
            return Err(StripError::Malformed("it has a table that is too large"));
        }
        match self.budget.checked_sub(wanted) {
            Some(budget) => self.budget = budget,
            None => return Err(self.exhaust()),
        }
        let (from, to) = (i64::try_from(self.position), i64::try_from(range.start));
        let step = to.map_err(|_| TRUNCATED)? - from.map_err(|_| TRUNCATED)?;
        self.reader.seek_relative(step)?;
        self.position = range.start;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(wanted).read_to_end(&mut bytes)?;
        self.position += bytes.len() as u64;
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(TRUNCATED) }
    }

    fn exhaust(&mut self) -> StripError {
        self.is_exhausted = true;
        TOO_MUCH
    }

    /// Reads at most `most` of these bytes, and fewer if the file is shorter.
    pub(super) fn read_some(&mut self, range: Range<u64>, most: u64) -> Result<Vec<u8>> {
        let end = range.end.min(self.length).min(range.start.saturating_add(most));
        self.read(range.start..end.max(range.start))
    }

    /// The boxes in this range. The list ends at a broken box; a box that extends beyond the range is cut off at its end.
    pub(super) fn boxes(&mut self, range: Range<u64>) -> Result<Vec<BoxSpan>> {
        let is_top = range == (0..self.length);
        let mut spans = Vec::new();
        let mut at = range.start;
        loop {
            match self.next_box(at, range.end, is_top) {
                Ok(Some(span)) => {
                    at = span.content.end;
                    spans.push(span);
                }
                // At the limit the rest of the file is unknown, not broken.
                Err(error) if self.is_exhausted => return Err(error),
                Ok(None) | Err(StripError::Malformed(_)) => return Ok(spans),
                Err(error) => return Err(error),
            }
        }
    }

    /// The box at `start`, within a container that ends at `end`. None at the end of the list.
    fn next_box(&mut self, start: u64, end: u64, is_top: bool) -> Result<Option<BoxSpan>> {
        if end.saturating_sub(start) < 8 {
            return Ok(None);
        }
        self.boxes += 1;
        if self.boxes > MAX_BOXES {
            return Err(self.exhaust());
        }
        let head = self.read(start..start + 8)?;
        let [a, b, c, d, name @ ..] = *head.first_chunk::<8>().ok_or(TRUNCATED)?;
        let (size, head) = match u32::from_be_bytes([a, b, c, d]) {
            // At the top level a size of 0 means "to the end of the file". In other boxes QuickTime ends a list with it.
            0 if is_top => (end - start, 8),
            0 => return Ok(None),
            1 => {
                let large = self.read(start + 8..start + 16)?;
                (u64_at(&large, 0).ok_or(TRUNCATED)?, 16)
            }
            size => (size.into(), 8),
        };
        if size < head {
            return Err(BOX_TOO_SHORT);
        }
        let content_end = start.saturating_add(size).min(end);
        let content = (start + head).min(content_end)..content_end;
        Ok(Some(BoxSpan { name, start, content }))
    }
}

/// The big-endian number at this position, if the bytes reach so far.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}
