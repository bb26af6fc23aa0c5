//! The files of the demo, carried by the program. `files/make.py` made them.

use std::sync::Arc;

use bytes::Bytes;
use domain::attachment::NewAttachment;
use storage::intake::{Intake, IntakeError, Unclaimed};

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

/// Takes a file in, as if somebody had sent it under this name; `None` if the demo has no such file.
pub(super) async fn take_in(intake: &Intake, file: &str, file_name: &str) -> Result<Option<(NewAttachment, Unclaimed)>, IntakeError> {
    let Some(bytes) = content(file) else { return Ok(None) };
    let mut receiving = intake.receive(file_name, None, Arc::new(()));
    receiving.write(Bytes::from_static(bytes)).await?;
    receiving.finish().await.map(Some)
}
