//! The limits on the cost of a thumbnail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use image::{DynamicImage, ImageFormat, RgbImage};

use super::{costly_jpeg::progressive, *};

fn inspect_within(name: &str, bytes: &[u8], limits: &ImageLimits) -> ImageInfo {
    inspect_image(&kind_of(name), &mut Cursor::new(bytes), limits).unwrap()
}

#[test]
fn jpeg_scans_are_limited_by_the_pixels_they_decode() {
    // 100 scans of 50 megapixels in less than 110 KB.
    let bomb = progressive(7070, 7070, 100);
    assert!(bomb.len() < 110_000, "{}", bomb.len());
    let found = inspect_within("progressive.jpg", &bomb, &ImageLimits::default());
    assert_eq!((found.thumbnail, found.width), (None, Some(7070)));

    let limits = ImageLimits {
        scanned_pixels: 10 * 1000 * 1100,
        ..ImageLimits::default()
    };
    for (scans, decoded) in [(10, true), (11, false)] {
        let found = inspect_within("progressive.jpg", &progressive(1000, 1100, scans), &limits);
        assert_eq!((found.thumbnail.is_some(), found.width), (decoded, Some(1000)), "{scans}");
    }
}

#[test]
fn scans_of_a_tiny_jpeg_are_limited_too() {
    for (scans, decoded) in [(500, true), (501, false)] {
        let found = inspect_within("progressive.jpg", &progressive(8, 8, scans), &ImageLimits::default());
        assert_eq!((found.thumbnail.is_some(), found.width), (decoded, Some(8)), "{scans}");
    }
}

#[test]
fn an_image_with_a_side_above_65535_has_no_thumbnail() {
    for (width, height, decoded) in [(1, 65_535, true), (1, 65_536, false), (65_536, 1, false)] {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_luma8(width, height)
            .write_to(&mut bytes, ImageFormat::Png)
            .unwrap();
        let found = inspect_within("notes.png", bytes.get_ref(), &ImageLimits::default());
        assert_eq!((found.width, found.height), (Some(width), Some(height)));
        assert_eq!(found.thumbnail.is_some(), decoded, "{width} by {height}");
    }
}

/// A clock that advances by a second at each call, and the number of calls.
fn asked_clock() -> (MonotonicClock, Arc<AtomicU64>) {
    let (asked, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let counting = asked.clone();
    let clock = MonotonicClock::new(move || start + Duration::from_secs(counting.fetch_add(1, Ordering::Relaxed)));
    (clock, asked)
}

/// Noise, which does not compress well.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    RgbImage::from_fn(width, height, |_, _| image::Rgb([next(), next(), next()])).into()
}

#[test]
fn an_image_that_exceeds_the_time_limit_has_no_thumbnail() {
    for (label, name, format) in [
        ("JPEG", "plain.jpg", ImageFormat::Jpeg),
        ("PNG", "notes.png", ImageFormat::Png),
        ("GIF", "still.gif", ImageFormat::Gif),
        ("WebP", "plain.webp", ImageFormat::WebP),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        noise(300, 200).write_to(&mut bytes, format).unwrap();
        check_deadline(label, name, bytes.get_ref());
    }
    check_deadline("interlaced PNG", "interlaced.png", &fixture("interlaced.png"));
    check_deadline("JPEG for print", "cmyk.jpg", &fixture("cmyk.jpg"));
    check_deadline("progressive JPEG", "progressive.jpg", &progressive(3000, 3000, 20));
}

/// Checks that decoding asks for the time at least once per 512 bytes, and that it stops at any of these times.
fn check_deadline(label: &str, name: &str, bytes: &[u8]) {
    let (clock, asked) = asked_clock();
    let mut limits = ImageLimits {
        clock,
        time: Duration::from_secs(u64::MAX / 4),
        ..ImageLimits::default()
    };
    let whole = inspect_within(name, bytes, &limits);
    let questions = asked.load(Ordering::Relaxed);
    assert!(whole.thumbnail.is_some(), "{label}");
    assert!(
        questions > 1 + bytes.len() as u64 / 512,
        "{label}: {questions} for {} bytes",
        bytes.len()
    );
    for share in [0, questions / 2, questions - 2] {
        (limits.clock, _) = asked_clock();
        limits.time = Duration::from_secs(share);
        let found = inspect_within(name, bytes, &limits);
        let expected = ImageInfo {
            thumbnail: None,
            ..whole.clone()
        };
        assert_eq!(found, expected, "{label}: {share} of {questions}");
    }
}
