-- How many messages a person has not read, in all conversations. Nobody's count is read conversation by conversation.
CREATE TABLE messaging_unread_totals (
    user_id INTEGER PRIMARY KEY REFERENCES accounts_user (id),
    unread  INTEGER NOT NULL CHECK (unread >= 0)
);
INSERT INTO messaging_unread_totals
    SELECT user_id, sum(unread_count) FROM messaging_conversation_participants WHERE unread_count > 0 GROUP BY user_id;
