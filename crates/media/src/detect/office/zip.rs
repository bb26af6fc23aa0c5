//! The entry names of a zip archive, read from its central directory in constant memory.
//!
//! Hand-written because the `zip` crate first indexes all entries, and the index of a hostile archive is many times larger than the archive.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Bytes of the end of central directory record, without its comment.
const END_RECORD: usize = 22;
/// The longest comment, which stands after that record.
const MAX_COMMENT: usize = 65_535;
/// Bytes of a directory entry before its name.
const ENTRY_HEADER: usize = 46;
/// The longest prefix of a name that is read. The names that matter are shorter.
const MAX_NAME: usize = 64;

/// Calls `visit` with each name, cut to [`MAX_NAME`] bytes. Returns whether the directory was read to its end; a broken directory is no error.
pub(super) fn each_name(file: &mut (impl Read + Seek), mut visit: impl FnMut(&[u8])) -> io::Result<bool> {
    let Some((start, size)) = directory(file)? else { return Ok(false) };
    file.seek(SeekFrom::Start(start))?;
    let mut entries = BufReader::with_capacity(16 * 1024, file.take(size));
    let mut left = size;
    while left >= ENTRY_HEADER as u64 {
        let mut fixed = [0; ENTRY_HEADER];
        entries.read_exact(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Ok(false);
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| u64::from(u16_at(&fixed, at)));
        left -= ENTRY_HEADER as u64;
        if name + extra + comment > left {
            return Ok(false);
        }
        left -= name + extra + comment;
        let mut shown = [0; MAX_NAME];
        let shown = &mut shown[..MAX_NAME.min(usize::try_from(name).unwrap_or(MAX_NAME))];
        entries.read_exact(shown)?;
        visit(shown);
        let rest = name + extra + comment - shown.len() as u64;
        skip(&mut entries, rest)?;
    }
    Ok(left == 0)
}

/// Skips these bytes without keeping them.
fn skip(entries: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut entries.take(bytes), &mut io::sink()).map(drop)
}

/// The start and the size of the central directory. It ends where the end record starts, whatever stands in front of the archive.
fn directory(file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail_start = length.saturating_sub((END_RECORD + MAX_COMMENT) as u64);
    file.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    file.by_ref().take((END_RECORD + MAX_COMMENT) as u64).read_to_end(&mut tail)?;
    let Some(at) = end_record(&tail) else { return Ok(None) };
    let (mut end, mut size) = (tail_start + at as u64, u64::from(u32_at(&tail[at..], 12)));
    if size == u64::from(u32::MAX) || u16_at(&tail[at..], 10) == u16::MAX {
        (end, size) = match zip64_directory(file, end)? {
            Some(found) => found,
            None => (end, size),
        };
    }
    Ok(end.checked_sub(size).map(|start| (start, size)))
}

fn end_record(tail: &[u8]) -> Option<usize> {
    (0..=tail.len().checked_sub(END_RECORD)?).rev().find(|&at| {
        let record = &tail[at..];
        record.starts_with(b"PK\x05\x06") && usize::from(u16_at(record, 20)) <= record.len() - END_RECORD
    })
}

/// The same for ZIP64: a locator in front of the end record points to a longer record.
fn zip64_directory(file: &mut (impl Read + Seek), end: u64) -> io::Result<Option<(u64, u64)>> {
    let Some(pointer) = end.checked_sub(20) else { return Ok(None) };
    let mut locator = [0; 20];
    file.seek(SeekFrom::Start(pointer))?;
    file.read_exact(&mut locator)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    let at = u64_at(&locator, 8);
    if at.checked_add(56).is_none_or(|end| end > pointer) {
        return Ok(None);
    }
    let mut record = [0; 56];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut record)?;
    Ok(record.starts_with(b"PK\x06\x06").then(|| (at, u64_at(&record, 40))))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
