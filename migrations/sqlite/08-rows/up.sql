-- What people do with the rows of their lists, and who waits for an answer.

-- The time of the first message of a member that no admin or superadmin has answered, nor decided about. The row of each participant has it too, for the list
-- of those who wait.
ALTER TABLE messaging_conversation ADD COLUMN awaiting_since INTEGER;
ALTER TABLE messaging_conversation_participants ADD COLUMN awaiting_since INTEGER;
-- Nothing is to be heard of the conversation before this time; 9000000000000000: ever.
ALTER TABLE messaging_conversation_participants ADD COLUMN muted_until INTEGER;
ALTER TABLE messaging_conversation_participants ADD COLUMN archived_at INTEGER;
-- The person wants to come back to it, although everything is read.
ALTER TABLE messaging_conversation_participants ADD COLUMN is_marked_unread INTEGER NOT NULL DEFAULT 0 CHECK (is_marked_unread IN (0, 1));

UPDATE messaging_conversation AS c SET awaiting_since = (
    SELECT m.created_at FROM messaging_message m
    WHERE m.conversation_id = c.id AND m.is_deleted = 0 AND m.id > coalesce((
        SELECT s.id FROM messaging_message s JOIN accounts_user u ON u.id = s.sender_id
        WHERE s.conversation_id = c.id AND s.is_deleted = 0 AND u.role <> 'user' ORDER BY s.id DESC LIMIT 1), 0)
    ORDER BY m.id LIMIT 1)
WHERE c.last_message_id IS NOT NULL;
UPDATE messaging_conversation_participants AS p
    SET awaiting_since = (SELECT c.awaiting_since FROM messaging_conversation c WHERE c.id = p.conversation_id);

DROP INDEX messaging_participants_unread;
CREATE INDEX messaging_participants_to_read
    ON messaging_conversation_participants
        (user_id, last_activity_at DESC, conversation_id DESC, confession_id, unread_count, is_marked_unread, archived_at)
    WHERE unread_count > 0 OR is_marked_unread = 1;
CREATE INDEX messaging_participants_waiting
    ON messaging_conversation_participants (user_id, awaiting_since, conversation_id, confession_id, archived_at) WHERE awaiting_since IS NOT NULL;
CREATE INDEX messaging_participants_archived
    ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC, confession_id, archived_at) WHERE archived_at IS NOT NULL;
