-- What `suhbat import` changed beside a running service, which reads it, tells the open sockets and removes it. The text is JSON
-- (crates/storage/src/notes.rs).
CREATE TABLE directory_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changes text NOT NULL
);
