//! Text, which has no signature: what reads as text and is neither markup nor a script.

use super::{
    claim::{Claim, Extension},
    decide::Refusal,
    kind::Format,
};

/// Tags that make a browser render or run what holds them.
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

/// A tag of more than five letters does not come about in compressed bytes by chance; shorter ones do, once in some thousand heads.
const SHORT: usize = 1 + 5;

/// One of compressed bytes in two or three passes for a letter: so many in a row, a tag among them, come about once in a hundred million heads.
const WRITTEN: usize = 16;

/// Text and tables, by the name; without a name's extension by the declared type. The head is enough: it is served as what it is called and never sniffed.
pub(super) fn decide(head: &[u8], complete: bool, claim: &Claim) -> Result<Format, Refusal> {
    let format = match (claim.extension, claim.declared) {
        (Extension::Of(format @ (Format::Text | Format::Csv)), _) | (Extension::None, Some(format @ Format::Csv)) => format,
        (Extension::None, None) if !claim.foreign_type && !head.is_empty() => Format::Text,
        _ if head.is_empty() => return Err(Refusal::Type("it is empty")),
        _ => return Err(Refusal::Type("the content is text, which the name does not say")),
    };
    match decode(head, complete) {
        Some(text) if is_active(text.as_ref()) => Err(Refusal::Type("the content is a web page or a script")),
        Some(_) => Ok(format),
        None => Err(Refusal::Type("the content is not text")),
    }
}

/// Whether all of it reads as text.
pub(super) fn reads_as_text(head: &[u8], complete: bool) -> bool {
    decode(head, complete).is_some()
}

/// Whether a tag stands in it that makes a browser render or run it.
fn has_markup(text: &[u8]) -> bool {
    tags(text).next().is_some()
}

/// The same for bytes that are no text. A [`SHORT`] tag counts with [`WRITTEN`] letters in a row.
pub(super) fn has_written_markup(bytes: &[u8]) -> bool {
    tags(bytes).any(|(tag, rest)| {
        let written = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        tag.len() > SHORT || rest.iter().take(WRITTEN).all(written)
    })
}

/// Each tag, with what begins there.
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

fn is_active(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    start.starts_with(b"#!") || infer::text::is_html(start) || infer::text::is_xml(start) || has_markup(text)
}

/// The text as bytes in which ASCII stands for itself: UTF-8, some 8-bit code, or UTF-16 by its mark.
fn decode(head: &[u8], complete: bool) -> Option<Vec<u8>> {
    let bytes = match head {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, complete, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, complete, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_owned(),
        _ => head.to_owned(),
    };
    bytes.iter().all(|byte| !is_binary(*byte)).then_some(bytes)
}

/// Control characters that no text has. The escape of logs and the end mark of old systems are left out.
const fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F)
}

fn utf16(bytes: &[u8], complete: bool, unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).peekable();
    let mut text = String::with_capacity(pairs.len());
    while let Some(next) = decoded.next() {
        match next {
            Ok(c) => text.push(c),
            // The head may end within a pair of surrogates.
            Err(_) if decoded.peek().is_none() && !complete => {}
            Err(_) => return None,
        }
    }
    (rest.is_empty() || !complete).then(|| text.into_bytes())
}
