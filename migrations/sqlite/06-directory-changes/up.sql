-- What `suhbat import` changed beside a running service, which reads it, tells the open sockets and removes it. The text is JSON
-- (crates/storage/src/sqlite/directory/notes.rs).
CREATE TABLE directory_changes (
    id      INTEGER PRIMARY KEY,
    changes TEXT NOT NULL
);
