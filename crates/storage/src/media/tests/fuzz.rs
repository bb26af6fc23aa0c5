//! Damaged files: nothing panics, hangs, or lets metadata through. `PROPTEST_CASES` says how many; a few by default.

use std::io::Write as _;

use proptest::{prelude::*, sample::Index, test_runner::Config};

use super::*;

const FILES: &[&str] = &[
    "camera.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "notes.png",
    "palette.png",
    "interlaced.png",
    "moving.png",
    "still.gif",
    "moving.gif",
    "camera.webp",
    "clear.webp",
    "moving.webp",
    "still.avif",
    "turned.heic",
    "film.mp4",
    "film.webm",
    "voice.ogg",
    "bare.mp3",
    "tagged.mp3",
    "letter.doc",
    "table.xlsx",
    "letter.odt",
    "notes.zip",
    "page.pdf",
];

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    /// The numbers at which parsers stumble, at any place.
    Extreme(Index, u8),
    Cut(Index, Index),
    /// A piece of the file once more, or of another file.
    Insert(Index, usize, Index, Index),
    End(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        2 => (index(), 0..4_u8).prop_map(|(at, value)| Damage::Extreme(at, value)),
        1 => (index(), index()).prop_map(|(from, to)| Damage::Cut(from, to)),
        1 => (index(), 0..FILES.len(), index(), index()).prop_map(|(at, file, from, to)| Damage::Insert(at, file, from, to)),
        1 => index().prop_map(Damage::End),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len() + 1;
    match damage {
        Damage::Set(at, value) => {
            if let Some(byte) = bytes.get_mut(at.index(length)) {
                *byte = *value;
            }
        }
        Damage::Extreme(at, value) => {
            let at = at.index(length);
            let number: &[u8] = [b"\0\0\0\0".as_slice(), b"\xFF\xFF\xFF\xFF", b"\x7F\xFF\xFF\xFF", b"\0\0\0\x80"][usize::from(*value)];
            for (byte, new) in bytes[at.min(length - 1)..].iter_mut().zip(number) {
                *byte = *new;
            }
        }
        Damage::Cut(from, to) => {
            let (from, to) = (from.index(length), to.index(length));
            bytes.drain(from.min(to)..from.max(to).min(from.min(to) + 64));
        }
        Damage::Insert(at, file, from, to) => {
            let source = fixture(FILES[*file]);
            let (from, to) = (from.index(source.len()), to.index(source.len()));
            let piece = source[from.min(to)..from.max(to)].to_vec();
            let at = at.index(length);
            bytes.splice(at..at, piece);
        }
        Damage::End(at) => bytes.truncate(at.index(length)),
    }
}

/// A file and what became of it.
fn damaged(files: &'static [&'static str]) -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    (proptest::sample::select(files), proptest::collection::vec(damage(), 0..6)).prop_map(|(name, damages)| {
        let mut bytes = fixture(name);
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        (name, bytes)
    })
}

/// A small number of cases unless the environment asks for another, which is read by proptest itself.
fn config(cases: u32) -> Config {
    let asked = Config::default();
    let cases = if asked.cases == 256 { cases } else { asked.cases };
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..asked
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn any_file_gets_one_verdict((name, bytes) in damaged(FILES), other in proptest::sample::select(FILES), declared in proptest::option::of("[a-z]{1,12}/[a-z0-9.+-]{0,20}")) {
        for name in [name, other] {
            let found = decide(&bytes, declared.as_deref(), name).map_err(|refusal| refusal.to_string());
            let whole = decide_whole(&mut Cursor::new(&bytes), declared.as_deref(), name).map_err(|refusal| refusal.to_string());
            prop_assert_eq!(&found, &whole);
            if let Ok(kind) = found {
                prop_assert!(ALLOWED.iter().any(|allowed| allowed.mime_type == kind.mime_type && allowed.file_type == kind.file_type));
            }
        }
    }

    #[test]
    fn any_bytes_get_one_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "\\PC{0,20}(\\.[a-z]{1,5})?") {
        let found = decide(&bytes, None, &name).map_err(|refusal| refusal.to_string());
        prop_assert_eq!(found, decide_whole(&mut Cursor::new(&bytes), None, &name).map_err(|refusal| refusal.to_string()));
    }

    #[test]
    fn whatever_is_stripped_is_clean_and_stays_as_it_is((name, bytes) in damaged(&FILES[..15])) {
        let kind = kind_of(name);
        if let Ok(once) = stripped(&kind, &bytes) {
            prop_assert_eq!(stripped(&kind, &once).map_err(|error| error.to_string()), Ok(once.clone()), "twice");
            prop_assert!(once.len() <= bytes.len() + 64);
        }
    }

    #[test]
    fn a_picture_is_found_or_not_but_never_fails((name, bytes) in damaged(&FILES[..15])) {
        let limits = PictureLimits { pixels: 1_000_000, decoder_bytes: 16 << 20, ..PictureLimits::default() };
        // A real file: disks refuse what memory allows.
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        match picture(&kind_of(name), &mut file, &limits) {
            Ok(Picture { thumbnail: Some(thumbnail), width, .. }) => {
                prop_assert!(width.is_some());
                let format = image::ImageFormat::from_mime_type(thumbnail.mime_type).unwrap();
                let small = image::load_from_memory_with_format(&thumbnail.bytes, format).unwrap();
                prop_assert!(small.width().max(small.height()) <= 480);
            }
            Ok(_) | Err(Refusal::ImageTooLarge { .. }) => {}
            Err(refusal) => return Err(TestCaseError::fail(refusal.to_string())),
        }
    }

    #[test]
    fn metadata_is_found_wherever_it_stands(place in any::<Index>(), name in proptest::sample::select(vec!["plain.jpg", "notes.png", "plain.webp", "still.gif"])) {
        let (bytes, kind) = (fixture(name), kind_of(name));
        let with = with_metadata(name, &bytes, place);
        prop_assert!(contains(&with, b"HIDDEN AWAY"));
        let clean = stripped(&kind, &with).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(!contains(&clean, b"HIDDEN AWAY"));
        prop_assert_eq!(clean, stripped(&kind, &bytes).unwrap());
    }

    #[test]
    fn a_name_is_fit_for_show(name in any::<String>()) {
        let kept = sanitise(&name);
        prop_assert!((1..=MAX_NAME_CHARS).contains(&kept.chars().count()));
        let forbidden = ['/', '\\', '\0', '\n', '\r', '\u{202E}'];
        prop_assert!(!kept.contains(forbidden));
        prop_assert_eq!(sanitise(&kept), kept);
    }
}

/// Puts a piece of metadata in one of the places where the format allows it.
fn with_metadata(name: &str, bytes: &[u8], place: Index) -> Vec<u8> {
    const TEXT: &[u8] = b"HIDDEN AWAY ";
    let (places, piece) = match name {
        "plain.jpg" => (segments(bytes), [b"\xFF\xEB\0\x0E".as_slice(), TEXT].concat()),
        "notes.png" => (
            chunks(bytes, 8, |head| u32::from_be_bytes([head[0], head[1], head[2], head[3]]), 12),
            [b"\0\0\0\x0CtEXt".as_slice(), TEXT, b"\0\0\0\0"].concat(),
        ),
        "plain.webp" => (
            chunks(
                bytes,
                12,
                |head| u32::from_le_bytes([head[4], head[5], head[6], head[7]]).next_multiple_of(2),
                8,
            ),
            [b"HIDE\x0C\0\0\0".as_slice(), TEXT].concat(),
        ),
        _ => (
            vec![13 + 3 * (2 << (bytes[10] & 7)), bytes.len() - 1],
            [b"\x21\xFE\x0C".as_slice(), TEXT, b"\0"].concat(),
        ),
    };
    let at = *place.get(&places);
    let mut with = [&bytes[..at], &piece, &bytes[at..]].concat();
    if name == "plain.webp" {
        let length = u32::try_from(with.len() - 8).unwrap();
        with[4..8].copy_from_slice(&length.to_le_bytes());
    }
    with
}

/// Where chunks begin, but for the first; the end of the file.
fn chunks(bytes: &[u8], start: usize, length: impl Fn(&[u8]) -> u32, around: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = start;
    while bytes.len() - at >= 8 {
        at += usize::try_from(length(&bytes[at..at + 8])).unwrap() + around;
        if at > bytes.len() {
            break;
        }
        places.push(at);
    }
    places
}

/// Where the segments in front of the scan begin, and the end of the file.
fn segments(bytes: &[u8]) -> Vec<usize> {
    let mut places = vec![2];
    while let Some(at) = places.last().copied().filter(|at| bytes[at + 1] != 0xDA) {
        places.push(at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])));
    }
    [places, vec![bytes.len() - 2, bytes.len()]].concat()
}
