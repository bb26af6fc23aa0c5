use std::collections::BTreeSet;

use super::{builders::*, *};

#[test]
fn a_video_loses_its_metadata_and_keeps_its_samples() {
    for layout in LAYOUTS {
        let (before, of_another) = (video(layout, SECRET), video(layout, OTHER));
        let after = overwritten(&before);
        assert_eq!(after.len(), before.len());
        assert_eq!(after, overwritten(&of_another), "{layout:?}: nothing tells the two apart");
        assert!(!contains(&after, SECRET), "{layout:?}");
        assert_eq!(overwritten(&after), after, "{layout:?}: twice");

        // Samples, and the tables that locate them, are unchanged.
        let samples = samples(SECRET);
        let data = place(&before, &[b"mdat"]).start;
        for kept in samples.video.iter().chain(&samples.audio) {
            assert_eq!(
                after[data + kept.start..data + kept.end],
                before[data + kept.start..data + kept.end]
            );
        }
        for path in [
            &[b"moov", b"mvhd"][..],
            &[b"moov", b"trak", b"tkhd"],
            &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"],
            &[
                b"moov",
                b"trak",
                b"mdia",
                b"minf",
                b"stbl",
                if layout.long_offsets { b"co64" } else { b"stco" },
            ],
            &[b"moov", b"meta", b"keys"],
            &[b"moov", b"udta", b"\xA9nam"],
            &[b"ftyp"],
        ] {
            assert_eq!(after[place(&before, path)], before[place(&before, path)], "{layout:?}: {path:?}");
        }
        for kept in [b"A title".as_slice(), b"2024-05-01T10:00:00+0500", b" 00000000 gapless", PIFF] {
            assert!(contains(&after, kept), "{layout:?}: {}", String::from_utf8_lossy(kept));
        }

        // Nothing else changed, except what may.
        let metadata_track = {
            let first = place(&before, &[b"moov", b"trak"]);
            let second = first.end + u32::from_be_bytes(*before[first.end..].first_chunk().unwrap()) as usize;
            second..second + u32::from_be_bytes(*before[second..].first_chunk().unwrap()) as usize
        };
        let mut may_change: BTreeSet<usize> = differing_bytes(&before, &of_another);
        may_change.extend(metadata_track);
        may_change.extend(place(&before, &[b"moov", b"udta"]));
        may_change.extend(place(&before, &[b"moov", b"uuid"]));
        may_change.extend(place(&before, &[b"moov", b"uuid"]).start - 4..place(&before, &[b"moov", b"uuid"]).start);
        may_change.extend(place(&before, &[b"moov", b"trak", b"udta"]));
        may_change.extend(place(&before, &[b"moov", b"trak", b"mdia", b"hdlr"]));
        let second = place(&before, &[b"moov", b"trak"]).end;
        may_change.extend(place(&before[second..], &[b"trak", b"mdia", b"hdlr"]).map(|at| second + at));
        may_change.extend(data + samples.metadata.start..data + samples.metadata.end);
        let unknown = place(&before, &[b"mpvd"]);
        may_change.extend(unknown.start - 4..unknown.end);
        if !layout.moov_first {
            may_change.extend(unknown.end..before.len());
        }
        let changed = differing_bytes(&before, &after);
        let wrong: Vec<&usize> = changed.difference(&may_change).collect();
        assert_eq!(wrong, [] as [&usize; 0], "{layout:?}");
    }
}

#[test]
fn a_video_without_its_tables_is_unchanged() {
    let whole = video(LAYOUTS[1], SECRET);
    let data = place(&whole, &[b"mdat"]);
    let bytes = [&whole[..data.end], &boxed(b"free", &[SECRET]), b"who knows what this is"].concat();
    assert_eq!(overwritten(&bytes), bytes);
}

#[test]
fn real_videos_change_only_in_handler_and_encoder_names() {
    for name in ["video.mp4", "video.mov", "voice.m4a", "recorder.m4a"] {
        let before = fixture(name);
        let after = overwritten(&before);
        let data = place(&before, &[b"mdat"]);
        assert_eq!(after[data.clone()], before[data], "{name}");
        let changed = differing_bytes(&before, &after).into_iter().map(|at| char::from(before[at]));
        let changed: String = changed.filter(char::is_ascii_alphabetic).collect();
        let expected = match name {
            "video.mp4" | "video.mov" => "VideoHandlerLavclibxSoundHandler",
            _ => "SoundHandler",
        };
        assert_eq!(changed, expected, "{name}");
        assert_eq!(decide(&after, None, name).unwrap(), kind_of(name));
    }
}

/// The sample tables of a metadata track may name any bytes.
#[test]
fn timed_metadata_that_overlaps_audio_or_video_is_kept() {
    let layout = LAYOUTS[0];
    let mut lying = video(layout, SECRET);
    let first = place(&lying, &[b"moov", b"trak"]);
    let second = place(&lying[first.end..], &[b"trak"]).end + first.end;
    let offsets = place(&lying[second..], &[b"trak", b"mdia", b"minf", b"stbl", b"stco"]);
    let data = place(&lying, &[b"mdat"]).start;
    lying[second + offsets.start + 8..second + offsets.end].copy_from_slice(&be_u32(data + 3));
    let after = overwritten(&lying);
    let samples = samples(SECRET);
    for kept in samples.video.iter().chain(&samples.audio) {
        let range = data + kept.start..data + kept.end;
        assert_eq!(after[range.clone()], lying[range]);
    }

    // If the sample table of the video cannot be read, nothing in `mdat` is overwritten, but the metadata in `moov` is.
    let mut broken = video(layout, SECRET);
    let sizes = place(&broken, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"]);
    broken[sizes.start - 4..sizes.start].copy_from_slice(b"abcd");
    let after = overwritten(&broken);
    let data = place(&broken, &[b"mdat"]);
    assert_eq!(after[data.clone()], broken[data]);
    assert!(!contains(&after[place(&broken, &[b"moov"])], SECRET));
}

#[test]
fn timed_metadata_in_fragments_is_overwritten() {
    let before = fragmented_video(SECRET);
    let after = overwritten(&before);
    assert!(!contains(&after, SECRET));
    assert_eq!(after, overwritten(&fragmented_video(OTHER)));
    for kept in [b"video of the first second".as_slice(), b"video of the second second"] {
        assert!(contains(&after, kept));
    }
}
