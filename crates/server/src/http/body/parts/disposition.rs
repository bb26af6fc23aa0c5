//! `Content-Disposition` of a part (RFC 7578, 4.2), read leniently: clients write names in many ways, and a name that cannot be read well is no reason to
//! refuse a file.

use actix_web::http::header::parse_extended_value;
use encoding_rs::{Encoding, WINDOWS_1251, WINDOWS_1252};

/// The field name and the file name of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    /// The name of its field.
    pub(super) name: String,
    /// The name of the file, where it is one.
    pub(super) file_name: Option<String>,
}

/// Reads the header; `None` where it names no field of a form. Of a repeated parameter the first counts.
pub(super) fn parse(header: &[u8]) -> Option<Disposition> {
    let (kind, mut rest) = divide(header, b';');
    if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
        return None;
    }
    let (mut name, mut plain, mut extended) = (None, None, None);
    while !rest.is_empty() {
        let (parameter, value, left) = parameter(rest);
        rest = left;
        match parameter.to_ascii_lowercase().as_slice() {
            b"name" => name = name.or_else(|| Some(text(&value))),
            // Browsers write quotes as `%22`.
            b"filename" => plain = plain.or_else(|| Some(text(&value).replace("%22", "\""))),
            b"filename*" => extended = extended.or_else(|| extended_text(&value)),
            _ => {}
        }
    }
    Some(Disposition {
        name: name?,
        file_name: extended.or(plain),
    })
}

/// The bytes before the first occurrence of this sign, and the bytes behind it.
fn divide(bytes: &[u8], sign: u8) -> (&[u8], &[u8]) {
    bytes
        .iter()
        .position(|byte| *byte == sign)
        .map_or((bytes, &[]), |at| (&bytes[..at], &bytes[at + 1..]))
}

/// The name and the value of the first parameter, and the rest of the header. A parameter without a value has an empty one.
fn parameter(bytes: &[u8]) -> (&[u8], Vec<u8>, &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(bytes.len());
    let name = bytes[..end].trim_ascii();
    let rest = &bytes[end..];
    let Some(value) = rest.strip_prefix(b"=") else {
        return (name, Vec::new(), divide(rest, b';').1);
    };
    let value = value.trim_ascii_start();
    if let Some(quoted) = value.strip_prefix(b"\"") {
        let (value, rest) = unquote(quoted);
        return (name, value, divide(rest, b';').1);
    }
    let (value, rest) = divide(value, b';');
    (name, value.trim_ascii_end().to_vec(), rest)
}

/// The text up to the closing quote, and the rest of the header. A backslash stands for itself unless a quote or another backslash follows it: some clients write
/// Windows paths as they are.
fn unquote(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        match rest {
            [] => return (text, rest),
            [b'"', left @ ..] => return (text, left),
            [b'\\', escaped @ (b'"' | b'\\'), left @ ..] => {
                text.push(*escaped);
                rest = left;
            }
            [byte, left @ ..] => {
                text.push(*byte);
                rest = left;
            }
        }
    }
}

/// RFC 8187: `charset'language'percent-encoded`. `None` where it is not that.
fn extended_text(value: &[u8]) -> Option<String> {
    let value = parse_extended_value(std::str::from_utf8(value).ok()?).ok()?;
    let encoding = Encoding::for_label(value.charset.to_string().as_bytes());
    Some(encoding.map_or_else(
        || text(&value.value),
        |encoding| encoding.decode_without_bom_handling(&value.value).0.into_owned(),
    ))
}

/// UTF-8; other bytes are read as one of the single-byte encodings of old clients, in which every byte is a letter.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => single_byte(bytes).decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Cyrillic (Windows-1251), whose words have no letters of ASCII; or Western European (Windows-1252, which contains Latin-1), whose words mostly have some.
fn single_byte(bytes: &[u8]) -> &'static Encoding {
    let is_mixed = |pair: &[u8]| matches!(pair, [a, b] if a.is_ascii_alphabetic() && *b >= 0xC0 || *a >= 0xC0 && b.is_ascii_alphabetic());
    if bytes.windows(2).any(is_mixed) {
        WINDOWS_1252
    } else {
        WINDOWS_1251
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(header: &[u8], name: &str, file_name: Option<&str>) {
        let expected = Disposition {
            name: name.to_owned(),
            file_name: file_name.map(str::to_owned),
        };
        assert_eq!(parse(header), Some(expected), "{}", String::from_utf8_lossy(header));
    }

    #[test]
    fn names_are_read_as_clients_write_them() {
        reads(b"form-data; name=\"content\"", "content", None);
        reads(b"Form-Data ;NAME=content ; fileName=a.txt", "content", Some("a.txt"));
        reads("form-data; name=\"f\"; filename=\"расм.png\"".as_bytes(), "f", Some("расм.png"));
        reads(b"form-data; filename=\"a; b=c.txt\"; name=f", "f", Some("a; b=c.txt"));
        reads(
            br#"form-data; name="f"; filename="say \"hi\" \\ %22.txt""#,
            "f",
            Some(r#"say "hi" \ ".txt"#),
        );
        reads(br#"form-data; name="f"; filename="C:\Temp\a.txt""#, "f", Some(r"C:\Temp\a.txt"));
        reads(b"form-data; name=\"f\"; filename=\"\"", "f", Some(""));
        reads(b"form-data; name=f; filename=", "f", Some(""));
        reads(b"form-data; name=f; filename", "f", Some(""));
        reads(b"form-data; name=f; filename=\"open.txt", "f", Some("open.txt"));
        reads(b"form-data; name=f; name=g; filename=a; filename=b;;", "f", Some("a"));
        reads(b"form-data; name=\"\"", "", None);
    }

    #[test]
    fn names_that_are_not_utf_8_are_read_as_cyrillic_or_western_letters() {
        reads(b"form-data; name=f; filename=\"\xf4\xee\xf2\xee 1.jpg\"", "f", Some("фото 1.jpg"));
        reads(b"form-data; name=f; filename=\"r\xe9sum\xe9.pdf\"", "f", Some("résumé.pdf"));
        reads(b"form-data; name=f; filename=\"\xdcbersicht.pdf\"", "f", Some("Übersicht.pdf"));
        reads(b"form-data; name=f; filename=\xd4\xe0\xe9\xeb.pdf", "f", Some("Файл.pdf"));
        reads(b"form-data; name=f; filename=\"\x98\xff.txt\"", "f", Some("\u{98}я.txt"));
    }

    #[test]
    fn the_extended_name_comes_first_where_it_can_be_read() {
        let with = |extended: &str| format!("form-data; name=f; filename=\"plain.txt\"; filename*={extended}").into_bytes();
        reads(&with("UTF-8''%D1%80%D0%B0%D1%81%D0%BC.png"), "f", Some("расм.png"));
        reads(&with("\"utf-8'uz'%D1%80.png\""), "f", Some("р.png"));
        reads(&with("iso-8859-1'en'%A3.txt"), "f", Some("£.txt"));
        reads(&with("windows-1251''%F4%EE%F2%EE.jpg"), "f", Some("фото.jpg"));
        reads(&with("utf-8''%F4.jpg"), "f", Some("\u{fffd}.jpg"));
        for broken in ["", "no quotes", "one'quote"] {
            reads(&with(broken), "f", Some("plain.txt"));
        }
        reads(b"form-data; filename*=utf-8''a.txt; name=f", "f", Some("a.txt"));
    }

    #[test]
    fn a_part_without_a_name_is_no_field() {
        for header in [
            &b""[..],
            b"form-data",
            b"attachment; name=f",
            b"form-data; filename=a.txt",
            b";name=f",
            b"form-data; ==; =x",
        ] {
            assert_eq!(parse(header), None, "{}", String::from_utf8_lossy(header));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let mut header = b"form-data; name=f; filename=\"".to_vec();
            header.extend_from_slice(&bytes);
            proptest::prop_assert!(parse(&header).is_some());
            parse(&bytes);
        }
    }
}
