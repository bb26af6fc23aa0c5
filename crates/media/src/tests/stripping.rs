use image::{
    AnimationDecoder, DynamicImage, Frame, ImageDecoder, ImageFormat,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use super::*;

const IMAGES: &[&str] = &[
    "camera.jpg",
    "plain.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "notes.png",
    "clear.png",
    "palette.png",
    "grey16.png",
    "interlaced.png",
    "moving.png",
    "still.gif",
    "moving.gif",
    "plain.webp",
    "camera.webp",
    "clear.webp",
    "moving.webp",
];

fn clean(name: &str) -> Vec<u8> {
    stripped(&kind_of(name), &fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn pixels(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

fn decoder<'a>(name: &str, bytes: &'a [u8]) -> Box<dyn ImageDecoder + 'a> {
    let source = Cursor::new(bytes);
    match ImageFormat::from_path(name).unwrap() {
        ImageFormat::Jpeg => Box::new(JpegDecoder::new(source).unwrap()),
        ImageFormat::Png => Box::new(PngDecoder::new(source).unwrap()),
        ImageFormat::WebP => Box::new(WebPDecoder::new(source).unwrap()),
        _ => Box::new(GifDecoder::new(source).unwrap()),
    }
}

fn frames(name: &str, bytes: &[u8]) -> Vec<Frame> {
    let source = Cursor::new(bytes);
    let frames = match ImageFormat::from_path(name).unwrap() {
        ImageFormat::Png => PngDecoder::new(source).unwrap().apng().unwrap().into_frames(),
        ImageFormat::WebP => WebPDecoder::new(source).unwrap().into_frames(),
        _ => GifDecoder::new(source).unwrap().into_frames(),
    };
    frames.collect_frames().unwrap()
}

#[test]
fn stripping_removes_metadata_and_keeps_pixels() {
    for name in IMAGES {
        let (before, after) = (fixture(name), clean(name));
        assert_eq!(pixels(&after), pixels(&before), "{name}");
        assert!(after.len() <= before.len(), "{name}");
        for secret in [
            SECRET,
            b"xmpmeta",
            b"Photoshop",
            b"8BIM",
            b"GPS",
            b"Camera",
            b"MotionPhoto",
            b"tEXt",
            b"iTXt",
            b"tIME",
            b"prIV",
            b"XMP ",
        ] {
            assert!(!contains(&after, secret), "{name} still has {}", String::from_utf8_lossy(secret));
        }
    }
    // The fixtures do contain the metadata.
    for name in [
        "camera.jpg",
        "progressive.jpg",
        "notes.png",
        "moving.png",
        "moving.gif",
        "camera.webp",
        "moving.webp",
    ] {
        assert!(contains(&fixture(name), SECRET), "{name}");
    }
}

#[test]
fn orientation_and_colour_profile_are_kept() {
    for (name, orientation) in [
        ("camera.jpg", Orientation::Rotate90),
        ("progressive.jpg", Orientation::Rotate180),
        ("notes.png", Orientation::Rotate270),
        ("camera.webp", Orientation::NoTransforms),
        ("moving.webp", Orientation::NoTransforms),
        ("plain.jpg", Orientation::NoTransforms),
    ] {
        let (before, after) = (fixture(name), clean(name));
        assert_eq!(decoder(name, &after).orientation().unwrap(), orientation, "{name}");
        assert_eq!(
            decoder(name, &after).icc_profile().unwrap(),
            decoder(name, &before).icc_profile().unwrap(),
            "{name}"
        );
        let exif = decoder(name, &after).exif_metadata().unwrap();
        assert_eq!(
            exif.map(|exif| exif.len()),
            (orientation != Orientation::NoTransforms).then_some(26),
            "{name}"
        );
        assert_eq!(decoder(name, &after).xmp_metadata().unwrap(), None, "{name}");
    }
    for name in ["camera.jpg", "notes.png", "camera.webp"] {
        assert!(decoder(name, &clean(name)).icc_profile().unwrap().is_some(), "{name}");
    }
}

#[test]
fn animations_keep_their_frames_and_loop_counts() {
    for name in ["moving.png", "moving.gif", "moving.webp"] {
        let (before, after) = (fixture(name), clean(name));
        let (old, new) = (frames(name, &before), frames(name, &after));
        assert_eq!(new.len(), 4, "{name}");
        for (old, new) in old.iter().zip(&new) {
            assert_eq!(new.buffer(), old.buffer(), "{name}");
            assert_eq!(new.delay(), old.delay(), "{name}");
        }
    }
    assert!(contains(&clean("moving.gif"), b"NETSCAPE2.0\x03\x01\x03\0\0"));
}

#[test]
fn stripping_twice_changes_nothing_more() {
    for name in IMAGES {
        let once = clean(name);
        assert_eq!(stripped(&kind_of(name), &once).unwrap(), once, "{name}");
    }
}

#[test]
fn metadata_inside_the_frames_of_an_animation_is_removed() {
    let bytes = fixture("moving.webp");
    let frame = bytes.windows(4).position(|window| window == b"ANMF").unwrap();
    let length = u32::from_le_bytes(bytes[frame + 4..frame + 8].try_into().unwrap());
    let end = frame + 8 + usize::try_from(length).unwrap();
    let hidden = [b"hide", 17_u32.to_le_bytes().as_slice(), SECRET, b"\0"].concat();
    let mut with = [&bytes[..end], &hidden, &bytes[end..]].concat();
    with[frame + 4..frame + 8].copy_from_slice(&(length + 26).to_le_bytes());
    let total = u32::try_from(with.len() - 8).unwrap();
    with[4..8].copy_from_slice(&total.to_le_bytes());
    assert_eq!(stripped(&kind_of("moving.webp"), &with).unwrap(), clean("moving.webp"));
}

#[test]
fn an_image_truncated_within_its_pixels_loses_its_metadata_too() {
    let whole = fixture("camera.webp").len();
    for (name, length) in [
        ("camera.jpg", 2300),
        ("notes.png", 1080),
        ("moving.gif", 2000),
        ("camera.webp", whole - 1),
    ] {
        let after = stripped(&kind_of(name), &fixture(name)[..length]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!contains(&after, SECRET), "{name}");
        assert!(after.len() > 100, "{name}");
    }
}

#[test]
fn metadata_is_removed_from_an_image_that_is_broken_after_its_pixels() {
    let end_of = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).rposition(|window| window == part).unwrap();
    let jpeg = fixture("camera.jpg");
    let png = fixture("notes.png");
    let gif = fixture("moving.gif");
    let mut webp = fixture("camera.webp");
    let at = end_of(&webp, b"XMP ");
    webp[at + 7] = 0x7F;
    for (name, bytes) in [
        (
            "camera.jpg",
            [&jpeg[..end_of(&jpeg, b"\xFF\xD9")], b"\xFF\xE1\xFF\xFFExif\0\0", SECRET].concat(),
        ),
        ("notes.png", [&png[..end_of(&png, b"IEND") - 4], b"\xFF\0\0\0tEXt", SECRET].concat()),
        ("notes.png", [&png[..end_of(&png, b"IEND") - 4], b"\0\0\0\x11ABCD", SECRET].concat()),
        ("moving.gif", [&gif[..end_of(&gif, b"\x3B")], b"\x77", SECRET].concat()),
        ("camera.webp", webp),
    ] {
        let after = stripped(&kind_of(name), &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!contains(&after, SECRET), "{name}");
        assert_eq!(pixels(&after), pixels(&fixture(name)), "{name}");
    }
}

#[test]
fn an_image_that_is_broken_before_its_pixels_is_malformed() {
    let png = fixture("notes.png");
    let mut critical = png.clone();
    critical[37..41].copy_from_slice(b"ABCD");
    for (name, bytes) in [
        ("camera.jpg", fixture("camera.jpg")[..300].to_vec()),
        ("camera.jpg", b"\xFF\xD8\xFF\xE1\0\x01 too short".to_vec()),
        ("camera.jpg", b"\xFF\xD8\xFF\xD9".to_vec()),
        ("notes.png", png[..200].to_vec()),
        ("notes.png", critical),
        ("camera.webp", fixture("camera.webp")[..1000].to_vec()),
        ("moving.gif", fixture("moving.gif")[..40].to_vec()),
        ("moving.gif", [&fixture("still.gif")[..13 + 96], b"\x77"].concat()),
    ] {
        let found = stripped(&kind_of(name), &bytes);
        assert!(matches!(found, Err(StripError::Malformed(_))), "{name}: {found:?}");
    }
}

#[test]
fn can_strip_agrees_with_strip() {
    for name in IMAGES {
        assert!(can_strip(&kind_of(name)), "{name}");
    }
    for name in ["still.avif", "still.heic", "page.pdf"] {
        assert!(!can_strip(&kind_of(name)), "{name}");
        assert!(
            matches!(stripped(&kind_of(name), &fixture(name)), Err(StripError::Malformed(_))),
            "{name}"
        );
    }
}

#[test]
fn fill_bytes_junk_and_restart_markers_in_a_jpeg_are_accepted() {
    let bytes = fixture("grey.jpg");
    let scan = bytes.windows(2).position(|window| window == [0xFF, 0xDA]).unwrap();
    assert!(
        bytes[scan..].windows(2).any(|window| window == [0xFF, 0xD0]),
        "the fixture has restarts"
    );
    let filled = [&bytes[..scan], &[0xFF, 0xFF], &bytes[scan..]].concat();
    assert_eq!(stripped(&kind_of("grey.jpg"), &filled).unwrap(), clean("grey.jpg"));
    let junk = [&bytes[..scan], b"junk", &bytes[scan..]].concat();
    assert_eq!(stripped(&kind_of("grey.jpg"), &junk).unwrap(), clean("grey.jpg"));
}

/// A chunk of a PNG.
pub(super) fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let body = [name, content].concat();
    [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

#[test]
fn repeated_metadata_is_removed() {
    // Big-endian TIFF with the orientation as its only entry, followed by the secret.
    let tiff = [
        b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".as_slice(),
        SECRET,
    ]
    .concat();
    let exif = [b"Exif\0\0".as_slice(), &tiff].concat();
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    };
    let jpeg = fixture("plain.jpg");
    let segments = [
        segment(0xE1, &exif),
        segment(0xE1, &exif),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
        segment(0xE1, &[b"http://ns.adobe.com/xmp/extension/\0", SECRET].concat()),
        segment(0xED, &[b"Photoshop 3.0\x008BIM\x04\x04", SECRET].concat()),
        segment(0xED, SECRET),
        segment(0xE2, &[b"MPF\0", SECRET].concat()),
        segment(0xEB, &[b"JP\0\x01", SECRET].concat()),
    ]
    .concat();
    let scan = jpeg.windows(2).position(|window| window == [0xFF, 0xDA]).unwrap();
    let end = jpeg.len() - 2;

    let png = fixture("clear.png");
    let chunks = [
        png_chunk(b"eXIf", &tiff),
        png_chunk(b"eXIf", &tiff),
        png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()),
        png_chunk(b"tEXt", &[b"Raw profile type exif\0", SECRET].concat()),
        png_chunk(b"zTXt", &[b"Comment\0\0", SECRET].concat()),
        png_chunk(b"zxIf", &tiff),
    ]
    .concat();
    let pixels = png.windows(4).position(|window| window == b"IDAT").unwrap() - 4;
    let last = png.windows(4).rposition(|window| window == b"IEND").unwrap() - 4;

    let webp = fixture("plain.webp");
    let riff = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [name.as_slice(), &length, content, &[0][..content.len() % 2]].concat()
    };
    let image = &webp[12..];
    let front = riff(b"VP8X", &[0x0C, 0, 0, 0, 95, 0, 0, 63, 0, 0]);
    let pieces = [
        riff(b"EXIF", &tiff),
        riff(b"XMP ", SECRET),
        riff(b"EXIF", &exif),
        riff(b"XMP ", SECRET),
    ]
    .concat();
    let extended = |chunks: &[u8]| {
        [
            b"RIFF",
            &u32::try_from(chunks.len() + 4).unwrap().to_le_bytes()[..],
            b"WEBP",
            chunks,
        ]
        .concat()
    };

    for (name, bytes, oriented) in [
        ("plain.jpg", [&jpeg[..2], &segments, &jpeg[2..]].concat(), true),
        ("plain.jpg", [&jpeg[..scan], &segments, &jpeg[scan..]].concat(), true),
        ("plain.jpg", [&jpeg[..end], &segments, &jpeg[end..]].concat(), false),
        ("plain.jpg", [&jpeg[..], &segments].concat(), false),
        ("clear.png", [&png[..pixels], &chunks, &png[pixels..]].concat(), true),
        ("clear.png", [&png[..last], &chunks, &png[last..]].concat(), false),
        ("clear.png", [&png[..], &chunks].concat(), false),
        ("plain.webp", extended(&[&front, image, &pieces].concat()), false),
        ("plain.webp", extended(&[&front, &pieces, image, &pieces].concat()), false),
        ("plain.webp", [&webp[..], &pieces].concat(), false),
    ] {
        let after = stripped(&kind_of(name), &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(contains(&bytes, SECRET) && !contains(&after, SECRET), "{name}");
        let found = decoder(name, &after).orientation().unwrap();
        let expected = if oriented {
            Orientation::Rotate90
        } else {
            Orientation::NoTransforms
        };
        assert_eq!(found, expected, "{name}");
        assert_eq!(pixels_of(name, &after), pixels_of(name, &fixture(name)), "{name}");
    }
}

/// The pixels before the orientation is applied.
fn pixels_of(name: &str, bytes: &[u8]) -> DynamicImage {
    DynamicImage::from_decoder(decoder(name, bytes)).unwrap()
}
