-- A sender takes part in the conversation, and participants are of conversations and accounts: one key instead of two is checked for each message, and
-- sending locks no row of an account. The platform's own database keeps the keys that it has: its older service never checked that.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'messaging_message'::regclass AND conname = 'messaging_message_sender_id_fkey') THEN
        ALTER TABLE messaging_message
            ADD CONSTRAINT messaging_message_sender FOREIGN KEY (conversation_id, sender_id)
                REFERENCES messaging_conversation_participants (conversation_id, user_id),
            DROP CONSTRAINT messaging_message_sender_id_fkey,
            DROP CONSTRAINT messaging_message_conversation_id_fkey;
    END IF;
END
$$;
