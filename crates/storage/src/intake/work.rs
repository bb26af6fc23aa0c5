//! What is done with a file that has to be looked at as a whole. Computes, so it belongs on the threads of [`Workers`](super::workers::Workers).

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
};

use super::IntakeError;
use crate::media::{self, Kind, Picture, PictureLimits, StripError};

/// Everything that is known about a file before it is looked at.
pub(super) struct Task {
    pub(super) file: File,
    /// Where its head told it.
    pub(super) kind: Option<Kind>,
    pub(super) declared: Option<String>,
    pub(super) file_name: String,
    pub(super) strip_metadata: bool,
    pub(super) pictures: PictureLimits,
}

/// What it is, and what is to be stored, from the beginning of the file on.
pub(super) struct Done {
    pub(super) file: File,
    pub(super) kind: Kind,
    pub(super) picture: Picture,
}

/// Decides the type where its head did not; takes metadata out of images, measures them and makes their small pictures.
pub(super) fn look(task: Task, waiting_room: &Path) -> Result<Done, IntakeError> {
    let Task {
        mut file,
        kind,
        declared,
        file_name,
        strip_metadata,
        pictures,
    } = task;
    let kind = match kind {
        Some(kind) => kind,
        None => media::decide_whole(&mut BufReader::new(&mut file), declared.as_deref(), &file_name)?,
    };
    let mut picture = Picture::default();
    if kind.is_image() {
        // Measured first: one that is too large is not even copied.
        picture = media::picture(&kind, &mut BufReader::new(&mut file), &pictures)?;
        if strip_metadata && media::can_strip(&kind) {
            match stripped(&kind, &mut file, waiting_room)? {
                Some(bare) => file = bare,
                // Kept as it came, and shown as a file only.
                None => picture = Picture::default(),
            }
        }
    }
    file.rewind()?;
    Ok(Done { file, kind, picture })
}

/// The image without its metadata; `None` if it is broken so that they cannot be told apart.
fn stripped(kind: &Kind, file: &mut File, waiting_room: &Path) -> io::Result<Option<File>> {
    let mut bare = BufWriter::new(tempfile::tempfile_in(waiting_room)?);
    match media::strip(kind, &mut BufReader::new(file), &mut bare) {
        Ok(()) => {
            bare.flush()?;
            bare.into_inner().map(Some).map_err(io::IntoInnerError::into_error)
        }
        Err(StripError::Malformed(_)) => Ok(None),
        Err(StripError::Io(error)) => Err(error),
    }
}
