//! `objects`.

use std::path::Path;

use domain::identity::StoreId;
use storage::blobs::{Objects, ObjectsCopied};

use super::commands::{Error, answer, block_on, quiet_config};
use crate::{
    config::{Config, ObjectsConfig, ObjectsUrl},
    wiring,
};

/// Copies all objects to another object store.
pub(super) fn copy(config: Option<&Path>, to: &str) -> Result<(), Error> {
    let to: ObjectsUrl = to.parse().map_err(Error::NoObjectsUrl)?;
    let config = quiet_config(config)?;
    let from = &config.objects.url;
    if *from == to {
        return Err(Error::SameObjects(to));
    }
    if let ObjectsUrl::File(folder) = from {
        // Opening would make it.
        std::fs::read_dir(folder).map_err(|error| Error::NoObjects(from.clone(), error))?;
    }
    let copied = block_on(async {
        let (source, target) = (open(&config, from)?, open(&config, &to)?);
        source.copy_to(&target, &mut report()).await.map_err(Error::CopyObjects)
    })?;
    let ObjectsCopied { objects, bytes, present } = copied;
    answer(&format!(
        "{to} holds {objects} files ({bytes} bytes) now, as {from} does; {present} of them were there before. Each was read back and compared.\n\
         If the service runs: stop it, and run this command again for the files that came meanwhile. Then set objects.url to {to} and start the service.\n\
         {from} was not changed. Keep it until the service has run with the new object store for a while.",
    ))
}

/// The object store at this URL, with the other settings of the section. Which database it belongs to is for the copy to find out.
fn open(config: &Config, url: &ObjectsUrl) -> Result<Objects, Error> {
    let settings = ObjectsConfig {
        url: url.clone(),
        legacy_url: None,
        ..config.objects.clone()
    };
    Ok(wiring::open_objects(&settings, &config.aws, StoreId::new(""))?)
}

/// Prints a line for each hundredth of the bytes.
fn report() -> impl FnMut(ObjectsCopied, ObjectsCopied) + Send {
    let mut last = 0;
    move |copied, of| {
        let now = copied.bytes.saturating_mul(100) / of.bytes.max(1);
        if now > last {
            last = now;
            eprintln!(
                "copied {} of {} files, {} of {} bytes ({now} %)",
                copied.objects, of.objects, copied.bytes, of.bytes
            );
        }
    }
}
