//! Office documents by the directory of their container: zip (OOXML, OpenDocument) or compound file (the formats before 2007, and encrypted OOXML).

use std::io::{self, Read, Seek, SeekFrom};

use crate::{
    declared::{Declaration, Extension},
    error::{Refusal, catch_panic},
    kind::Format::{self, Doc, Docx, Odp, Ods, Odt, Ppt, Pptx, Xls, Xlsx},
};

mod zip;

const NO_DOCUMENT: Refusal = Refusal::Type("the container holds no document of an allowed type");

/// Decides the type of a container by the names in it. Nothing is decompressed, so a decompression bomb costs no more than any other archive.
pub(super) fn identify(file: &mut (impl Read + Seek), head: &[u8], declaration: &Declaration) -> Result<Format, Refusal> {
    if head.starts_with(b"PK") {
        identify_zip(file, head, declaration)
    } else {
        identify_compound_file(file, declaration)
    }
}

fn identify_zip(file: &mut (impl Read + Seek), head: &[u8], declaration: &Declaration) -> Result<Format, Refusal> {
    // Collect the names that matter
    let mut parts = ZipParts::default();
    let readable = zip::each_name(file, |name| parts.record(name))?;
    if let Some(reason) = parts.refused {
        return Err(Refusal::Type(reason));
    }
    // An OpenDocument starts with an uncompressed entry `mimetype`.
    if let Some(format) = open_document_format(head) {
        return Ok(format);
    }
    match parts.main.filter(|_| parts.content_types && readable) {
        Some(format) => Ok(format),
        // After repacking, the `mimetype` entry is compressed somewhere in the archive. The declared type tells which OpenDocument it is.
        None if parts.manifest && parts.content_xml && readable => declared_format(declaration, &[Odt, Ods, Odp]),
        None if matches!(declaration.extension, Extension::Known(Format::Zip) | Extension::Missing) => Ok(Format::Zip),
        None if readable => Err(NO_DOCUMENT),
        None => declared_format(declaration, &[Docx, Xlsx, Pptx, Odt, Ods, Odp]),
    }
}

/// The declared format, if it is one of these. For a container that does not parse: no program opens it, so storing it under its declared type does no harm.
fn declared_format(declaration: &Declaration, kinds: &[Format]) -> Result<Format, Refusal> {
    declaration.format().filter(|declared| kinds.contains(declared)).ok_or(NO_DOCUMENT)
}

fn open_document_format(head: &[u8]) -> Option<Format> {
    const NAME: &[u8] = b"mimetype";
    let extra = head.get(28..30)?.first_chunk::<2>().map(|length| u16::from_le_bytes(*length))?;
    let content = head.get(30..)?.strip_prefix(NAME)?.get(usize::from(extra)..)?;
    [Format::Odt, Format::Ods, Format::Odp].into_iter().find(|format| {
        // The next entry's header follows the type. Longer types (templates, master documents) share this prefix and are not allowed.
        let rest = content.strip_prefix(format.allowed().mime_type.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"PK"))
    })
}

/// The entry names that matter, among those of an archive.
#[derive(Default)]
struct ZipParts {
    content_types: bool,
    /// `META-INF/manifest.xml` and `content.xml` are in every OpenDocument.
    manifest: bool,
    content_xml: bool,
    main: Option<Format>,
    refused: Option<&'static str>,
}

impl ZipParts {
    /// OOXML applications are told apart by the folder of their parts, because the names of the parts depend on the program that wrote them.
    fn record(&mut self, name: &[u8]) {
        match name {
            b"[Content_Types].xml" => self.content_types = true,
            b"META-INF/MANIFEST.MF" | b"AndroidManifest.xml" => self.refused = Some("the archive is a program"),
            b"word/vbaProject.bin" | b"xl/vbaProject.bin" | b"ppt/vbaProject.bin" => {
                self.refused = Some("documents with macros are not allowed");
            }
            b"META-INF/manifest.xml" => self.manifest = true,
            b"content.xml" => self.content_xml = true,
            b"xl/workbook.bin" => self.refused = Some("binary workbooks are not allowed"),
            _ => self.main = self.main.or_else(|| folder_format(name)),
        }
    }
}

fn folder_format(name: &[u8]) -> Option<Format> {
    const FOLDERS: &[(&[u8], Format)] = &[(b"word/", Format::Docx), (b"xl/", Format::Xlsx), (b"ppt/", Format::Pptx)];
    FOLDERS
        .iter()
        .find(|(folder, _)| name.starts_with(folder))
        .map(|(_, format)| *format)
}

/// The bytes that may be read to find the streams of a compound file of this length. The tables and names of honest files take a hundredth of the file. A hostile file can
/// list the same table a thousand times, and `cfb` keeps every copy in memory.
fn index_budget(length: u64) -> u64 {
    (length / 64).max(4 * 1024 * 1024)
}

/// A reader that fails once `left` bytes have been read.
struct LimitedReader<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the tables are too large"))?;
        Ok(read)
    }
}

impl<R: Seek> Seek for LimitedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// Tells the application by the streams in the root. Installers (MSI) and mails (MSG) are compound files too, and have none of these streams.
fn identify_compound_file(file: &mut (impl Read + Seek), declaration: &Declaration) -> Result<Format, Refusal> {
    const STREAMS: &[(&str, Format)] = &[
        ("WordDocument", Format::Doc),
        ("Workbook", Format::Xls),
        ("Book", Format::Xls),
        ("PowerPoint Document", Format::Ppt),
    ];
    let limited = LimitedReader {
        left: index_budget(file.seek(SeekFrom::End(0))?),
        source: file,
    };
    let container = match catch_panic(|| cfb::CompoundFile::open(limited)) {
        Some(Ok(container)) => container,
        Some(Err(error)) if !is_content_error(&error) => return Err(error.into()),
        Some(Err(_)) | None => return declared_format(declaration, &[Doc, Xls, Ppt]),
    };
    let found = STREAMS
        .iter()
        .find(|(name, _)| container.is_stream(name))
        .map(|(_, format)| *format);
    let encrypted = container.is_stream("EncryptedPackage");
    match declaration.format() {
        Some(declared @ (Format::Docx | Format::Xlsx | Format::Pptx)) if encrypted => Ok(declared),
        _ => found.ok_or(NO_DOCUMENT),
    }
}

/// Whether the error is caused by the content of the file, not by the disk.
fn is_content_error(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
