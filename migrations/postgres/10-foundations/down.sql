DROP TABLE messaging_confession_settings;
DROP TABLE messaging_user_settings;
DROP TABLE messaging_job;
DROP TABLE messaging_consumer;
DROP TABLE messaging_outbox;
ALTER TABLE messaging_message
    ADD CHECK (last_change IN ('sent', 'edited', 'pinned', 'deleted')),
    ADD CHECK (content IS NOT NULL OR has_attachments);
DROP TABLE messaging_search_progress;
DROP TABLE messaging_message_search;
