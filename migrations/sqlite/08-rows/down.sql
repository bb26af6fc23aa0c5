DROP INDEX messaging_participants_archived;
DROP INDEX messaging_participants_waiting;
DROP INDEX messaging_participants_to_read;
CREATE INDEX messaging_participants_unread
    ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC, confession_id, unread_count) WHERE unread_count > 0;
ALTER TABLE messaging_conversation_participants DROP COLUMN is_marked_unread;
ALTER TABLE messaging_conversation_participants DROP COLUMN archived_at;
ALTER TABLE messaging_conversation_participants DROP COLUMN muted_until;
ALTER TABLE messaging_conversation_participants DROP COLUMN awaiting_since;
ALTER TABLE messaging_conversation DROP COLUMN awaiting_since;
