//! The migrations, which are part of the binary.

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations, SchemaVersion};

use super::error::OpenError;

macro_rules! migration {
    ($folder:literal) => {
        M::up(include_str!(concat!("../../../../migrations/sqlite/", $folder, "/up.sql")))
            .down(include_str!(concat!("../../../../migrations/sqlite/", $folder, "/down.sql")))
            .comment($folder)
    };
}

/// All versions, in order. `migrations/README.md` describes how to add one.
const ALL: &[M<'static>] = &[
    migration!("01-initial"),
    migration!("02-object-keys"),
    migration!("03-store-identity"),
    migration!("04-contacts"),
    migration!("05-thumbnail-type"),
    migration!("06-directory-changes"),
    migration!("07-unread-totals-and-senders"),
    migration!("08-rows"),
    migration!("09-voice-messages"),
    migration!("10-foundations"),
    migration!("11-languages"),
];

pub(super) const NEWEST: usize = ALL.len();

const MIGRATIONS: Migrations<'static> = Migrations::from_slice(ALL);

/// Brings the schema up to date, under the write lock and in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let found = version(connection)?;
    if found > NEWEST {
        return Err(OpenError::TooNew { found, known: NEWEST });
    }
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    MIGRATIONS.to_latest(connection).or_else(|error| {
        // The version was read before the lock was taken, so another process may have migrated meanwhile.
        if version(connection)? == NEWEST {
            Ok(())
        } else {
            Err(OpenError::Migration(error))
        }
    })
}

/// The version of the schema; 0 if there is none.
pub(super) fn version(connection: &Connection) -> Result<usize, OpenError> {
    match MIGRATIONS.current_version(connection).map_err(OpenError::Migration)? {
        SchemaVersion::NoneSet => Ok(0),
        SchemaVersion::Inside(version) | SchemaVersion::Outside(version) => Ok(version.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> Vec<String> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
        let mut folders: Vec<String> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort();
        folders
    }

    fn tables(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn empty() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        connection
    }

    #[test]
    fn every_folder_is_carried_and_numbered_without_gaps() {
        let numbers: Vec<String> = folders().iter().map(|name| name.split('-').next().unwrap().to_owned()).collect();
        assert_eq!(numbers, (1..=ALL.len()).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    }

    #[test]
    fn up_down_and_up_again_gives_the_same_schema() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        let first = tables(&connection);
        MIGRATIONS.to_version(&mut connection, 0).unwrap();
        assert_eq!(tables(&connection), Vec::<String>::new());
        migrate(&mut connection).unwrap();
        assert_eq!(tables(&connection), first);
    }

    #[test]
    fn down_works_with_rows_that_refer_to_each_other() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active)
                     VALUES (1, 'a', '', '', 'admin', 1), (2, 'b', '', '', 'user', 1);
                 INSERT INTO confessions_confession (id, name, slug, admin_id) VALUES (1, 'c', 'c', 1);
                 INSERT INTO confessions_subscription VALUES (2, 1);
                 INSERT INTO messaging_conversation (id, created_at, updated_at, confession_id, participants_key, opened_by, opened_by_staff)
                     VALUES (1, 0, 0, 1, '1,2', 1, 1);
                 INSERT INTO messaging_conversation_participants (conversation_id, user_id, last_activity_at) VALUES (1, 1, 0), (1, 2, 0);
                 INSERT INTO messaging_message (id, conversation_id, sender_id, content, reply_to_id, created_at, updated_at, created_seq, seq)
                     VALUES (1, 1, 1, 'x', NULL, 0, 0, 1, 1), (2, 1, 2, 'y', 1, 0, 0, 2, 2);
                 UPDATE messaging_conversation SET last_message_id = 2;
                 INSERT INTO messaging_messageread VALUES (1, 2, 0, 0);
                 INSERT INTO messaging_messageattachment (message_id, file, file_type, file_name, file_size, mime_type, uploaded_at)
                     VALUES (2, 'k', 'image', 'n', 1, 'image/png', 0);",
            )
            .unwrap();
        MIGRATIONS.to_version(&mut connection, 0).unwrap();
        assert_eq!(tables(&connection), Vec::<String>::new());
    }

    #[test]
    fn thumbnails_from_before_their_type_was_stored_get_it_from_their_key() {
        let mut connection = empty();
        MIGRATIONS.to_version(&mut connection, 4).unwrap();
        connection
            .execute_batch(
                "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active) VALUES (1, 'a', '', '', 'user', 1);
                 INSERT INTO messaging_conversation (id, created_at, updated_at, participants_key, opened_by, opened_by_staff)
                     VALUES (1, 0, 0, '1', 1, 0);
                 INSERT INTO messaging_message (id, conversation_id, sender_id, has_attachments, created_at, updated_at, created_seq, seq)
                     VALUES (1, 1, 1, 1, 0, 0, 1, 1);
                 INSERT INTO messaging_messageattachment (message_id, file, thumbnail, file_type, file_name, file_size, mime_type, uploaded_at)
                     VALUES (1, 'a', 'aa/1.webp', 'image', 'n', 1, 'image/png', 0), (1, 'b', 'aa/2.jpg', 'image', 'n', 1, 'image/png', 0),
                            (1, 'c', NULL, 'image', 'n', 1, 'image/png', 0);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let mut statement = connection
            .prepare("SELECT thumbnail_mime_type FROM messaging_messageattachment ORDER BY id")
            .unwrap();
        let types: Vec<Option<String>> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(types, [Some("image/webp".to_owned()), Some("image/jpeg".to_owned()), None]);
    }

    #[test]
    fn messages_of_an_older_schema_take_new_kinds_of_change_and_can_be_emptied_once_deleted() {
        let message = |connection: &Connection, id: i64, content: Option<&str>, is_deleted: bool, last_change: &str| {
            connection.execute(
                "INSERT INTO messaging_message (id, conversation_id, sender_id, content, is_deleted, created_at, updated_at, created_seq, seq, last_change)
                     VALUES (?1, 1, 1, ?2, ?3, 0, 0, ?1, ?1, ?4)",
                rusqlite::params![id, content, is_deleted, last_change],
            )
        };
        let mut connection = empty();
        MIGRATIONS.to_version(&mut connection, 9).unwrap();
        connection
            .execute_batch(
                "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active) VALUES (1, 'a', '', '', 'user', 1);
                 INSERT INTO messaging_conversation (id, created_at, updated_at, participants_key, opened_by, opened_by_staff)
                     VALUES (1, 0, 0, '1', 1, 0);",
            )
            .unwrap();
        message(&connection, 1, Some("x"), true, "deleted").unwrap();
        message(&connection, 2, Some("x"), false, "reacted").unwrap_err();
        migrate(&mut connection).unwrap();
        message(&connection, 2, Some("x"), false, "reacted").unwrap();
        message(&connection, 3, None, false, "sent").unwrap_err();
        connection
            .execute("UPDATE messaging_message SET content = NULL WHERE id = 1", [])
            .unwrap();
        connection
            .execute("UPDATE messaging_message SET is_pinned = 1 WHERE id = 1", [])
            .unwrap_err();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }

    #[test]
    fn a_newer_schema_is_refused_by_name() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(OpenError::TooNew { found: 99, known }) if known == ALL.len()));
    }
}
