DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'messaging_message'::regclass AND conname = 'messaging_message_sender') THEN
        ALTER TABLE messaging_message
            ADD CONSTRAINT messaging_message_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES messaging_conversation (id),
            ADD CONSTRAINT messaging_message_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES accounts_user (id),
            DROP CONSTRAINT messaging_message_sender;
    END IF;
END
$$;
