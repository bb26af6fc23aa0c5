//! The size of an image, and its thumbnail.

use std::io::{Read, Seek, SeekFrom};

use super::{
    error::{Refusal, StripError, catch_panic},
    gif,
    header::Header,
    heif, jpeg,
    kind::{Format, Kind},
    limits::{Deadline, ImageLimits},
    png,
    thumbnail::{self, Thumbnail},
    webp,
};

/// Size and thumbnail of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageInfo {
    /// In pixels, with the orientation applied; `None` if the header cannot be read.
    pub width: Option<u32>,
    /// In pixels, with the orientation applied; `None` if the header cannot be read.
    pub height: Option<u32>,
    /// None where the image cannot be decoded within the limits, or there is no decoder for the format.
    pub thumbnail: Option<Thumbnail>,
}

/// Measures an image by its header, and makes its thumbnail: upright, of the first frame, and never larger than the image.
///
/// Refuses an image with too many pixels before anything is decoded, and one with frames outside its own area. A broken image gives an empty [`ImageInfo`], not an error.
/// Stripped and unstripped images give the same result.
pub fn inspect_image(kind: &Kind, source: &mut (impl Read + Seek), limits: &ImageLimits) -> Result<ImageInfo, Refusal> {
    let Some(header) = read_header(kind.format, source)? else {
        return Ok(ImageInfo::default());
    };
    if header.max_pixels() > limits.pixels {
        return Err(Refusal::ImageTooLarge { limit: limits.pixels });
    }
    if header.width == 0 || header.height == 0 {
        return Ok(ImageInfo::default());
    }
    if header.has_frame_outside() {
        return Err(Refusal::Type("a frame of the image is larger than the image"));
    }
    source.seek(SeekFrom::Start(0))?;
    let deadline = Deadline::start(&limits.clock, limits.time);
    let thumbnail = catch_panic(|| thumbnail::make_thumbnail(kind.format, source, &header, limits, &deadline)).flatten();
    let (width, height) = header.display_size();
    Ok(ImageInfo {
        width: Some(width),
        height: Some(height),
        thumbnail,
    })
}

/// None if the image is broken, or the format is not an image.
fn read_header(format: Format, source: &mut (impl Read + Seek)) -> Result<Option<Header>, Refusal> {
    source.seek(SeekFrom::Start(0))?;
    let header = match format {
        Format::Jpeg => jpeg::read_header(source),
        Format::Png => png::read_header(source),
        Format::Gif => gif::read_header(source),
        Format::WebP => webp::read_header(source),
        Format::Avif | Format::Heic => heif::read_header(source, format == Format::Avif),
        _ => return Ok(None),
    };
    match header {
        Ok(header) => Ok(Some(header)),
        Err(StripError::Malformed(_)) => Ok(None),
        Err(StripError::Io(error)) => Err(error.into()),
    }
}
