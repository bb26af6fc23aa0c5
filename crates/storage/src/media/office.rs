//! Office documents, by what lies in their container: zip (OOXML, OpenDocument) or compound file (the old formats, and encrypted OOXML).

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    claim::{Claim, Extension},
    decide::Refusal,
    kind::Format::{self, Doc, Docx, Odp, Ods, Odt, Ppt, Pptx, Xls, Xlsx},
};

mod zip;

const UNKNOWN: Refusal = Refusal::Type("the container holds no document of an allowed kind");

/// Decides what a container is. Nothing in it is decompressed, so a bomb is an archive like any other.
pub(super) fn look_inside(file: &mut (impl Read + Seek), head: &[u8], claim: &Claim) -> Result<Format, Refusal> {
    if head.starts_with(b"PK") {
        archive(file, head, claim)
    } else {
        compound(file, claim)
    }
}

fn archive(file: &mut (impl Read + Seek), head: &[u8], claim: &Claim) -> Result<Format, Refusal> {
    let mut parts = Parts::default();
    let readable = zip::each_name(file, |name| parts.see(name))?;
    if let Some(reason) = parts.refused {
        return Err(Refusal::Type(reason));
    }
    // OpenDocument begins with its type, uncompressed and under this name.
    if let Some(format) = open_document(head) {
        return Ok(format);
    }
    match parts.main.filter(|_| parts.types && readable) {
        Some(format) => Ok(format),
        None if matches!(claim.extension, Extension::Of(Format::Zip) | Extension::None) => Ok(Format::Zip),
        None if readable => Err(UNKNOWN),
        None => broken(claim, &[Docx, Xlsx, Pptx, Odt, Ods, Odp]),
    }
}

/// What opens in no program is what it was meant to be, like a broken image.
fn broken(claim: &Claim, kinds: &[Format]) -> Result<Format, Refusal> {
    claim.format().filter(|claimed| kinds.contains(claimed)).ok_or(UNKNOWN)
}

fn open_document(head: &[u8]) -> Option<Format> {
    const NAME: &[u8] = b"mimetype";
    let extra = head.get(28..30)?.first_chunk::<2>().map(|length| u16::from_le_bytes(*length))?;
    let content = head.get(30..)?.strip_prefix(NAME)?.get(usize::from(extra)..)?;
    [Format::Odt, Format::Ods, Format::Odp].into_iter().find(|format| {
        // What follows is the next entry's header, unless a template's or a master document's longer type does.
        let rest = content.strip_prefix(format.allowed().mime_type.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"PK"))
    })
}

/// What the names in an archive tell.
#[derive(Default)]
struct Parts {
    types: bool,
    main: Option<Format>,
    refused: Option<&'static str>,
}

impl Parts {
    /// The folder of an application's parts tells it; their names differ with the program that wrote them.
    fn see(&mut self, name: &[u8]) {
        match name {
            b"[Content_Types].xml" => self.types = true,
            b"META-INF/MANIFEST.MF" | b"AndroidManifest.xml" => self.refused = Some("the archive is a program"),
            b"word/vbaProject.bin" | b"xl/vbaProject.bin" | b"ppt/vbaProject.bin" => {
                self.refused = Some("documents with macros are not allowed");
            }
            b"xl/workbook.bin" => self.refused = Some("workbooks in the binary form are not allowed"),
            _ => self.main = self.main.or_else(|| folder(name)),
        }
    }
}

fn folder(name: &[u8]) -> Option<Format> {
    const FOLDERS: &[(&[u8], Format)] = &[(b"word/", Format::Docx), (b"xl/", Format::Xlsx), (b"ppt/", Format::Pptx)];
    FOLDERS
        .iter()
        .find(|(folder, _)| name.starts_with(folder))
        .map(|(_, format)| *format)
}

/// What may be read of a compound file of this length to find its streams: its tables and names. Those of honest files come to a hundredth of the file; a hostile one
/// lists the same table a thousand times, and the reader keeps all of it.
fn tables(length: u64) -> u64 {
    (length / 64).max(4 * 1024 * 1024)
}

/// Reads on until the budget is spent.
struct Budget<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the tables are too large"))?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Budget<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// The streams of the root tell the application. Installers and mails are compound files too, and have none of them.
fn compound(file: &mut (impl Read + Seek), claim: &Claim) -> Result<Format, Refusal> {
    const STREAMS: &[(&str, Format)] = &[
        ("WordDocument", Format::Doc),
        ("Workbook", Format::Xls),
        ("Book", Format::Xls),
        ("PowerPoint Document", Format::Ppt),
    ];
    let budget = Budget {
        left: tables(file.seek(SeekFrom::End(0))?),
        source: file,
    };
    let container = match super::guarded(|| cfb::CompoundFile::open(budget)) {
        Some(Ok(container)) => container,
        Some(Err(error)) if !is_malformed(&error) => return Err(error.into()),
        Some(Err(_)) | None => return broken(claim, &[Doc, Xls, Ppt]),
    };
    let found = STREAMS
        .iter()
        .find(|(name, _)| container.is_stream(name))
        .map(|(_, format)| *format);
    let encrypted = container.is_stream("EncryptedPackage");
    match claim.format() {
        Some(claimed @ (Format::Docx | Format::Xlsx | Format::Pptx)) if encrypted => Ok(claimed),
        _ => found.ok_or(UNKNOWN),
    }
}

/// Whether the content is at fault, rather than the disk.
fn is_malformed(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
