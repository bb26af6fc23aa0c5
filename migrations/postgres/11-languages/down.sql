DROP TABLE accounts_user_language;
