//! The boxes and tags that are kept besides audio, video and images. All others are overwritten, unknown ones included.

/// Top-level boxes of the formats. Other top-level boxes belong to a device or a program, such as the video in a motion photo.
pub(super) const TOP_LEVEL: &[&[u8; 4]] = &[
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"ssix", b"prft", b"pdin", b"meta", b"meco", b"pnot", b"imda",
];

/// Free space. Some cameras hide data in it.
pub(super) const FREE_SPACE: &[&[u8; 4]] = &[b"free", b"skip", b"wide"];

/// Boxes in `udta`: titles, rights, chapters, loudness and playback settings. Not positions (`©xyz`, `loci`), makers, models, programs and serial numbers.
pub(super) const USER_DATA: &[&[u8; 4]] = &[
    b"meta", b"free", b"skip", b"name", b"titl", b"cprt", b"perf", b"gnre", b"albm", b"yrrc", b"rtng", b"clsf", b"chpl", b"ludt", b"tsel",
    b"kind", b"hnti", b"hinf", b"hinv", b"tagc", b"WLOC", b"LOOP", b"SelO", b"AllF", b"ptv ", b"\xA9nam", b"\xA9ART", b"\xA9alb",
    b"\xA9day", b"\xA9gen", b"\xA9trk", b"\xA9cpy",
];

/// iTunes tags in `ilst`.
pub(super) const ITUNES_TAGS: &[&[u8; 4]] = &[
    b"\xA9nam", b"\xA9ART", b"\xA9alb", b"\xA9day", b"\xA9gen", b"\xA9trk", b"\xA9wrt", b"\xA9lyr", b"\xA9grp", b"\xA9cpy", b"aART",
    b"gnre", b"trkn", b"disk", b"covr", b"cpil", b"tmpo", b"cprt", b"rtng", b"pgap", b"stik", b"sonm", b"soar", b"soal", b"soaa", b"soco",
    b"hdvd", b"pcst", b"shwm",
];

/// Names of iTunes tags in `----` boxes: gapless playback and loudness.
pub(super) const ITUNES_FREEFORM_TAGS: &[&[u8]] = &[
    b"iTunSMPB",
    b"iTunNORM",
    b"replaygain_track_gain",
    b"replaygain_track_peak",
    b"replaygain_album_gain",
    b"replaygain_album_peak",
];

/// Keys of QuickTime tags. The creation date is in the movie header anyway.
pub(super) const QUICKTIME_KEYS: &[&[u8]] = &[
    b"com.apple.quicktime.creationdate",
    b"com.apple.quicktime.title",
    b"com.apple.quicktime.displayname",
    b"com.apple.quicktime.artist",
    b"com.apple.quicktime.album",
    b"com.apple.quicktime.genre",
    b"com.apple.quicktime.year",
    b"com.apple.quicktime.copyright",
    b"com.apple.quicktime.full-frame-rate-playback-intent",
    b"com.apple.quicktime.content.identifier",
    b"com.apple.quicktime.live-photo.auto",
    b"com.apple.quicktime.live-photo.vitality-score",
    b"com.apple.quicktime.live-photo.vitality-scoring-version",
    b"com.apple.quicktime.still-image-time",
    b"com.android.capture.fps",
    b"com.android.video.temporal_layers_count",
];

/// Types of `uuid` boxes that playback needs: three of encrypted videos, two of streaming, one of spherical video.
pub(super) const UUIDS: &[[u8; 16]] = &[
    0xA239_4F52_5A9B_4F14_A244_6C42_7C64_8DF4_u128.to_be_bytes(),
    0xD08A_4F18_10F3_4A82_B6C8_32D8_ABA1_83D3_u128.to_be_bytes(),
    0x8974_DBCE_7BE7_4C51_84F9_7148_F988_2554_u128.to_be_bytes(),
    0x6D1D_9B05_42D5_44E6_80E2_141D_AFF7_57B2_u128.to_be_bytes(),
    0xD480_7EF2_CA39_4695_8E54_26CB_9E46_A79F_u128.to_be_bytes(),
    0xFFCC_8263_F855_4A93_8814_587A_0252_1FDD_u128.to_be_bytes(),
];

/// Timed metadata, by the handler or the sample format of its track: positions (`GoPro`, Android, Sony, DJI, Canon) and other records of cameras.
pub(super) const METADATA_TRACKS: &[&[u8; 4]] = &[
    b"meta", b"mebx", b"gpmd", b"camm", b"rtmd", b"djmd", b"dbgi", b"fdsc", b"urim", b"mett", b"metx", b"CTMD", b"priv",
];

/// Names in the handler of subtitle tracks that hold flight data.
pub(super) const METADATA_SUBTITLES: &[&[u8]] = &[b"DJI"];
