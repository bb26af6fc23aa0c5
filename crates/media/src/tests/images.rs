use std::io::{Seek as _, Write as _};

use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage, Rgba, metadata::Orientation};

use super::{stripping::chunk, *};

fn inspect(name: &str, bytes: &[u8]) -> ImageInfo {
    inspect_image(&kind_of(name), &mut Cursor::new(bytes), &ImageLimits::default()).unwrap()
}

fn decoded(thumbnail: &Thumbnail) -> DynamicImage {
    let format = ImageFormat::from_mime_type(thumbnail.mime_type).unwrap();
    image::load_from_memory_with_format(&thumbnail.bytes, format).unwrap()
}

/// Checks the image of the fixtures: red increases to the right, green downwards.
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

/// The image of the fixtures at another size.
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
        ("camera.webp", (64, 96)),
        ("clear.webp", (96, 64)),
        ("moving.webp", (48, 32)),
        ("still.avif", (96, 64)),
        ("still.heic", (96, 64)),
        ("turned.heic", (96, 64)),
    ] {
        let info = inspect(name, &fixture(name));
        assert_eq!((info.width.unwrap(), info.height.unwrap()), size, "{name}");
        let has_decoder = !name.ends_with("avif") && !name.ends_with("heic");
        assert_eq!(info.thumbnail.is_some(), has_decoder, "{name}");
        if let Some(thumbnail) = &info.thumbnail {
            assert_eq!(decoded(thumbnail).dimensions(), size, "{name} is not made larger");
            assert!(!contains(&thumbnail.bytes, SECRET), "{name}");
        }
    }
}

/// Without the check `image-webp` would allocate by the length of a chunk, and look for chunks after the end.
#[test]
fn a_webp_is_decoded_only_if_its_chunks_fit_into_the_file() {
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
        ("whole, animated", moving(&chunk(b"ANMF", frame_length, &frame)), &[], true),
        (
            "whole, with trailing bytes",
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
        ("truncated pixels", [&front, &longer[..]].concat(), &[], false),
        (
            "a frame that is cut off",
            moving(&chunk(b"ANMF", frame_length + 2, &frame)),
            &[],
            false,
        ),
        ("pixels after the end", front.clone(), pixels, false),
    ] {
        let size = u32::try_from(4 + chunks.len()).unwrap().to_le_bytes();
        let bytes = [b"RIFF", &size[..], b"WEBP", &chunks, behind].concat();
        let found = inspect("plain.webp", &bytes);
        assert_eq!(
            (found.thumbnail.is_some(), found.width, found.height),
            (decoded, Some(96), Some(64)),
            "{label}"
        );
    }
}

/// Disks refuse to seek there, although memory does not.
#[test]
fn a_heic_with_a_box_that_ends_far_after_the_file_has_no_size() {
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
        let found = inspect_image(&kind_of("still.heic"), &mut file, &ImageLimits::default());
        assert_eq!(found.unwrap(), ImageInfo::default(), "{end}");
    }
}

#[test]
fn thumbnails_are_upright() {
    for name in ["camera.jpg", "plain.jpg", "plain.webp", "interlaced.png", "cmyk.jpg"] {
        let info = inspect(name, &fixture(name));
        assert_upright(&decoded(&info.thumbnail.unwrap()), name);
    }
}

/// As Chromium shows them: it looks for the orientation of a PNG in front of the pixels, and for that of a WebP nowhere.
#[test]
fn an_orientation_counts_where_browsers_look_for_it() {
    let (jpeg, png, webp) = (fixture("plain.jpg"), fixture("clear.png"), fixture("plain.webp"));
    let last = png.windows(4).rposition(|window| window == b"IEND").unwrap() - 4;
    let front = [b"VP8X\x0A\0\0\0", &[0x08, 0, 0, 0, 95, 0, 0, 63, 0, 0][..]].concat();
    let pixels = |image: &[u8]| image::load_from_memory(image).unwrap().into_rgba8();
    for number in 1..=9 {
        let mut tiff = *b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
        tiff[19] = number;
        let segment = [b"\xFF\xE1\0\x22Exif\0\0", &tiff[..]].concat();
        let exif = chunk(b"eXIf", &tiff);
        let chunks = [&front, &webp[12..], b"EXIF\x1A\0\0\0", &tiff].concat();
        let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
        let orientation = Orientation::from_exif(number).unwrap_or(Orientation::NoTransforms);
        for (name, bytes, expected) in [
            ("plain.jpg", [&jpeg[..2], &segment, &jpeg[2..]].concat(), orientation),
            ("clear.png", [&png[..33], &exif, &png[33..]].concat(), orientation),
            ("clear.png", [&png[..last], &exif, &png[last..]].concat(), Orientation::NoTransforms),
            (
                "plain.webp",
                [b"RIFF", &length[..], b"WEBP", &chunks].concat(),
                Orientation::NoTransforms,
            ),
        ] {
            let found = inspect(name, &bytes);
            let is_turned = expected.to_exif() > 4;
            let size = if is_turned { (64, 96) } else { (96, 64) };
            assert_eq!((found.width, found.height), (Some(size.0), Some(size.1)), "{name} {number}");
            let mut shown = DynamicImage::from(pixels(&inspect(name, &fixture(name)).thumbnail.unwrap().bytes));
            shown.apply_orientation(expected);
            let thumbnail = pixels(&found.thumbnail.as_ref().unwrap().bytes);
            let far = |(a, b): (&u8, &u8)| a.abs_diff(*b) > 40;
            let differing = thumbnail.iter().zip(shown.to_rgba8().iter()).filter(|pair| far(*pair)).count();
            assert!(differing < 200, "{name} {number}: {differing}");
            let clean = stripped(&kind_of(name), &bytes).unwrap();
            assert_eq!(inspect(name, &clean), found, "{name} {number}");
            assert_eq!(contains(&clean, &tiff), expected != Orientation::NoTransforms, "{name} {number}");
        }
    }
}

#[test]
fn stripping_changes_neither_size_nor_thumbnail() {
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
        assert_eq!(inspect(name, &clean), inspect(name, &bytes), "{name}");
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
            let info = inspect(name, &encoded(&large(width, height), format));
            let thumbnail = decoded(&info.thumbnail.unwrap());
            assert_eq!(thumbnail.dimensions(), expected, "{format:?} of {width} by {height}");
            assert_eq!((info.width, info.height), (Some(width), Some(height)));
            if height > 100 {
                assert_upright(&thumbnail, name);
            }
        }
    }
}

#[test]
fn a_photo_gets_a_jpeg_thumbnail_and_a_drawing_a_webp() {
    let noise = RgbImage::from_fn(600, 400, |x, y| {
        let value = u8::try_from((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 9 & 0x3F).unwrap();
        image::Rgb([value + 100, value, 200 - value])
    });
    let photo = inspect("notes.png", &encoded(&noise.into(), ImageFormat::Png));
    assert_eq!(photo.thumbnail.unwrap().mime_type, "image/jpeg");
    let drawing = RgbImage::from_fn(600, 400, |x, y| {
        if x / 100 == y / 100 {
            image::Rgb([200, 0, 0])
        } else {
            image::Rgb([255; 3])
        }
    });
    let drawing = inspect("notes.png", &encoded(&drawing.into(), ImageFormat::Png));
    assert_eq!(drawing.thumbnail.unwrap().mime_type, "image/webp");
}

#[test]
fn transparency_is_kept() {
    for name in ["clear.png", "clear.webp", "palette.png"] {
        let thumbnail = inspect(name, &fixture(name)).thumbnail.unwrap();
        assert!(decoded(&thumbnail).color().has_alpha(), "{name}");
    }
    // A white disc on transparent black gets no dark edge.
    let disc = image::RgbaImage::from_fn(1000, 1000, |x, y| {
        let inside = x.abs_diff(500).pow(2) + y.abs_diff(500).pow(2) < 160_000;
        if inside { Rgba([255; 4]) } else { Rgba([0; 4]) }
    });
    for (format, name) in [(ImageFormat::Png, "clear.png"), (ImageFormat::WebP, "clear.webp")] {
        let thumbnail = decoded(&inspect(name, &encoded(&disc.clone().into(), format)).thumbnail.unwrap()).into_rgba8();
        assert!(thumbnail.pixels().all(|pixel| pixel[3] < 8 || pixel[0] > 240), "{name}");
        assert!(
            thumbnail.pixels().any(|pixel| pixel[3] == 0) && thumbnail.pixels().any(|pixel| pixel[3] == 255),
            "{name}"
        );
    }
}

#[test]
fn an_image_of_more_than_64_megapixels_is_refused_by_its_header() {
    let mut png = fixture("notes.png");
    png[16..24].copy_from_slice(&[0, 0, 0x1F, 0x41, 0, 0, 0x1F, 0x42]);
    let mut jpeg = fixture("plain.jpg");
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x1F, 0x41, 0x1F, 0x42]);
    let mut gif = fixture("still.gif");
    gif[6..10].copy_from_slice(&[0x41, 0x1F, 0x42, 0x1F]);
    let mut webp = fixture("camera.webp");
    webp[24..30].copy_from_slice(&[0x40, 0x1F, 0, 0x41, 0x1F, 0]);
    let mut heic = fixture("still.heic");
    let size = heic.windows(4).position(|window| window == b"ispe").unwrap() + 8;
    heic[size..size + 8].copy_from_slice(&[0, 0, 0x1F, 0x41, 0, 0, 0x1F, 0x42]);
    for (name, bytes) in [
        ("notes.png", png),
        ("plain.jpg", jpeg),
        ("still.gif", gif),
        ("camera.webp", webp),
        ("still.heic", heic),
    ] {
        let found = inspect_image(&kind_of(name), &mut Cursor::new(&bytes), &ImageLimits::default());
        assert!(
            matches!(found, Err(Refusal::ImageTooLarge { limit: 64_000_000 })),
            "{name}: {found:?}"
        );
        // An image within the limit that takes too much memory is measured all the same.
        let limits = ImageLimits {
            pixels: 70_000_000,
            decoder_bytes: 1 << 20,
            ..ImageLimits::default()
        };
        let found = inspect_image(&kind_of(name), &mut Cursor::new(&bytes), &limits).unwrap();
        assert_eq!(found.width.unwrap().min(found.height.unwrap()), 8001, "{name}");
    }
}

#[test]
fn a_truncated_image_has_no_thumbnail() {
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
            inspect(name, &bytes[..length]);
        }
        assert_eq!(inspect(name, &bytes[..14.min(bytes.len())]).thumbnail, None, "{name}");
    }
    assert_eq!(inspect("plain.jpg", b"\xFF\xD8\xFF\xE0 but no more"), ImageInfo::default());
}

#[test]
fn an_image_that_takes_too_much_memory_has_no_thumbnail() {
    for (name, bytes, decoder_bytes) in [
        ("progressive.jpg", fixture("progressive.jpg"), 96 * 64 * 6 - 1),
        // The decoder takes four bytes per pixel besides the three of the image.
        ("plain.webp", encoded(&large(300, 300), ImageFormat::WebP), 300 * 300 * 7 - 1),
        ("still.gif", encoded(&large(300, 300), ImageFormat::Gif), 300 * 300 * 4 - 1),
    ] {
        let limits = ImageLimits {
            decoder_bytes,
            ..ImageLimits::default()
        };
        let found = inspect_image(&kind_of(name), &mut Cursor::new(bytes), &limits).unwrap();
        assert!(found.thumbnail.is_none() && found.width.is_some(), "{name}");
    }
}

#[test]
fn an_image_with_a_decompression_bomb_as_colour_profile_is_measured() {
    // 64 MiB of zeros.
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
    let found = inspect("notes.png", &png);
    assert_eq!((found.width, found.height), (Some(8), Some(8)));
}

#[test]
fn a_jpeg_with_thousands_of_scans_is_not_decoded() {
    let bytes = fixture("progressive.jpg");
    let scan = bytes.windows(2).rposition(|window| window == [0xFF, 0xDA]).unwrap();
    let bomb = [&bytes[..scan], &bytes[scan..bytes.len() - 2].repeat(2000), &[0xFF, 0xD9]].concat();
    let found = inspect("progressive.jpg", &bomb);
    assert_eq!((found.thumbnail, found.width), (None, Some(96)));
}

#[test]
fn a_file_that_is_no_image_has_no_size() {
    for name in ["page.pdf", "video.mp4", "notes.zip"] {
        assert_eq!(inspect(name, &fixture(name)), ImageInfo::default());
    }
}

/// A file on a disk that fails.
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
fn a_disk_error_is_not_reported_as_a_broken_image() {
    for name in ["plain.jpg", "notes.png", "still.gif", "plain.webp", "still.avif"] {
        assert!(
            matches!(
                inspect_image(&kind_of(name), &mut Failing, &ImageLimits::default()),
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
