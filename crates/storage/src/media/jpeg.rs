//! JPEG: a row of segments, and scans of coded pixels between them.

use std::io::{BufRead, BufReader, Read, Write};

use image::metadata::Orientation;

use super::{exif, header::Header, strip::StripError};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

type Result<T> = std::result::Result<T, StripError>;

/// What a segment is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A frame's header: precision, height, width.
    Frame,
    /// Tables and the like, without which nothing can be decoded.
    Coding,
    /// Application data; some of it tells how to read the colours.
    Application(u8),
    /// A marker that is followed by nothing.
    Lone,
    Scan,
    End,
    /// Comments, and what nobody uses.
    Other,
}

const fn role(marker: u8) -> Role {
    match marker {
        0xC4 | 0xCC | 0xDB | 0xDC | 0xDD | 0xDE | 0xDF => Role::Coding,
        0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => Role::Frame,
        0xE0..=0xEF => Role::Application(marker - 0xE0),
        0x01 | 0xD0..=0xD7 | START => Role::Lone,
        SCAN => Role::Scan,
        END => Role::End,
        _ => Role::Other,
    }
}

/// Copies tables, frames, scans, the colour profile and what tells how colours are coded; writes the orientation anew.
pub(super) fn strip(source: &mut impl Read, target: &mut impl Write) -> Result<()> {
    let mut segments = Segments::open(source)?;
    target.write_all(&[0xFF, START])?;
    let (mut frames, mut scans, mut oriented) = (false, false, false);
    while let Some(marker) = segments.next_marker()? {
        match role(marker) {
            Role::Lone => continue,
            Role::End => break,
            _ => {}
        }
        let content = match segments.content() {
            Ok(content) => content,
            // Those who show it stop here too.
            Err(StripError::Malformed(_)) if scans => break,
            Err(error) => return Err(error),
        };
        match role(marker) {
            Role::Application(number) => {
                if let Some(kept) = application(number, &content, &mut oriented) {
                    write_segment(target, marker, &kept)?;
                }
            }
            role @ (Role::Frame | Role::Coding | Role::Scan) => {
                frames |= role == Role::Frame;
                write_segment(target, marker, &content)?;
            }
            _ => {}
        }
        if marker == SCAN {
            scans = true;
            segments.copy_scan(target)?;
        }
    }
    if !(frames && scans) {
        return Err(StripError::Malformed("it has no pixels"));
    }
    target.write_all(&[0xFF, END])?;
    Ok(())
}

/// Size and orientation, from what stands before the first scan.
pub(super) fn header(source: &mut impl Read) -> Result<Header> {
    let mut segments = Segments::open(source)?;
    let (mut size, mut orientation) = (None, None);
    while let Some(marker) = segments.next_marker()? {
        match role(marker) {
            Role::Lone => continue,
            Role::End => break,
            _ => {}
        }
        let content = segments.content()?;
        match role(marker) {
            Role::Frame => size = size.or(frame_size(&content)),
            Role::Application(number) if is_exif(number, &content) => orientation = orientation.or(Some(exif::orientation(&content))),
            Role::Scan => break,
            _ => {}
        }
    }
    let (width, height) = size.ok_or(StripError::Malformed("it has no frame"))?;
    Ok(Header {
        width,
        height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// How many scans there are. Each costs a decoder a pass over the picture.
pub(super) fn count_scans(source: &mut impl Read) -> Result<usize> {
    let mut segments = Segments::open(source)?;
    let mut scans = 0;
    while let Some(marker) = segments.next_marker()? {
        match role(marker) {
            Role::Lone => continue,
            Role::End => break,
            _ => drop(segments.content()?),
        }
        if marker == SCAN {
            scans += 1;
            segments.copy_scan(&mut std::io::sink())?;
        }
    }
    Ok(scans)
}

fn frame_size(content: &[u8]) -> Option<(u32, u32)> {
    let [_, high, low, wide, narrow] = *content.first_chunk::<5>()?;
    let (height, width) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([wide, narrow]));
    // A height of zero is told after the first scan, which nobody does any more.
    (width > 0 && height > 0).then_some((width.into(), height.into()))
}

/// A file that is read from front to back, with the marker at which a scan stopped.
struct Segments<R> {
    reader: BufReader<R>,
    pending: Option<u8>,
}

impl<R: Read> Segments<R> {
    fn open(source: R) -> Result<Self> {
        let mut reader = BufReader::with_capacity(32 * 1024, source);
        let mut start = [0; 2];
        reader.read_exact(&mut start)?;
        if start != [0xFF, START] {
            return Err(StripError::Malformed("it does not begin like one"));
        }
        Ok(Self { reader, pending: None })
    }

    fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        self.reader.consume(byte.iter().len());
        Ok(byte)
    }

    /// The next marker, skipping what does not belong anywhere; none at the end of the file.
    fn next_marker(&mut self) -> Result<Option<u8>> {
        if let Some(marker) = self.pending.take() {
            return Ok(Some(marker));
        }
        let mut escaped = false;
        while let Some(byte) = self.byte()? {
            match byte {
                0 => escaped = false,
                0xFF => escaped = true,
                marker if escaped => return Ok(Some(marker)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// What follows a marker: its length, and as much content.
    fn content(&mut self) -> Result<Vec<u8>> {
        let mut length = [0; 2];
        self.reader.read_exact(&mut length)?;
        let length = u16::from_be_bytes(length)
            .checked_sub(2)
            .ok_or(StripError::Malformed("a segment is shorter than its length"))?;
        let mut content = vec![0; usize::from(length)];
        self.reader.read_exact(&mut content)?;
        Ok(content)
    }

    /// Copies coded pixels up to the next marker that is none of theirs, or to the end of a file that is cut off.
    fn copy_scan(&mut self, target: &mut impl Write) -> Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let length = buffer.iter().position(|byte| *byte == 0xFF).unwrap_or(buffer.len());
            target.write_all(&buffer[..length])?;
            self.reader.consume(length);
            // Either an 0xFF, or the end of what was buffered.
            if self.reader.buffer().is_empty() && self.reader.fill_buf()?.is_empty() {
                return Ok(());
            }
            if self.reader.buffer().first() == Some(&0xFF) && !self.copy_escape(target)? {
                return Ok(());
            }
        }
    }

    /// At an 0xFF: copies it with what follows, where both belong to the scan; keeps the marker where they do not.
    fn copy_escape(&mut self, target: &mut impl Write) -> Result<bool> {
        let mut next = self.byte()?;
        while next == Some(0xFF) {
            next = self.byte()?;
        }
        match next {
            // An escaped 0xFF, a restart, or a marker without meaning, which is taken for a damaged pixel.
            Some(byte @ (0..=0xBF | 0xD0..=0xD7)) => target.write_all(&[0xFF, byte])?,
            other => {
                self.pending = other;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn write_segment(target: &mut impl Write, marker: u8, content: &[u8]) -> Result<()> {
    let length = u16::try_from(content.len() + 2).map_err(|_| StripError::Malformed("a segment is too long"))?;
    target.write_all(&[0xFF, marker])?;
    target.write_all(&length.to_be_bytes())?;
    Ok(target.write_all(content)?)
}

fn is_exif(number: u8, content: &[u8]) -> bool {
    number == 1 && content.starts_with(exif::PREFIX)
}

/// What stays of application data; of EXIF the first orientation.
fn application(number: u8, content: &[u8], oriented: &mut bool) -> Option<Vec<u8>> {
    if !is_exif(number, content) {
        return colour(number, content);
    }
    let first = !std::mem::replace(oriented, true);
    let tiff = exif::only(exif::orientation(content)).filter(|_| first)?;
    Some([exif::PREFIX, &tiff].concat())
}

/// The part of application data without which colours or proportions would change.
fn colour(number: u8, content: &[u8]) -> Option<Vec<u8>> {
    match number {
        // Version and density; the thumbnail that may follow is left out.
        0 if content.starts_with(b"JFIF\0") && content.len() >= 14 => Some([&content[..12], &[0, 0]].concat()),
        2 if content.starts_with(b"ICC_PROFILE\0") => Some(content.to_owned()),
        14 if content.starts_with(b"Adobe") && content.len() >= 12 => Some(content[..12].to_owned()),
        _ => None,
    }
}
