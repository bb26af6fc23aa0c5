//! A WAL that a crash left is applied only to the file that it belongs to; and only one service runs on a database.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::{
    id::MessageId,
    page::Window,
    ports::{MessageFilter, Messages as _},
    receipt::ReadScope,
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, at, content, draft},
        conformance::{Works as _, silent},
        direct::{DirectMessages as _, DirectReceipts as _, Reading},
    },
    time::Timestamp,
};
use storage::sqlite::{OpenError, ServiceLock, Sqlite, SqliteConfig};
use tempfile::TempDir;

use crate::{open, populated, room, seqs};

/// A store with messages, and its folder.
pub(crate) struct Talk {
    pub(crate) folder: TempDir,
    pub(crate) store: Sqlite,
}

impl Talk {
    pub(crate) async fn begin() -> Self {
        let folder = TempDir::new().unwrap();
        let store = populated(SqliteConfig::at(folder.path().join("suhbat.db"))).await;
        let talk = Self { folder, store };
        talk.say(60).await;
        talk
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("suhbat.db")
    }

    /// Sends this many messages in each of two conversations.
    pub(crate) async fn say(&self, messages: usize) {
        for other in [AZIZ, MALIKA] {
            let room = room(&self.store, DILNOZA, other).await;
            for number in 0..messages {
                let text = format!("{number} {}", "so'z ".repeat(100));
                self.store
                    .append(draft(room, DILNOZA, &text, at(1)), silent())
                    .await
                    .works()
                    .expect("allowed");
            }
        }
    }

    /// Checkpoints the WAL and restarts it, as the service does by itself while it is idle.
    pub(crate) fn begin_log_anew(&self) {
        let connection = rusqlite::Connection::open(self.file()).unwrap();
        // SQLite does not wait for the checkpoint of another connection, such as that of the store's own thread: it returns busy.
        let is_busy = || {
            let busy: i64 = connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get("busy"))
                .unwrap();
            busy != 0
        };
        let until = Instant::now() + Duration::from_mins(1);
        while is_busy() {
            assert!(Instant::now() < until, "the WAL could not be checkpointed");
        }
    }

    /// The files as a power cut at this moment leaves them.
    pub(crate) fn crashed(&self) -> Crashed {
        let folder = TempDir::new().unwrap();
        for name in ["suhbat.db", "suhbat.db-wal"] {
            let from = self.folder.path().join(name);
            if from.exists() {
                std::fs::copy(from, folder.path().join(name)).unwrap();
            }
        }
        Crashed { folder }
    }
}

/// The files that a crash has left.
pub(crate) struct Crashed {
    pub(crate) folder: TempDir,
}

impl Crashed {
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("suhbat.db")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("suhbat.db-wal")
    }

    /// The names and contents of all files except the lock file, which a refused service creates too.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.ends_with("suhbat.db-lock"))
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

/// Opens the database with the checks of `serve`.
pub(crate) fn checked(file: &Path) -> Result<Sqlite, OpenError> {
    Sqlite::open(SqliteConfig {
        holder: Some("a service under test".to_owned()),
        ..SqliteConfig::at(file)
    })
}

pub(crate) async fn counts(store: &Sqlite) -> (usize, usize) {
    let (one, other) = (room(store, DILNOZA, AZIZ).await, room(store, DILNOZA, MALIKA).await);
    (seqs(store, one).await.len(), seqs(store, other).await.len())
}

/// The integrity check of SQLite on the file and the WAL, opened without the check that they belong together.
fn integrity(crashed: &Crashed) -> String {
    let copy = TempDir::new().unwrap();
    for (path, content) in crashed.files() {
        std::fs::write(copy.path().join(path.file_name().unwrap()), content).unwrap();
    }
    let connection = rusqlite::Connection::open(copy.path().join("suhbat.db")).unwrap();
    connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap_or_else(|error| error.to_string())
}

fn refused(crashed: &Crashed) {
    let before = crashed.files();
    for opened in [checked(&crashed.file()), Sqlite::open(SqliteConfig::at(crashed.file()))] {
        let error = opened.unwrap_err();
        assert!(matches!(error, OpenError::ForeignLog { .. }), "{error:?}");
        assert!(error.to_string().contains("suhbat restore"), "{error}");
    }
    assert!(crashed.files() == before, "files were changed");
}

#[tokio::test]
async fn commits_left_in_the_wal_by_a_crash_are_kept_by_the_next_start() {
    let talk = Talk::begin().await;
    for begin_anew in [false, true, true] {
        if begin_anew {
            talk.begin_log_anew();
        }
        talk.say(5).await;
        let (crashed, expected) = (talk.crashed(), counts(&talk.store).await);
        assert!(crashed.log().metadata().unwrap().len() > 0);
        assert_eq!(counts(&checked(&crashed.file()).unwrap()).await, expected);
    }
}

#[tokio::test]
async fn a_backup_copied_over_the_database_beside_a_leftover_wal_stops_the_start() {
    let talk = Talk::begin().await;
    talk.begin_log_anew();
    let backup = std::fs::read(talk.file()).unwrap();
    talk.say(60).await;
    talk.begin_log_anew();
    talk.say(3).await;
    let crashed = talk.crashed();
    std::fs::write(crashed.file(), &backup).unwrap();
    assert_ne!(integrity(&crashed), "ok", "the file and the WAL do not belong together");
    refused(&crashed);
    // As the error message promises, the file without the WAL is the backup.
    std::fs::remove_file(crashed.log()).unwrap();
    assert_eq!(counts(&checked(&crashed.file()).unwrap()).await, (60, 60));
}

#[tokio::test]
async fn a_vacuumed_copy_beside_the_wal_is_refused() {
    let talk = Talk::begin().await;
    let copy = talk.folder.path().join("copy.db");
    rusqlite::Connection::open(talk.file())
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    talk.begin_log_anew();
    talk.say(60).await;
    talk.begin_log_anew();
    talk.say(3).await;
    let crashed = talk.crashed();
    std::fs::copy(copy, crashed.file()).unwrap();
    refused(&crashed);
}

#[tokio::test]
async fn a_newer_file_beside_an_older_wal_is_refused() {
    let talk = Talk::begin().await;
    let crashed = talk.crashed();
    talk.begin_log_anew();
    talk.say(60).await;
    talk.begin_log_anew();
    std::fs::copy(talk.file(), crashed.file()).unwrap();
    refused(&crashed);
}

#[tokio::test]
async fn a_wal_is_kept_if_its_database_was_moved_away() {
    let talk = Talk::begin().await;
    for leave_empty in [false, true] {
        let crashed = talk.crashed();
        std::fs::remove_file(crashed.file()).unwrap();
        if leave_empty {
            std::fs::write(crashed.file(), "").unwrap();
        }
        refused(&crashed);
    }
}

/// The WAL has every page that differs, so nothing is lost and nothing mixed.
#[tokio::test]
async fn a_copy_that_is_not_older_than_its_wal_is_accepted_and_equals_its_source() {
    let talk = Talk::begin().await;
    talk.begin_log_anew();
    let copy = std::fs::read(talk.file()).unwrap();
    talk.say(10).await;
    let crashed = talk.crashed();
    std::fs::write(crashed.file(), copy).unwrap();
    assert_eq!(integrity(&crashed), "ok");
    assert_eq!(counts(&checked(&crashed.file()).unwrap()).await, (70, 70));
}

/// An older version did not count its transactions. Then every index is checked, and the files stay unchanged.
#[tokio::test]
async fn a_mixed_database_of_an_older_version_is_refused_as_damaged() {
    let talk = Talk::begin().await;
    let connection = rusqlite::Connection::open(talk.file()).unwrap();
    connection.pragma_update(None, "application_id", 0).unwrap();
    talk.begin_log_anew();
    let backup = std::fs::read(talk.file()).unwrap();
    // Both numbers are in one page of the index, but in two pages of the table.
    let renumber = |id: i64| {
        connection
            .execute("UPDATE messaging_message SET seq = seq + 1000 WHERE id = ?1", [id])
            .unwrap()
    };
    renumber(1);
    talk.begin_log_anew();
    renumber(50);
    let crashed = talk.crashed();
    // The undamaged database starts.
    let whole = talk.crashed();
    checked(&whole.file()).unwrap();
    std::fs::write(crashed.file(), backup).unwrap();
    let (before, finding) = (crashed.files(), integrity(&crashed));
    assert_ne!(finding, "ok");
    let error = checked(&crashed.file()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    let files = crashed.files();
    for (path, content) in before {
        assert!(files.contains(&(path.clone(), content)), "{} was changed", path.display());
    }
}

#[tokio::test]
async fn a_page_that_was_overwritten_is_found_after_an_unclean_end() {
    let talk = Talk::begin().await;
    talk.begin_log_anew();
    talk.say(1).await;
    let crashed = talk.crashed();
    let mut bytes = std::fs::read(crashed.file()).unwrap();
    // Damage a page of messages that is not in the WAL.
    let text = bytes.windows(6).position(|bytes| bytes == b"so'z s").unwrap();
    let page = text / 4096 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(crashed.file(), bytes).unwrap();
    let error = checked(&crashed.file()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert!(crashed.log().metadata().unwrap().len() > 0, "the WAL is kept");
}

/// The newest time may be that of a change or a receipt, and is found after a power cut too, when no time was noted.
#[tokio::test]
async fn the_newest_time_is_known_again_after_any_end() {
    let talk = Talk::begin().await;
    let chat = room(&talk.store, DILNOZA, AZIZ).await;
    let history = talk
        .store
        .window(chat, Window::After(MessageId(0), 1), MessageFilter::default())
        .await
        .works()
        .unwrap();
    let id = history.items[0].id;
    assert_eq!(talk.store.newest_time(), at(1));
    let known = async |newest: Timestamp| {
        assert_eq!(talk.store.newest_time(), newest);
        assert_eq!(checked(&talk.crashed().file()).unwrap().newest_time(), newest);
    };
    let content = content("tuzatildi");
    talk.store.edit(id, content, at(300), silent()).await.works().expect("allowed");
    known(at(300)).await;
    let read = Reading {
        conversation: chat,
        user: AZIZ,
        scope: ReadScope::All,
        at: at(700),
    };
    talk.store.read(read, silent()).await.works();
    known(at(700)).await;
    // An earlier time does not change the newest time.
    talk.store.set_pinned(id, true, at(500), silent()).await.works().expect("allowed");
    known(at(700)).await;
    talk.store.close();
    assert_eq!(open(&talk.file()).newest_time(), at(700));
    let noted: i64 = rusqlite::Connection::open(talk.file())
        .unwrap()
        .query_row("SELECT newest_at FROM messaging_store", [], |row| row.get(0))
        .unwrap();
    assert_eq!(Timestamp(noted), at(700));
}

#[test]
fn one_service_holds_the_lock_and_a_second_is_refused_with_its_name() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("deep/suhbat.db");
    let mut first = ServiceLock::acquire(&database, "process 1").unwrap();
    let assert_holder = |text: &str| {
        let error = ServiceLock::acquire(&database, "process 2").unwrap_err();
        assert!(matches!(&error, OpenError::InUse { holder, .. } if holder == text), "{error:?}");
    };
    assert_holder("process 1");
    first.set_holder("process 1, at 127.0.0.1:80").unwrap();
    assert_holder("process 1, at 127.0.0.1:80");
    // A link leads to the same lock.
    #[cfg(unix)]
    {
        drop(open(&database));
        let other = folder.path().join("other.db");
        std::os::unix::fs::symlink(&database, &other).unwrap();
        let error = ServiceLock::acquire(&other, "process 3").unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    }
    drop(first);
    ServiceLock::acquire(&database, "process 2").unwrap();
}
