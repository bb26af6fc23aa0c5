//! Videos and images with metadata everywhere, for the tests of overwriting.

use std::ops::Range;

/// As long as [`SECRET`](super::SECRET), with another character at each position.
pub(super) const OTHER: &[u8] = b"6:/:497O!41/4252F";
pub(super) const XMP: &[u8; 16] = b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
pub(super) const PIFF: &[u8; 16] = b"\xA2\x39\x4F\x52\x5A\x9B\x4F\x14\xA2\x44\x6C\x42\x7C\x64\x8D\xF4";

pub(super) fn boxed(name: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let size = u32::try_from(8 + content.len()).unwrap();
    [&size.to_be_bytes(), name, &content].concat()
}

pub(super) fn be_u32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

/// The encoding of the size of `mdat`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    Short,
    Long,
    ToTheEnd,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) moov_first: bool,
    pub(super) size: Size,
    /// Whether chunk offsets are in `co64` instead of `stco`.
    pub(super) long_offsets: bool,
}

pub(super) const LAYOUTS: [Layout; 5] = [
    layout(true, Size::Short, false),
    layout(false, Size::Short, false),
    layout(false, Size::Long, true),
    layout(true, Size::Long, false),
    layout(true, Size::ToTheEnd, true),
];

pub(super) const fn layout(moov_first: bool, size: Size, long_offsets: bool) -> Layout {
    Layout {
        moov_first,
        size,
        long_offsets,
    }
}

/// The content of `mdat`: two chunks of three video samples, two of audio, and one of timed metadata between them.
pub(super) struct Samples {
    pub(super) all: Vec<u8>,
    pub(super) video: [Range<usize>; 2],
    pub(super) audio: [Range<usize>; 2],
    pub(super) metadata: Range<usize>,
}

pub(super) fn samples(secret: &[u8]) -> Samples {
    let mut all = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let start = all.len();
        all.extend(bytes);
        start..all.len()
    };
    let some = |from: u8, length: usize| {
        (0..length)
            .map(|at| from.wrapping_add((at * 7).to_le_bytes()[0]))
            .collect::<Vec<u8>>()
    };
    let first = add(some(1, 60));
    let second = add(some(2, 40));
    let metadata = add([b"GPS5", secret, b"and on"].concat());
    let third = add(some(3, 45));
    let fourth = add(some(4, 40));
    Samples {
        video: [first, third],
        audio: [second, fourth],
        metadata,
        all,
    }
}

pub(super) fn handler(kind: &[u8], name: &[u8]) -> Vec<u8> {
    boxed(b"hdlr", &[&[0; 8], kind, &[0; 12], name, b"\0"])
}

pub(super) struct Track<'a> {
    pub(super) id: usize,
    pub(super) kind: &'a [u8],
    pub(super) format: &'a [u8],
    /// The sizes of the samples in each chunk.
    pub(super) sizes: &'a [usize],
    pub(super) chunks: &'a [usize],
}

/// A `trak` with the usual tables. `more` stands beside its `mdia`.
pub(super) fn track(track: &Track<'_>, long: bool, more: &[u8], secret: &[u8]) -> Vec<u8> {
    let entry = boxed(track.format, &[&[0; 6], &[0, 1], &[0; 34], secret, &[0; 15], &[0; 4]]);
    let all: Vec<u8> = track
        .chunks
        .iter()
        .flat_map(|_| track.sizes.iter().flat_map(|size| be_u32(*size)))
        .collect();
    let offsets = if long {
        let offsets: Vec<u8> = track.chunks.iter().flat_map(|offset| (*offset as u64).to_be_bytes()).collect();
        boxed(b"co64", &[&[0; 4], &be_u32(track.chunks.len()), &offsets])
    } else {
        let offsets: Vec<u8> = track.chunks.iter().flat_map(|offset| be_u32(*offset)).collect();
        boxed(b"stco", &[&[0; 4], &be_u32(track.chunks.len()), &offsets])
    };
    let tables = boxed(
        b"stbl",
        &[
            &boxed(b"stsd", &[&[0; 4], &be_u32(1), &entry]),
            &boxed(b"stts", &[&[0; 8]]),
            &boxed(b"stsc", &[&[0; 4], &be_u32(1), &be_u32(1), &be_u32(track.sizes.len()), &be_u32(1)]),
            &boxed(b"stsz", &[&[0; 8], &be_u32(track.chunks.len() * track.sizes.len()), &all]),
            &offsets,
        ],
    );
    let media = boxed(
        b"mdia",
        &[
            &boxed(b"mdhd", &[&[0; 24]]),
            &handler(track.kind, &[b"Camera ", secret].concat()),
            &boxed(b"minf", &[&boxed(b"vmhd", &[&[0; 12]]), &tables]),
        ],
    );
    boxed(b"trak", &[&boxed(b"tkhd", &[&[0; 12], &be_u32(track.id), &[0; 68]]), &media, more])
}

/// A QuickTime or iTunes tag, with the type of its value.
pub(super) fn tag(name: [u8; 4], kind: usize, value: &[u8]) -> Vec<u8> {
    boxed(&name, &[&boxed(b"data", &[&be_u32(kind), &[0; 4], value])])
}

pub(super) fn keys(names: &[&[u8]]) -> Vec<u8> {
    let entries: Vec<u8> = names.iter().flat_map(|name| boxed(b"mdta", &[name])).collect();
    boxed(b"keys", &[&[0; 4], &be_u32(names.len()), &entries])
}

/// All boxes that hold metadata of a video, each with the secret in it.
pub(super) fn movie_metadata(secret: &[u8]) -> Vec<u8> {
    let names: &[&[u8]] = &[
        b"com.apple.quicktime.location.ISO6709",
        b"com.apple.quicktime.make",
        b"com.apple.quicktime.model",
        b"com.apple.quicktime.software",
        b"com.apple.quicktime.creationdate",
        b"com.example.invented",
    ];
    let text = |index: usize, value: &[u8]| tag(be_u32(index), 1, value);
    let apple = boxed(
        b"meta",
        &[
            &handler(b"mdta", b""),
            &keys(names),
            &boxed(
                b"ilst",
                &[
                    &text(1, secret),
                    &text(2, secret),
                    &text(3, secret),
                    &text(4, secret),
                    &text(5, b"2024-05-01T10:00:00+0500"),
                    &tag(be_u32(6), 0, secret),
                ],
            ),
        ],
    );
    let itunes = boxed(
        b"meta",
        &[
            &[0; 4],
            &handler(b"mdir", b""),
            &boxed(
                b"ilst",
                &[
                    &tag(*b"\xA9nam", 1, b"A title"),
                    &tag(*b"\xA9too", 1, secret),
                    &boxed(
                        b"----",
                        &[
                            &boxed(b"mean", &[&[0; 4], b"com.apple.iTunes"]),
                            &boxed(b"name", &[&[0; 4], b"iTunSMPB"]),
                            &boxed(b"data", &[&be_u32(1), &[0; 4], b" 00000000 gapless"]),
                        ],
                    ),
                    &boxed(
                        b"----",
                        &[
                            &boxed(b"name", &[&[0; 4], b"camera"]),
                            &boxed(b"data", &[&be_u32(1), &[0; 4], secret]),
                        ],
                    ),
                ],
            ),
        ],
    );
    let text = |name: &[u8; 4], value: &[u8]| boxed(name, &[&[0, u8::try_from(value.len()).unwrap(), 0x15, 0xC7], value]);
    let user = boxed(
        b"udta",
        &[
            &text(b"\xA9xyz", secret),
            &text(b"\xA9mak", secret),
            &text(b"\xA9mod", secret),
            &text(b"\xA9swr", secret),
            &boxed(b"loci", &[&[0; 4], secret, &[0; 20]]),
            &boxed(b"CAME", &[secret]),
            &text(b"\xA9nam", b"A title"),
            &itunes,
            &boxed(b"free", &[secret]),
            &[0; 4],
        ],
    );
    [
        apple,
        user,
        boxed(b"uuid", &[XMP, b"<x:xmpmeta>", secret]),
        boxed(b"uuid", &[PIFF, b"keys"]),
    ]
    .concat()
}

pub(super) fn video(layout: Layout, secret: &[u8]) -> Vec<u8> {
    let samples = samples(secret);
    let moov = |base: usize| {
        let at = |range: &Range<usize>| base + range.start;
        let video = Track {
            id: 1,
            kind: b"vide",
            format: b"avc1",
            sizes: &[15, 10, 20],
            chunks: &samples.video.each_ref().map(at),
        };
        let audio = Track {
            id: 2,
            kind: b"soun",
            format: b"mp4a",
            sizes: &[40],
            chunks: &samples.audio.each_ref().map(at),
        };
        let metadata = Track {
            id: 3,
            kind: b"meta",
            format: b"gpmd",
            sizes: &[samples.metadata.len()],
            chunks: &[at(&samples.metadata)],
        };
        let user = boxed(b"udta", &[&boxed(b"\xA9xyz", &[&[0; 4], secret])]);
        boxed(
            b"moov",
            &[
                &boxed(b"mvhd", &[&[0; 100]]),
                &track(&video, layout.long_offsets, &user, secret),
                &track(&audio, layout.long_offsets, &[], &[0; 17]),
                &track(&metadata, layout.long_offsets, &[], &[0; 17]),
                &movie_metadata(secret),
            ],
        )
    };
    let front = [boxed(b"ftyp", &[b"qt  ", &[0; 4], b"qt  "]), boxed(b"wide", &[])].concat();
    let head = match layout.size {
        Size::Short => [be_u32(samples.all.len() + 8).as_slice(), b"mdat"].concat(),
        Size::Long => [be_u32(1).as_slice(), b"mdat", &(samples.all.len() as u64 + 16).to_be_bytes()].concat(),
        Size::ToTheEnd => b"\0\0\0\0mdat".to_vec(),
    };
    let data = [head.as_slice(), &samples.all].concat();
    let unknown = boxed(b"mpvd", &[secret]);
    let room = boxed(b"free", &[secret]);
    if layout.moov_first {
        let before = [&front, &moov(0)[..], &room, &unknown].concat().len() + head.len();
        [front, moov(before), room, unknown, data].concat()
    } else {
        let before = front.len() + head.len();
        [
            front,
            data,
            moov(before),
            room,
            unknown,
            b"after the last box ".to_vec(),
            secret.to_vec(),
        ]
        .concat()
    }
}

/// The content of a box, by its path from the top level.
pub(super) fn place(bytes: &[u8], path: &[&[u8; 4]]) -> Range<usize> {
    let mut range = 0..bytes.len();
    for name in path {
        let mut at = range.start;
        range = loop {
            let size = u32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
            let (size, head) = match size {
                0 => (range.end - at, 8),
                1 => (
                    usize::try_from(u64::from_be_bytes(*bytes[at + 8..].first_chunk().unwrap())).unwrap(),
                    16,
                ),
                size => (size, 8),
            };
            if bytes[at + 4..at + 8] == name[..] {
                // Skip the version and flags of `meta`, which QuickTime does not have.
                let is_versioned = **name == *b"meta" && bytes[at + 12..at + 16] != *b"hdlr";
                break at + head + if is_versioned { 4 } else { 0 }..at + size;
            }
            at += size;
        };
    }
    range
}

pub(super) fn fragmented_video(secret: &[u8]) -> Vec<u8> {
    let fragment = |data: &[u8], metadata: &[u8]| {
        let moof = |offset: usize| {
            let run = |id: usize, offset: usize, length: usize| {
                boxed(
                    b"traf",
                    &[
                        &boxed(b"tfhd", &[&0x2_0000_u32.to_be_bytes(), &be_u32(id)]),
                        &boxed(b"trun", &[&0x201_u32.to_be_bytes(), &be_u32(1), &be_u32(offset), &be_u32(length)]),
                    ],
                )
            };
            boxed(
                b"moof",
                &[
                    &boxed(b"mfhd", &[&[0; 8]]),
                    &run(1, offset, data.len()),
                    &run(3, offset + data.len(), metadata.len()),
                ],
            )
        };
        let moof = moof(moof(0).len() + 8);
        [moof, boxed(b"mdat", &[data, metadata])].concat()
    };
    let empty = |id: usize, kind: &[u8; 4], format: &[u8; 4]| {
        let tables = Track {
            id,
            kind,
            format,
            sizes: &[],
            chunks: &[],
        };
        track(&tables, false, &[], &[0; 17])
    };
    [
        boxed(b"ftyp", &[b"isom", &[0; 4], b"isom"]),
        boxed(
            b"moov",
            &[
                &boxed(b"mvhd", &[&[0; 100]]),
                &empty(1, b"vide", b"avc1"),
                &empty(3, b"meta", b"mebx"),
                &boxed(b"mvex", &[]),
            ],
        ),
        fragment(b"video of the first second", secret),
        fragment(b"video of the second second", &[secret, b"more"].concat()),
    ]
    .concat()
}

/// A HEIC of two tiles with EXIF, XMP, a thumbnail and other metadata, some of them in `idat`.
pub(super) fn heic(secret: &[u8]) -> Vec<u8> {
    let exif = [
        b"\0\0\0\x06Exif\0\0MM\0\x2A\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x01\x0F\0\x02\0\0\0\x11\0\0\0\x26\0\0\0\0"
            .as_slice(),
        secret,
        b"\0",
    ]
    .concat();
    let xmp = [b"<x:xmpmeta>".as_slice(), secret, b"</x:xmpmeta>"].concat();
    let pieces: [(&[u8; 4], &[u8], &[u8]); 6] = [
        (b"hvc1", b"", b"the first tile"),
        (b"Exif", b"", &exif),
        (b"hvc1", b"", b"the second tile"),
        (b"mime", b"application/rdf+xml", &xmp),
        (b"mime", b"image/jpeg", b"the thumbnail"),
        (b"uri ", b"", secret),
    ];
    let entries: Vec<u8> = (1_u8..)
        .zip(&pieces)
        .flat_map(|(id, (kind, content_type, _))| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], *kind, b"a name\0", content_type, b"\0"]))
        .collect();
    let meta = |base: usize| {
        let mut at = base;
        let mut places = Vec::new();
        for (id, (_, _, content)) in (1_u8..).zip(&pieces) {
            // The EXIF is in two parts.
            let cut = if id == 2 { content.len() / 2 } else { content.len() };
            let parts: Vec<&[u8]> = [&content[..cut], &content[cut..]]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            places.extend([0, id, 0, 0, 0, 0, 0, u8::try_from(parts.len()).unwrap()]);
            for part in parts {
                places.extend(be_u32(at));
                places.extend(be_u32(part.len()));
                at += part.len();
            }
        }
        // Item 7 is in `idat`.
        places.extend([0, 7, 0, 1, 0, 0, 0, 1]);
        places.extend([be_u32(4), be_u32(secret.len())].concat());
        let seventh = boxed(b"infe", &[&[2, 0, 0, 0, 0, 7, 0, 0], b"mime", b"\0text/plain\0"]);
        boxed(
            b"meta",
            &[
                &[0; 4],
                &handler(b"pict", b""),
                &boxed(b"pitm", &[&[0, 0, 0, 0, 0, 1]]),
                &boxed(b"iinf", &[&[0; 4], &[0, 7], &entries, &seventh]),
                &boxed(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 7], &places]),
                &boxed(b"idat", &[b"grid", secret, b"grid"]),
                &boxed(b"xml ", &[&[0; 4], secret]),
            ],
        )
    };
    let brands = boxed(b"ftyp", &[b"heic", &[0; 4], b"mif1heic"]);
    let data: Vec<u8> = pieces.iter().flat_map(|(_, _, content)| content.to_vec()).collect();
    let base = brands.len() + meta(0).len() + 8;
    [
        brands,
        meta(base),
        boxed(b"mdat", &[&data]),
        boxed(b"mpvd", &[&video(LAYOUTS[0], secret)]),
    ]
    .concat()
}
