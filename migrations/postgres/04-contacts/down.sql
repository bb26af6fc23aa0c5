DROP TRIGGER accounts_user_removed ON accounts_user;
DROP TRIGGER accounts_user_changed ON accounts_user;
DROP TRIGGER accounts_user_added ON accounts_user;
DROP FUNCTION accounts_user_count;
DROP TABLE accounts_user_totals;
DROP INDEX confessions_subscription_confession;
DROP TABLE directory_folding;
ALTER TABLE confessions_confession DROP COLUMN searchable;
ALTER TABLE accounts_user DROP COLUMN searchable;
