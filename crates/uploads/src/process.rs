//! Processing of a spooled file. It computes for seconds, so it runs on the threads of [`Workers`](crate::workers::Workers).

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
};

use media::{ImageInfo, ImageLimits, Kind, StripError};

use crate::error::UploadError;

/// A spooled file, and what is known about it.
pub(crate) struct ProcessJob {
    pub(crate) file: File,
    /// `None` if the first bytes do not decide the type.
    pub(crate) kind: Option<Kind>,
    pub(crate) declared_type: Option<String>,
    pub(crate) file_name: String,
    pub(crate) strip_metadata: bool,
    pub(crate) image_limits: ImageLimits,
}

/// A processed file, ready to be stored from its start.
pub(crate) struct Processed {
    pub(crate) file: File,
    pub(crate) kind: Kind,
    /// Empty for anything but images.
    pub(crate) image: ImageInfo,
}

/// Determines the type where it is unknown, measures images and makes their thumbnails, and removes metadata.
pub(crate) fn process(job: ProcessJob, spool_dir: &Path) -> Result<Processed, UploadError> {
    let ProcessJob {
        mut file,
        kind,
        declared_type,
        file_name,
        strip_metadata,
        image_limits,
    } = job;
    // Determine the type
    let kind = match kind {
        Some(kind) => kind,
        None => media::decide_whole(&mut BufReader::new(&mut file), declared_type.as_deref(), &file_name)?,
    };
    let mut image = ImageInfo::default();
    if kind.is_image() {
        // Measure the image before anything else, so that one that is too large costs no copy
        image = media::inspect_image(&kind, &mut BufReader::new(&mut file), &image_limits)?;
        // Copy it without its metadata
        if strip_metadata && media::can_strip(&kind) {
            match stripped_copy(&kind, &mut file, spool_dir)? {
                Some(copy) => file = copy,
                // An image that cannot be parsed is stored as it is, and offered as a file without size and thumbnail.
                None => image = ImageInfo::default(),
            }
        }
    }
    // Overwrite the metadata in place
    if strip_metadata && media::can_overwrite(&kind) {
        overwrite_metadata(&mut file)?;
    }
    file.rewind()?;
    Ok(Processed { file, kind, image })
}

/// Overwrites the metadata of a file. One that cannot be parsed stays as it is.
fn overwrite_metadata(file: &mut File) -> io::Result<()> {
    match media::overwrite(file) {
        Ok(()) | Err(StripError::Malformed(_)) => Ok(()),
        Err(StripError::Io(error)) => Err(error),
    }
}

/// A copy of the image without its metadata; `None` if the image cannot be parsed.
fn stripped_copy(kind: &Kind, file: &mut File, spool_dir: &Path) -> io::Result<Option<File>> {
    let mut copy = BufWriter::new(tempfile::tempfile_in(spool_dir)?);
    match media::strip(kind, &mut BufReader::new(file), &mut copy) {
        Ok(()) => {
            copy.flush()?;
            copy.into_inner().map(Some).map_err(io::IntoInnerError::into_error)
        }
        Err(StripError::Malformed(_)) => Ok(None),
        Err(StripError::Io(error)) => Err(error),
    }
}
