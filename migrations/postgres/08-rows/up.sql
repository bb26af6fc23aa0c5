-- What people do with the rows of their lists, and who waits for an answer. The platform's database has the columns and indexes from its takeover already, if that
-- began with this version.

-- The time of the first message of a member that no admin or superadmin has answered, nor decided about. The row of each participant has it too, for the list
-- of those who wait.
ALTER TABLE messaging_conversation ADD COLUMN IF NOT EXISTS awaiting_since timestamptz;
ALTER TABLE messaging_conversation_participants
    ADD COLUMN IF NOT EXISTS awaiting_since timestamptz,
    -- Nothing is to be heard of the conversation before this time; in the year 2255: ever.
    ADD COLUMN IF NOT EXISTS muted_until timestamptz,
    ADD COLUMN IF NOT EXISTS archived_at timestamptz,
    -- The person wants to come back to it, although everything is read.
    ADD COLUMN IF NOT EXISTS is_marked_unread boolean NOT NULL DEFAULT false;

UPDATE messaging_conversation c SET awaiting_since = (
    SELECT m.created_at FROM messaging_message m
    WHERE m.conversation_id = c.id AND NOT m.is_deleted AND m.id > coalesce((
        SELECT s.id FROM messaging_message s JOIN accounts_user u ON u.id = s.sender_id
        WHERE s.conversation_id = c.id AND NOT s.is_deleted AND u.role <> 'user' ORDER BY s.id DESC LIMIT 1), 0)
    ORDER BY m.id LIMIT 1)
WHERE c.last_message_id IS NOT NULL;
UPDATE messaging_conversation_participants p SET awaiting_since = c.awaiting_since
    FROM messaging_conversation c WHERE c.id = p.conversation_id AND c.awaiting_since IS NOT NULL;

DROP INDEX IF EXISTS messaging_participants_unread;
CREATE INDEX IF NOT EXISTS messaging_participants_to_read
    ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC)
    INCLUDE (confession_id, unread_count, is_marked_unread, archived_at) WHERE unread_count > 0 OR is_marked_unread;
CREATE INDEX IF NOT EXISTS messaging_participants_waiting
    ON messaging_conversation_participants (user_id, awaiting_since, conversation_id) INCLUDE (confession_id, archived_at)
    WHERE awaiting_since IS NOT NULL;
CREATE INDEX IF NOT EXISTS messaging_participants_archived
    ON messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC) INCLUDE (confession_id, archived_at)
    WHERE archived_at IS NOT NULL;
