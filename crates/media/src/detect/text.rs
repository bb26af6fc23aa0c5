//! Plain text and CSV. Text has no signature: it is recognised by the absence of control characters, and refused if it is markup or a script.

use crate::{
    declared::{Declaration, Extension},
    error::Refusal,
    kind::Format,
};

/// Tags that make a browser render a file as a page, or a server run it.
const MARKUP: &[&[u8]] = &[
    b"<script",
    b"<html",
    b"<!doctype html",
    b"<svg",
    b"<iframe",
    b"<body",
    b"<head",
    b"<object",
    b"<embed",
    b"<?php",
    b"<%@",
];

/// The length of tags that occur in compressed bytes by chance, about once in some thousand files. Longer tags do not.
const SHORT_TAG: usize = 1 + 5;

/// Printable bytes that have to follow a short tag before it counts. A compressed byte is printable with a probability of about 0.4, so a tag within so many printable bytes occurs by
/// chance once in a hundred million files.
const PRINTABLE_RUN: usize = 16;

/// Text or CSV by the extension, or by the declared type if there is no extension. The head is enough, because the file is served as plain text and never sniffed.
pub(super) fn decide(head: &[u8], complete: bool, declaration: &Declaration) -> Result<Format, Refusal> {
    let format = match (declaration.extension, declaration.mime_format) {
        (Extension::Known(format @ (Format::Text | Format::Csv)), _) | (Extension::Missing, Some(format @ Format::Csv)) => format,
        (Extension::Missing, None) if !declaration.has_unknown_type && !head.is_empty() => Format::Text,
        _ if head.is_empty() => return Err(Refusal::Type("the file is empty")),
        _ => return Err(Refusal::Type("the content is text, but the name is not that of a text file")),
    };
    let is_named = matches!(declaration.extension, Extension::Known(_));
    match decode(head, complete) {
        // A file named `.txt` opens in an editor, so a tag in its middle does nothing. Without such a name the program that opens it may go by the content.
        Some(text) if starts_as_markup_or_script(&text) || (!is_named && has_markup(&text)) => {
            Err(Refusal::Type("the content is a web page or a script"))
        }
        Some(_) => Ok(format),
        None => Err(Refusal::Type("the content is not text")),
    }
}

pub(super) fn reads_as_text(head: &[u8], complete: bool) -> bool {
    decode(head, complete).is_some()
}

/// Whether the text contains one of the [`MARKUP`] tags.
fn has_markup(text: &[u8]) -> bool {
    tags(text).next().is_some()
}

/// Whether bytes that are not text contain markup. Tags up to [`SHORT_TAG`] bytes count only if [`PRINTABLE_RUN`] printable bytes start with them.
pub(super) fn has_markup_in_binary(bytes: &[u8]) -> bool {
    tags(bytes).any(|(tag, rest)| {
        let written = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        tag.len() > SHORT_TAG || rest.iter().take(PRINTABLE_RUN).all(written)
    })
}

/// Each markup tag in these bytes, with the bytes from there on.
fn tags(bytes: &[u8]) -> impl Iterator<Item = (&'static [u8], &[u8])> {
    (0..bytes.len())
        .filter(|&at| bytes[at] == b'<')
        .map(|at| &bytes[at..])
        .filter_map(|rest| MARKUP.iter().find(|tag| starts_with_tag(rest, tag)).map(|tag| (*tag, rest)))
}

fn starts_with_tag(bytes: &[u8], tag: &[u8]) -> bool {
    let Some((start, rest)) = bytes.split_at_checked(tag.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(tag) && rest.first().is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// Whether the text starts like a web page or a script. Programs that sniff look at the start.
fn starts_as_markup_or_script(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    let is_tag = MARKUP.iter().any(|tag| starts_with_tag(start, tag));
    is_tag || start.starts_with(b"#!") || infer::text::is_html(start) || infer::text::is_xml(start)
}

/// The text in an encoding that contains ASCII as it is: UTF-8, an 8-bit encoding, or UTF-16 (by its byte order mark) converted to UTF-8. None if the bytes are not text.
fn decode(head: &[u8], complete: bool) -> Option<Vec<u8>> {
    let bytes = match head {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, complete, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, complete, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_owned(),
        _ => head.to_owned(),
    };
    bytes.iter().all(|byte| !is_binary_control(*byte)).then_some(bytes)
}

/// Control characters that do not occur in text. Vertical tab (word processors), escape (terminal logs) and 0x1A (end of file in CP/M and DOS) do occur.
const fn is_binary_control(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F)
}

fn utf16(bytes: &[u8], complete: bool, unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).peekable();
    let mut text = String::with_capacity(pairs.len());
    while let Some(next) = decoded.next() {
        match next {
            Ok(c) => text.push(c),
            // The head may end between the two halves of a surrogate pair.
            Err(_) if decoded.peek().is_none() && !complete => {}
            Err(_) => return None,
        }
    }
    (rest.is_empty() || !complete).then(|| text.into_bytes())
}
