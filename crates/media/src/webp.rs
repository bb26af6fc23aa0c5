//! WebP: a RIFF file. The first chunk of an extended image (`VP8X`) describes the chunks after it. The orientation in EXIF is ignored, as browsers do, which show
//! the pixels as they are stored.
//!
//! Hand-written like all [stripping](mod@super::strip).

use std::io::{self, BufReader, Read, Seek, SeekFrom, Take, Write};

use image::metadata::Orientation;

use super::{
    error::StripError,
    header::{FrameBounds, Header},
};

/// The chunks that are kept.
const KEPT: &[&[u8; 4]] = &[b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"];
/// The chunks that are kept within a frame of an animation.
const KEPT_IN_FRAMES: &[&[u8; 4]] = &[b"ALPH", b"VP8 ", b"VP8L"];
/// Bytes of a frame in front of its chunks: position, size, duration and blending.
const FRAME_HEADER: u64 = 16;
/// Bits of the flags in `VP8X`.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

type Result<T> = std::result::Result<T, StripError>;
type Source<'a, S> = BufReader<&'a mut S>;

struct Chunk {
    name: [u8; 4],
    length: u64,
}

impl Chunk {
    /// The chunk that starts here, in a container with `left` bytes from here on.
    fn read(source: &mut impl Read, left: u64) -> Result<Self> {
        if left < 8 {
            return Err(StripError::Malformed("a chunk is truncated"));
        }
        let mut fixed = [0; 8];
        source.read_exact(&mut fixed)?;
        let [name @ .., a, b, c, d] = fixed;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if length > left - 8 {
            return Err(StripError::Malformed("a chunk is longer than its container"));
        }
        Ok(Self { name, length })
    }

    /// Bytes of the content and the padding to an even length. The padding of the last chunk is optional.
    fn padded(&self) -> u64 {
        self.length + self.length % 2
    }
}

/// The results of a first pass over the file.
struct Survey {
    /// Bytes of the chunks that are kept.
    size: u64,
    /// The end of the last complete chunk.
    end: u64,
}

/// Copies the chunks in [`KEPT`], without foreign chunks in frames, and corrects the flags in `VP8X`.
pub(super) fn strip(source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<()> {
    let (mut source, end) = open(source)?;
    // Compute the size of the copy
    let survey = survey(&mut source, end)?;
    let size = u32::try_from(4 + survey.size).map_err(|_| StripError::Malformed("it is too long"))?;
    target.write_all(b"RIFF")?;
    target.write_all(&size.to_le_bytes())?;
    target.write_all(b"WEBP")?;
    source.seek(SeekFrom::Start(12))?;
    walk(&mut source, survey.end - 12, KEPT, |source, chunk| match &chunk.name {
        b"VP8X" => copy_extended_header(source, chunk, target),
        b"ANMF" => copy_frame(source, chunk, target),
        _ => copy_chunk(source, chunk, target),
    })
}

/// Reads the size and the extent of the frames, also of a truncated image, which browsers show as far as it goes.
pub(super) fn read_header(source: &mut (impl Read + Seek)) -> Result<Header> {
    let (mut source, end) = open(source)?;
    let mut front = [0; 18];
    source.read_exact(&mut front)?;
    let [a, b, c, d, _, _, _, _, content @ ..] = front;
    let (width, height) = size([a, b, c, d], &content).ok_or(StripError::Malformed("it has no header"))?;
    source.seek(SeekFrom::Start(12))?;
    let mut frames = FrameBounds::default();
    measure(&mut source, end - 12, None, &mut frames)?;
    Ok(Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        frames,
    })
}

/// Adds the images in the rest of the file, or of a frame. A truncated chunk is measured too.
fn measure<S: Read + Seek>(source: &mut Source<'_, S>, mut left: u64, frame: Option<(u32, u32)>, frames: &mut FrameBounds) -> Result<()> {
    while left >= 8 {
        let mut fixed = [0; 8];
        source.read_exact(&mut fixed)?;
        let [name @ .., a, b, c, d] = fixed;
        left -= 8;
        let inside = u64::from(u32::from_le_bytes([a, b, c, d])).min(left);
        let mut rest = inside;
        match &name {
            b"VP8 " | b"VP8L" if inside >= 10 => {
                let mut content = [0; 10];
                source.read_exact(&mut content)?;
                rest -= 10;
                if let Some(size) = size(name, &content) {
                    frames.add_frame(frame.unwrap_or_default(), size);
                }
            }
            b"ANMF" if inside >= FRAME_HEADER && frame.is_none() => {
                let mut control = [0; 16];
                source.read_exact(&mut control)?;
                let [left, top, width, height] =
                    [0, 3, 6, 9].map(|at| u32::from_le_bytes([control[at], control[at + 1], control[at + 2], 0]));
                let place = (2 * left, 2 * top);
                frames.add_frame(place, (width + 1, height + 1));
                measure(source, inside - FRAME_HEADER, Some(place), frames)?;
                rest = 0;
            }
            _ => {}
        }
        skip(source, rest)?;
        left -= inside;
        let padding = (inside % 2).min(left);
        skip(source, padding)?;
        left -= padding;
    }
    skip(source, left)
}

/// Width and height in pixels, by the first bytes of a chunk.
fn size(name: [u8; 4], content: &[u8; 10]) -> Option<(u32, u32)> {
    let [short_width, short_height] = [6, 8].map(|at| u32::from(u16::from_le_bytes([content[at], content[at + 1]]) & 0x3FFF));
    let [long_width, long_height] = [4, 7].map(|at| 1 + u32::from_le_bytes([content[at], content[at + 1], content[at + 2], 0]));
    let packed = u32::from_le_bytes([content[1], content[2], content[3], content[4]]);
    match (&name, content) {
        (b"VP8X", _) => Some((long_width, long_height)),
        (b"VP8L", [0x2F, ..]) => Some((1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF))),
        (b"VP8 ", [frame, _, _, 0x9D, 0x01, 0x2A, ..]) if frame & 1 == 0 => Some((short_width, short_height)),
        _ => None,
    }
}

/// The part of the file that may be decoded: from its start to the end that its header gives. None if a chunk is longer than its container, or a frame is larger than the image,
/// because `image-webp` allocates by the lengths in the file before it compares them.
pub(super) fn decodable<S: Read + Seek>(file: &mut S, whole: (u32, u32)) -> Option<Take<&mut S>> {
    let check = |source: &mut Source<'_, S>, chunk: &Chunk| {
        let mut content = [0; 10];
        let read = chunk.length.min(content.len() as u64);
        source
            .by_ref()
            .take(read)
            .read_exact(&mut content[..usize::try_from(read).unwrap_or_default()])?;
        if size(chunk.name, &content).is_some_and(|(width, height)| width > whole.0 || height > whole.1) {
            return Err(StripError::Malformed("a frame is larger than the image"));
        }
        skip(source, chunk.length - read)
    };
    let (mut source, end) = open(file).ok()?;
    let walked = walk(&mut source, end - 12, &[b"VP8 ", b"VP8L", b"ANMF"], |source, chunk| {
        if chunk.name != *b"ANMF" {
            return check(source, chunk);
        }
        let inside = chunk
            .length
            .checked_sub(FRAME_HEADER)
            .ok_or(StripError::Malformed("a frame is truncated"))?;
        skip(source, FRAME_HEADER)?;
        walk(source, inside, &[b"VP8 ", b"VP8L"], check)
    });
    walked.ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    // The padding byte of the last chunk is optional, but `image-webp` skips it in any case.
    Some(file.take(end.next_multiple_of(2)))
}

/// Reads the RIFF header. Returns a reader after it, and the end of the file: as the header gives it, or earlier if the file is truncated.
fn open<S: Read + Seek>(source: &mut S) -> Result<(Source<'_, S>, u64)> {
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut source = BufReader::with_capacity(32 * 1024, source);
    let mut fixed = [0; 12];
    source.read_exact(&mut fixed)?;
    let [b'R', b'I', b'F', b'F', a, b, c, d, b'W', b'E', b'B', b'P'] = fixed else {
        return Err(StripError::Malformed("it does not start like a WebP"));
    };
    let end = 8 + u64::from(u32::from_le_bytes([a, b, c, d]));
    if end >= 12 {
        Ok((source, end.min(length)))
    } else {
        Err(StripError::Malformed("it is truncated"))
    }
}

/// The first pass, over all chunks. The file ends at a chunk that is broken after the first pixels, as it does for decoders.
fn survey<S: Read + Seek>(source: &mut Source<'_, S>, end: u64) -> Result<Survey> {
    let mut found = Survey { size: 0, end: 12 };
    let mut pixels = false;
    while found.end < end {
        let left = end - found.end;
        let step = Chunk::read(source, left).and_then(|chunk| {
            let kept = match &chunk.name {
                b"ANMF" => 8 + frame_size(source, &chunk)?,
                name => {
                    skip(source, chunk.length)?;
                    if KEPT.contains(&name) { 8 + chunk.padded() } else { 0 }
                }
            };
            skip(source, chunk.padded().min(left - 8) - chunk.length)?;
            Ok((chunk, kept))
        });
        let (chunk, kept) = match step {
            Ok(step) => step,
            Err(StripError::Malformed(_)) if pixels => break,
            Err(error) => return Err(error),
        };
        found.size += kept;
        found.end += 8 + chunk.padded().min(left - 8);
        pixels |= matches!(&chunk.name, b"VP8 " | b"VP8L" | b"ANMF");
    }
    if pixels {
        Ok(found)
    } else {
        Err(StripError::Malformed("it has no pixels"))
    }
}

/// Calls `each` with the chunks of these names, positioned at their content, which it has to consume. Skips all others.
fn walk<S: Read + Seek>(
    source: &mut Source<'_, S>,
    mut left: u64,
    names: &[&[u8; 4]],
    mut each: impl FnMut(&mut Source<'_, S>, &Chunk) -> Result<()>,
) -> Result<()> {
    while left > 0 {
        let chunk = Chunk::read(source, left)?;
        if names.contains(&&chunk.name) {
            each(source, &chunk)?;
        } else {
            skip(source, chunk.length)?;
        }
        left -= 8 + chunk.length;
        let padding = (chunk.padded() - chunk.length).min(left);
        skip(source, padding)?;
        left -= padding;
    }
    Ok(())
}

/// Bytes of a frame without foreign chunks.
fn frame_size<S: Read + Seek>(source: &mut Source<'_, S>, frame: &Chunk) -> Result<u64> {
    let inside = frame
        .length
        .checked_sub(FRAME_HEADER)
        .ok_or(StripError::Malformed("a frame is truncated"))?;
    skip(source, FRAME_HEADER)?;
    let mut size = FRAME_HEADER;
    walk(source, inside, KEPT_IN_FRAMES, |source, chunk| {
        size += 8 + chunk.padded();
        skip(source, chunk.length)
    })?;
    Ok(size)
}

fn copy_frame<S: Read + Seek>(source: &mut Source<'_, S>, frame: &Chunk, target: &mut impl Write) -> Result<()> {
    let start = source.stream_position()?;
    let size = frame_size(source, frame)?;
    source.seek(SeekFrom::Start(start))?;
    write_chunk_header(target, frame.name, size)?;
    copy_exact(source, FRAME_HEADER, target)?;
    walk(source, frame.length - FRAME_HEADER, KEPT_IN_FRAMES, |source, chunk| {
        copy_chunk(source, chunk, target)
    })
}

/// Copies `VP8X` without the flags of the chunks that are left out.
fn copy_extended_header<S: Read + Seek>(source: &mut Source<'_, S>, chunk: &Chunk, target: &mut impl Write) -> Result<()> {
    if chunk.length != 10 {
        return Err(StripError::Malformed("it has no header"));
    }
    let mut content = [0; 10];
    source.read_exact(&mut content)?;
    content[0] &= !(HAS_EXIF | HAS_XMP);
    write_chunk_header(target, chunk.name, chunk.length)?;
    Ok(target.write_all(&content)?)
}

fn copy_chunk(source: &mut impl Read, chunk: &Chunk, target: &mut impl Write) -> Result<()> {
    write_chunk_header(target, chunk.name, chunk.length)?;
    copy_exact(source, chunk.length, target)?;
    Ok(target.write_all(&[0][..usize::from(chunk.length % 2 == 1)])?)
}

fn write_chunk_header(target: &mut impl Write, name: [u8; 4], length: u64) -> Result<()> {
    let length = u32::try_from(length).map_err(|_| StripError::Malformed("it is too long"))?;
    target.write_all(&name)?;
    Ok(target.write_all(&length.to_le_bytes())?)
}

fn copy_exact(source: &mut impl Read, length: u64, target: &mut impl Write) -> Result<()> {
    let copied = io::copy(&mut source.take(length), target)?;
    if copied == length {
        Ok(())
    } else {
        Err(StripError::Malformed("it is truncated"))
    }
}

fn skip<S: Seek>(source: &mut BufReader<S>, bytes: u64) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| StripError::Malformed("it is too long"))?;
    Ok(source.seek_relative(bytes)?)
}
