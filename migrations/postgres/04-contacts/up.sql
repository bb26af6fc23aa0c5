-- Names as searches compare them; the program folds them (domain::search), and anew whenever `directory_folding` names another version.
ALTER TABLE accounts_user ADD COLUMN searchable text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE confessions_confession ADD COLUMN searchable text COLLATE "C" NOT NULL DEFAULT '';
CREATE TABLE directory_folding (version bigint PRIMARY KEY);
INSERT INTO directory_folding VALUES (0);

-- Who follows a confession.
CREATE INDEX confessions_subscription_confession ON confessions_subscription (confession_id, user_id);

-- How many accounts are active, so that no list of contacts counts them.
CREATE TABLE accounts_user_totals (
    is_staff boolean PRIMARY KEY,
    active   bigint NOT NULL CHECK (active >= 0)
);
INSERT INTO accounts_user_totals
    SELECT staff.value, (SELECT count(*) FROM accounts_user u WHERE u.is_active AND (u.role <> 'user') = staff.value)
    FROM (VALUES (false), (true)) staff (value);
CREATE FUNCTION accounts_user_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND old.is_active THEN
        UPDATE accounts_user_totals SET active = active - 1 WHERE is_staff = (old.role <> 'user');
    END IF;
    IF TG_OP <> 'DELETE' AND new.is_active THEN
        UPDATE accounts_user_totals SET active = active + 1 WHERE is_staff = (new.role <> 'user');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER accounts_user_added AFTER INSERT ON accounts_user FOR EACH ROW EXECUTE FUNCTION accounts_user_count();
CREATE TRIGGER accounts_user_changed AFTER UPDATE OF role, is_active ON accounts_user FOR EACH ROW
    WHEN (old.is_active <> new.is_active OR (old.role <> 'user') <> (new.role <> 'user')) EXECUTE FUNCTION accounts_user_count();
CREATE TRIGGER accounts_user_removed AFTER DELETE ON accounts_user FOR EACH ROW EXECUTE FUNCTION accounts_user_count();
