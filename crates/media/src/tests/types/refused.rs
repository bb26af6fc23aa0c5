use super::*;

#[test]
fn programs_and_scripts_are_refused_under_any_name() {
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
        ("HTML after a comment", b"  <!-- hi --> <p>x</p><script>alert(1)</script>"),
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
    // A text editor shows a tag in the middle as text. Without the name of a text file another program may open it.
    for name in ["a.png", "a.jpg", "a.pdf", "a.mp4", "a.zip", "a.docx", "a", "a.exe"] {
        check("HTML after text", b"Dear reader <SCRIPT src=//x></SCRIPT>", None, name, None);
    }
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("<html><script>".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    check("HTML in UTF-16", &utf16, None, "a.txt", None);
    // Source code named `.txt` is text. Under the name of another type it is refused.
    for name in ["a.png", "a.pdf", "a.mp3", "a.docx", "a.js", "a.bat", "a.unknown"] {
        check("JavaScript", b"alert(document.cookie)", None, name, None);
    }
    check("JavaScript", b"alert(document.cookie)", None, "a.txt", Some("text/plain"));
}

/// An archive with the start of an OpenDocument text, which contains a Java program.
fn jar_named_document() -> Vec<u8> {
    let mut jar = fixture("letter.odt");
    let name = b"META-INF/manifest.xml";
    // In the central directory, whose entries have the length of the name at 28, that of the extra field at 30, and the name at 46. The last byte of the old name becomes the extra field.
    let at = jar.windows(name.len()).rposition(|window| window == name).unwrap();
    jar[at..at + name.len()].copy_from_slice(b"META-INF/MANIFEST.MF ");
    assert_eq!((jar[at - 46 + 28], jar[at - 46 + 30]), (21, 0));
    (jar[at - 46 + 28], jar[at - 46 + 30]) = (20, 1);
    jar
}

#[test]
fn polyglot_files_are_refused() {
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
fn types_that_are_not_allowed_are_refused() {
    let table: &[(&str, &[u8], &str)] = &[
        ("nothing", b"", "a.png"),
        ("nothing", b"", "a"),
        ("zeros", &[0; 512], "a.txt"),
        ("text with a zero byte", b"Salom\0dunyo", "a.txt"),
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
            "Ogg with video",
            &binary(b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x2A\x80theora"),
            "a.ogg",
        ),
        ("Canon's raw", &binary(b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"), "a.heic"),
        ("AAC alone", &binary(b"\xFF\xF1\x50\x80"), "a.mp3"),
        ("a frame's first bytes", b"\xFF\xFB\x90\x64", "a.jpg"),
        ("a mail", &fixture("mail.msg"), "a.doc"),
        ("an encrypted document of unknown type", &fixture("locked.docx"), "a.doc"),
        ("a compound file that is truncated", &fixture("letter.doc")[..600], "a.pdf"),
        ("a docx that is truncated", &fixture("letter.docx")[..9000], "a.epub"),
    ];
    for (label, bytes, name) in table {
        check(label, bytes, None, name, None);
    }
}
