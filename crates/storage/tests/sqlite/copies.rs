//! Backups are complete, and a restore leaves the old database or the new one, whenever it is interrupted.

use std::path::{Path, PathBuf};

use domain::testing::builders::community;
use domain::{ports::DirectoryWriter as _, testing::conformance::Works as _};
use storage::sqlite::{CopyError, OpenError, Progress, ServiceLock, Sqlite, SqliteConfig, backup, restore};
use tempfile::TempDir;

use crate::{
    logs::{Crashed, Talk, checked, counts},
    open,
};

fn saved(talk: &Talk, name: &str) -> PathBuf {
    let file = talk.folder.path().join(name);
    backup(&talk.file(), &file, &mut |_| ()).unwrap();
    file
}

fn put_back(file: &Path, database: &Path) -> Result<storage::sqlite::Restored, CopyError> {
    restore(file, database, "a test", &mut |_| ())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_made_while_the_store_is_open_has_everything_and_is_one_private_file() {
    let talk = Talk::begin().await;
    let before = counts(&talk.store).await;
    let mut reported = Vec::new();
    let file = talk.folder.path().join("backup.db");
    let contents = backup(&talk.file(), &file, &mut |progress| reported.push(progress)).unwrap();
    assert_eq!(contents.messages, (before.0 + before.1) as u64);
    assert_eq!(contents.bytes, file.metadata().unwrap().len());
    assert!(contents.newest.is_some());
    assert!(reported.contains(&Progress::Checking), "{reported:?}");
    talk.say(3).await;

    let folder = TempDir::new().unwrap();
    let alone = folder.path().join("suhbat.db");
    std::fs::copy(&file, &alone).unwrap();
    let copy = open(&alone);
    assert_eq!(counts(&copy).await, before);
    assert_eq!(copy.identity(), talk.store.identity());
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777,
        0o600
    );
    let kept = names(talk.folder.path());
    assert!(
        kept.iter().all(|name| name.starts_with("suhbat.db") || name == "backup.db"),
        "{kept:?}"
    );
}

#[tokio::test]
async fn a_backup_of_a_large_database_reports_its_progress() {
    let talk = Talk::begin().await;
    rusqlite::Connection::open(talk.file())
        .unwrap()
        .execute("UPDATE messaging_message SET content = hex(zeroblob(3000000)) WHERE id <= 2", [])
        .unwrap();
    let mut shares = Vec::new();
    backup(&talk.file(), &talk.folder.path().join("backup.db"), &mut |progress| {
        if let Progress::Copied { bytes, of } = progress {
            shares.push((bytes, of));
        }
    })
    .unwrap();
    assert!(
        !shares.is_empty() && shares.is_sorted() && shares.iter().all(|(bytes, of)| bytes < of),
        "{shares:?}"
    );
}

#[tokio::test]
async fn a_backup_replaces_no_file_and_makes_no_database() {
    let talk = Talk::begin().await;
    let file = talk.folder.path().join("backup.db");
    std::fs::write(&file, "mine").unwrap();
    let error = backup(&talk.file(), &file, &mut |_| ()).unwrap_err();
    assert!(matches!(error, CopyError::Exists(_)), "{error:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    let nowhere = talk.folder.path().join("nowhere.db");
    let error = backup(&nowhere, &talk.folder.path().join("other.db"), &mut |_| ()).unwrap_err();
    assert!(matches!(error, CopyError::Missing(_)), "{error:?}");
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn a_backup_of_a_damaged_database_is_refused_and_leaves_nothing() {
    let talk = Talk::begin().await;
    talk.store.close();
    let file = talk.file();
    let mut bytes = std::fs::read(&file).unwrap();
    let page = bytes.windows(6).position(|bytes| bytes == b"so'z s").unwrap() / 4096 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let error = backup(&file, &talk.folder.path().join("backup.db"), &mut |_| ()).unwrap_err();
    assert!(matches!(error, CopyError::Damaged { .. }), "{error:?}");
    assert_eq!(names(talk.folder.path()), ["suhbat.db"]);
}

#[tokio::test]
async fn a_restored_database_is_the_backup_with_a_new_epoch_and_the_old_one_is_kept() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    talk.say(5).await;
    let identity = talk.store.identity().clone();
    talk.store.close();
    let restored = put_back(&file, &talk.file()).unwrap();
    assert_eq!(restored.contents.messages, 120);
    let replaced = restored.replaced.unwrap();
    assert_eq!(
        names(talk.folder.path()),
        ["backup.db", "suhbat.db", "suhbat.db-lock", "suhbat.db.replaced-1"]
    );

    let store = checked(&talk.file()).unwrap();
    assert_eq!(counts(&store).await, (60, 60));
    assert_eq!(store.identity().store, identity.store);
    assert_ne!(store.identity().epoch, identity.epoch);
    store.close();
    let old = open(&replaced);
    assert_eq!((counts(&old).await, old.identity()), ((65, 65), &identity));
    old.close();
    // A second restore gives another epoch again.
    put_back(&file, &talk.file()).unwrap();
    assert_ne!(open(&talk.file()).identity().epoch, store.identity().epoch);
}

#[tokio::test]
async fn the_wal_of_the_replaced_database_is_kept_with_it() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    talk.begin_log_anew();
    talk.say(5).await;
    let crashed = talk.crashed();
    let restored = put_back(&file, &crashed.file()).unwrap();
    assert!(!crashed.log().exists());
    assert_eq!(counts(&open(&crashed.file())).await, (60, 60));
    assert_eq!(counts(&open(&restored.replaced.unwrap())).await, (65, 65));
}

#[tokio::test]
async fn a_database_that_was_replaced_by_hand_is_kept_beside_its_log_and_not_mixed_with_it() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    talk.begin_log_anew();
    talk.say(5).await;
    let crashed = talk.crashed();
    std::fs::copy(&file, crashed.file()).unwrap();
    let log = std::fs::read(crashed.log()).unwrap();
    let error = checked(&crashed.file()).unwrap_err();
    assert!(matches!(error, OpenError::ForeignLog { .. }), "{error:?}");

    let restored = put_back(&file, &crashed.file()).unwrap();
    let replaced = restored.replaced.unwrap();
    let kept_log = PathBuf::from(format!("{}-wal", replaced.display()));
    assert_eq!(std::fs::read(kept_log).unwrap(), log);
    assert_eq!(std::fs::read(replaced).unwrap(), std::fs::read(file).unwrap());
    assert_eq!(counts(&checked(&crashed.file()).unwrap()).await, (60, 60));
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_replaced_and_kept() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    for content in ["not a database ".repeat(1_000), String::new()] {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("suhbat.db");
        std::fs::write(&database, &content).unwrap();
        let restored = put_back(&file, &database).unwrap();
        assert_eq!(std::fs::read_to_string(restored.replaced.unwrap()).unwrap(), content);
        assert_eq!(counts(&checked(&database).unwrap()).await, (60, 60));
    }
}

#[tokio::test]
async fn a_backup_is_restored_without_an_existing_database() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("deep/down/suhbat.db");
    assert_eq!(put_back(&file, &database).unwrap().replaced, None);
    assert_eq!(counts(&checked(&database).unwrap()).await, (60, 60));
}

#[tokio::test]
async fn a_copy_of_the_files_themselves_is_restored_with_its_wal() {
    let talk = Talk::begin().await;
    talk.begin_log_anew();
    talk.say(5).await;
    let copied = talk.crashed();
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("suhbat.db");
    put_back(&copied.file(), &database).unwrap();
    assert_eq!(counts(&checked(&database).unwrap()).await, (65, 65));
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("backup.db");
    let old = rusqlite::Connection::open(&file).unwrap();
    for version in ["01-initial", "02-object-keys"] {
        let path = format!("{}/../../migrations/sqlite/{version}/up.sql", env!("CARGO_MANIFEST_DIR"));
        old.execute_batch(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
    old.pragma_update(None, "user_version", 2).unwrap();
    drop(old);
    let database = folder.path().join("suhbat.db");
    put_back(&file, &database).unwrap();
    let store = checked(&database).unwrap();
    store.import(community()).await.works();
    assert_eq!(counts(&store).await, (0, 0));
}

/// The restore changes nothing, and its error names the problem.
#[tokio::test]
async fn an_incomplete_backup_is_not_restored() {
    let talk = Talk::begin().await;
    let good = saved(&talk, "backup.db");
    talk.store.close();
    let (before, bytes) = (std::fs::read(talk.file()).unwrap(), std::fs::read(&good).unwrap());
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("other.db");
    let refused = |words: &str| {
        let error = put_back(&file, &talk.file()).unwrap_err().to_string();
        assert!(error.contains("other.db") && error.contains(words), "{error}");
        assert!(std::fs::read(talk.file()).unwrap() == before, "the database was changed");
        let names = names(talk.folder.path());
        assert!(
            names
                .iter()
                .all(|name| ["backup.db", "suhbat.db", "suhbat.db-lock"].contains(&&**name)),
            "{names:?}"
        );
    };
    refused("there is no file");
    std::fs::write(&file, "This is a letter. ".repeat(1_000)).unwrap();
    refused("no SQLite database");
    std::fs::write(&file, "").unwrap();
    refused("lacks the tables");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    refused("damaged");
    let mut damaged = bytes.clone();
    let page = bytes.windows(6).position(|bytes| bytes == b"so'z s").unwrap() / 4096 * 4096;
    damaged[page..page + 4096].fill(0xa5);
    std::fs::write(&file, damaged).unwrap();
    refused("damaged");
    std::fs::write(&file, &bytes).unwrap();
    rusqlite::Connection::open(&file)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    refused("use the newer program");
    std::fs::remove_file(&file).unwrap();
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE other (n)")
        .unwrap();
    refused("lacks the tables");
    let error = put_back(&talk.file(), &talk.file()).unwrap_err();
    assert!(matches!(error, CopyError::Itself(_)), "{error:?}");
}

#[tokio::test]
async fn nothing_is_restored_while_the_database_is_open() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    // The database is open in a program without the lock, such as an older version.
    let error = put_back(&file, &talk.file()).unwrap_err();
    assert!(matches!(error, CopyError::InUse(_)), "{error:?}");
    talk.say(1).await;
    assert_eq!(counts(&talk.store).await, (61, 61));
    talk.store.close();
    let lock = ServiceLock::acquire(&talk.file(), "process 7").unwrap();
    let error = put_back(&file, &talk.file()).unwrap_err();
    assert!(
        matches!(&error, CopyError::Open(OpenError::InUse { holder, .. }) if holder == "process 7"),
        "{error:?}"
    );
    drop(lock);
    put_back(&file, &talk.file()).unwrap();
}

/// At each step, the folder is copied as a crash would leave it, and checked.
async fn interrupted_everywhere(file: &Path, database: &Crashed, old: Option<(usize, usize)>, new: (usize, usize)) {
    let mut moments = Vec::new();
    restore(file, &database.file(), "a test", &mut |_| moments.push(database.files())).unwrap();
    assert!(moments.len() > 5, "{}", moments.len());
    let mut seen = Vec::new();
    for moment in moments {
        let folder = TempDir::new().unwrap();
        for (path, content) in moment {
            std::fs::write(folder.path().join(path.file_name().unwrap()), content).unwrap();
        }
        let file = folder.path().join("suhbat.db");
        match checked(&file) {
            Ok(store) => {
                seen.push(counts(&store).await);
                store.close();
                let integrity: String = rusqlite::Connection::open(&file)
                    .unwrap()
                    .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                    .unwrap();
                assert_eq!(integrity, "ok");
            }
            Err(error) => assert!(old.is_none() && matches!(error, OpenError::ForeignLog { .. }), "{error:?}"),
        }
        // The restore can be repeated after the crash.
        put_back(&database.file(), &file).unwrap();
    }
    assert!(
        seen.is_sorted_by_key(|counts| *counts == new),
        "the new one once, and from then on: {seen:?}"
    );
    assert_eq!(seen.last(), Some(&new));
    if let Some(old) = old {
        assert!(
            seen.contains(&old) && seen.iter().all(|counts| [old, new].contains(counts)),
            "{seen:?}"
        );
    }
}

#[tokio::test]
async fn a_crash_during_a_restore_leaves_the_old_database_or_the_new_one() {
    let talk = Talk::begin().await;
    let file = saved(&talk, "backup.db");
    talk.begin_log_anew();
    talk.say(5).await;
    interrupted_everywhere(&file, &talk.crashed(), Some((65, 65)), (60, 60)).await;
    // If file and WAL do not belong together, there is no old database to keep.
    let mixed = talk.crashed();
    std::fs::copy(&file, mixed.file()).unwrap();
    interrupted_everywhere(&file, &mixed, None, (60, 60)).await;
}

#[tokio::test]
async fn a_backup_under_load_has_everything_acknowledged_before_it_began() {
    let talk = Talk::begin().await;
    let writing = {
        let store = talk.store.clone();
        tokio::spawn(async move {
            let folder = TempDir::new().unwrap();
            let talk = Talk { folder, store };
            loop {
                talk.say(1).await;
            }
        })
    };
    for number in 0..5 {
        let acknowledged = counts(&talk.store).await;
        let (from, into) = (talk.file(), talk.folder.path().join(format!("backup-{number}.db")));
        let file = into.clone();
        tokio::task::spawn_blocking(move || backup(&from, &into, &mut |_| ()).unwrap())
            .await
            .unwrap();
        let copy = Sqlite::open(SqliteConfig::at(file)).unwrap();
        let kept = counts(&copy).await;
        assert!(kept.0 >= acknowledged.0 && kept.1 >= acknowledged.1, "{kept:?} {acknowledged:?}");
    }
    writing.abort();
}
