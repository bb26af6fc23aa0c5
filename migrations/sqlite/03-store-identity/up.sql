-- What the database knows of itself, in one row.
CREATE TABLE messaging_store (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    -- Carried by the object store that belongs to this database, too.
    store_id  TEXT    NOT NULL,
    -- The line of history that `seq` and message ids belong to: another one after a backup was restored.
    epoch     TEXT    NOT NULL,
    -- Was it filled by `serve --demo`?
    is_demo   INTEGER NOT NULL DEFAULT 0 CHECK (is_demo IN (0, 1)),
    -- The newest time that was stored, as it was when the database was closed last. The service's clock starts there.
    newest_at INTEGER NOT NULL DEFAULT 0
);
INSERT INTO messaging_store (id, store_id, epoch) VALUES (1, lower(hex(randomblob(16))), lower(hex(randomblob(8))));
