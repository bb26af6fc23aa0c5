use super::*;

#[test]
fn text_has_the_type_of_its_extension() {
    type Row<'a> = (&'a str, &'a [u8], Option<&'a str>, &'a str, &'a str);
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("Ассалому алайкум 🙂".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let long = "Ўзбекча матн. ".repeat(1000).into_bytes();
    let table: &[Row] = &[
        ("UTF-8", "Салом, дунё! O‘zbek".as_bytes(), None, "a.txt", "text/plain"),
        ("UTF-8 with a byte order mark", b"\xEF\xBB\xBFSalom", None, "a.txt", "text/plain"),
        ("UTF-8, truncated at the end of the head", &long, None, "a.txt", "text/plain"),
        ("UTF-16", &utf16, None, "a.TXT", "text/plain"),
        ("an 8-bit encoding", b"\xCF\xF0\xE8\xE2\xE5\xF2", None, "a.txt", "text/plain"),
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
            b"BMW, MZ, GIF and ID3 are text",
            None,
            "a.txt",
            "text/plain",
        ),
        ("text with angle brackets", b"a < b and <bold> c", None, "a.txt", "text/plain"),
        (
            "text that mentions a tag",
            b"Put <script> after <body>, not into <head>.",
            None,
            "a.txt",
            "text/plain",
        ),
        (
            "a table that mentions a tag",
            b"tag;use\r\n<iframe>;none\r\n",
            None,
            "a.csv",
            "text/csv",
        ),
        (
            "text with the vertical tabs of a word processor",
            b"one\x0Btwo\x0C",
            None,
            "a.txt",
            "text/plain",
        ),
        ("nothing", b"", None, "a.txt", "text/plain"),
        ("no rows", b"", None, "a.csv", "text/csv"),
    ];
    for (label, bytes, declared, name, mime_type) in table {
        check(label, bytes, *declared, name, Some(mime_type));
    }
}

#[test]
fn rich_text_named_doc_is_a_word_document() {
    let rich = br"{\rtf1\ansi Assalomu alaykum\par}";
    check("rich text", rich, None, "letter.doc", Some("application/msword"));
    check("rich text", rich, Some("application/msword"), "letter", Some("application/msword"));
    for name in ["letter.rtf", "letter.png", "letter.pdf", "letter.docx", "letter.xls"] {
        check("rich text", rich, None, name, None);
    }
}

/// Compressed pixels can be any bytes, short tags included.
#[test]
fn a_short_tag_among_compressed_bytes_is_ignored() {
    let jpeg = fixture("plain.jpg");
    for chance in [b"<%@\x01".as_slice(), b"<SvG\xF3\x00\x91\x12\x88", b"<?PHP\x02\x02"] {
        check("a photo", &[&jpeg, chance].concat(), None, "a.jpg", Some("image/jpeg"));
    }
}
