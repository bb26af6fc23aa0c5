//! The names in a zip archive, read from its directory in constant memory.
//!
//! The `zip` crate keeps an index of all entries, which in a hostile archive is many times larger than the archive.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// The record at the end of the archive, without its comment.
const END: usize = 22;
/// How far a comment can move that record forward.
const LONGEST_COMMENT: usize = 65_535;
/// The fixed part of an entry of the directory.
const ENTRY: usize = 46;
/// The longest name that anybody looks for, and then some; of longer ones only the beginning is shown.
const NAME: usize = 64;

/// Shows the name of each entry. Says whether the directory could be read to its end; a broken one is no error.
pub(super) fn each_name(file: &mut (impl Read + Seek), mut see: impl FnMut(&[u8])) -> io::Result<bool> {
    let Some((start, size)) = directory(file)? else { return Ok(false) };
    file.seek(SeekFrom::Start(start))?;
    let mut entries = BufReader::with_capacity(16 * 1024, file.take(size));
    let mut left = size;
    while left >= ENTRY as u64 {
        let mut fixed = [0; ENTRY];
        entries.read_exact(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Ok(false);
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| u64::from(u16_at(&fixed, at)));
        left -= ENTRY as u64;
        if name + extra + comment > left {
            return Ok(false);
        }
        left -= name + extra + comment;
        let mut shown = [0; NAME];
        let shown = &mut shown[..NAME.min(usize::try_from(name).unwrap_or(NAME))];
        entries.read_exact(shown)?;
        see(shown);
        let rest = name + extra + comment - shown.len() as u64;
        skip(&mut entries, rest)?;
    }
    Ok(left == 0)
}

/// Reading on without keeping.
fn skip(entries: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut entries.take(bytes), &mut io::sink()).map(drop)
}

/// Where the directory begins, and how long it is. It ends where the record about it begins, whatever stands in front of the archive.
fn directory(file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail_start = length.saturating_sub((END + LONGEST_COMMENT) as u64);
    file.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    file.by_ref().take((END + LONGEST_COMMENT) as u64).read_to_end(&mut tail)?;
    let Some(at) = end_record(&tail) else { return Ok(None) };
    let (mut end, mut size) = (tail_start + at as u64, u64::from(u32_at(&tail[at..], 12)));
    if size == u64::from(u32::MAX) || u16_at(&tail[at..], 10) == u16::MAX {
        (end, size) = match large(file, end)? {
            Some(found) => found,
            None => (end, size),
        };
    }
    Ok(end.checked_sub(size).map(|start| (start, size)))
}

fn end_record(tail: &[u8]) -> Option<usize> {
    (0..=tail.len().checked_sub(END)?).rev().find(|&at| {
        let record = &tail[at..];
        record.starts_with(b"PK\x05\x06") && usize::from(u16_at(record, 20)) <= record.len() - END
    })
}

/// The same of an archive in the 64-bit form, whose record is found through a pointer in front of the short one.
fn large(file: &mut (impl Read + Seek), end: u64) -> io::Result<Option<(u64, u64)>> {
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
