//! The files of the demo, carried by the program. `files/make.py` made them.

use std::sync::Arc;

use bytes::Bytes;
use domain::{attachment::NewAttachment, id::UserId};
use uploads::{UploadError, UploadGuard, Uploads};

/// A file of the demo's script, by its name there.
fn content(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "hills.png" => include_bytes!("files/hills.png"),
        "tiles.png" => include_bytes!("files/tiles.png"),
        "boxes.png" => include_bytes!("files/boxes.png"),
        "schedule.pdf" => include_bytes!("files/schedule.pdf"),
        "note.wav" => include_bytes!("files/note.wav"),
        _ => return None,
    })
}

/// Uploads a file of the demo under this name; `None` if the demo has no such file.
pub(super) async fn take_in(
    uploads: &Uploads,
    sender: UserId,
    file: &str,
    file_name: &str,
) -> Result<Option<(NewAttachment, UploadGuard)>, UploadError> {
    let Some(bytes) = content(file) else { return Ok(None) };
    let mut upload = uploads.start(sender, file_name, None, Arc::new(()));
    upload.write(Bytes::from_static(bytes)).await?;
    upload.finish().await.map(Some)
}
