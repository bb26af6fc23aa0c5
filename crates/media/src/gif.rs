//! GIF: a logical screen, followed by blocks of images and extensions.
//!
//! Hand-written like all [stripping](mod@super::strip). GIF is included because its XMP can hold a position too.

use std::io::{self, BufReader, Read, Write};

use image::metadata::Orientation;

use super::{
    error::StripError,
    header::{FrameBounds, Header},
};

const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3B;

const CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;
/// Application extensions that are kept: loop counts and the colour profile.
const KEPT_APPLICATIONS: &[&[u8; 11]] = &[b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

type Result<T> = std::result::Result<T, StripError>;

/// Copies images, their timing and the loop count. A file that is truncated or broken after its first pixels is copied up to there.
pub(super) fn strip(source: &mut impl Read, target: &mut impl Write) -> Result<()> {
    let (mut source, screen) = open(source)?;
    target.write_all(&screen)?;
    copy(&mut source, palette(screen[10]), target)?;
    let mut pixels = false;
    loop {
        let more = match byte(&mut source)? {
            Some(IMAGE) => {
                let whole = image(&mut source, target);
                pixels |= whole.is_ok();
                whole
            }
            Some(EXTENSION) => extension(&mut source, target).map(|()| true),
            // Some encoders write a second block terminator.
            Some(0) => Ok(true),
            Some(END) | None => Ok(false),
            Some(_) => Err(StripError::Malformed("it has an unknown block")),
        };
        match more {
            Ok(true) => {}
            Ok(false) => break,
            // Decoders stop here too.
            Err(StripError::Malformed(_)) if pixels => break,
            Err(error) => return Err(error),
        }
    }
    if !pixels {
        return Err(StripError::Malformed("it has no pixels"));
    }
    Ok(target.write_all(&[END])?)
}

/// Reads the size of the screen and the extent of the frames.
pub(super) fn read_header(source: &mut impl Read) -> Result<Header> {
    let (mut source, screen) = open(source)?;
    let [width, height] = [6, 8].map(|at| u16_at(&screen, at));
    let mut frames = FrameBounds::default();
    match measure(&mut source, palette(screen[10]), &mut frames) {
        // Decoders stop at the broken block too.
        Ok(()) | Err(StripError::Malformed(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        frames,
    })
}

/// Adds every frame after the screen.
fn measure(source: &mut impl Read, palette_bytes: u64, frames: &mut FrameBounds) -> Result<()> {
    copy(source, palette_bytes, &mut io::sink())?;
    loop {
        match byte(source)? {
            Some(IMAGE) => {
                let mut fixed = [0; 9];
                source.read_exact(&mut fixed)?;
                let [left, top, width, height] = [0, 2, 4, 6].map(|at| u16_at(&fixed, at));
                frames.add_frame((left, top), (width, height));
                copy(source, palette(fixed[8]) + 1, &mut io::sink())?;
            }
            Some(EXTENSION) => drop(byte(source)?),
            Some(0) => continue,
            _ => return Ok(()),
        }
        blocks(source, |_| Ok(()))?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u32 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]]).into()
}

fn open<S: Read>(source: S) -> Result<(BufReader<S>, [u8; 13])> {
    let mut source = BufReader::with_capacity(32 * 1024, source);
    let mut screen = [0; 13];
    source.read_exact(&mut screen)?;
    if screen.starts_with(b"GIF87a") || screen.starts_with(b"GIF89a") {
        Ok((source, screen))
    } else {
        Err(StripError::Malformed("it does not start like a GIF"))
    }
}

/// Bytes of the palette that these flags announce.
fn palette(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 0b111) + 1) }
}

/// Copies an image. Returns false if the file ends within its pixels. Writes nothing before there are pixels.
fn image(source: &mut impl Read, target: &mut impl Write) -> Result<bool> {
    let mut fixed = [0; 9];
    source.read_exact(&mut fixed)?;
    let mut head = Vec::new();
    copy(source, palette(fixed[8]) + 1, &mut head)?;
    target.write_all(&[IMAGE])?;
    target.write_all(&fixed)?;
    target.write_all(&head)?;
    match blocks(source, |block| Ok(target.write_all(block)?)) {
        Ok(()) => Ok(true),
        Err(StripError::Malformed(_)) => {
            target.write_all(&[0])?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn extension(source: &mut impl Read, target: &mut impl Write) -> Result<()> {
    let label = byte(source)?.ok_or(StripError::Malformed("it is truncated"))?;
    let (mut begun, mut kept) = (false, label == CONTROL);
    let copied = blocks(source, |block| {
        if !std::mem::replace(&mut begun, true) {
            kept |= label == APPLICATION && block.len() == 12 && KEPT_APPLICATIONS.iter().any(|name| block[1..] == **name);
            if kept {
                target.write_all(&[EXTENSION, label])?;
            }
        }
        if kept {
            target.write_all(block)?;
        }
        Ok(())
    });
    if matches!(copied, Err(StripError::Malformed(_))) && begun && kept {
        target.write_all(&[0])?;
    }
    copied
}

/// Calls `each` with every sub-block, its length byte and the terminator included.
fn blocks(source: &mut impl Read, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut block = [0; 256];
    loop {
        source.read_exact(&mut block[..1])?;
        let end = 1 + usize::from(block[0]);
        source.read_exact(&mut block[1..end])?;
        each(&block[..end])?;
        if end == 1 {
            return Ok(());
        }
    }
}

fn byte(source: &mut impl Read) -> Result<Option<u8>> {
    let mut byte = [0];
    Ok((source.read(&mut byte)? == 1).then_some(byte[0]))
}

fn copy(source: &mut impl Read, length: u64, target: &mut impl Write) -> Result<()> {
    let copied = io::copy(&mut source.take(length), target)?;
    if copied == length {
        Ok(())
    } else {
        Err(StripError::Malformed("it is truncated"))
    }
}
