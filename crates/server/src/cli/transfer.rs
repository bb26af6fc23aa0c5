//! `transfer`.

use std::{path::Path, process};

use domain::ports::Clock as _;
use storage::{
    ServerUrl, StoreUrl,
    transfer::{self, TransferProgress, Transferred},
};

use super::commands::{Error, answer, block_on, quiet_config};
use crate::clock::SystemClock;

/// Copies the embedded database to a database server.
pub(super) fn transfer(config: Option<&Path>, to: &str) -> Result<(), Error> {
    let to = server(to)?;
    let config = quiet_config(config)?;
    let url = &config.database.url;
    let database = url.file().ok_or_else(|| Error::NotEmbedded(url.clone()))?;
    let holder = format!("`suhbat transfer` (process {}, since {})", process::id(), SystemClock.now());
    let transferred = block_on(transfer::transfer(database, &to, &holder, &mut report())).map_err(Error::Transfer)?;
    let Transferred {
        accounts,
        conversations,
        messages,
    } = transferred;
    answer(&format!(
        "{to} holds {accounts} accounts, {conversations} conversations and {messages} messages now, as {} does: every row was read back and compared.\n\
         Set database.url to the new database (SUHBAT__DATABASE__URL), leave objects.url ({}) as it is, and start the service. Open pages go on by themselves.\n\
         {} was not changed. Start no service on it any more: what is sent there would be missing in the new database.",
        database.display(),
        config.objects.url,
        database.display(),
    ))
}

/// The URL is never quoted in an error, since it may hold a password.
fn server(url: &str) -> Result<ServerUrl, Error> {
    match url.parse() {
        Ok(StoreUrl::Postgres(server)) => Ok(server),
        _ => Err(Error::NoServer),
    }
}

/// Prints the progress.
fn report() -> impl FnMut(TransferProgress) + Send {
    let mut tenths = 0;
    move |progress| match progress {
        TransferProgress::CheckingSource => eprintln!("checking the embedded database"),
        TransferProgress::Copied { rows, of } => share("copied", rows, of, &mut tenths),
        TransferProgress::Indexing => {
            tenths = 0;
            eprintln!("making the indexes");
        }
        TransferProgress::Checked { rows, of } => share("read back", rows, of, &mut tenths),
    }
}

/// Prints a line for each tenth of the rows.
fn share(what: &str, rows: u64, of: u64, tenths: &mut u64) {
    let now = rows.saturating_mul(10) / of.max(1);
    if now > *tenths {
        *tenths = now;
        eprintln!("{what} {rows} of {of} rows ({} %)", now * 10);
    }
}
