-- The indexes of migrations/postgres that the platform's tables lack. Each is built without a lock that would stop the older service.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS messaging_conversation_same
    ON public.messaging_conversation (participants_key, coalesce(confession_id, 0));
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_participants_list
    ON public.messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_participants_confession
    ON public.messaging_conversation_participants (user_id, confession_id, last_activity_at DESC, conversation_id DESC) WHERE confession_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_participants_to_read
    ON public.messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC)
    INCLUDE (confession_id, unread_count, is_marked_unread, archived_at) WHERE unread_count > 0 OR is_marked_unread;
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_participants_waiting
    ON public.messaging_conversation_participants (user_id, awaiting_since, conversation_id) INCLUDE (confession_id, archived_at)
    WHERE awaiting_since IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_participants_archived
    ON public.messaging_conversation_participants (user_id, last_activity_at DESC, conversation_id DESC) INCLUDE (confession_id, archived_at)
    WHERE archived_at IS NOT NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS messaging_message_seq ON public.messaging_message (conversation_id, seq);
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_message_history ON public.messaging_message (conversation_id, id) INCLUDE (is_deleted, sender_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_message_pinned ON public.messaging_message (conversation_id, id) WHERE is_pinned;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS messaging_message_client ON public.messaging_message (sender_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_messageattachment_file ON public.messaging_messageattachment (file);
CREATE INDEX CONCURRENTLY IF NOT EXISTS messaging_messageattachment_thumbnail ON public.messaging_messageattachment (thumbnail) WHERE thumbnail IS NOT NULL;
