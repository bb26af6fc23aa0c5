-- What the database knows of itself, in one row.
CREATE TABLE messaging_store (
    id        integer PRIMARY KEY CHECK (id = 1),
    -- Carried by the object store that belongs to this database, too.
    store_id  text NOT NULL,
    -- The line of history that `seq` and message ids belong to: another one after a backup was restored.
    epoch     text NOT NULL,
    -- Was it filled by `serve --demo`?
    is_demo   boolean NOT NULL DEFAULT false,
    -- The newest time that was stored, as far as it was noted. The service's clock starts there.
    newest_at timestamptz NOT NULL DEFAULT to_timestamp(0)
);
INSERT INTO messaging_store (id, store_id, epoch)
    VALUES (1, replace(gen_random_uuid()::text, '-', ''), left(replace(gen_random_uuid()::text, '-', ''), 16));
