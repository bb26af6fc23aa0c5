use super::{builders::*, *};

#[test]
fn a_heic_keeps_its_tiles_and_its_orientation() {
    let before = heic(SECRET);
    let after = overwritten(&before);
    assert!(!contains(&after, SECRET) && !contains(&after, b"xmpmeta"));
    assert_eq!(after, overwritten(&heic(OTHER)));
    assert_eq!(overwritten(&after), after, "twice");
    for kept in [b"the first tile".as_slice(), b"the second tile", b"the thumbnail"] {
        assert!(contains(&after, kept), "{}", String::from_utf8_lossy(kept));
    }
    assert_eq!(
        after[place(&before, &[b"meta", b"iinf"])],
        before[place(&before, &[b"meta", b"iinf"])]
    );
    assert_eq!(
        after[place(&before, &[b"meta", b"iloc"])],
        before[place(&before, &[b"meta", b"iloc"])]
    );
    let data = &after[place(&before, &[b"mdat"])];
    let exif = data.windows(6).position(|window| window == b"Exif\0\0").unwrap() + 6;
    assert_eq!(image::metadata::Orientation::from_exif_chunk(&data[exif..]).unwrap().to_exif(), 6);
    let idat = &after[place(&before, &[b"meta", b"idat"])];
    assert_eq!((&idat[..4], &idat[21..]), (b"grid".as_slice(), b"grid".as_slice()));
}

#[test]
fn real_images_keep_their_pixels() {
    for name in ["turned.heic", "still.heic", "still.avif"] {
        let before = fixture(name);
        let after = overwritten(&before);
        assert!(!contains(&after, SECRET) && !contains(&after, b"Camera"), "{name}");
        assert_eq!(contains(&before, SECRET), name == "turned.heic", "{name}");
        let changed = differing_bytes(&before, &after);
        let exif = before.windows(6).position(|window| window == b"Exif\0\0");
        assert!(changed.iter().all(|at| exif.is_some_and(|exif| *at > exif)), "{name}: {changed:?}");
        let limits = ImageLimits::default();
        let [old, new] = [&before, &after].map(|bytes| inspect_image(&kind_of(name), &mut Cursor::new(bytes), &limits).unwrap());
        assert_eq!(old, new, "{name}");
        assert_eq!(overwritten(&after), after, "{name}: twice");
    }
}
