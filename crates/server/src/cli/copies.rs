//! `backup` and `restore`.

use std::{path::Path, process};

use domain::ports::Clock as _;
use storage::sqlite::{self, Contents, Progress, Restored};

use super::commands::{Error, answer, quiet_config};
use crate::{clock::SystemClock, config::Config};

/// A database of this size takes long enough for people to wonder.
const LARGE: u64 = 256 * 1024 * 1024;

/// Copies the database into a file.
pub(super) fn backup(config: Option<&Path>, file: &Path) -> Result<(), Error> {
    let config = quiet_config(config)?;
    let contents = sqlite::backup(database_file(&config)?, file, &mut told()).map_err(Error::Backup)?;
    answer(&format!(
        "{} holds {}.\nThe files that people sent are not in it. Copy the object store ({}) now, after the database, so that every file that the database names is in the copy.",
        file.display(),
        described(&contents),
        config.objects.url,
    ))
}

/// Puts a backup in the place of the database.
pub(super) fn restore(config: Option<&Path>, file: &Path) -> Result<(), Error> {
    let config = quiet_config(config)?;
    let database = database_file(&config)?;
    let holder = format!("`suhbat restore` (process {}, since {})", process::id(), SystemClock.now());
    let Restored { contents, replaced } = sqlite::restore(file, database, &holder, &mut told()).map_err(Error::Restore)?;
    let kept = match replaced {
        Some(replaced) => format!(
            "The database that was there is kept as {}; remove it when nobody needs it any more.\n",
            replaced.display()
        ),
        None => String::new(),
    };
    answer(&format!(
        "{} holds {} now, as {} did.\n{kept}\
         Files that were sent after the backup lie in the object store ({}), but no message names them any more. Files that were removed since are missing: put \
         them back from a copy of the object store.\n\
         Start the service now. Open pages notice that a backup was restored, and load everything anew.",
        database.display(),
        described(&contents),
        file.display(),
        config.objects.url,
    ))
}

fn database_file(config: &Config) -> Result<&Path, Error> {
    let url = &config.database.url;
    url.file().ok_or_else(|| Error::NoFile(url.clone()))
}

fn described(contents: &Contents) -> String {
    let messages = contents.messages;
    let bytes = contents.bytes;
    match contents.newest {
        Some(newest) => format!("{messages} messages up to {newest} ({bytes} bytes)"),
        None => format!("no messages ({bytes} bytes)"),
    }
}

/// Prints the progress, for large databases only.
fn told() -> impl FnMut(Progress) {
    let mut tenths = 0;
    let mut large = false;
    move |progress| match progress {
        Progress::Copied { bytes, of } if of >= LARGE => {
            large = true;
            let now = bytes.saturating_mul(10) / of;
            if now > tenths {
                tenths = now;
                eprintln!("copied {bytes} of {of} bytes ({} %)", now * 10);
            }
        }
        Progress::Checking if large => eprintln!("checking the copy"),
        _ => {}
    }
}
