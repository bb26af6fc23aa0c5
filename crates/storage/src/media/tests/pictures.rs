use std::io::{Seek as _, Write as _};

use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage, Rgba};

use super::*;

fn picture_of(name: &str, bytes: &[u8]) -> Picture {
    picture(&kind_of(name), &mut Cursor::new(bytes), &PictureLimits::default()).unwrap()
}

fn decoded(thumbnail: &Thumbnail) -> DynamicImage {
    let format = ImageFormat::from_mime_type(thumbnail.mime_type).unwrap();
    image::load_from_memory_with_format(&thumbnail.bytes, format).unwrap()
}

/// The picture of the fixtures: red grows to the right, green downwards.
fn assert_upright(image: &DynamicImage, label: &str) {
    let (right, bottom) = (image.width() - 3, image.height() - 3);
    let [left, right, bottom] = [image.get_pixel(2, 2), image.get_pixel(right, 2), image.get_pixel(2, bottom)].map(|Rgba(pixel)| pixel);
    assert!(
        right[0] > 200 && left[0] < 60 && bottom[0] < 60,
        "{label}: {left:?} {right:?} {bottom:?}"
    );
    assert!(
        bottom[1] > 200 && left[1] < 60 && right[1] < 60,
        "{label}: {left:?} {right:?} {bottom:?}"
    );
}

/// A large picture of the same kind.
fn large(width: u32, height: u32) -> DynamicImage {
    let at = |at: u32, of: u32| u8::try_from(at * 255 / (of - 1)).unwrap();
    RgbImage::from_fn(width, height, |x, y| image::Rgb([at(x, width), at(y, height), 90])).into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn every_image_is_measured_as_it_is_shown() {
    for (name, size) in [
        ("camera.jpg", (96, 64)),
        ("plain.jpg", (96, 64)),
        ("progressive.jpg", (96, 64)),
        ("grey.jpg", (96, 64)),
        ("cmyk.jpg", (96, 64)),
        ("notes.png", (64, 96)),
        ("clear.png", (96, 64)),
        ("palette.png", (96, 64)),
        ("grey16.png", (48, 32)),
        ("interlaced.png", (48, 32)),
        ("moving.png", (48, 32)),
        ("still.gif", (48, 32)),
        ("moving.gif", (48, 32)),
        ("plain.webp", (96, 64)),
        ("camera.webp", (96, 64)),
        ("clear.webp", (96, 64)),
        ("moving.webp", (48, 32)),
        ("still.avif", (96, 64)),
        ("still.heic", (96, 64)),
        ("turned.heic", (96, 64)),
    ] {
        let picture = picture_of(name, &fixture(name));
        assert_eq!((picture.width.unwrap(), picture.height.unwrap()), size, "{name}");
        let has_decoder = !name.ends_with("avif") && !name.ends_with("heic");
        assert_eq!(picture.thumbnail.is_some(), has_decoder, "{name}");
        if let Some(thumbnail) = &picture.thumbnail {
            assert_eq!(decoded(thumbnail).dimensions(), size, "{name} is not made larger");
            assert!(!contains(&thumbnail.bytes, SECRET), "{name}");
        }
    }
}

/// The decoder would take the memory for the frame, and only then compare.
#[test]
fn a_webp_whose_frame_outgrows_it_is_not_decoded() {
    for name in ["camera.webp", "moving.webp"] {
        let mut bytes = fixture(name);
        assert_eq!(&bytes[12..16], b"VP8X", "{name} says its size at the front");
        // One pixel by one: both are stored less one.
        bytes[24..30].fill(0);
        assert_eq!(picture_of(name, &bytes).thumbnail, None, "{name}");
    }
}

/// The decoder would take the memory for what a chunk says, and look for chunks behind the end.
#[test]
fn a_webp_is_decoded_only_where_its_chunks_fit_into_it() {
    let pixels = &fixture("plain.webp")[12..];
    let length = u32::try_from(pixels.len() - 8).unwrap();
    let chunk = |name: &[u8; 4], length: u32, content: &[u8]| [name, &length.to_le_bytes(), content].concat();
    let front = chunk(b"VP8X", 10, &[0, 0, 0, 0, 95, 0, 0, 63, 0, 0]);
    let longer = chunk(b"VP8 ", length + 1, &pixels[8..]);
    let frame = [&[0; 6][..], &[95, 0, 0, 63, 0, 0, 0, 0, 0, 0], pixels].concat();
    let frame_length = u32::try_from(frame.len()).unwrap();
    let moving = |frame: &[u8]| {
        let front = chunk(b"VP8X", 10, &[2, 0, 0, 0, 95, 0, 0, 63, 0, 0]);
        [&front, &chunk(b"ANIM", 6, &[0; 6]), frame].concat()
    };
    for (label, chunks, behind, decoded) in [
        ("whole", [&front, pixels].concat(), &[][..], true),
        ("whole, moving", moving(&chunk(b"ANMF", frame_length, &frame)), &[], true),
        (
            "whole, with something behind its end",
            [&front, pixels].concat(),
            b"EXIF\xF0\xFF\xFF\xFF",
            true,
        ),
        (
            "a long profile",
            [&front, pixels, &chunk(b"ICCP", 0xFFFF_FFF0, &[])].concat(),
            &[],
            false,
        ),
        ("pixels that are cut off", [&front, &longer[..]].concat(), &[], false),
        (
            "a frame that is cut off",
            moving(&chunk(b"ANMF", frame_length + 2, &frame)),
            &[],
            false,
        ),
        ("pixels behind the end", front.clone(), pixels, false),
    ] {
        let size = u32::try_from(4 + chunks.len()).unwrap().to_le_bytes();
        let bytes = [b"RIFF", &size[..], b"WEBP", &chunks, behind].concat();
        let found = picture_of("plain.webp", &bytes);
        assert_eq!(
            (found.thumbnail.is_some(), found.width, found.height),
            (decoded, Some(96), Some(64)),
            "{label}"
        );
    }
}

/// Disks refuse to seek there, memory does not.
#[test]
fn a_box_that_ends_far_behind_the_file_is_a_broken_image() {
    let fixture = fixture("still.heic");
    let brands = u32::from_be_bytes(*fixture.first_chunk().unwrap()) as usize;
    let mut file = tempfile::tempfile().unwrap();
    for end in [u64::MAX, i64::MAX as u64, 1 << 50, 1 << 31] {
        let bytes = [
            &fixture[..brands],
            &1_u32.to_be_bytes(),
            b"free",
            &end.to_be_bytes(),
            &fixture[brands..],
        ]
        .concat();
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(&bytes).unwrap();
        let found = picture(&kind_of("still.heic"), &mut file, &PictureLimits::default());
        assert_eq!(found.unwrap(), Picture::default(), "{end}");
    }
}

#[test]
fn thumbnails_are_upright() {
    for name in ["camera.jpg", "plain.jpg", "camera.webp", "plain.webp", "interlaced.png", "cmyk.jpg"] {
        let picture = picture_of(name, &fixture(name));
        assert_upright(&decoded(&picture.thumbnail.unwrap()), name);
    }
}

#[test]
fn a_stripped_image_gives_the_same_picture() {
    for name in [
        "camera.jpg",
        "progressive.jpg",
        "notes.png",
        "camera.webp",
        "moving.webp",
        "moving.gif",
        "moving.png",
    ] {
        let bytes = fixture(name);
        let clean = stripped(&kind_of(name), &bytes).unwrap();
        assert_eq!(picture_of(name, &clean), picture_of(name, &bytes), "{name}");
    }
}

#[test]
fn the_longest_side_of_a_thumbnail_is_480() {
    for (format, name) in [
        (ImageFormat::Jpeg, "plain.jpg"),
        (ImageFormat::Png, "notes.png"),
        (ImageFormat::WebP, "plain.webp"),
    ] {
        for (width, height, expected) in [
            (1000, 500, (480, 240)),
            (500, 1000, (240, 480)),
            (481, 481, (480, 480)),
            (3000, 7, (480, 1)),
            (480, 100, (480, 100)),
        ] {
            let picture = picture_of(name, &encoded(&large(width, height), format));
            let thumbnail = decoded(&picture.thumbnail.unwrap());
            assert_eq!(thumbnail.dimensions(), expected, "{format:?} of {width} by {height}");
            assert_eq!((picture.width, picture.height), (Some(width), Some(height)));
            if height > 100 {
                assert_upright(&thumbnail, name);
            }
        }
    }
}

#[test]
fn a_photo_becomes_a_jpeg_and_a_drawing_a_webp() {
    let noise = RgbImage::from_fn(600, 400, |x, y| {
        let value = u8::try_from((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 9 & 0x3F).unwrap();
        image::Rgb([value + 100, value, 200 - value])
    });
    let photo = picture_of("notes.png", &encoded(&noise.into(), ImageFormat::Png));
    assert_eq!(photo.thumbnail.unwrap().mime_type, "image/jpeg");
    let drawing = RgbImage::from_fn(600, 400, |x, y| {
        if x / 100 == y / 100 {
            image::Rgb([200, 0, 0])
        } else {
            image::Rgb([255; 3])
        }
    });
    let drawing = picture_of("notes.png", &encoded(&drawing.into(), ImageFormat::Png));
    assert_eq!(drawing.thumbnail.unwrap().mime_type, "image/webp");
}

#[test]
fn what_is_transparent_stays_so() {
    for name in ["clear.png", "clear.webp", "palette.png"] {
        let thumbnail = picture_of(name, &fixture(name)).thumbnail.unwrap();
        assert!(decoded(&thumbnail).color().has_alpha(), "{name}");
    }
    // A white disc on transparent black has no dark rim.
    let disc = image::RgbaImage::from_fn(1000, 1000, |x, y| {
        let inside = x.abs_diff(500).pow(2) + y.abs_diff(500).pow(2) < 160_000;
        if inside { Rgba([255; 4]) } else { Rgba([0; 4]) }
    });
    for (format, name) in [(ImageFormat::Png, "clear.png"), (ImageFormat::WebP, "clear.webp")] {
        let thumbnail = decoded(&picture_of(name, &encoded(&disc.clone().into(), format)).thumbnail.unwrap()).into_rgba8();
        assert!(thumbnail.pixels().all(|pixel| pixel[3] < 8 || pixel[0] > 240), "{name}");
        assert!(
            thumbnail.pixels().any(|pixel| pixel[3] == 0) && thumbnail.pixels().any(|pixel| pixel[3] == 255),
            "{name}"
        );
    }
}

#[test]
fn an_image_of_more_than_50_megapixels_is_refused_by_its_header() {
    let mut png = fixture("notes.png");
    png[16..24].copy_from_slice(&[0, 0, 0x1B, 0x76, 0, 0, 0x1B, 0xD0]);
    let mut jpeg = fixture("plain.jpg");
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x1B, 0x76, 0x1B, 0xD0]);
    let mut gif = fixture("still.gif");
    gif[6..10].copy_from_slice(&[0x76, 0x1B, 0xD0, 0x1B]);
    let mut webp = fixture("camera.webp");
    webp[24..30].copy_from_slice(&[0x75, 0x1B, 0, 0xCF, 0x1B, 0]);
    let mut heic = fixture("still.heic");
    let size = heic.windows(4).position(|window| window == b"ispe").unwrap() + 8;
    heic[size..size + 8].copy_from_slice(&[0, 0, 0x1B, 0x76, 0, 0, 0x1B, 0xD0]);
    for (name, bytes) in [
        ("notes.png", png),
        ("plain.jpg", jpeg),
        ("still.gif", gif),
        ("camera.webp", webp),
        ("still.heic", heic),
    ] {
        let found = picture(&kind_of(name), &mut Cursor::new(&bytes), &PictureLimits::default());
        assert!(
            matches!(found, Err(Refusal::ImageTooLarge { limit: 50_000_000 })),
            "{name}: {found:?}"
        );
        // What is allowed and needs too much memory is measured all the same.
        let limits = PictureLimits {
            pixels: 60_000_000,
            decoder_bytes: 1 << 20,
            ..PictureLimits::default()
        };
        let found = picture(&kind_of(name), &mut Cursor::new(&bytes), &limits).unwrap();
        assert_eq!(found.width.unwrap().min(found.height.unwrap()), 7030, "{name}");
    }
}

#[test]
fn a_broken_image_has_no_thumbnail_and_breaks_nothing() {
    for name in [
        "camera.jpg",
        "progressive.jpg",
        "notes.png",
        "interlaced.png",
        "moving.gif",
        "camera.webp",
        "still.avif",
        "turned.heic",
    ] {
        let bytes = fixture(name);
        for length in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            picture_of(name, &bytes[..length]);
        }
        assert_eq!(picture_of(name, &bytes[..14.min(bytes.len())]).thumbnail, None, "{name}");
    }
    assert_eq!(picture_of("plain.jpg", b"\xFF\xD8\xFF\xE0 but no more"), Picture::default());
}

#[test]
fn what_needs_too_much_memory_has_no_thumbnail() {
    for (name, bytes, decoder_bytes) in [
        ("progressive.jpg", fixture("progressive.jpg"), 96 * 64 * 6 - 1),
        // The decoder has four bytes a pixel beside the three of the image.
        ("plain.webp", encoded(&large(300, 300), ImageFormat::WebP), 300 * 300 * 7 - 1),
        ("still.gif", encoded(&large(300, 300), ImageFormat::Gif), 300 * 300 * 4 - 1),
    ] {
        let limits = PictureLimits {
            decoder_bytes,
            ..PictureLimits::default()
        };
        let found = picture(&kind_of(name), &mut Cursor::new(bytes), &limits).unwrap();
        assert!(found.thumbnail.is_none() && found.width.is_some(), "{name}");
    }
}

#[test]
fn a_colour_profile_that_is_a_bomb_does_not_go_off() {
    // 64 MiB of zeros, as the member of an archive has them.
    let zeros = vec![0; 64 << 20];
    let mut png = Vec::new();
    let mut encoder = ::png::Encoder::with_info(&mut png, {
        let mut info = ::png::Info::with_size(8, 8);
        info.icc_profile = Some(zeros.into());
        info
    })
    .unwrap();
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[7; 64]).unwrap();
    assert!(png.len() < 1 << 20);
    let found = picture_of("notes.png", &png);
    assert_eq!((found.width, found.height), (Some(8), Some(8)));
}

#[test]
fn a_jpeg_with_thousands_of_scans_is_not_decoded() {
    let bytes = fixture("progressive.jpg");
    let scan = bytes.windows(2).rposition(|window| window == [0xFF, 0xDA]).unwrap();
    let bomb = [&bytes[..scan], &bytes[scan..bytes.len() - 2].repeat(2000), &[0xFF, 0xD9]].concat();
    let found = picture_of("progressive.jpg", &bomb);
    assert_eq!((found.thumbnail, found.width), (None, Some(96)));
}

#[test]
fn what_is_no_image_has_no_picture() {
    for name in ["page.pdf", "film.mp4", "notes.zip"] {
        assert_eq!(picture_of(name, &fixture(name)), Picture::default());
    }
}

/// A reader over a failing disk.
struct Failing;

impl std::io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("disk"))
    }
}

impl std::io::Seek for Failing {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Ok(100)
    }
}

#[test]
fn a_failing_disk_is_not_taken_for_a_broken_image() {
    for name in ["plain.jpg", "notes.png", "still.gif", "plain.webp", "still.avif"] {
        assert!(
            matches!(
                picture(&kind_of(name), &mut Failing, &PictureLimits::default()),
                Err(Refusal::Unreadable(_))
            ),
            "{name}"
        );
        let cleaned = strip(&kind_of(name), &mut Failing, &mut Vec::new());
        if can_strip(&kind_of(name)) {
            assert!(matches!(cleaned, Err(StripError::Io(_))), "{name}");
        } else {
            assert!(matches!(cleaned, Err(StripError::Malformed(_))), "{name}");
        }
    }
    assert!(matches!(decide_whole(&mut Failing, None, "a.zip"), Err(Refusal::Unreadable(_))));
}
