//! WebP: a RIFF file, whose chunks of an extended image tell at the front what stands further back.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Take, Write};

use image::metadata::Orientation;

use super::{exif, header::Header, strip::StripError};

/// What makes the picture.
const KEPT: &[&[u8; 4]] = &[b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"];
/// What a frame of an animation is made of.
const KEPT_IN_FRAMES: &[&[u8; 4]] = &[b"ALPH", b"VP8 ", b"VP8L"];
/// Place, size, duration and blending of a frame, in front of its chunks.
const FRAME: u64 = 16;
/// Flags of an extended image.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// The largest EXIF that is looked at; larger ones are taken for upright.
const MAX_EXIF: u64 = 64 * 1024;

type Result<T> = std::result::Result<T, StripError>;
type Source<'a, S> = BufReader<&'a mut S>;

struct Chunk {
    name: [u8; 4],
    length: u64,
}

impl Chunk {
    /// The one that begins here; `left` is what its container has from here on.
    fn read(source: &mut impl Read, left: u64) -> Result<Self> {
        if left < 8 {
            return Err(StripError::Malformed("a chunk is cut off"));
        }
        let mut fixed = [0; 8];
        source.read_exact(&mut fixed)?;
        let [name @ .., a, b, c, d] = fixed;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if length > left - 8 {
            return Err(StripError::Malformed("a chunk is longer than what holds it"));
        }
        Ok(Self { name, length })
    }

    /// With what makes its length even. Some writers leave that out at the very end.
    fn padded(&self) -> u64 {
        self.length + self.length % 2
    }
}

/// What a first walk over the file found.
struct Survey {
    /// Bytes of the chunks that stay.
    size: u64,
    orientation: Orientation,
    /// Where the last chunk ends that is whole.
    end: u64,
}

/// Copies the chunks that make the picture, those of frames too, and corrects what the front says of them. The orientation is written anew.
pub(super) fn strip(source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<()> {
    let (mut source, end) = open(source)?;
    let survey = survey(&mut source, end)?;
    let tiff = exif::only(survey.orientation);
    let size = 4 + survey.size + tiff.map_or(0, |tiff| 8 + tiff.len() as u64);
    let size = u32::try_from(size).map_err(|_| StripError::Malformed("it is too long"))?;
    target.write_all(b"RIFF")?;
    target.write_all(&size.to_le_bytes())?;
    target.write_all(b"WEBP")?;
    source.seek(SeekFrom::Start(12))?;
    walk(&mut source, survey.end - 12, KEPT, |source, chunk| match &chunk.name {
        b"VP8X" => copy_front(source, chunk, target, tiff.is_some()),
        b"ANMF" => copy_frame(source, chunk, target),
        _ => copy(source, chunk, target),
    })?;
    if let Some(tiff) = tiff {
        target.write_all(b"EXIF")?;
        target.write_all(&26_u32.to_le_bytes())?;
        target.write_all(&tiff)?;
    }
    Ok(())
}

/// Size and orientation.
pub(super) fn header(source: &mut (impl Read + Seek)) -> Result<Header> {
    let (mut source, end) = open(source)?;
    let first = Chunk::read(&mut source, end - 12)?;
    let mut content = [0; 10];
    source.read_exact(&mut content)?;
    let (width, height) = size(first.name, &content).ok_or(StripError::Malformed("it has no header"))?;
    // What is broken further back does not change the size.
    source.seek(SeekFrom::Start(12))?;
    let orientation = survey(&mut source, end).map_or(Orientation::NoTransforms, |survey| survey.orientation);
    Ok(Header {
        width,
        height,
        orientation,
    })
}

/// Width and height, by the beginning of a chunk.
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

/// As much as a decoder may read, from the beginning to where the file ends. None where a chunk does not fit into what holds it, or a frame is larger than the
/// whole: decoders believe what a file says, and take the memory for it before they notice.
pub(super) fn decodable<S: Read + Seek>(file: &mut S, whole: (u32, u32)) -> Option<Take<&mut S>> {
    let see = |source: &mut Source<'_, S>, chunk: &Chunk| {
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
            return see(source, chunk);
        }
        let inside = chunk.length.checked_sub(FRAME).ok_or(StripError::Malformed("a frame is cut off"))?;
        skip(source, FRAME)?;
        walk(source, inside, &[b"VP8 ", b"VP8L"], see)
    });
    walked.ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    // Decoders step over what makes the last chunk's length even, also where it was left out.
    Some(file.take(end.next_multiple_of(2)))
}

/// The reader behind the file's header, and where the file ends: by its own account, or earlier where it is cut off.
fn open<S: Read + Seek>(source: &mut S) -> Result<(Source<'_, S>, u64)> {
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut source = BufReader::with_capacity(32 * 1024, source);
    let mut fixed = [0; 12];
    source.read_exact(&mut fixed)?;
    let [b'R', b'I', b'F', b'F', a, b, c, d, b'W', b'E', b'B', b'P'] = fixed else {
        return Err(StripError::Malformed("it does not begin like one"));
    };
    let end = 8 + u64::from(u32::from_le_bytes([a, b, c, d]));
    if end >= 12 {
        Ok((source, end.min(length)))
    } else {
        Err(StripError::Malformed("it ends too early"))
    }
}

/// Only extended images have a place for an orientation. What is broken behind pixels ends the file, as it does for those who show it.
fn survey<S: Read + Seek>(source: &mut Source<'_, S>, end: u64) -> Result<Survey> {
    let mut found = Survey {
        size: 0,
        orientation: Orientation::NoTransforms,
        end: 12,
    };
    let (mut orientation, mut extended, mut pixels) = (None, false, false);
    while found.end < end {
        let left = end - found.end;
        let step = Chunk::read(source, left).and_then(|chunk| {
            let kept = match &chunk.name {
                b"EXIF" if orientation.is_none() => {
                    orientation = Some(read_exif(source, &chunk)?);
                    0
                }
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
        extended |= chunk.name == *b"VP8X";
        pixels |= matches!(&chunk.name, b"VP8 " | b"VP8L" | b"ANMF");
    }
    found.orientation = orientation.filter(|_| extended).unwrap_or(Orientation::NoTransforms);
    if pixels {
        Ok(found)
    } else {
        Err(StripError::Malformed("it has no pixels"))
    }
}

/// Hands over the chunks of these names, each positioned at its content, which has to be consumed; skips the others.
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

/// What a frame comes to without foreign chunks.
fn frame_size<S: Read + Seek>(source: &mut Source<'_, S>, frame: &Chunk) -> Result<u64> {
    let inside = frame.length.checked_sub(FRAME).ok_or(StripError::Malformed("a frame is cut off"))?;
    skip(source, FRAME)?;
    let mut size = FRAME;
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
    write_head(target, frame.name, size)?;
    exactly(source, FRAME, target)?;
    walk(source, frame.length - FRAME, KEPT_IN_FRAMES, |source, chunk| {
        copy(source, chunk, target)
    })
}

/// The front of an extended image, without the flags of what was left out.
fn copy_front<S: Read + Seek>(source: &mut Source<'_, S>, chunk: &Chunk, target: &mut impl Write, oriented: bool) -> Result<()> {
    if chunk.length != 10 {
        return Err(StripError::Malformed("it has no header"));
    }
    let mut content = [0; 10];
    source.read_exact(&mut content)?;
    content[0] &= !(HAS_EXIF | HAS_XMP);
    content[0] |= if oriented { HAS_EXIF } else { 0 };
    write_head(target, chunk.name, chunk.length)?;
    Ok(target.write_all(&content)?)
}

fn copy(source: &mut impl Read, chunk: &Chunk, target: &mut impl Write) -> Result<()> {
    write_head(target, chunk.name, chunk.length)?;
    exactly(source, chunk.length, target)?;
    Ok(target.write_all(&[0][..usize::from(chunk.length % 2 == 1)])?)
}

fn write_head(target: &mut impl Write, name: [u8; 4], length: u64) -> Result<()> {
    let length = u32::try_from(length).map_err(|_| StripError::Malformed("it is too long"))?;
    target.write_all(&name)?;
    Ok(target.write_all(&length.to_le_bytes())?)
}

fn exactly(source: &mut impl Read, length: u64, target: &mut impl Write) -> Result<()> {
    let copied = io::copy(&mut source.take(length), target)?;
    if copied == length {
        Ok(())
    } else {
        Err(StripError::Malformed("it ends too early"))
    }
}

fn read_exif<S: Read + Seek>(source: &mut Source<'_, S>, chunk: &Chunk) -> Result<Orientation> {
    if chunk.length > MAX_EXIF {
        skip(source, chunk.length)?;
        return Ok(Orientation::NoTransforms);
    }
    let mut content = Vec::new();
    exactly(source, chunk.length, &mut content)?;
    Ok(exif::orientation(&content))
}

fn skip<S: Seek>(source: &mut BufReader<S>, bytes: u64) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| StripError::Malformed("it is too long"))?;
    Ok(source.seek_relative(bytes)?)
}
