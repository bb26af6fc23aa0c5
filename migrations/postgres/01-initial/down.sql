-- Children first. Conversations and messages point at each other.
ALTER TABLE messaging_conversation DROP CONSTRAINT messaging_conversation_last_message;
DROP TABLE messaging_messageattachment;
DROP TABLE messaging_messageread;
DROP TABLE messaging_message;
DROP TABLE messaging_conversation_totals;
DROP TABLE messaging_conversation_participants;
DROP TABLE messaging_conversation;
DROP TABLE confessions_subscription;
DROP TABLE confessions_confession;
DROP TABLE accounts_user;
