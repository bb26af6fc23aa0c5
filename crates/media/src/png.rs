//! PNG: a signature, followed by chunks.
//!
//! Hand-written like all [stripping](mod@super::strip).

use std::io::{self, BufReader, Read, Seek, Write};

use image::metadata::Orientation;

use super::{
    error::StripError,
    header::{self, FrameBounds, Header},
};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1A\n";

/// The chunks that are kept: pixels, frames, colours and proportions. All others are removed, unknown ones included.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The largest EXIF that is read, in bytes. A larger one counts as upright.
const MAX_EXIF: u32 = 64 * 1024;

type Result<T> = std::result::Result<T, StripError>;

struct Chunk {
    length: u32,
    name: [u8; 4],
}

impl Chunk {
    /// The next chunk; none at the end of the file.
    fn read(source: &mut impl Read) -> Result<Option<Self>> {
        let mut fixed = [0; 8];
        if source.read(&mut fixed[..1])? == 0 {
            return Ok(None);
        }
        source.read_exact(&mut fixed[1..])?;
        let [a, b, c, d, name @ ..] = fixed;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > i32::MAX as u32 || !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(StripError::Malformed("it has an invalid chunk"));
        }
        Ok(Some(Self { length, name }))
    }

    /// Whether decoders have to know the chunk to show the image.
    const fn is_critical(&self) -> bool {
        self.name[0].is_ascii_uppercase()
    }

    fn has_pixels(&self) -> bool {
        matches!(&self.name, b"IDAT" | b"fdAT")
    }

    /// Bytes of the content and the checksum.
    fn size(&self) -> u64 {
        u64::from(self.length) + 4
    }
}

/// Copies the chunks in [`KEPT`], and replaces EXIF in front of the pixels by the orientation alone. A file that is truncated or broken after its first pixels is
/// copied up to there.
pub(super) fn strip(source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<()> {
    let source = &mut open(source)?;
    target.write_all(SIGNATURE)?;
    let (mut pixels, mut oriented) = (false, false);
    loop {
        let chunk = match Chunk::read(source) {
            Ok(Some(chunk)) => chunk,
            // Decoders stop here too.
            Ok(None) | Err(StripError::Malformed(_)) if pixels => return write_end(target),
            Ok(None) => return Err(StripError::Malformed("it has no pixels")),
            Err(error) => return Err(error),
        };
        if chunk.name == *b"IEND" && pixels {
            return write_end(target);
        } else if KEPT.contains(&&chunk.name) {
            pixels |= chunk.has_pixels();
            target.write_all(&chunk.length.to_be_bytes())?;
            target.write_all(&chunk.name)?;
            let copied = io::copy(&mut source.by_ref().take(chunk.size()), target)?;
            if copied < chunk.size() {
                return if pixels {
                    Ok(())
                } else {
                    Err(StripError::Malformed("it is truncated"))
                };
            }
        } else if chunk.is_critical() {
            return if pixels {
                write_end(target)
            } else {
                Err(StripError::Malformed("it has an unknown critical chunk"))
            };
        } else if chunk.name == *b"eXIf" && !oriented && !pixels {
            oriented = true;
            if let Some(tiff) = header::orientation_exif(read_exif(source, &chunk)?) {
                write_exif(target, &tiff)?;
            }
        } else {
            skip(source, chunk.size())?;
        }
    }
}

/// Reads the size, the orientation and the extent of the frames.
pub(super) fn read_header(source: &mut (impl Read + Seek)) -> Result<Header> {
    let source = &mut open(source)?;
    let first = Chunk::read(source)?.filter(|chunk| chunk.name == *b"IHDR" && chunk.length == 13);
    first.ok_or(StripError::Malformed("it has no header"))?;
    let mut size = [0; 13 + 4];
    source.read_exact(&mut size)?;
    let [width, height] = [0, 4].map(|at| u32_at(&size, at));
    let (mut orientation, mut frames) = (None, FrameBounds::default());
    match survey(source, &mut orientation, &mut frames) {
        // Decoders stop at the broken chunk too.
        Ok(()) | Err(StripError::Malformed(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(Header {
        width,
        height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        frames,
    })
}

/// Reads all chunks after the header. Browsers look for the orientation in front of the pixels only.
fn survey(source: &mut BufReader<impl Read + Seek>, orientation: &mut Option<Orientation>, frames: &mut FrameBounds) -> Result<()> {
    let mut pixels = false;
    while let Some(chunk) = Chunk::read(source)? {
        pixels |= chunk.has_pixels();
        match &chunk.name {
            b"eXIf" if orientation.is_none() && !pixels => *orientation = Some(read_exif(source, &chunk)?),
            b"fcTL" if chunk.length >= 20 => {
                let mut control = [0; 20];
                source.read_exact(&mut control)?;
                let [width, height, left, top] = [4, 8, 12, 16].map(|at| u32_at(&control, at));
                frames.add_frame((left, top), (width, height));
                skip(source, chunk.size() - 20)?;
            }
            // A second header is invalid, but some decoder may read it.
            b"IHDR" if chunk.length >= 8 => {
                let mut size = [0; 8];
                source.read_exact(&mut size)?;
                frames.add_frame((0, 0), (u32_at(&size, 0), u32_at(&size, 4)));
                skip(source, chunk.size() - 8)?;
            }
            b"IEND" => break,
            _ => skip(source, chunk.size())?,
        }
    }
    Ok(())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn open<S: Read>(source: S) -> Result<BufReader<S>> {
    let mut reader = BufReader::with_capacity(32 * 1024, source);
    let mut signature = [0; 8];
    reader.read_exact(&mut signature)?;
    if signature == *SIGNATURE {
        Ok(reader)
    } else {
        Err(StripError::Malformed("it does not start like a PNG"))
    }
}

fn read_exif(source: &mut BufReader<impl Read + Seek>, chunk: &Chunk) -> Result<Orientation> {
    if chunk.length > MAX_EXIF {
        skip(source, chunk.size())?;
        return Ok(Orientation::NoTransforms);
    }
    let mut content = Vec::new();
    source.by_ref().take(chunk.size()).read_to_end(&mut content)?;
    content.truncate(content.len().saturating_sub(4));
    Ok(header::read_orientation(&content))
}

fn skip(source: &mut BufReader<impl Seek>, bytes: u64) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| StripError::Malformed("it has an invalid chunk"))?;
    Ok(source.seek_relative(bytes)?)
}

fn write_exif(target: &mut impl Write, tiff: &[u8; 26]) -> Result<()> {
    let content = [b"eXIf", tiff.as_slice()].concat();
    target.write_all(&26_u32.to_be_bytes())?;
    target.write_all(&content)?;
    Ok(target.write_all(&crc32fast::hash(&content).to_be_bytes())?)
}

fn write_end(target: &mut impl Write) -> Result<()> {
    Ok(target.write_all(b"\0\0\0\0IEND\xAE\x42\x60\x82")?)
}
