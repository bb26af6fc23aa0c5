-- The platform's tables, as far as Suhbat reads them. In directory mode `own` they are fed by imports.

CREATE TABLE accounts_user (
    id         INTEGER PRIMARY KEY,
    username   TEXT    NOT NULL UNIQUE,
    first_name TEXT    NOT NULL,
    last_name  TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('user', 'admin', 'superadmin')),
    avatar     TEXT,
    is_active  INTEGER NOT NULL CHECK (is_active IN (0, 1))
);
-- Contacts, in their order.
CREATE INDEX accounts_user_active ON accounts_user (username) WHERE is_active = 1;
CREATE INDEX accounts_user_active_staff ON accounts_user (username) WHERE is_active = 1 AND role <> 'user';

CREATE TABLE confessions_confession (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    slug     TEXT    NOT NULL UNIQUE,
    admin_id INTEGER REFERENCES accounts_user (id)
);
CREATE INDEX confessions_confession_admin ON confessions_confession (admin_id) WHERE admin_id IS NOT NULL;

CREATE TABLE confessions_subscription (
    user_id       INTEGER NOT NULL REFERENCES accounts_user (id),
    confession_id INTEGER NOT NULL REFERENCES confessions_confession (id),
    PRIMARY KEY (user_id, confession_id)
) WITHOUT ROWID;

-- Times are microseconds since 1970 in UTC.

CREATE TABLE messaging_conversation (
    id               INTEGER PRIMARY KEY,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    last_message_at  INTEGER,
    confession_id    INTEGER REFERENCES confessions_confession (id),
    -- Everybody's id, ascending, with commas between.
    participants_key TEXT    NOT NULL,
    opened_by        INTEGER NOT NULL REFERENCES accounts_user (id),
    opened_by_staff  INTEGER NOT NULL CHECK (opened_by_staff IN (0, 1)),
    -- The newest message that is not deleted.
    last_message_id  INTEGER REFERENCES messaging_message (id),
    -- Messages that are not deleted, and those that are.
    message_count    INTEGER NOT NULL DEFAULT 0 CHECK (message_count >= 0),
    deleted_count    INTEGER NOT NULL DEFAULT 0 CHECK (deleted_count >= 0),
    -- The number of the newest change.
    last_seq         INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0)
);
-- One conversation for one set of people and one confession, or none.
CREATE UNIQUE INDEX messaging_conversation_same ON messaging_conversation (participants_key, coalesce(confession_id, 0));

-- Carries everything that a list of conversations is filtered and ordered by.
CREATE TABLE messaging_conversation_participants (
    conversation_id  INTEGER NOT NULL REFERENCES messaging_conversation (id),
    user_id          INTEGER NOT NULL REFERENCES accounts_user (id),
    -- The conversation's, which never changes.
    confession_id    INTEGER REFERENCES confessions_confession (id),
    -- When the newest message was sent, or the conversation was opened.
    last_activity_at INTEGER NOT NULL,
    -- Messages of others, neither read nor deleted.
    unread_count     INTEGER NOT NULL DEFAULT 0 CHECK (unread_count >= 0),
    -- Everything of others up to these messages has been delivered, or read; or is deleted.
    delivered_up_to  INTEGER,
    read_up_to       INTEGER,
    read_at          INTEGER,
    PRIMARY KEY (conversation_id, user_id),
    CHECK ((read_up_to IS NULL) = (read_at IS NULL))
) WITHOUT ROWID;
CREATE INDEX messaging_participants_list ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC);
CREATE INDEX messaging_participants_confession
    ON messaging_conversation_participants (user_id, confession_id, last_activity_at DESC, conversation_id DESC) WHERE confession_id IS NOT NULL;
CREATE INDEX messaging_participants_unread
    ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC, confession_id, unread_count) WHERE unread_count > 0;

-- How many conversations a person has, by confession (0: none), so that no list counts its rows.
CREATE TABLE messaging_conversation_totals (
    user_id       INTEGER NOT NULL REFERENCES accounts_user (id),
    confession_id INTEGER NOT NULL,
    conversations INTEGER NOT NULL CHECK (conversations > 0),
    PRIMARY KEY (user_id, confession_id)
) WITHOUT ROWID;

CREATE TABLE messaging_message (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL REFERENCES messaging_conversation (id),
    sender_id       INTEGER NOT NULL REFERENCES accounts_user (id),
    content         TEXT,
    reply_to_id     INTEGER REFERENCES messaging_message (id),
    is_edited       INTEGER NOT NULL DEFAULT 0 CHECK (is_edited IN (0, 1)),
    is_pinned       INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)),
    is_deleted      INTEGER NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1)),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    edited_at       INTEGER,
    -- The numbers of its first and of its newest change, and what the newest was.
    created_seq     INTEGER NOT NULL CHECK (created_seq > 0),
    seq             INTEGER NOT NULL CHECK (seq >= created_seq),
    -- Not `IN (…)`, which would build a table of the four for every row that is stored.
    last_change     TEXT    NOT NULL DEFAULT 'sent'
        CHECK (last_change = 'sent' OR last_change = 'edited' OR last_change = 'pinned' OR last_change = 'deleted'),
    client_id       TEXT,
    has_attachments INTEGER NOT NULL DEFAULT 0 CHECK (has_attachments IN (0, 1)),
    CHECK (content IS NOT NULL OR has_attachments = 1),
    CHECK (is_deleted = 0 OR is_pinned = 0)
);
CREATE UNIQUE INDEX messaging_message_seq ON messaging_message (conversation_id, seq);
CREATE INDEX messaging_message_history ON messaging_message (conversation_id, id, is_deleted, sender_id);
CREATE INDEX messaging_message_pinned ON messaging_message (conversation_id, id) WHERE is_pinned = 1;
CREATE UNIQUE INDEX messaging_message_client ON messaging_message (sender_id, client_id) WHERE client_id IS NOT NULL;

-- A row for each message and recipient, once a device has it.
CREATE TABLE messaging_messageread (
    message_id   INTEGER NOT NULL REFERENCES messaging_message (id),
    user_id      INTEGER NOT NULL REFERENCES accounts_user (id),
    delivered_at INTEGER NOT NULL,
    read_at      INTEGER,
    PRIMARY KEY (message_id, user_id)
) WITHOUT ROWID;

CREATE TABLE messaging_messageattachment (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL REFERENCES messaging_message (id),
    -- Keys of the object store.
    file        TEXT    NOT NULL,
    thumbnail   TEXT,
    file_type   TEXT    NOT NULL CHECK (file_type IN ('image', 'video', 'audio', 'document', 'other')),
    file_name   TEXT    NOT NULL,
    file_size   INTEGER NOT NULL CHECK (file_size >= 0),
    mime_type   TEXT    NOT NULL,
    width       INTEGER CHECK (width > 0),
    height      INTEGER CHECK (height > 0),
    uploaded_at INTEGER NOT NULL
);
CREATE INDEX messaging_messageattachment_message ON messaging_messageattachment (message_id);
