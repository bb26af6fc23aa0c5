//! PNG: a signature and a row of chunks.

use std::io::{self, BufReader, Read, Seek, Write};

use image::metadata::Orientation;

use super::{exif, header::Header, strip::StripError};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1A\n";

/// What makes the picture: its pixels, frames, colours and proportions. Everything else goes, what others invented included.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The largest EXIF that is looked at; larger ones are taken for upright.
const MAX_EXIF: u32 = 64 * 1024;

type Result<T> = std::result::Result<T, StripError>;

struct Chunk {
    length: u32,
    name: [u8; 4],
}

impl Chunk {
    /// The next one; none at the end of the file.
    fn read(source: &mut impl Read) -> Result<Option<Self>> {
        let mut fixed = [0; 8];
        if source.read(&mut fixed[..1])? == 0 {
            return Ok(None);
        }
        source.read_exact(&mut fixed[1..])?;
        let [a, b, c, d, name @ ..] = fixed;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > i32::MAX as u32 || !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(StripError::Malformed("it has a chunk that cannot be"));
        }
        Ok(Some(Self { length, name }))
    }

    /// Whether the picture cannot be shown without knowing it.
    const fn is_critical(&self) -> bool {
        self.name[0].is_ascii_uppercase()
    }

    fn has_pixels(&self) -> bool {
        matches!(&self.name, b"IDAT" | b"fdAT")
    }

    /// With its check sum.
    fn size(&self) -> u64 {
        u64::from(self.length) + 4
    }
}

/// Copies the chunks that make the picture; writes the orientation anew. A file that is cut off or broken behind the first pixels is copied as far as it goes.
pub(super) fn strip(source: &mut (impl Read + Seek), target: &mut impl Write) -> Result<()> {
    let source = &mut open(source)?;
    target.write_all(SIGNATURE)?;
    let (mut pixels, mut oriented) = (false, false);
    loop {
        let chunk = match Chunk::read(source) {
            Ok(Some(chunk)) => chunk,
            // Those who show it stop here too.
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
                    Err(StripError::Malformed("it ends too early"))
                };
            }
        } else if chunk.is_critical() {
            return if pixels {
                write_end(target)
            } else {
                Err(StripError::Malformed("it has an unknown chunk"))
            };
        } else if chunk.name == *b"eXIf" && !oriented {
            oriented = true;
            if let Some(tiff) = exif::only(read_exif(source, &chunk)?) {
                write_exif(target, &tiff)?;
            }
        } else {
            skip(source, chunk.size())?;
        }
    }
}

/// Size and orientation.
pub(super) fn header(source: &mut (impl Read + Seek)) -> Result<Header> {
    let source = &mut open(source)?;
    let first = Chunk::read(source)?.filter(|chunk| chunk.name == *b"IHDR" && chunk.length == 13);
    first.ok_or(StripError::Malformed("it has no header"))?;
    let mut size = [0; 13 + 4];
    source.read_exact(&mut size)?;
    let [width, height] = [0, 4].map(|at| u32::from_be_bytes([size[at], size[at + 1], size[at + 2], size[at + 3]]));
    // What is broken further back does not change the size.
    let orientation = find_orientation(source).unwrap_or(Orientation::NoTransforms);
    Ok(Header {
        width,
        height,
        orientation,
    })
}

fn find_orientation(source: &mut BufReader<impl Read + Seek>) -> Result<Orientation> {
    while let Some(chunk) = Chunk::read(source)? {
        match &chunk.name {
            b"eXIf" => return read_exif(source, &chunk),
            b"IEND" => break,
            _ => skip(source, chunk.size())?,
        }
    }
    Ok(Orientation::NoTransforms)
}

fn open<S: Read>(source: S) -> Result<BufReader<S>> {
    let mut reader = BufReader::with_capacity(32 * 1024, source);
    let mut signature = [0; 8];
    reader.read_exact(&mut signature)?;
    if signature == *SIGNATURE {
        Ok(reader)
    } else {
        Err(StripError::Malformed("it does not begin like one"))
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
    Ok(exif::orientation(&content))
}

fn skip(source: &mut BufReader<impl Seek>, bytes: u64) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| StripError::Malformed("it has a chunk that cannot be"))?;
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
