//! The cost of overwriting is bounded by the length of the file, whatever its tables say.

use super::{builders::*, *};

/// An AVIF with this many items of one kind, all of which consist of the same data.
fn items_sharing_data(kind: &[u8], count: u16, data: &[u8]) -> Vec<u8> {
    let entry = |id: u16| boxed(b"infe", &[&[2, 0, 0, 0], &id.to_be_bytes(), &[0, 0], kind, b"\0text/xml\0"]);
    let entries: Vec<u8> = (1..=count).flat_map(entry).collect();
    let meta = |base: usize| {
        let places: Vec<u8> = (1..=count)
            .flat_map(|id| [&id.to_be_bytes()[..], &[0, 0, 0, 1], &be_u32(base), &be_u32(data.len())].concat())
            .collect();
        let ispe = boxed(b"ispe", &[&[0; 4], &be_u32(9), &be_u32(9)]);
        let properties = boxed(
            b"iprp",
            &[&boxed(b"ipco", &[&ispe]), &boxed(b"ipma", &[&[0; 4], &be_u32(1), &[0, 1, 1, 1]])],
        );
        boxed(
            b"meta",
            &[
                &[0; 4],
                &handler(b"pict", b""),
                &boxed(b"pitm", &[&[0, 0, 0, 0, 0, 1]]),
                &boxed(b"iinf", &[&[0; 4], &count.to_be_bytes(), &entries]),
                &boxed(b"iloc", &[&[0, 0, 0, 0, 0x44, 0], &count.to_be_bytes(), &places]),
                &properties,
            ],
        )
    };
    let brands = boxed(b"ftyp", &[b"avif", &[0; 4], b"mif1avif"]);
    let base = brands.len() + meta(0).len() + 8;
    [brands, meta(base), boxed(b"mdat", &[data])].concat()
}

#[test]
fn many_items_that_share_their_data_cost_no_more_than_the_file() {
    let data = vec![0; 300_000];
    for kind in [b"Exif", b"mime", b"uri ", b"av01", b"grid"] {
        let bytes = items_sharing_data(kind, 5000, &data);
        let length = bytes.len() as u64;
        let mut file = CountingFile::new(&bytes);
        drop(overwrite(&mut file));
        assert_eq!(file.file.get_ref().len() as u64, length);
        let most = 20 * length + (32 << 20);
        assert!(
            file.read < most && file.written <= 3 * length,
            "{kind:?}: {} and {}",
            file.read,
            file.written
        );

        let mut file = CountingFile::new(&bytes);
        let found = inspect_image(&kind_of("still.avif"), &mut file, &ImageLimits::default());
        assert!(found.is_ok(), "{kind:?}: {found:?}");
        assert!(file.read < most, "{kind:?}: {}", file.read);
    }
}

#[test]
fn boxes_beyond_the_limit_are_not_treated_as_trailing_bytes() {
    let mut bytes = video(LAYOUTS[0], SECRET);
    let start = bytes.len();
    bytes.extend(boxed(b"free", &[]).repeat(200_001));
    bytes.extend(boxed(b"mdat", &[b"samples"]));
    let after = overwritten(&bytes);
    assert_eq!(after[start..], bytes[start..]);
}
