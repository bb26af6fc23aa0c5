//! The bytes that are to be written, and the ranges that must not be written to.

use std::{
    io::{self, Seek, SeekFrom, Write},
    ops::Range,
};

/// The most bytes that are written at once.
const WRITE_CHUNK: usize = 16 * 1024;

/// The bytes that replace a range.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    Zeros,
    Spaces,
}

/// A list of changes to a file, and the ranges that must not change.
#[derive(Debug, Default)]
pub(super) struct Patches {
    spaces: RangeSet,
    /// Start positions, and the bytes from there on.
    bytes: Vec<(u64, Vec<u8>)>,
    zeros: RangeSet,
    kept: RangeSet,
}

impl Patches {
    pub(super) fn add(&mut self, range: Range<u64>, fill: Fill) {
        match fill {
            Fill::Zeros => self.zeros.add(range),
            Fill::Spaces => self.spaces.add(range),
        }
    }

    /// Writes these bytes at this position.
    pub(super) fn add_bytes(&mut self, start: u64, bytes: &[u8]) {
        self.bytes.push((start, bytes.to_vec()));
    }

    /// Protects this range: audio, video or images.
    pub(super) fn keep(&mut self, range: Range<u64>) {
        self.kept.add(range);
    }

    /// Writes the changes, except to kept ranges and past the end of the file. Zeros overwrite spaces and bytes, because they remove whole boxes. Overlapping ranges are written once,
    /// since a table may name the same megabyte a thousand times.
    pub(super) fn apply(self, file: &mut (impl Write + Seek)) -> io::Result<()> {
        let Self {
            spaces,
            bytes,
            zeros,
            mut kept,
        } = self;
        let length = file.seek(SeekFrom::End(0))?;
        kept.merge();
        fill(file, spaces, &kept, length, b' ')?;
        for (start, bytes) in &bytes {
            let end = start.saturating_add(bytes.len() as u64).min(length);
            for part in kept.gaps(*start..end) {
                let at = |span: u64| usize::try_from(span - start).unwrap_or(usize::MAX);
                file.seek(SeekFrom::Start(part.start))?;
                file.write_all(bytes.get(at(part.start)..at(part.end)).unwrap_or_default())?;
            }
        }
        fill(file, zeros, &kept, length, 0)?;
        file.flush()
    }
}

fn fill(file: &mut (impl Write + Seek), mut ranges: RangeSet, kept: &RangeSet, length: u64, byte: u8) -> io::Result<()> {
    ranges.merge();
    for range in ranges.0 {
        for part in kept.gaps(range.start..range.end.min(length)) {
            file.seek(SeekFrom::Start(part.start))?;
            repeat(file, byte, &part)?;
        }
    }
    Ok(())
}

fn repeat(file: &mut impl Write, byte: u8, range: &Range<u64>) -> io::Result<()> {
    let piece = [byte; WRITE_CHUNK];
    let mut left = range.end - range.start;
    while left > 0 {
        let next = usize::try_from(left).unwrap_or(WRITE_CHUNK).min(WRITE_CHUNK);
        file.write_all(&piece[..next])?;
        left -= next as u64;
    }
    Ok(())
}

/// Ranges, which may overlap until [`merge`](Self::merge) is called.
#[derive(Debug, Default)]
struct RangeSet(Vec<Range<u64>>);

impl RangeSet {
    fn add(&mut self, range: Range<u64>) {
        if range.start >= range.end {
            return;
        }
        // Most chunks follow each other.
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }

    /// Sorts the ranges, and joins those that touch.
    fn merge(&mut self) {
        self.0.sort_unstable_by_key(|range| range.start);
        self.0.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
    }

    /// The parts of this range that are in none of the ranges.
    fn gaps(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let first = self.0.partition_point(|kept| kept.end <= range.start);
        let mut kept = self.0[first..].iter();
        let mut at = range.start;
        std::iter::from_fn(move || {
            while at < range.end {
                let start = at;
                let next = kept.next().filter(|kept| kept.start < range.end);
                let end = next.map_or(range.end, |kept| kept.start);
                at = next.map_or(range.end, |kept| kept.end);
                if start < end {
                    return Some(start..end);
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn kept_ranges_and_bytes_after_the_end_are_not_written() {
        let mut patches = Patches::default();
        for range in [20..30, 3..5, 4..8, 25..28, 8..9] {
            patches.keep(range);
        }
        patches.add(0..4, Fill::Spaces);
        patches.add(6..22, Fill::Zeros);
        patches.add_bytes(28, b"abcdefghijklmnop");
        patches.add(u64::MAX - 3..u64::MAX, Fill::Zeros);
        let mut file = Cursor::new(vec![b'.'; 40]);
        patches.apply(&mut file).unwrap();
        assert_eq!(file.into_inner(), b"   ......\0\0\0\0\0\0\0\0\0\0\0..........cdefghijkl");
    }
}
