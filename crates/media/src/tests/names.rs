use super::*;

#[test]
fn paths_and_invisible_characters_are_removed_from_names() {
    let table = [
        ("photo.jpg", "photo.jpg"),
        ("фото 2024 — қиш.jpg", "фото 2024 — қиш.jpg"),
        ("写真.png", "写真.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("../../photo.jpg", "photo.jpg"),
        ("folder/", "folder"),
        ("a\0b\r\nc\u{7F}.txt", "ab c.txt"),
        ("photo\u{202E}gpj.exe", "photogpj.exe"),
        ("a\u{200B}b\u{FEFF}.txt", "ab.txt"),
        ("ن\u{200C}ن.txt", "ن\u{200C}ن.txt"),
        ("  spaced \t .txt  ", "spaced .txt"),
        ("photo.exe...", "photo.exe"),
        (".htaccess", "htaccess"),
        ("a\u{A0}b\u{3000}c.txt", "a b c.txt"),
        ("\"quoted\"; x=y.txt", "\"quoted\"; x=y.txt"),
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        (" \u{202E} ", "file"),
    ];
    for (name, expected) in table {
        assert_eq!(sanitise(name), expected, "{name:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension() {
    let name = sanitise(&format!("{}.jpeg", "ў".repeat(300)));
    assert_eq!(name.chars().count(), MAX_NAME_CHARS);
    assert!(name.ends_with("ў.jpeg"));
    let name = sanitise(&format!("a.{}", "x".repeat(400)));
    assert_eq!(name.chars().count(), MAX_NAME_CHARS);
}
