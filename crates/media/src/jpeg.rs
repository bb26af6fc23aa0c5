//! JPEG: segments with markers, and entropy-coded scans between them.
//!
//! Hand-written like all [stripping](mod@super::strip).

use std::io::{BufRead, BufReader, Read, Write};

use image::metadata::Orientation;

use super::{
    error::StripError,
    header::{self, FrameBounds, Header},
};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

type Result<T> = std::result::Result<T, StripError>;

/// The role of a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A frame header: precision, height, width.
    Frame,
    /// Tables that decoding needs.
    Coding,
    /// Application data, some of which affects colours.
    Application(u8),
    /// A marker without content.
    Lone,
    Scan,
    End,
    /// Comments, and markers that no decoder uses.
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

/// Copies tables, frames, scans, the colour profile and the colour encoding, and replaces EXIF by the orientation alone.
pub(super) fn strip(source: &mut impl Read, target: &mut impl Write) -> Result<()> {
    let mut segments = Segments::open(source)?;
    target.write_all(&[0xFF, START])?;
    // Copy the segments that are kept, up to the end marker or a broken segment
    let (mut frames, mut scans, mut oriented) = (false, false, false);
    while let Some(marker) = segments.next_marker()? {
        match role(marker) {
            Role::Lone => continue,
            Role::End => break,
            _ => {}
        }
        let content = match segments.content() {
            Ok(content) => content,
            // Decoders stop here too.
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

/// Reads the size and the orientation in front of the first scan, and the sizes of all frames.
pub(super) fn read_header(source: &mut impl Read) -> Result<Header> {
    let mut segments = Segments::open(source)?;
    let (mut size, mut orientation, mut frames, mut scans) = (None, None, FrameBounds::default(), false);
    while let Some(marker) = segments.next_marker()? {
        match role(marker) {
            Role::Lone => continue,
            Role::End => break,
            _ => {}
        }
        let content = match segments.content() {
            Ok(content) => content,
            // Decoders stop here too.
            Err(StripError::Malformed(_)) if scans => break,
            Err(error) => return Err(error),
        };
        match role(marker) {
            Role::Frame => {
                if let Some((width, height)) = frame_size(&content) {
                    size = size.or(Some((width, height)));
                    frames.add_frame((0, 0), (width, if height == 0 { u16::MAX.into() } else { height }));
                }
            }
            Role::Application(number) if is_exif(number, &content) && !scans => {
                orientation = orientation.or(Some(header::read_orientation(&content)));
            }
            Role::Scan => {
                scans = true;
                segments.copy_scan(&mut std::io::sink())?;
            }
            _ => {}
        }
    }
    let (width, height) = size.ok_or(StripError::Malformed("it has no frame"))?;
    Ok(Header {
        width,
        height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        frames,
    })
}

/// Counts the scans. Each scan costs a decoder a pass over all pixels.
pub(super) fn count_scans(source: &mut impl Read) -> Result<u64> {
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
    // A height of 0 is given by a DNL segment after the first scan. No encoder uses it any more, so it counts as the largest height.
    (width > 0).then_some((width.into(), height.into()))
}

/// A file that is read segment by segment.
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
            return Err(StripError::Malformed("it does not start like a JPEG"));
        }
        Ok(Self { reader, pending: None })
    }

    fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        self.reader.consume(byte.iter().len());
        Ok(byte)
    }

    /// The next marker, skipping junk in front of it; none at the end of the file.
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

    /// Reads the length and the content after a marker.
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

    /// Copies a scan up to the first marker that does not belong to it, or to the end of a truncated file.
    fn copy_scan(&mut self, target: &mut impl Write) -> Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let length = buffer.iter().position(|byte| *byte == 0xFF).unwrap_or(buffer.len());
            target.write_all(&buffer[..length])?;
            self.reader.consume(length);
            // The buffer is at a 0xFF, or exhausted.
            if self.reader.buffer().is_empty() && self.reader.fill_buf()?.is_empty() {
                return Ok(());
            }
            if self.reader.buffer().first() == Some(&0xFF) && !self.copy_escape(target)? {
                return Ok(());
            }
        }
    }

    /// At a 0xFF: copies it and the byte after it if both belong to the scan, and returns true. Otherwise keeps the marker for `next_marker`.
    fn copy_escape(&mut self, target: &mut impl Write) -> Result<bool> {
        let mut next = self.byte()?;
        while next == Some(0xFF) {
            next = self.byte()?;
        }
        match next {
            // An escaped 0xFF, a restart marker, or a reserved marker, which decoders treat as damaged pixels.
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
    number == 1 && content.starts_with(header::EXIF_PREFIX)
}

/// The part of application data that is kept: of EXIF the first orientation.
fn application(number: u8, content: &[u8], oriented: &mut bool) -> Option<Vec<u8>> {
    if !is_exif(number, content) {
        return colour(number, content);
    }
    let first = !std::mem::replace(oriented, true);
    let tiff = header::orientation_exif(header::read_orientation(content)).filter(|_| first)?;
    Some([header::EXIF_PREFIX, &tiff].concat())
}

/// The part of application data that affects colours or proportions.
fn colour(number: u8, content: &[u8]) -> Option<Vec<u8>> {
    match number {
        // Version and density. The thumbnail that may follow is left out.
        0 if content.starts_with(b"JFIF\0") && content.len() >= 14 => Some([&content[..12], &[0, 0]].concat()),
        2 if content.starts_with(b"ICC_PROFILE\0") => Some(content.to_owned()),
        14 if content.starts_with(b"Adobe") && content.len() >= 12 => Some(content[..12].to_owned()),
        _ => None,
    }
}
