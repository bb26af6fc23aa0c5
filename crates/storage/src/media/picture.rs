//! The size of images and their small pictures.

use std::io::{Read, Seek, SeekFrom};

use super::{
    decide::Refusal,
    gif, guarded,
    header::Header,
    heif, jpeg,
    kind::{Format, Kind},
    png,
    strip::StripError,
    thumbnail, webp,
};

/// What an image shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Pixels, orientation applied; none where the header cannot be read.
    pub width: Option<u32>,
    /// Pixels, orientation applied; none where the header cannot be read.
    pub height: Option<u32>,
    /// None where the image cannot be decoded, or is of a kind for which there is no decoder.
    pub thumbnail: Option<Thumbnail>,
}

/// A small picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// Its type: `image/jpeg` or `image/webp`.
    pub mime_type: &'static str,
}

/// What is too much for an image.
#[derive(Clone, Debug)]
pub struct PictureLimits {
    /// Pixels, by the header.
    pub pixels: u64,
    /// The longest side of thumbnails.
    pub thumbnail_side: u32,
    /// Bytes that a decoder may take; an image that needs more has no thumbnail.
    pub decoder_bytes: usize,
}

impl Default for PictureLimits {
    fn default() -> Self {
        Self {
            pixels: 50_000_000,
            thumbnail_side: 480,
            decoder_bytes: 320 * 1024 * 1024,
        }
    }
}

/// Measures an image by its header, refuses it if it is too large, and only then decodes it for a thumbnail, which is upright and never larger than the image.
/// Of animations the first frame is taken. A broken image gives an empty answer, never an error. The source may be stripped or not.
pub fn picture(kind: &Kind, source: &mut (impl Read + Seek), limits: &PictureLimits) -> Result<Picture, Refusal> {
    let Some(header) = header(kind.format, source)? else {
        return Ok(Picture::default());
    };
    if u64::from(header.width) * u64::from(header.height) > limits.pixels {
        return Err(Refusal::ImageTooLarge { limit: limits.pixels });
    }
    source.seek(SeekFrom::Start(0))?;
    let thumbnail = guarded(|| thumbnail::make(kind.format, source, &header, limits)).flatten();
    let (width, height) = header.shown();
    Ok(Picture {
        width: Some(width),
        height: Some(height),
        thumbnail,
    })
}

/// None where it is broken, or no image.
fn header(format: Format, source: &mut (impl Read + Seek)) -> Result<Option<Header>, Refusal> {
    source.seek(SeekFrom::Start(0))?;
    let header = match format {
        Format::Jpeg => jpeg::header(source),
        Format::Png => png::header(source),
        Format::Gif => gif::header(source),
        Format::WebP => webp::header(source),
        Format::Avif | Format::Heic => heif::header(source),
        _ => return Ok(None),
    };
    match header {
        Ok(header) => Ok(Some(header).filter(|header| header.width > 0 && header.height > 0)),
        Err(StripError::Malformed(_)) => Ok(None),
        Err(StripError::Io(error)) => Err(error.into()),
    }
}
