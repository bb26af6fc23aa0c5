-- Children first, since foreign keys hold while tables go.
-- The two that point at each other: the pointer that may be null is emptied first.
UPDATE messaging_conversation SET last_message_id = NULL;
DROP TABLE messaging_messageattachment;
DROP TABLE messaging_messageread;
-- Answers point back at older messages of the same table.
UPDATE messaging_message SET reply_to_id = NULL;
DROP TABLE messaging_message;
DROP TABLE messaging_conversation_totals;
DROP TABLE messaging_conversation_participants;
DROP TABLE messaging_conversation;
DROP TABLE confessions_subscription;
DROP TABLE confessions_confession;
DROP TABLE accounts_user;
