//! `suhbat migrate`: the schema of the configured database.

use storage::{Access, DirectorySource, Store, TakeoverProgress};

use crate::config::Config;

/// Brings the schema of the configured database up to date, and does nothing else. Of the platform's database it takes the messaging tables over.
pub async fn migrate(config: &Config, report: &mut (dyn FnMut(TakeoverProgress) + Send)) -> Result<(), storage::OpenError> {
    let directory = config.directory.source();
    if directory != DirectorySource::Own {
        Store::take_over(&config.database.url, report).await?;
    }
    Store::open(&config.database.url, Access::Command, &directory).await?.close().await;
    Ok(())
}
