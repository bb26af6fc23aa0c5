-- Names as searches compare them; the program folds them (domain::search), and anew whenever `directory_folding` names another version.
ALTER TABLE accounts_user ADD COLUMN searchable TEXT NOT NULL DEFAULT '';
ALTER TABLE confessions_confession ADD COLUMN searchable TEXT NOT NULL DEFAULT '';
CREATE TABLE directory_folding (version INTEGER NOT NULL);
INSERT INTO directory_folding VALUES (0);

-- Contacts in their order, with everything that a search reads. SQLite looks at `role` though the condition of the index says it.
DROP INDEX accounts_user_active;
DROP INDEX accounts_user_active_staff;
CREATE INDEX accounts_user_active ON accounts_user (username, searchable) WHERE is_active = 1;
CREATE INDEX accounts_user_active_staff ON accounts_user (username, searchable, role) WHERE is_active = 1 AND role <> 'user';

-- Who follows a confession; the user's id is part of every index of this table.
CREATE INDEX confessions_subscription_confession ON confessions_subscription (confession_id);

-- How many accounts are active, so that no list of contacts counts them.
CREATE TABLE accounts_user_totals (
    is_staff INTEGER PRIMARY KEY CHECK (is_staff IN (0, 1)),
    active   INTEGER NOT NULL CHECK (active >= 0)
);
INSERT INTO accounts_user_totals
    SELECT staff.value, (SELECT COUNT(*) FROM accounts_user u WHERE u.is_active = 1 AND (u.role <> 'user') = staff.value)
    FROM (SELECT 0 AS value UNION ALL SELECT 1) staff;
CREATE TRIGGER accounts_user_added AFTER INSERT ON accounts_user WHEN new.is_active = 1 BEGIN
    UPDATE accounts_user_totals SET active = active + 1 WHERE is_staff = (new.role <> 'user');
END;
CREATE TRIGGER accounts_user_changed AFTER UPDATE OF role, is_active ON accounts_user
WHEN old.is_active <> new.is_active OR (old.role <> 'user') <> (new.role <> 'user') BEGIN
    UPDATE accounts_user_totals SET active = active - old.is_active WHERE is_staff = (old.role <> 'user');
    UPDATE accounts_user_totals SET active = active + new.is_active WHERE is_staff = (new.role <> 'user');
END;
CREATE TRIGGER accounts_user_removed AFTER DELETE ON accounts_user WHEN old.is_active = 1 BEGIN
    UPDATE accounts_user_totals SET active = active - 1 WHERE is_staff = (old.role <> 'user');
END;
