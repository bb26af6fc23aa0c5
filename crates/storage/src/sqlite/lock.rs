//! The lock that allows one service for a database, because the state in its memory (sockets, presence, used tickets) is not shared.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use super::error::OpenError;
use super::place;

/// The lock that a service holds while it runs on a database. The system releases it when the process ends for any reason.
///
/// The lock is on a file of its own, `suhbat.db-lock`, which is never removed. SQLite's own locks are on the database file, so `import`, `migrate` and
/// `backup` work beside a service.
#[derive(Debug)]
pub struct ServiceLock {
    file: File,
}

impl ServiceLock {
    /// Takes the lock of this database, whose folder is created if it does not exist. Services that are refused meanwhile get `holder` as the reason.
    pub fn acquire(database: &Path, holder: &str) -> Result<Self, OpenError> {
        let folder = place::folder(database);
        std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        let database = place::resolved(database).map_err(|error| OpenError::Lock(database.to_owned(), error))?;
        let path = place::beside(&database, "-lock");
        let failed = |error| OpenError::Lock(path.clone(), error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        if !lock_alone(&file).map_err(failed)? {
            let mut holder = String::new();
            // The text is for operators only; the lock does not depend on it.
            if file.read_to_string(&mut holder).is_err() || holder.trim().is_empty() {
                "a process that has just started".clone_into(&mut holder);
            }
            return Err(OpenError::InUse {
                database,
                holder: holder.trim().to_owned(),
            });
        }
        let mut lock = Self { file };
        lock.set_holder(holder).map_err(failed)?;
        Ok(lock)
    }

    /// Replaces the text that a refused service gets.
    pub fn set_holder(&mut self, holder: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{holder}")
    }

    /// Whether a service runs on this database. Also true if that is unknown, as for a system user who may not read the lock file.
    ///
    /// If no service runs, the check holds a shared lock for a moment; [`Self::acquire`] waits for that.
    pub(super) fn is_held(database: &Path) -> bool {
        let lock_file = || File::open(place::beside(&place::resolved(database)?, "-lock"));
        match lock_file() {
            Ok(file) => file.try_lock_shared().is_err(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

/// Takes the exclusive lock unless a service holds it. A shared lock means that another process is just checking whether a service runs.
fn lock_alone(file: &File) -> io::Result<bool> {
    const MOMENT: Duration = Duration::from_millis(1);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match file.try_lock_shared() {
            Ok(()) => file.unlock()?,
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        thread::sleep(MOMENT);
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn asking_whether_a_service_runs_changes_nothing() {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("suhbat.db");
        assert!(!ServiceLock::is_held(&database));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is made");
        let lock = ServiceLock::acquire(&database, "process 1").unwrap();
        for _ in 0..2 {
            assert!(ServiceLock::is_held(&database));
        }
        let refused = ServiceLock::acquire(&database, "process 2").unwrap_err();
        assert!(
            matches!(&refused, OpenError::InUse { holder, .. } if holder == "process 1"),
            "{refused:?}"
        );
        drop(lock);
        assert!(!ServiceLock::is_held(&database));
        drop(ServiceLock::acquire(&database, "process 3").unwrap());
    }

    #[test]
    fn a_service_that_starts_while_the_lock_is_probed_waits_for_it() {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("suhbat.db");
        drop(ServiceLock::acquire(&database, "process 1").unwrap());
        let asking = File::open(place::beside(&database, "-lock")).unwrap();
        asking.try_lock_shared().unwrap();
        thread::scope(|scope| {
            let (starting, started) = std::sync::mpsc::channel();
            let database = &database;
            let service = scope.spawn(move || {
                starting.send(()).unwrap();
                ServiceLock::acquire(database, "process 2").map(drop)
            });
            started.recv().unwrap();
            thread::sleep(Duration::from_millis(20));
            assert!(!service.is_finished());
            drop(asking);
            service.join().unwrap().unwrap();
        });
    }
}
