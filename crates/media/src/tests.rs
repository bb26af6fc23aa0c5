use std::{
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::*;

mod budget;
mod costly_jpeg;
mod fuzz;
mod images;
mod names;
mod overwriting;
mod sizes;
mod stripping;
mod types;

/// A position in the metadata of the fixtures, which no stored file may contain; see `fixtures/README.md`.
const SECRET: &[u8] = b"59.9386N 30.3141E";

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Decides the type as an upload does: by the first bytes, then by the whole file if necessary.
fn decide(bytes: &[u8], declared: Option<&str>, name: &str) -> Result<Kind, Refusal> {
    let head = &bytes[..bytes.len().min(HEAD)];
    match decide_head(head, head.len() == bytes.len(), declared, name)? {
        Step::Decided(kind) => Ok(kind),
        Step::NeedsWhole => decide_whole(&mut Cursor::new(bytes), declared, name),
    }
}

fn kind_of(name: &str) -> Kind {
    decide(&fixture(name), None, name).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn stripped(kind: &Kind, bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut target = Vec::new();
    strip(kind, &mut Cursor::new(bytes), &mut target).map(|()| target)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A chunk of a PNG, with its checksum.
fn png_chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let body = [name, content].concat();
    [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

/// A file in memory that counts the bytes read from it and written to it.
struct CountingFile {
    file: Cursor<Vec<u8>>,
    read: u64,
    written: u64,
}

impl CountingFile {
    fn new(bytes: &[u8]) -> Self {
        Self {
            file: Cursor::new(bytes.to_vec()),
            read: 0,
            written: 0,
        }
    }
}

impl Read for CountingFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl Write for CountingFile {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let written = self.file.write(from)?;
        self.written += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for CountingFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
