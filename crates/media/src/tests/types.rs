//! The type that is decided for each file, by its content, its name and its declared type.

use super::*;

mod containers;
mod refused;
mod text;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// A kilobyte that starts with these bytes, followed by zeros.
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
    // Reading the whole file gives the same answer as reading its head.
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
        ("video.mp4", "video/mp4"),
        ("video.webm", "video/webm"),
        ("video.mov", "video/quicktime"),
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
fn a_wrong_extension_of_the_same_family_is_accepted() {
    let table: &[(&str, Option<&str>, &str, &str)] = &[
        ("plain.jpg", Some("image/png"), "photo.png", "image/jpeg"),
        ("plain.jpg", None, "photo", "image/jpeg"),
        ("plain.jpg", None, "photo.jfif", "image/jpeg"),
        ("plain.jpg", Some("video/mp4"), "photo.jpg", "image/jpeg"),
        ("plain.webp", Some("image/jpeg"), "photo.jpg", "image/webp"),
        ("still.heic", None, "IMG_0001.JPG", "image/heic"),
        ("video.mov", None, "video.mp4", "video/quicktime"),
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

/// Frames of MPEG-1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes each.
fn frames(count: usize) -> Vec<u8> {
    let mut frame = b"\xFF\xFB\x90\x64".to_vec();
    frame.resize(417, 0x55);
    frame.repeat(count)
}

#[test]
fn mp3_after_zero_padding_is_recognised() {
    let padded = joined(&[&[0; 300], &frames(3)]);
    check("MP3 after zeros", &padded, None, "a.mp3", Some("audio/mpeg"));
    check("MP3 after zeros", &padded, Some("audio/mpeg"), "blob", Some("audio/mpeg"));
    for (label, bytes, name) in [
        ("MP3 after zeros without an extension", padded.as_slice(), "a"),
        ("MP3 after zeros, named as an image", padded.as_slice(), "a.jpg"),
        ("zeros", &[0; 600], "a.mp3"),
        ("zeros and one frame", &joined(&[&[0; 300], &frames(1)]), "a.mp3"),
    ] {
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
        ("video.mp4", "video.jpg"),
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
fn a_file_that_starts_like_its_type_but_does_not_parse_gets_its_declared_type() {
    const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    let docx = fixture("letter.docx");
    let table: &[(&str, &[u8], &str, &str)] = &[
        ("a docx that is truncated", &docx[..9000], "a.docx", DOCX),
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
fn each_allowed_type_is_listed_once_with_lower_case_extensions() {
    for (at, allowed) in ALLOWED_TYPES.iter().enumerate() {
        assert!(
            ALLOWED_TYPES[..at].iter().all(|other| other.mime_type != allowed.mime_type),
            "{}",
            allowed.mime_type
        );
        for extension in allowed.extensions {
            assert_eq!(*extension, extension.to_lowercase());
            assert_eq!(
                ALLOWED_TYPES.iter().filter(|other| other.extensions.contains(extension)).count(),
                1,
                "{extension}"
            );
        }
    }
}
