//! Magic bytes. Only what is allowed has a signature here; whatever has none is refused unless it reads as text.

use super::{claim::Claim, decide::Refusal, kind::Format, text};

mod iso;
mod sound;
mod webm;

/// What the head of a file shows.
pub(super) enum Found {
    Format(Format),
    /// An archive or a compound file, which may hold an office document.
    Container,
    /// No signature, and it reads as text.
    Nothing,
}

/// The largest amount of white space before `%PDF-`; readers take more, and so let other things stand in front.
const PDF_SPACE: usize = 16;

pub(super) fn find(head: &[u8], complete: bool, claim: &Claim) -> Result<Found, Refusal> {
    if is_pdf(head) {
        return Ok(Found::Format(Format::Pdf));
    }
    if text::reads_as_text(head, complete) {
        // A signature made of letters alone is one that text was written around.
        return Ok(Found::Nothing);
    }
    if is_container(head) {
        return Ok(Found::Container);
    }
    match binary(head, claim) {
        Some(_) if text::has_written_markup(head) => Err(Refusal::Type("the content is a web page or a script as well")),
        Some(format) => Ok(Found::Format(format)),
        None => Err(Refusal::Type(foreign(head))),
    }
}

fn binary(head: &[u8], claim: &Claim) -> Option<Format> {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] if kind.starts_with(b"WEBPVP8") => Some(Format::WebP),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Format::Wav),
        [b'f', b'L', b'a', b'C', ..] => Some(Format::Flac),
        [b'O', b'g', b'g', b'S', 0, ..] => sound::ogg(head, claim),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => webm::find(head, claim),
        [b'I', b'D', b'3', 2..=4, ..] | [0xFF, 0xE0..=0xFF, ..] => sound::mpeg(head, claim),
        _ => iso::find(head, claim),
    }
}

fn is_pdf(head: &[u8]) -> bool {
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = start.trim_ascii_start();
    start.len() - text.len() <= PDF_SPACE && text.starts_with(b"%PDF-")
}

fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
        || head.starts_with(b"PK\x05\x06")
        || head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

/// Says what was refused, where that is known.
fn foreign(head: &[u8]) -> &'static str {
    match infer::get(head).map(|found| found.matcher_type()) {
        Some(infer::MatcherType::App) => "the content is a program",
        Some(infer::MatcherType::Archive) => "the content is an archive of a kind that is not allowed",
        Some(infer::MatcherType::Image) => "the content is an image of a kind that is not allowed",
        Some(infer::MatcherType::Audio | infer::MatcherType::Video) => "the content is sound or film of a kind that is not allowed",
        _ => "the content is of an unknown kind",
    }
}

/// Whether the sender takes it for one of these.
fn is_claimed(claim: &Claim, formats: &[Format]) -> bool {
    claim.format().is_some_and(|format| formats.contains(&format))
}
