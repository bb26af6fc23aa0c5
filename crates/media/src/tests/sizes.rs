//! No part of an image is decoded at a larger size than was measured.

use super::*;

/// The result of measuring an image.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// The upload is answered with status 413.
    TooLarge,
    /// The upload is answered with status 415.
    Refused,
    /// Accepted without a size.
    Unmeasured,
    Measured(u32, u32),
}

fn verdict(name: &str, bytes: &[u8]) -> Verdict {
    match inspect_image(&kind_of(name), &mut Cursor::new(bytes), &ImageLimits::default()) {
        Ok(ImageInfo {
            width: Some(width),
            height: Some(height),
            ..
        }) => Verdict::Measured(width, height),
        Ok(_) => Verdict::Unmeasured,
        Err(Refusal::ImageTooLarge { .. }) => Verdict::TooLarge,
        Err(Refusal::Type(_)) => Verdict::Refused,
        Err(refusal) => panic!("{name}: {refusal}"),
    }
}

/// A GIF with this screen, and frames of one colour with these positions and sizes.
fn gif(screen: [u16; 2], frames: &[[u16; 4]]) -> Vec<u8> {
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let mut bytes = [b"GIF89a".as_slice(), &numbers(&screen), b"\x80\0\0", &[0; 6]].concat();
    for frame in frames {
        bytes.extend(b"\x21\xF9\x04\0\x0A\0\0\0\x2C");
        bytes.extend(numbers(frame));
        // A clear code, a pixel, and the end code.
        bytes.extend(b"\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3B);
    bytes
}

/// A label, the screen, the frames, and the expected result.
type GifCase<'a> = (&'a str, [u16; 2], &'a [[u16; 4]], Verdict);

#[test]
fn every_frame_of_a_gif_is_measured() {
    let table: &[GifCase<'_>] = &[
        (
            "a frame larger than the screen",
            [1, 1],
            &[[0, 0, 20_000, 20_000]],
            Verdict::TooLarge,
        ),
        (
            "the second frame",
            [1, 1],
            &[[0, 0, 1, 1], [0, 0, 20_000, 20_000]],
            Verdict::TooLarge,
        ),
        ("far away", [1, 1], &[[65_000, 65_000, 1, 1]], Verdict::TooLarge),
        (
            "a frame a little larger than the screen",
            [1, 1],
            &[[0, 0, 1000, 1000]],
            Verdict::Refused,
        ),
        (
            "beyond the right side",
            [100, 50],
            &[[0, 0, 100, 50], [51, 0, 50, 50]],
            Verdict::Refused,
        ),
        ("beyond the bottom", [100, 50], &[[0, 1, 100, 50]], Verdict::Refused),
        ("no screen, and a large frame", [0, 0], &[[0, 0, 20_000, 20_000]], Verdict::TooLarge),
        ("no screen", [0, 0], &[[0, 0, 100, 100]], Verdict::Unmeasured),
        (
            "up to the edge",
            [100, 50],
            &[[50, 25, 50, 25], [0, 0, 100, 50]],
            Verdict::Measured(100, 50),
        ),
        ("no frames", [100, 50], &[], Verdict::Measured(100, 50)),
    ];
    for (label, screen, frames, expected) in table {
        assert_eq!(verdict("still.gif", &gif(*screen, frames)), *expected, "{label}");
    }
    let mut cut = gif([1, 1], &[[0, 0, 1, 1], [0, 0, 20_000, 20_000]]);
    cut.truncate(cut.len() - 5);
    assert_eq!(verdict("still.gif", &cut), Verdict::TooLarge, "cut off within its pixels");
}

fn be_u32s(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

#[test]
fn frames_and_second_headers_of_a_png_are_measured() {
    let png = fixture("notes.png");
    let control =
        |size: [u32; 2], place: [u32; 2]| png_chunk(b"fcTL", &[be_u32s(&[0, size[0], size[1], place[0], place[1]]), vec![0; 6]].concat());
    let header = |width: u32, height: u32| png_chunk(b"IHDR", &[be_u32s(&[width, height]), vec![8, 2, 0, 0, 0]].concat());
    let end = at(&png, b"IEND") - 4;
    for (label, piece, expected) in [
        ("a frame", control([10, 10], [5, 5]), Verdict::Measured(64, 96)),
        ("a vast frame", control([20_000, 20_000], [0, 0]), Verdict::TooLarge),
        ("a frame far away", control([1, 1], [u32::MAX, u32::MAX]), Verdict::TooLarge),
        ("a frame beyond the side", control([64, 96], [90, 0]), Verdict::Refused),
        ("a second header", header(20_000, 20_000), Verdict::TooLarge),
        ("a second header that is larger", header(1000, 10), Verdict::Refused),
    ] {
        for at in [33, end] {
            let bytes = [&png[..at], &piece, &png[at..]].concat();
            assert_eq!(verdict("notes.png", &bytes), expected, "{label} at {at}");
        }
    }
}

#[test]
fn every_frame_of_a_jpeg_is_measured() {
    let jpeg = fixture("plain.jpg");
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap();
    let scan = jpeg.windows(2).position(|window| window == [0xFF, 0xDA]).unwrap();
    let with = |at: usize, height: u16, width: u16| {
        let mut second = jpeg[frame..frame + 19].to_vec();
        second[5..7].copy_from_slice(&height.to_be_bytes());
        second[7..9].copy_from_slice(&width.to_be_bytes());
        [&jpeg[..at], &second, &jpeg[at..]].concat()
    };
    for at in [frame + 19, scan, jpeg.len() - 2] {
        assert_eq!(verdict("plain.jpg", &with(at, 20_000, 20_000)), Verdict::TooLarge, "{at}");
        assert_eq!(verdict("plain.jpg", &with(at, 65, 96)), Verdict::Refused, "{at}");
        assert_eq!(verdict("plain.jpg", &with(at, 64, 96)), Verdict::Measured(96, 64), "{at}");
    }
    // A height of 0 is given after the scan.
    let mut later = jpeg.clone();
    later[frame + 5..frame + 9].copy_from_slice(&[0, 0, 0xFF, 0xFF]);
    assert_eq!(verdict("plain.jpg", &later), Verdict::TooLarge);
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", chunks].concat()
}

#[test]
fn every_frame_of_a_webp_is_measured_even_if_it_is_truncated() {
    for name in ["camera.webp", "moving.webp"] {
        let mut bytes = fixture(name);
        assert_eq!(&bytes[12..16], b"VP8X", "{name} says its size at the front");
        // Width and height are stored minus one: 1 × 1.
        bytes[24..30].fill(0);
        assert_eq!(verdict(name, &bytes), Verdict::Refused, "{name}");
    }
    let mut moving = fixture("moving.webp");
    let frame = moving.windows(4).position(|window| window == b"ANMF").unwrap() + 8;
    // First two pixels to the right, then as far as possible.
    moving[frame] = 1;
    assert_eq!(verdict("moving.webp", &moving), Verdict::Refused);
    moving[frame..frame + 6].fill(0xFF);
    assert_eq!(verdict("moving.webp", &moving), Verdict::TooLarge);
    let frames = b"ANMF\x10\0\0\0".repeat(100_000);
    let _: Verdict = verdict(
        "moving.webp",
        &riff(&[b"VP8X\x0A\0\0\0\x02\0\0\0\0\0\0\0\0\0", &frames[..]].concat()),
    );

    // Lossless, 16,384 × 16,384, with a chunk that is longer than the file.
    let cut = [b"VP8L\xFF\xFF\0\0\x2F\xFF\xFF\xFF\x0F", &[0; 20][..]].concat();
    assert_eq!(verdict("plain.webp", &riff(&cut)), Verdict::TooLarge);
    let small = [b"VP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0", &cut[..]].concat();
    assert_eq!(verdict("plain.webp", &riff(&small)), Verdict::TooLarge);
}

fn at(bytes: &[u8], name: &[u8]) -> usize {
    bytes.windows(name.len()).position(|window| window == name).unwrap()
}

/// Appends a box to the item properties. The offsets after it become wrong, which measuring does not depend on.
fn with_property(bytes: &[u8], property: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let container = at(&bytes, b"ipco") - 4;
    let length = u32::from_be_bytes(*bytes[container..].first_chunk().unwrap());
    let end = container + length as usize;
    for name in [b"meta", b"iprp", b"ipco"] {
        let head = at(&bytes, name) - 4;
        let length = u32::from_be_bytes(*bytes[head..].first_chunk().unwrap()) + u32::try_from(property.len()).unwrap();
        bytes[head..head + 4].copy_from_slice(&length.to_be_bytes());
    }
    [&bytes[..end], property, &bytes[end..]].concat()
}

#[test]
fn every_image_in_a_heic_is_measured() {
    let heic = fixture("still.heic");
    let property = |width: u32, height: u32| [b"\0\0\0\x14ispe\0\0\0\0".as_slice(), &be_u32s(&[width, height])].concat();
    assert_eq!(
        verdict("still.heic", &with_property(&heic, &property(9000, 9000))),
        Verdict::TooLarge
    );
    // A depth map may be larger than the image.
    assert_eq!(
        verdict("still.heic", &with_property(&heic, &property(200, 200))),
        Verdict::Measured(96, 64)
    );
}

#[test]
fn an_avif_is_measured_by_its_sequence_header() {
    let avif = fixture("still.avif");
    assert_eq!(verdict("still.avif", &avif), Verdict::Measured(96, 64));
    let sequence = at(&avif, b"\x0A\x09\x18\x19");

    let mut small = avif.clone();
    let size = at(&small, b"ispe") + 8;
    small[size..size + 8].copy_from_slice(&be_u32s(&[1, 1]));
    assert_eq!(verdict("still.avif", &small), Verdict::Refused, "it says less than is decoded");

    // Sixteen bits for each side, all of them set: 65,536 × 65,536.
    let mut vast = avif.clone();
    vast[sequence + 2..sequence + 9].copy_from_slice(&[0x18, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(verdict("still.avif", &vast), Verdict::TooLarge);

    // Not a reduced still picture header: frames can have sizes of their own.
    let mut frames = avif.clone();
    frames[sequence + 2] &= !0x08;
    assert_eq!(verdict("still.avif", &frames), Verdict::Unmeasured);
    // The image has a video beside it, whose frames can have any size.
    let moving = [&avif, b"\0\0\0\x08moov".as_slice()].concat();
    assert_eq!(verdict("still.avif", &moving), Verdict::Unmeasured);
}
