//! Backing up, also while the service runs.

use std::path::Path;

use tempfile::Builder;

use super::{Contents, CopyError, Progress, close, copy, examine, io, make_durable, open, recognise};
use crate::sqlite::{integrity::Depth, pairing, place};

/// Copies the database into a file that must not exist yet. The copy has everything that was acknowledged before. A service may run meanwhile.
///
/// The copy is made under another name, checked, flushed and then renamed, so that a file with this name is always a complete backup.
pub fn backup(database: &Path, file: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Contents, CopyError> {
    if file.symlink_metadata().is_ok() {
        return Err(CopyError::Exists(file.to_owned()));
    }
    if !database.exists() {
        return Err(CopyError::Missing(database.to_owned()));
    }
    let database = place::resolved(database).map_err(io("find", database))?;
    pairing::check(&database)?;
    let source = open(&database)?;
    recognise(&source, &database)?;

    let folder = place::folder(file);
    let temporary = Builder::new()
        .prefix(".suhbat-backup-")
        .tempfile_in(folder)
        .map_err(io("write into", folder))?
        .into_temp_path();
    copy(&source, &database, &temporary, progress)?;
    progress(Progress::Checking);
    let written = open(&temporary)?;
    let contents = examine(&written, &temporary, Depth::Pages)?;
    close(written, &temporary)?;
    make_durable(&temporary)?;
    temporary.persist_noclobber(file).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => CopyError::Exists(file.to_owned()),
        _ => io("make", file)(error.error),
    })?;
    make_durable(file)?;
    close(source, &database)?;
    Ok(contents)
}
