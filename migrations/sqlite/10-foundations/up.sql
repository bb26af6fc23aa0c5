-- What features beside messaging stand on: the outbox and its consumers, jobs, and the settings of people and confessions.

-- A row for each durable change of a message, written by the transaction of the change. It goes when all consumers have passed it, but for the newest one:
-- an id is never given again, so that a position stays true. (AUTOINCREMENT would keep ids too, for another page in the log with each lone message.)
CREATE TABLE messaging_outbox (
    id              INTEGER PRIMARY KEY,
    kind            TEXT    NOT NULL,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER,
    actor_id        INTEGER,
    at              INTEGER NOT NULL
);
CREATE TABLE messaging_consumer (
    name         TEXT    PRIMARY KEY,
    -- The last row that it has passed.
    position     INTEGER NOT NULL,
    -- Raised when another node begins to run it: what the one before says is refused from then on.
    generation   INTEGER NOT NULL DEFAULT 0,
    -- The node that runs it, and the time until which no other node does.
    holder       TEXT,
    leased_until INTEGER
) WITHOUT ROWID;

-- Work for later. Payloads are ids, never the text of a message.
CREATE TABLE messaging_job (
    id           INTEGER PRIMARY KEY,
    queue        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    -- How often it was taken.
    attempts     INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    -- When it was given up.
    failed_at    INTEGER,
    last_error   TEXT,
    created_at   INTEGER NOT NULL,
    UNIQUE (queue, key)
);
CREATE INDEX messaging_job_due ON messaging_job (queue, due_at) WHERE failed_at IS NULL;
-- Jobs that were given up, for their removal after 30 days.
CREATE INDEX messaging_job_failed ON messaging_job (failed_at) WHERE failed_at IS NOT NULL;

-- The texts are JSON objects (domain::settings). Keys that this version does not know are kept.
CREATE TABLE messaging_user_settings (
    user_id    INTEGER PRIMARY KEY,
    settings   TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE messaging_confession_settings (
    confession_id INTEGER PRIMARY KEY,
    settings      TEXT    NOT NULL,
    updated_by    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
);

-- Later versions have more kinds of change, and empty the row of an erased message. SQLite cannot drop a CHECK without a name, and describes this way for a
-- change of the schema that no stored row depends on (https://www.sqlite.org/lang_altertable.html, section 8). No row is copied, whatever their number.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
'    -- Not `IN (…)`, which would build a table of the four for every row that is stored.
    last_change     TEXT    NOT NULL DEFAULT ''sent''
        CHECK (last_change = ''sent'' OR last_change = ''edited'' OR last_change = ''pinned'' OR last_change = ''deleted''),',
'    last_change     TEXT    NOT NULL DEFAULT ''sent'','),
'    CHECK (content IS NOT NULL OR has_attachments = 1),',
'    CHECK (content IS NOT NULL OR has_attachments = 1 OR is_deleted = 1),')
WHERE type = 'table' AND name = 'messaging_message';
PRAGMA writable_schema = RESET;
