use super::*;

/// A zip archive of empty, uncompressed entries in this order, as a program packs it that does not know about documents.
fn archive(names: &[&str]) -> Vec<u8> {
    let (mut entries, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let at = u32::try_from(entries.len()).unwrap().to_le_bytes();
        entries.extend(joined(&[b"PK\x03\x04", &[0; 22], &length, &[0; 2], name.as_bytes()]));
        directory.extend(joined(&[b"PK\x01\x02", &[0; 24], &length, &[0; 12], &at, name.as_bytes()]));
    }
    let (start, size) = (u32::try_from(entries.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    let end = joined(&[
        b"PK\x05\x06",
        &[0; 4],
        &count,
        &count,
        &size.to_le_bytes(),
        &start.to_le_bytes(),
        &[0; 2],
    ]);
    joined(&[&entries, &directory, &end])
}

#[test]
fn a_repacked_open_document_is_recognised() {
    let packed = archive(&["META-INF/manifest.xml", "content.xml", "mimetype", "styles.xml"]);
    for (name, mime_type) in [
        ("a.odt", "application/vnd.oasis.opendocument.text"),
        ("a.ods", "application/vnd.oasis.opendocument.spreadsheet"),
        ("a.odp", "application/vnd.oasis.opendocument.presentation"),
    ] {
        check("repacked", &packed, None, name, Some(mime_type));
    }
    check("repacked", &packed, None, "a.docx", None);
    check("repacked", &packed, None, "a.png", None);
    let jar = archive(&["META-INF/manifest.xml", "content.xml", "META-INF/MANIFEST.MF"]);
    check("a jar that was packed so", &jar, None, "a.odt", None);
    check("an archive that is none", &archive(&["content.xml"]), None, "a.odt", None);
}

/// A compound file ([MS-CFB] 2.2) of 4096-byte sectors, in which the first sector is a table and all others list it again.
#[test]
fn a_compound_file_that_repeats_one_table_is_read_within_a_budget() {
    const SECTOR: usize = 4096;
    const LISTS: u32 = 100;
    let le_u32 = u32::to_le_bytes;
    let mut header = [
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(),
        &[0; 16],
        b"\x3E\0\x04\0\xFE\xFF\x0C\0\x06\0",
        &[0; 6],
        &[0; 4],
        &le_u32(1),
        &le_u32(0),
        &[0; 4],
        &le_u32(4096),
        &le_u32(0xFFFF_FFFE),
        &[0; 4],
        &le_u32(1),
        &le_u32(LISTS),
        &[0; 109 * 4],
    ]
    .concat();
    assert_eq!(header.len(), 512);
    header.resize(SECTOR, 0);
    let mut bytes = header;
    bytes.resize(2 * SECTOR, 0);
    for list in 1..=LISTS {
        bytes.resize(bytes.len() + SECTOR - 4, 0);
        bytes.extend(le_u32(if list < LISTS { list + 1 } else { 0xFFFF_FFFE }));
    }
    let mut file = CountingFile::new(&bytes);
    let found = decide_whole(&mut file, None, "letter.xls").map(|kind| kind.mime_type);
    assert_eq!(found.ok(), Some("application/vnd.ms-excel"), "unread, so the name says what it is");
    assert!(
        file.read < 8 * 1024 * 1024,
        "{} bytes were read of a file of {}",
        file.read,
        bytes.len()
    );
}

#[test]
fn a_zip64_archive_is_read() {
    // One entry and its directory, followed by the ZIP64 end record, its locator, and an end record without values.
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
fn a_zip_with_a_hostile_directory_is_decided_quickly() {
    let mut bytes = fixture("notes.zip");
    let end = bytes.len() - 22;
    bytes[end + 12..end + 16].copy_from_slice(&u32::MAX.to_le_bytes());
    check("a directory longer than the file", &bytes, None, "a.zip", Some("application/zip"));
    check("a directory longer than the file", &bytes, None, "a.docx", Some(DOCX));
    let records: Vec<u8> = joined(&[&fixture("notes.zip"), &b"PK\x05\x06".repeat(300_000)]);
    check("a million ends", &records, None, "a.zip", Some("application/zip"));
}
