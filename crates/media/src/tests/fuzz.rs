//! Damaged files: nothing panics or hangs, and no metadata is kept. `PROPTEST_CASES` sets the number of cases; it is small by default.

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
    "video.mp4",
    "video.webm",
    "voice.ogg",
    "bare.mp3",
    "tagged.mp3",
    "letter.doc",
    "table.xlsx",
    "letter.odt",
    "notes.zip",
    "page.pdf",
];

/// Boxes that the parsers read.
const NAMES: &[&[u8; 4]] = &[
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"hdlr", b"tkhd", b"udta", b"meta",
    b"keys", b"ilst", b"data", b"iinf", b"infe", b"iloc", b"idat", b"uuid", b"moof", b"traf", b"tfhd", b"trun", b"mvex", b"trex", b"mdat",
    b"free", b"gpmd", b"Exif", b"meco",
];

/// A change to a file.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    /// Sets four bytes to a number at which parsers fail.
    Extreme(Index, u8),
    Cut(Index, Index),
    /// Inserts a piece of this or another file.
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

/// A fixture with up to five changes.
fn damaged(files: &'static [&'static str]) -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    (proptest::sample::select(files), proptest::collection::vec(damage(), 0..6)).prop_map(|(name, damages)| {
        let mut bytes = fixture(name);
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        (name, bytes)
    })
}

/// The configuration with this number of cases, unless `PROPTEST_CASES` sets another.
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
    fn head_and_whole_file_agree_on_damaged_files((name, bytes) in damaged(FILES), other in proptest::sample::select(FILES), declared in proptest::option::of("[a-z]{1,12}/[a-z0-9.+-]{0,20}")) {
        for name in [name, other] {
            let found = decide(&bytes, declared.as_deref(), name).map_err(|refusal| refusal.to_string());
            let whole = decide_whole(&mut Cursor::new(&bytes), declared.as_deref(), name).map_err(|refusal| refusal.to_string());
            prop_assert_eq!(&found, &whole);
            if let Ok(kind) = found {
                prop_assert!(ALLOWED_TYPES.iter().any(|allowed| allowed.mime_type == kind.mime_type && allowed.file_type == kind.file_type));
            }
        }
    }

    #[test]
    fn head_and_whole_file_agree_on_random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "\\PC{0,20}(\\.[a-z]{1,5})?") {
        let found = decide(&bytes, None, &name).map_err(|refusal| refusal.to_string());
        prop_assert_eq!(found, decide_whole(&mut Cursor::new(&bytes), None, &name).map_err(|refusal| refusal.to_string()));
    }

    #[test]
    fn stripping_a_damaged_image_twice_changes_nothing_more((name, bytes) in damaged(&FILES[..15])) {
        let kind = kind_of(name);
        if let Ok(once) = stripped(&kind, &bytes) {
            prop_assert_eq!(stripped(&kind, &once).map_err(|error| error.to_string()), Ok(once.clone()), "twice");
            prop_assert!(once.len() <= bytes.len() + 64);
        }
    }

    #[test]
    fn inspecting_a_damaged_image_never_fails((name, bytes) in damaged(&FILES[..15])) {
        let limits = ImageLimits { pixels: 1_000_000, decoder_bytes: 16 << 20, ..ImageLimits::default() };
        // A real file, because disks refuse seeks that memory allows.
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        match inspect_image(&kind_of(name), &mut file, &limits) {
            Ok(ImageInfo { thumbnail: Some(thumbnail), width, .. }) => {
                prop_assert!(width.is_some());
                let format = image::ImageFormat::from_mime_type(thumbnail.mime_type).unwrap();
                let small = image::load_from_memory_with_format(&thumbnail.bytes, format).unwrap();
                prop_assert!(small.width().max(small.height()) <= 480);
            }
            Ok(_) | Err(Refusal::ImageTooLarge { .. } | Refusal::Type(_)) => {}
            Err(refusal) => return Err(TestCaseError::fail(refusal.to_string())),
        }
    }

    #[test]
    fn metadata_is_stripped_from_any_position(place in any::<Index>(), name in proptest::sample::select(vec!["plain.jpg", "notes.png", "plain.webp", "still.gif"])) {
        let (bytes, kind) = (fixture(name), kind_of(name));
        let with = with_metadata(name, &bytes, place);
        prop_assert!(contains(&with, b"HIDDEN AWAY"));
        let clean = stripped(&kind, &with).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(!contains(&clean, b"HIDDEN AWAY"));
        prop_assert_eq!(clean, stripped(&kind, &bytes).unwrap());
    }

    #[test]
    fn overwriting_a_damaged_video_keeps_its_length(seed in any::<Index>(), damages in proptest::collection::vec(damage(), 0..6)) {
        let mut bytes = seed.get(&overwriting::seeds()).clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        overwriting::check_length(&bytes);
    }

    #[test]
    fn overwriting_random_boxes_keeps_the_length(names in proptest::collection::vec((proptest::sample::select(NAMES), any::<u32>(), 0..4_u8), 0..40), noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = noise;
        for (at, (name, size, kind)) in names.iter().enumerate() {
            let size = [*size, size % 64, size % 1024, 0][usize::from(*kind)];
            let place = (at * 37).min(bytes.len());
            let head = [&size.to_be_bytes(), name.as_slice()].concat();
            bytes.splice(place..place, head);
        }
        overwriting::check_length(&bytes);
    }

    #[test]
    fn a_sanitised_name_is_short_and_safe(name in any::<String>()) {
        let kept = sanitise(&name);
        prop_assert!((1..=MAX_NAME_CHARS).contains(&kept.chars().count()));
        let forbidden = ['/', '\\', '\0', '\n', '\r', '\u{202E}'];
        prop_assert!(!kept.contains(forbidden));
        prop_assert_eq!(sanitise(&kept), kept);
    }
}

/// Inserts metadata at one of the positions where the format allows it.
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

/// The starts of all chunks but the first, and the end of the file.
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

/// The starts of the segments in front of the scan, and the end of the file.
fn segments(bytes: &[u8]) -> Vec<usize> {
    let mut places = vec![2];
    while let Some(at) = places.last().copied().filter(|at| bytes[at + 1] != 0xDA) {
        places.push(at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])));
    }
    [places, vec![bytes.len() - 2, bytes.len()]].concat()
}
