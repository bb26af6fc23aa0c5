//! What becomes of which file.

use std::io::{self, Read, Seek, SeekFrom};

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// Content that is not in a file: begins like this, filled up with zeros to a kilobyte.
fn binary(start: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(1024, 0);
    bytes
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn check(label: &str, bytes: &[u8], declared: Option<&str>, name: &str, expected: Option<&str>) {
    let found = decide(bytes, declared, name);
    match (&found, expected) {
        (Ok(kind), Some(mime_type)) => assert_eq!(kind.mime_type, mime_type, "{label} as {name}"),
        (Err(Refusal::Type(_)), None) => {}
        _ => panic!("{label} as {name}: {found:?}, expected {expected:?}"),
    }
    // The answer does not hang on whether the head was enough.
    assert_eq!(
        decide_whole(&mut Cursor::new(bytes), declared, name).ok(),
        found.ok(),
        "{label} as {name}, whole"
    );
}

#[test]
fn every_allowed_file_has_the_type_of_its_content() {
    let table: &[(&str, &str)] = &[
        ("camera.jpg", "image/jpeg"),
        ("plain.jpg", "image/jpeg"),
        ("progressive.jpg", "image/jpeg"),
        ("grey.jpg", "image/jpeg"),
        ("cmyk.jpg", "image/jpeg"),
        ("notes.png", "image/png"),
        ("clear.png", "image/png"),
        ("palette.png", "image/png"),
        ("grey16.png", "image/png"),
        ("interlaced.png", "image/png"),
        ("moving.png", "image/png"),
        ("still.gif", "image/gif"),
        ("moving.gif", "image/gif"),
        ("plain.webp", "image/webp"),
        ("camera.webp", "image/webp"),
        ("clear.webp", "image/webp"),
        ("moving.webp", "image/webp"),
        ("still.avif", "image/avif"),
        ("still.heic", "image/heic"),
        ("turned.heic", "image/heic"),
        ("film.mp4", "video/mp4"),
        ("film.webm", "video/webm"),
        ("film.mov", "video/quicktime"),
        ("tagged.mp3", "audio/mpeg"),
        ("bare.mp3", "audio/mpeg"),
        ("voice.m4a", "audio/mp4"),
        ("recorder.m4a", "audio/mp4"),
        ("voice.ogg", "audio/ogg"),
        ("voice.opus", "audio/ogg"),
        ("voice.webm", "audio/webm"),
        ("voice.wav", "audio/wav"),
        ("voice.flac", "audio/flac"),
        ("page.pdf", "application/pdf"),
        ("letter.doc", "application/msword"),
        ("letter.docx", DOCX),
        ("locked.docx", DOCX),
        ("table.xls", "application/vnd.ms-excel"),
        ("table.xlsx", XLSX),
        ("slides.ppt", "application/vnd.ms-powerpoint"),
        ("slides.pptx", PPTX),
        ("letter.odt", "application/vnd.oasis.opendocument.text"),
        ("table.ods", "application/vnd.oasis.opendocument.spreadsheet"),
        ("slides.odp", "application/vnd.oasis.opendocument.presentation"),
        ("notes.zip", "application/zip"),
        ("bomb.zip", "application/zip"),
    ];
    for (name, mime_type) in table {
        for declared in [None, Some("application/octet-stream"), Some("text/plain"), Some(*mime_type)] {
            check(name, &fixture(name), declared, name, Some(mime_type));
        }
    }
}

#[test]
fn text_is_what_its_name_says() {
    type Row<'a> = (&'a str, &'a [u8], Option<&'a str>, &'a str, &'a str);
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("Ассалому алайкум 🙂".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let long = "Ўзбекча матн. ".repeat(1000).into_bytes();
    let table: &[Row] = &[
        ("UTF-8", "Салом, дунё! O‘zbek".as_bytes(), None, "a.txt", "text/plain"),
        ("UTF-8 with its mark", b"\xEF\xBB\xBFSalom", None, "a.txt", "text/plain"),
        ("UTF-8, cut off by the end of the head", &long, None, "a.txt", "text/plain"),
        ("UTF-16", &utf16, None, "a.TXT", "text/plain"),
        ("an 8-bit code", b"\xCF\xF0\xE8\xE2\xE5\xF2", None, "a.txt", "text/plain"),
        ("a table", b"a;b\r\n1;2\r\n", None, "a.csv", "text/csv"),
        (
            "a table that Excel declares",
            b"a;b\r\n1;2\r\n",
            Some("application/vnd.ms-excel"),
            "a.csv",
            "text/csv",
        ),
        (
            "a table by its declared type",
            b"a;b\r\n1;2\r\n",
            Some("text/csv; charset=utf-8"),
            "blob",
            "text/csv",
        ),
        ("without an extension", b"Salom", Some("text/plain"), "README", "text/plain"),
        (
            "text that begins like other things",
            b"BMW, MZ, GIF and ID3 are letters",
            None,
            "a.txt",
            "text/plain",
        ),
        ("text about smaller and larger", b"a < b and <bold> c", None, "a.txt", "text/plain"),
        ("nothing", b"", None, "a.txt", "text/plain"),
        ("no rows", b"", None, "a.csv", "text/csv"),
    ];
    for (label, bytes, declared, name, mime_type) in table {
        check(label, bytes, *declared, name, Some(mime_type));
    }
}

#[test]
fn mistakes_without_harm_are_put_right() {
    let table: &[(&str, Option<&str>, &str, &str)] = &[
        ("plain.jpg", Some("image/png"), "photo.png", "image/jpeg"),
        ("plain.jpg", None, "photo", "image/jpeg"),
        ("plain.jpg", None, "photo.jfif", "image/jpeg"),
        ("plain.jpg", Some("video/mp4"), "photo.jpg", "image/jpeg"),
        ("plain.webp", Some("image/jpeg"), "photo.jpg", "image/webp"),
        ("still.heic", None, "IMG_0001.JPG", "image/heic"),
        ("film.mov", None, "film.mp4", "video/quicktime"),
        ("voice.m4a", Some("audio/mpeg"), "voice.mp3", "audio/mp4"),
        ("recorder.m4a", Some("audio/mp4"), "blob", "audio/mp4"),
        ("recorder.m4a", None, "blob", "video/mp4"),
        ("voice.webm", Some("audio/webm;codecs=opus"), "blob", "audio/webm"),
        ("letter.docx", Some("application/octet-stream"), "letter.docx", DOCX),
        ("letter.docx", Some("application/zip"), "letter.zip", DOCX),
        ("table.xls", None, "table.xlsx", "application/vnd.ms-excel"),
        ("page.pdf", Some("text/plain"), "page", "application/pdf"),
        ("notes.zip", None, "notes", "application/zip"),
    ];
    for (file, declared, name, mime_type) in table {
        check(file, &fixture(file), *declared, name, Some(mime_type));
    }
}

#[test]
fn what_runs_is_refused_under_any_name() {
    let elf = binary(b"\x7FELF\x02\x01\x01\0");
    let windows = binary(b"MZ\x90\0\x03\0\0\0");
    let script = b"#!/bin/sh\nrm -rf /\n";
    let table: &[(&str, &[u8])] = &[
        ("ELF", &elf),
        ("PE", &windows),
        ("Mach-O", &binary(b"\xCF\xFA\xED\xFE\x07\0\0\x01")),
        ("fat Mach-O", &binary(b"\xCA\xFE\xBA\xBE\0\0\0\x02")),
        ("Java class", &binary(b"\xCA\xFE\xBA\xBE\0\0\0\x34")),
        ("WebAssembly", &binary(b"\0asm\x01\0\0\0")),
        ("shortcut", &binary(b"L\0\0\0\x01\x14\x02\0")),
        ("Flash", &binary(b"CWS\x0A\x01\0\0\0")),
        ("shell script", script),
        ("HTML", b"<!DOCTYPE html><html><body>hi</body></html>"),
        ("HTML behind a comment", b"  <!-- hi --> <p>x</p><script>alert(1)</script>"),
        ("HTML behind text", b"Dear reader <SCRIPT src=//x></SCRIPT>"),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"),
        (
            "SVG with a header",
            b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        ),
        ("PHP", b"<?php system($_GET['c']); ?>"),
        ("jar", &fixture("program.jar")),
        ("macros", &fixture("macros.docm")),
    ];
    for (label, bytes) in table {
        for name in [
            "a.png", "a.jpg", "a.txt", "a.csv", "a.pdf", "a.mp4", "a.zip", "a.docx", "a", "a.exe",
        ] {
            for declared in [None, Some("image/png"), Some("text/plain")] {
                check(label, bytes, declared, name, None);
            }
        }
    }
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("<html><script>".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    check("HTML in UTF-16", &utf16, None, "a.txt", None);
    // Plain source text is text; under the name of an image it is a lie.
    for name in ["a.png", "a.pdf", "a.mp3", "a.docx", "a.js", "a.bat", "a.unknown"] {
        check("JavaScript", b"alert(document.cookie)", None, name, None);
    }
    check("JavaScript", b"alert(document.cookie)", None, "a.txt", Some("text/plain"));
}

/// Compressed pixels are any bytes, short tags too.
#[test]
fn a_tag_by_chance_in_a_picture_is_none() {
    let jpeg = fixture("plain.jpg");
    for chance in [b"<%@\x01".as_slice(), b"<SvG\xF3\x00\x91\x12\x88", b"<?PHP\x02\x02"] {
        check("a photo", &[&jpeg, chance].concat(), None, "a.jpg", Some("image/jpeg"));
    }
}

/// An archive that begins as OpenDocument text does and holds a program.
fn jar_named_document() -> Vec<u8> {
    let mut jar = fixture("letter.odt");
    let name = b"META-INF/manifest.xml";
    // In the directory at the end, whose entries have their name at 46 and its length at 28. What is left of the longer name counts as extra.
    let at = jar.windows(name.len()).rposition(|window| window == name).unwrap();
    jar[at..at + name.len()].copy_from_slice(b"META-INF/MANIFEST.MF ");
    assert_eq!((jar[at - 46 + 28], jar[at - 46 + 30]), (21, 0));
    (jar[at - 46 + 28], jar[at - 46 + 30]) = (20, 1);
    jar
}

/// Counts what is read.
struct Counting<'a>(Cursor<&'a [u8]>, u64);

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(into)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// [MS-CFB] 2.2: sectors of 4096 bytes, of which the first is a table, and all others list it again and again.
#[test]
fn a_compound_file_that_lists_one_table_a_thousand_times_is_not_read_on_and_on() {
    const SECTOR: usize = 4096;
    const LISTS: u32 = 100;
    let word = u32::to_le_bytes;
    let mut header = [
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(),
        &[0; 16],
        b"\x3E\0\x04\0\xFE\xFF\x0C\0\x06\0",
        &[0; 6],
        &[0; 4],
        &word(1),
        &word(0),
        &[0; 4],
        &word(4096),
        &word(0xFFFF_FFFE),
        &[0; 4],
        &word(1),
        &word(LISTS),
        &[0; 109 * 4],
    ]
    .concat();
    assert_eq!(header.len(), 512);
    header.resize(SECTOR, 0);
    let mut bytes = header;
    bytes.resize(2 * SECTOR, 0);
    for list in 1..=LISTS {
        bytes.resize(bytes.len() + SECTOR - 4, 0);
        bytes.extend(word(if list < LISTS { list + 1 } else { 0xFFFF_FFFE }));
    }
    let mut file = Counting(Cursor::new(&bytes), 0);
    let found = decide_whole(&mut file, None, "letter.xls").map(|kind| kind.mime_type);
    assert_eq!(found.ok(), Some("application/vnd.ms-excel"), "unread, so the name says what it is");
    assert!(file.1 < 8 * 1024 * 1024, "{} bytes were read of a file of {}", file.1, bytes.len());
}

#[test]
fn files_that_are_two_things_are_refused() {
    let comment = |text: &[u8]| {
        joined(&[
            &fixture("plain.jpg")[..2],
            b"\xFF\xFE\0\x40",
            &binary(text)[..62],
            &fixture("plain.jpg")[2..],
        ])
    };
    let table: &[(&str, &[u8], &str)] = &[
        ("GIF and JavaScript", b"GIF89a/*aaaaaaaa*/=1;alert(1);", "a.gif"),
        (
            "GIF and PHP",
            &joined(&[&fixture("still.gif")[..30], b"<?php phpinfo(); ?>", &fixture("still.gif")[30..]]),
            "a.gif",
        ),
        ("JPEG and HTML", &comment(b"<html><script>alert(1)</script>"), "a.jpg"),
        (
            "JPEG and HTML, not all of it ASCII",
            &comment("<script>/*é*/alert(1)</script>".as_bytes()),
            "a.jpg",
        ),
        ("PNG and HTML", &joined(&[PNG, &[0; 40], b"<body onload=alert(1)>"]), "a.png"),
        ("HTML and PDF", b"<html><script>alert(1)</script>%PDF-1.7", "a.pdf"),
        ("a program and an archive", &joined(&[b"MZ\x90\0", &fixture("notes.zip")]), "a.zip"),
        ("a jar and a document", &jar_named_document(), "a.odt"),
        ("RIFF that is no WebP", b"RIFF\0\0\0\0WEBPscript\0\0\0", "a.webp"),
    ];
    for (label, bytes, name) in table {
        check(label, bytes, None, name, None);
    }
}

#[test]
fn content_and_name_of_different_families_are_refused() {
    for (file, name) in [
        ("page.pdf", "page.png"),
        ("notes.zip", "notes.jpg"),
        ("notes.zip", "notes.docx"),
        ("notes.zip", "notes.epub"),
        ("letter.docx", "letter.mp4"),
        ("voice.mp3", "voice.pdf"),
        ("plain.jpg", "photo.pdf"),
        ("plain.jpg", "photo.txt"),
        ("film.mp4", "film.jpg"),
        ("plain.jpg", "photo.jpg.exe"),
        ("plain.jpg", "photo.html"),
        ("plain.jpg", "photo.svg"),
        ("plain.jpg", "photo.exe. "),
        ("plain.jpg", "photo.\u{202E}gpj.exe"),
    ] {
        let source = if file == "voice.mp3" { "tagged.mp3" } else { file };
        check(file, &fixture(source), None, name, None);
    }
    for declared in [
        "text/html",
        "image/svg+xml",
        "application/javascript",
        "application/x-msdownload; x=y",
    ] {
        check("plain.jpg", &fixture("plain.jpg"), Some(declared), "photo.jpg", None);
    }
    check("a PDF", &fixture("page.pdf"), Some("image/png"), "blob", None);
    check("text", b"Salom", Some("image/png"), "blob", None);
}

#[test]
fn what_is_not_on_the_list_is_refused() {
    let table: &[(&str, &[u8], &str)] = &[
        ("nothing", b"", "a.png"),
        ("nothing", b"", "a"),
        ("zeros", &[0; 512], "a.txt"),
        ("a text with a zero", b"Salom\0dunyo", "a.txt"),
        ("noise", &binary(b"\x01\x02\x03\xF0\x9F"), "a.jpg"),
        ("TIFF", &binary(b"II*\0\x08\0\0\0\x01"), "a.jpg"),
        ("BMP", &binary(b"BM\x36\0\0\0\0\0\0\0"), "a.png"),
        ("icon", &binary(b"\0\0\x01\0\x01\0"), "a.png"),
        ("RAR", &binary(b"Rar!\x1A\x07\x01\0"), "a.zip"),
        ("7z", &binary(b"7z\xBC\xAF\x27\x1C"), "a.zip"),
        ("gzip", &binary(b"\x1F\x8B\x08\0"), "a.zip"),
        ("AVI", &binary(b"RIFF\0\0\0\0AVI LIST"), "a.mp4"),
        ("Matroska", &binary(b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska"), "a.webm"),
        (
            "Ogg with pictures",
            &binary(b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x2A\x80theora"),
            "a.ogg",
        ),
        ("Canon's raw", &binary(b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"), "a.heic"),
        ("AAC alone", &binary(b"\xFF\xF1\x50\x80"), "a.mp3"),
        ("a frame's first bytes", b"\xFF\xFB\x90\x64", "a.jpg"),
        ("a mail", &fixture("mail.msg"), "a.doc"),
        ("encrypted, but what", &fixture("locked.docx"), "a.doc"),
        ("a compound file that is cut off", &fixture("letter.doc")[..600], "a.pdf"),
        ("a docx that is cut off", &fixture("letter.docx")[..9000], "a.epub"),
    ];
    for (label, bytes, name) in table {
        check(label, bytes, None, name, None);
    }
}

#[test]
fn what_only_begins_like_its_kind_is_what_its_name_says() {
    const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    let docx = fixture("letter.docx");
    let table: &[(&str, &[u8], &str, &str)] = &[
        ("a docx that is cut off", &docx[..9000], "a.docx", DOCX),
        (
            "a compound file that is cut off",
            &fixture("letter.doc")[..600],
            "a.doc",
            "application/msword",
        ),
        (
            "a compound file's first bytes",
            &joined(&[COMPOUND, &[0; 600]]),
            "a.xls",
            "application/vnd.ms-excel",
        ),
        (
            "an archive's first bytes",
            b"PK\x03\x04\x14\0\0\0",
            "a.odt",
            "application/vnd.oasis.opendocument.text",
        ),
        (
            "a frame and zeros",
            &joined(&[b"\xFF\xFB\x90\0", &[0; 1000]]),
            "a.mp3",
            "audio/mpeg",
        ),
        (
            "a tag, a frame and zeros",
            &joined(&[b"ID3\x04\0\0\0\0\0\0\xFF\xFB\x90\0", &[0; 1000]]),
            "a.mp3",
            "audio/mpeg",
        ),
        ("Ogg's first bytes", &binary(b"OggS\0\x02"), "a.ogg", "audio/ogg"),
        (
            "EBML's first bytes",
            &joined(&[b"\x1A\x45\xDF\xA3", &[0; 60]]),
            "a.webm",
            "video/webm",
        ),
    ];
    for (label, bytes, name, mime_type) in table {
        check(label, bytes, None, name, Some(mime_type));
        check(label, bytes, None, "a.jpg", None);
    }
}

#[test]
fn broken_images_keep_their_type() {
    for name in ["plain.jpg", "notes.png", "moving.gif", "camera.webp"] {
        let bytes = fixture(name);
        check(name, &bytes[..bytes.len() / 2], None, name, Some(kind_of(name).mime_type));
        check(
            name,
            &joined(&[&bytes[..24], &[0xA5; 400]]),
            None,
            name,
            Some(kind_of(name).mime_type),
        );
    }
}

#[test]
fn the_list_names_each_type_once_and_extensions_in_lower_case() {
    for (at, allowed) in ALLOWED.iter().enumerate() {
        assert!(
            ALLOWED[..at].iter().all(|other| other.mime_type != allowed.mime_type),
            "{}",
            allowed.mime_type
        );
        for extension in allowed.extensions {
            assert_eq!(*extension, extension.to_lowercase());
            assert_eq!(
                ALLOWED.iter().filter(|other| other.extensions.contains(extension)).count(),
                1,
                "{extension}"
            );
        }
    }
}

#[test]
fn an_archive_of_the_64_bit_form_is_read() {
    // One entry, its directory, then the long record, the pointer to it, and a short record that says nothing.
    let entry = |kind: &[u8], more: usize| joined(&[kind, &vec![0; more]]);
    let mut bytes = entry(b"PK\x03\x04", 26);
    let start = bytes.len() as u64;
    for name in [b"[Content_Types].xml".as_slice(), b"word/document.xml"] {
        let mut header = entry(b"PK\x01\x02", 42);
        header[28] = u8::try_from(name.len()).unwrap();
        bytes.extend(joined(&[&header, name]));
    }
    let record = bytes.len() as u64;
    let mut long = entry(b"PK\x06\x06", 52);
    long[40..48].copy_from_slice(&(record - start).to_le_bytes());
    long[48..56].copy_from_slice(&start.to_le_bytes());
    let mut pointer = entry(b"PK\x06\x07", 16);
    pointer[8..16].copy_from_slice(&record.to_le_bytes());
    let mut short = entry(b"PK\x05\x06", 18);
    short[8..20].fill(0xFF);
    bytes.extend(joined(&[&long, &pointer, &short]));
    check("64-bit", &bytes, None, "letter.docx", Some(DOCX));
}

#[test]
fn an_archive_with_a_hostile_directory_is_decided_at_once() {
    let mut bytes = fixture("notes.zip");
    let end = bytes.len() - 22;
    bytes[end + 12..end + 16].copy_from_slice(&u32::MAX.to_le_bytes());
    check("a directory longer than the file", &bytes, None, "a.zip", Some("application/zip"));
    check("a directory longer than the file", &bytes, None, "a.docx", Some(DOCX));
    let records: Vec<u8> = joined(&[&fixture("notes.zip"), &b"PK\x05\x06".repeat(300_000)]);
    check("a million ends", &records, None, "a.zip", Some("application/zip"));
}
