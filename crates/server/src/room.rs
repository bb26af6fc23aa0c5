//! The reserve of the volume that files are kept on: uploads end before messages do.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::measure::FREE_BYTES;

/// Checks the free space of the volume. Clones share the last logged state.
#[derive(Clone)]
pub(crate) struct Room(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    reserve: u64,
    was_short: AtomicBool,
}

impl Room {
    /// On the volume of this folder; so many bytes of it are kept free, and 0 is any number.
    pub(crate) fn new(folder: PathBuf, reserve: u64) -> Self {
        Self(Arc::new(Inner {
            folder,
            reserve,
            was_short: AtomicBool::new(false),
        }))
    }

    /// Whether uploads may be accepted. If the free space cannot be read they may: a failing write reports more.
    pub(crate) async fn is_enough(&self) -> bool {
        if self.0.reserve == 0 {
            return true;
        }
        let inner = self.0.clone();
        // A volume on a network can take its time.
        let asked = tokio::task::spawn_blocking(move || free_bytes(&inner.folder)).await;
        let Ok(Ok(free)) = asked else { return true };
        metrics::gauge!(FREE_BYTES).set(approximate(free));
        let is_short = free < self.0.reserve;
        if self.0.was_short.swap(is_short, Ordering::Relaxed) != is_short {
            if is_short {
                tracing::warn!(
                    free,
                    reserve = self.0.reserve,
                    "too little room is left for files; uploads are refused"
                );
            } else {
                tracing::info!(free, "there is room for files again");
            }
        }
        !is_short
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats; a few bytes of terabytes do not matter")]
const fn approximate(bytes: u64) -> f64 {
    bytes as f64
}

/// The bytes that this process may still use on the volume of a folder.
#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let volume = rustix::fs::statvfs(folder)?;
    Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// Not known on other systems.
#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_taken_until_the_reserve_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let enough = async |reserve| Room::new(folder.path().to_owned(), reserve).is_enough().await;
        assert!(enough(0).await && enough(1).await);
        assert!(!enough(u64::MAX).await);
        assert!(
            Room::new("/nowhere/at/all".into(), u64::MAX).is_enough().await,
            "storing tells more"
        );
    }
}
