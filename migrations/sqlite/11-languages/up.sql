-- The languages that documents of the directory give to accounts. On the platform's own database it stays empty: the language is in the platform's table.
CREATE TABLE accounts_user_language (
    user_id  INTEGER PRIMARY KEY,
    language TEXT NOT NULL
);
