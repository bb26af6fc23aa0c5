//! Detection of the type of a file, by its content and by the sender's [`Declaration`].
//!
//! Only allowed types have a signature here. A file without a signature is refused, unless it is text. The signatures of `infer` and `file-format` are too loose for an
//! allow-list (two letters make a BMP), so `infer` only names the types of refused files.

use std::io::{Read, Seek, SeekFrom};

use super::{
    declared::Declaration,
    error::Refusal,
    kind::{Format, Kind},
};

mod iso;
mod office;
mod streams;
mod text;

/// Bytes that [`decide_head`] needs. A shorter file is passed as a whole.
pub const HEAD: usize = 8 * 1024;

/// The result of [`decide_head`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first bytes are enough.
    Decided(Kind),
    /// The file is a container, and [`decide_whole`] has to read its directory.
    NeedsWhole,
}

/// Decides the type by the first [`HEAD`] bytes, or by the whole file if it is `complete`. The content decides. The declared type and the extension only tell apart
/// types without a signature (text and CSV) or with a shared one (audio and video), and can refuse the file.
pub fn decide_head(head: &[u8], complete: bool, declared_type: Option<&str>, file_name: &str) -> Result<Step, Refusal> {
    let declaration = Declaration::new(declared_type, file_name)?;
    match identify(head, complete, &declaration)? {
        Signature::Format(format) => declaration.check_family(format).map(Step::Decided),
        Signature::Container => Ok(Step::NeedsWhole),
        Signature::Text => text::decide(head, complete, &declaration)
            .and_then(|format| declaration.check_family(format))
            .map(Step::Decided),
    }
}

/// Decides the type by the whole file. Agrees with [`decide_head`] where that decides.
pub fn decide_whole(file: &mut (impl Read + Seek), declared_type: Option<&str>, file_name: &str) -> Result<Kind, Refusal> {
    let complete = file.seek(SeekFrom::End(0))? <= HEAD as u64;
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    match decide_head(&head, complete, declared_type, file_name)? {
        Step::Decided(kind) => Ok(kind),
        Step::NeedsWhole => {
            let declaration = Declaration::new(declared_type, file_name)?;
            let format: Format = office::identify(file, &head, &declaration)?;
            declaration.check_family(format)
        }
    }
}

/// The result of matching magic bytes.
pub(super) enum Signature {
    Format(Format),
    /// A zip archive or a compound file, which may hold an office document.
    Container,
    /// No signature, and the head is text.
    Text,
}

/// White space that is accepted before `%PDF-`. PDF readers accept more, which lets files of other types hide in front.
const MAX_PDF_WHITESPACE: usize = 16;

pub(super) fn identify(head: &[u8], complete: bool, declaration: &Declaration) -> Result<Signature, Refusal> {
    if is_pdf(head) {
        return Ok(Signature::Format(Format::Pdf));
    }
    if is_rich_text(head) && declaration.is_one_of(&[Format::Doc]) {
        // Older word processors save RTF as `.doc`. Word opens it like a document, and RTF can hold nothing that a document cannot.
        return Ok(Signature::Format(Format::Doc));
    }
    if text::reads_as_text(head, complete) {
        // Some signatures consist of letters: `GIF89a=1` is a script, not a GIF.
        return Ok(Signature::Text);
    }
    if is_container(head) {
        return Ok(Signature::Container);
    }
    match binary(head, declaration) {
        Some(_) if text::has_markup_in_binary(head) => Err(Refusal::Type("the content is also a web page or a script")),
        Some(format) => Ok(Signature::Format(format)),
        None => Err(Refusal::Type(describe_unknown(head))),
    }
}

fn binary(head: &[u8], declaration: &Declaration) -> Option<Format> {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] if kind.starts_with(b"WEBPVP8") => Some(Format::WebP),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Format::Wav),
        [b'f', b'L', b'a', b'C', ..] => Some(Format::Flac),
        [b'O', b'g', b'g', b'S', 0, ..] => streams::ogg(head, declaration),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => streams::webm(head, declaration),
        [b'I', b'D', b'3', 2..=4, ..] | [0xFF, 0xE0..=0xFF, ..] => streams::mpeg(head, declaration),
        _ => iso::identify(head, declaration).or_else(|| streams::padded_mpeg(head, declaration)),
    }
}

fn is_pdf(head: &[u8]) -> bool {
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = start.trim_ascii_start();
    start.len() - text.len() <= MAX_PDF_WHITESPACE && text.starts_with(b"%PDF-")
}

fn is_rich_text(head: &[u8]) -> bool {
    head.starts_with(b"{\\rtf")
}

fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
        || head.starts_with(b"PK\x05\x06")
        || head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

/// The reason for refusing a file without a signature.
fn describe_unknown(head: &[u8]) -> &'static str {
    match infer::get(head).map(|found| found.matcher_type()) {
        Some(infer::MatcherType::App) => "the content is a program",
        Some(infer::MatcherType::Archive) => "the content is an archive of a type that is not allowed",
        Some(infer::MatcherType::Image) => "the content is an image of a type that is not allowed",
        Some(infer::MatcherType::Audio | infer::MatcherType::Video) => "the content is audio or video of a type that is not allowed",
        _ => "the content is of an unknown type",
    }
}
