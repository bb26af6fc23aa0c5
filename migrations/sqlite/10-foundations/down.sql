DROP TABLE messaging_confession_settings;
DROP TABLE messaging_user_settings;
DROP TABLE messaging_job;
DROP TABLE messaging_consumer;
DROP TABLE messaging_outbox;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
'    last_change     TEXT    NOT NULL DEFAULT ''sent'',',
'    -- Not `IN (…)`, which would build a table of the four for every row that is stored.
    last_change     TEXT    NOT NULL DEFAULT ''sent''
        CHECK (last_change = ''sent'' OR last_change = ''edited'' OR last_change = ''pinned'' OR last_change = ''deleted''),'),
'    CHECK (content IS NOT NULL OR has_attachments = 1 OR is_deleted = 1),',
'    CHECK (content IS NOT NULL OR has_attachments = 1),')
WHERE type = 'table' AND name = 'messaging_message';
PRAGMA writable_schema = RESET;
