-- Suhbat's own tables beside the platform's, in a schema of their own, and the functions that take the messaging tables over.
-- Safe to run again: an interrupted takeover starts here.
CREATE SCHEMA IF NOT EXISTS suhbat;

-- How far the takeover has come, in one row.
CREATE TABLE IF NOT EXISTS suhbat.takeover (
    id             integer PRIMARY KEY CHECK (id = 1),
    -- copying: `suhbat migrate` has to go on. ready: Suhbat can serve; changes by the older service are still noted. finished: Suhbat serves.
    state          text   NOT NULL DEFAULT 'copying' CHECK (state IN ('copying', 'ready', 'finished')),
    -- The last message that has a number, and the last conversations that are counted and compared with others of the same people.
    numbered_up_to bigint NOT NULL DEFAULT 0,
    counted_up_to  bigint NOT NULL DEFAULT 0,
    compared_up_to bigint NOT NULL DEFAULT 0
);
INSERT INTO suhbat.takeover (id) VALUES (1) ON CONFLICT DO NOTHING;

-- The last number in each conversation, while messages are numbered.
CREATE TABLE IF NOT EXISTS suhbat.takeover_numbers (
    conversation_id bigint PRIMARY KEY,
    last_seq        bigint NOT NULL
);

-- Conversations that the older service has changed since the takeover began; a row for each change.
CREATE TABLE IF NOT EXISTS suhbat.takeover_changes (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS suhbat.settings (
    id        integer PRIMARY KEY CHECK (id = 1),
    -- directory.media_url: goes before the stored paths of pictures.
    media_url text NOT NULL DEFAULT '/media/'
);
INSERT INTO suhbat.settings (id) VALUES (1) ON CONFLICT DO NOTHING;

-- The names of the platform's accounts and confessions as searches compare them, with the names that they were folded from.
CREATE TABLE IF NOT EXISTS suhbat.user_names (
    user_id    bigint PRIMARY KEY,
    username   text    NOT NULL,
    first_name text    NOT NULL,
    last_name  text    NOT NULL,
    -- The version of the folding.
    version    integer NOT NULL,
    searchable text COLLATE "C" NOT NULL
);
CREATE TABLE IF NOT EXISTS suhbat.confession_names (
    confession_id bigint PRIMARY KEY,
    name          text    NOT NULL,
    version       integer NOT NULL,
    searchable    text COLLATE "C" NOT NULL
);

-- The same as in migrations/postgres.
CREATE TABLE IF NOT EXISTS suhbat.messaging_conversation_totals (
    user_id       bigint NOT NULL,
    confession_id bigint NOT NULL,
    conversations bigint NOT NULL CHECK (conversations > 0),
    PRIMARY KEY (user_id, confession_id)
);
CREATE TABLE IF NOT EXISTS suhbat.messaging_store (
    id        integer PRIMARY KEY CHECK (id = 1),
    store_id  text NOT NULL,
    epoch     text NOT NULL,
    is_demo   boolean NOT NULL DEFAULT false,
    newest_at timestamptz NOT NULL DEFAULT to_timestamp(0)
);
INSERT INTO suhbat.messaging_store (id, store_id, epoch)
    VALUES (1, replace(gen_random_uuid()::text, '-', ''), left(replace(gen_random_uuid()::text, '-', ''), 16))
    ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS suhbat.directory_folding (version bigint PRIMARY KEY);
INSERT INTO suhbat.directory_folding VALUES (0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS suhbat.directory_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changes text NOT NULL
);
CREATE TABLE IF NOT EXISTS suhbat.__diesel_schema_migrations (
    version varchar(50) PRIMARY KEY,
    run_on  timestamp NOT NULL DEFAULT current_timestamp
);

-- Notes which conversation a statement of the older service changes. It runs with the rights of its owner, since the older service may have no rights here.
CREATE OR REPLACE FUNCTION suhbat.note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    changed      record;
    conversation bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed := old;
    ELSE
        changed := new;
    END IF;
    CASE TG_TABLE_NAME
        WHEN 'messaging_conversation' THEN
            conversation := changed.id;
        WHEN 'messaging_messageread', 'messaging_messageattachment' THEN
            SELECT m.conversation_id INTO conversation FROM public.messaging_message m WHERE m.id = changed.message_id;
        ELSE
            conversation := changed.conversation_id;
    END CASE;
    IF conversation IS NOT NULL THEN
        INSERT INTO suhbat.takeover_changes (conversation_id) VALUES (conversation);
    END IF;
    RETURN NULL;
END
$$;

-- Numbers the next messages, in the order of their ids; returns how many.
CREATE OR REPLACE FUNCTION suhbat.number_messages(most integer) RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    after  bigint;
    up_to  bigint;
    amount bigint;
BEGIN
    SELECT numbered_up_to INTO after FROM suhbat.takeover FOR UPDATE;
    SELECT max(next.id), count(*) INTO up_to, amount
        FROM (SELECT m.id FROM public.messaging_message m WHERE m.id > after ORDER BY m.id LIMIT most) next;
    IF amount = 0 THEN
        RETURN 0;
    END IF;
    WITH numbered AS MATERIALIZED (
        SELECT m.id, m.conversation_id,
            coalesce(n.last_seq, 0) + row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.id) AS seq
        FROM public.messaging_message m
        LEFT JOIN suhbat.takeover_numbers n ON n.conversation_id = m.conversation_id
        WHERE m.id > after AND m.id <= up_to
    ), written AS (
        UPDATE public.messaging_message m
        SET created_seq = n.seq, seq = n.seq,
            last_change = CASE WHEN m.is_deleted THEN 'deleted' ELSE 'sent' END,
            has_attachments = EXISTS (SELECT FROM public.messaging_messageattachment a WHERE a.message_id = m.id)
        FROM numbered n WHERE m.id = n.id
    )
    INSERT INTO suhbat.takeover_numbers AS known (conversation_id, last_seq)
        SELECT n.conversation_id, max(n.seq) FROM numbered n GROUP BY n.conversation_id
        ON CONFLICT (conversation_id) DO UPDATE SET last_seq = excluded.last_seq;
    UPDATE suhbat.takeover SET numbered_up_to = up_to;
    RETURN amount;
END
$$;

-- Numbers messages of these conversations that came late, and those after them, whose numbers move. In two steps, since numbers are unique at any time.
CREATE OR REPLACE FUNCTION suhbat.number_late_messages(ids bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    WITH right_order AS MATERIALIZED (
        SELECT m.id, m.seq, row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.id) AS number
        FROM public.messaging_message m WHERE m.conversation_id = ANY (ids)
    )
    UPDATE public.messaging_message m SET seq = NULL FROM right_order r WHERE m.id = r.id AND r.seq <> r.number;
    WITH right_order AS MATERIALIZED (
        SELECT m.id, m.seq, row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.id) AS number
        FROM public.messaging_message m WHERE m.conversation_id = ANY (ids)
    )
    UPDATE public.messaging_message m SET created_seq = r.number, seq = r.number
        FROM right_order r WHERE m.id = r.id AND r.seq IS NULL;
    WITH facts AS MATERIALIZED (
        SELECT m.id, CASE WHEN m.is_deleted THEN 'deleted' ELSE 'sent' END AS last_change,
            EXISTS (SELECT FROM public.messaging_messageattachment a WHERE a.message_id = m.id) AS has_attachments
        FROM public.messaging_message m WHERE m.conversation_id = ANY (ids)
    )
    UPDATE public.messaging_message m SET last_change = f.last_change, has_attachments = f.has_attachments
        FROM facts f WHERE m.id = f.id AND (m.last_change, m.has_attachments) IS DISTINCT FROM (f.last_change, f.has_attachments);
END
$$;

-- Computes everything that Suhbat keeps about these conversations from the platform's own columns, and writes what differs.
CREATE OR REPLACE FUNCTION suhbat.count_conversations(ids bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM suhbat.number_late_messages(ids);
    -- The rows of participants are written before those of conversations, which the older service writes too: these are locked for the shortest time.
    WITH conversation AS MATERIALIZED (
        SELECT c.id, c.confession_id, coalesce(c.last_message_at, c.created_at) AS active_at
        FROM public.messaging_conversation c WHERE c.id = ANY (ids)
    ), people AS MATERIALIZED (
        SELECT p.id, p.conversation_id, p.user_id
        FROM public.messaging_conversation_participants p WHERE p.conversation_id = ANY (ids)
    ), message AS MATERIALIZED (
        SELECT m.id, m.conversation_id, m.sender_id, m.is_deleted, m.seq, m.created_at, coalesce(u.role <> 'user', false) AS by_staff
        FROM public.messaging_message m LEFT JOIN public.accounts_user u ON u.id = m.sender_id WHERE m.conversation_id = ANY (ids)
    ), of_others AS MATERIALIZED (
        SELECT p.conversation_id, p.user_id, m.id, m.is_deleted, r.message_id IS NOT NULL AS is_delivered, r.read_at
        FROM people p
        JOIN message m ON m.conversation_id = p.conversation_id AND m.sender_id <> p.user_id
        LEFT JOIN public.messaging_messageread r ON r.message_id = m.id AND r.user_id = p.user_id
    ), missing AS (
        SELECT o.conversation_id, o.user_id,
            count(*) FILTER (WHERE NOT o.is_deleted AND o.read_at IS NULL) AS unread,
            min(o.id) FILTER (WHERE NOT o.is_deleted AND NOT o.is_delivered) AS undelivered,
            min(o.id) FILTER (WHERE NOT o.is_deleted AND o.read_at IS NULL) AS first_unread
        FROM of_others o GROUP BY o.conversation_id, o.user_id
    ), marks AS (
        SELECT o.conversation_id, o.user_id, n.unread,
            max(o.id) FILTER (WHERE o.is_delivered AND (n.undelivered IS NULL OR o.id < n.undelivered)) AS delivered_up_to,
            max(o.id) FILTER (WHERE o.read_at IS NOT NULL AND (n.first_unread IS NULL OR o.id < n.first_unread)) AS read_up_to,
            max(o.read_at) FILTER (WHERE n.first_unread IS NULL OR o.id < n.first_unread) AS read_at
        FROM of_others o JOIN missing n USING (conversation_id, user_id)
        GROUP BY o.conversation_id, o.user_id, n.unread
    ), last_answer AS (
        SELECT m.conversation_id, max(m.id) AS id FROM message m WHERE m.by_staff AND NOT m.is_deleted GROUP BY m.conversation_id
    ), awaiting AS MATERIALIZED (
        -- The first message of a member that no answer follows.
        SELECT DISTINCT ON (m.conversation_id) m.conversation_id, m.created_at AS since
        FROM message m LEFT JOIN last_answer a ON a.conversation_id = m.conversation_id
        WHERE NOT m.is_deleted AND m.id > coalesce(a.id, 0)
        ORDER BY m.conversation_id, m.id
    ), standing AS MATERIALIZED (
        SELECT p.id, w.since, c.confession_id, c.active_at, coalesce(k.unread, 0) AS unread, k.delivered_up_to, k.read_up_to, k.read_at
        FROM people p
        JOIN conversation c ON c.id = p.conversation_id
        LEFT JOIN awaiting w ON w.conversation_id = p.conversation_id
        LEFT JOIN marks k ON k.conversation_id = p.conversation_id AND k.user_id = p.user_id
    ), counted AS (
        SELECT m.conversation_id, count(*) AS messages, count(*) FILTER (WHERE m.is_deleted) AS deleted,
            min(m.id) AS first_id, max(m.id) FILTER (WHERE NOT m.is_deleted) AS last_id
        FROM message m GROUP BY m.conversation_id
    ), gathered AS (
        SELECT p.conversation_id, string_agg(p.user_id::text, ',' ORDER BY p.user_id) AS people, (array_agg(p.user_id ORDER BY p.id))[1] AS first_id
        FROM people p GROUP BY p.conversation_id
    ), facts AS (
        SELECT c.id, coalesce(g.people, '') AS people, u.id AS opener,
            -- The platform never kept who opened a conversation: the sender of the first message did. Members could always write in conversations
            -- without a confession, and go on doing so.
            c.confession_id IS NULL OR coalesce(u.role <> 'user', false) AS by_staff,
            k.last_id, coalesce(k.messages, 0) AS messages, coalesce(k.deleted, 0) AS deleted, w.since
        FROM conversation c
        LEFT JOIN awaiting w ON w.conversation_id = c.id
        LEFT JOIN counted k ON k.conversation_id = c.id
        LEFT JOIN gathered g ON g.conversation_id = c.id
        LEFT JOIN message f ON f.id = k.first_id
        LEFT JOIN public.accounts_user u ON u.id = coalesce(f.sender_id, g.first_id)
    ), written AS (
        UPDATE public.messaging_conversation c
        SET participants_key = CASE WHEN split_part(c.participants_key, '#', 1) = f.people THEN c.participants_key ELSE f.people || '#' || f.id END,
            opened_by = f.opener, opened_by_staff = f.by_staff, last_message_id = f.last_id,
            message_count = f.messages - f.deleted, deleted_count = f.deleted, last_seq = f.messages, awaiting_since = f.since
        FROM facts f
        WHERE c.id = f.id
            AND (split_part(c.participants_key, '#', 1), c.opened_by, c.opened_by_staff, c.last_message_id, c.message_count, c.deleted_count, c.last_seq,
                    c.awaiting_since)
                IS DISTINCT FROM (f.people, f.opener, f.by_staff, f.last_id, f.messages - f.deleted, f.deleted, f.messages, f.since)
    )
    UPDATE public.messaging_conversation_participants p
    SET confession_id = s.confession_id, last_activity_at = s.active_at, unread_count = s.unread,
        delivered_up_to = s.delivered_up_to, read_up_to = s.read_up_to, read_at = s.read_at, awaiting_since = s.since
    FROM standing s
    WHERE p.id = s.id
        AND (p.confession_id, p.last_activity_at, p.unread_count, p.delivered_up_to, p.read_up_to, p.read_at, p.awaiting_since)
            IS DISTINCT FROM (s.confession_id, s.active_at, s.unread, s.delivered_up_to, s.read_up_to, s.read_at, s.since);
END
$$;

-- Counts the next conversations, as many as have so many messages together; returns how many.
CREATE OR REPLACE FUNCTION suhbat.count_next_conversations(most integer, messages bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    next_ids bigint[];
BEGIN
    SELECT array_agg(next.id ORDER BY next.id) INTO next_ids FROM (
        SELECT c.id, sum(coalesce(n.last_seq, 0)) OVER (ORDER BY c.id) AS so_far, row_number() OVER (ORDER BY c.id) AS place
        FROM (
            SELECT c.id FROM public.messaging_conversation c
            WHERE c.id > (SELECT counted_up_to FROM suhbat.takeover) ORDER BY c.id LIMIT most
        ) c LEFT JOIN suhbat.takeover_numbers n ON n.conversation_id = c.id
    ) next WHERE next.place = 1 OR next.so_far <= messages;
    IF next_ids IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM suhbat.count_conversations(next_ids);
    UPDATE suhbat.takeover SET counted_up_to = next_ids[cardinality(next_ids)];
    RETURN cardinality(next_ids);
END
$$;

-- Of all conversations of the same people about the same confession, the one that was active last gets the plain key, which opening looks up. The keys of
-- the others end with their ids. Looks at the groups that these conversations are in.
CREATE OR REPLACE FUNCTION suhbat.compare_conversations(ids bigint[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    others bigint[];
    newest bigint[];
BEGIN
    WITH wanted AS (
        SELECT DISTINCT split_part(c.participants_key, '#', 1) AS people, coalesce(c.confession_id, 0) AS confession
        FROM public.messaging_conversation c WHERE c.id = ANY (ids)
    ), same AS (
        SELECT w.people, w.confession, c.id, coalesce(c.last_message_at, c.created_at) AS active_at
        FROM wanted w JOIN public.messaging_conversation c
            ON c.participants_key = w.people AND coalesce(c.confession_id, 0) = w.confession
        UNION ALL
        -- `$` is the character after `#`.
        SELECT w.people, w.confession, c.id, coalesce(c.last_message_at, c.created_at) AS active_at
        FROM wanted w JOIN public.messaging_conversation c
            ON c.participants_key >= w.people || '#' AND c.participants_key < w.people || '$' AND coalesce(c.confession_id, 0) = w.confession
    ), placed AS (
        SELECT s.id, row_number() OVER (PARTITION BY s.people, s.confession ORDER BY s.active_at DESC, s.id DESC) AS place FROM same s
    )
    SELECT array_agg(p.id) FILTER (WHERE p.place > 1), array_agg(p.id) FILTER (WHERE p.place = 1) INTO others, newest FROM placed p;
    -- The others first, since the plain key is unique at any time.
    UPDATE public.messaging_conversation c SET participants_key = c.participants_key || '#' || c.id
        WHERE c.id = ANY (others) AND strpos(c.participants_key, '#') = 0;
    UPDATE public.messaging_conversation c SET participants_key = split_part(c.participants_key, '#', 1)
        WHERE c.id = ANY (newest) AND strpos(c.participants_key, '#') > 0;
END
$$;

-- Compares the next conversations with others of the same people; returns how many.
CREATE OR REPLACE FUNCTION suhbat.compare_next_conversations(most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    next_ids bigint[];
BEGIN
    SELECT array_agg(next.id ORDER BY next.id) INTO next_ids FROM (
        SELECT c.id FROM public.messaging_conversation c
        WHERE c.id > (SELECT compared_up_to FROM suhbat.takeover) AND c.participants_key IS NOT NULL ORDER BY c.id LIMIT most
    ) next;
    IF next_ids IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM suhbat.compare_conversations(next_ids);
    UPDATE suhbat.takeover SET compared_up_to = next_ids[cardinality(next_ids)];
    RETURN cardinality(next_ids);
END
$$;

-- The next conversations that the older service has changed.
CREATE OR REPLACE FUNCTION suhbat.next_changed(most integer) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT array_agg(next.conversation_id)
        FROM (SELECT DISTINCT n.conversation_id FROM suhbat.takeover_changes n ORDER BY n.conversation_id LIMIT most) next
$$;

-- Computes the next conversations anew that the older service has changed; returns how many. Their late messages should have their numbers before, since
-- those rows stay locked while the rest is computed.
CREATE OR REPLACE FUNCTION suhbat.count_changed_conversations(most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[] := suhbat.next_changed(most);
BEGIN
    IF changed IS NULL THEN
        RETURN 0;
    END IF;
    -- Whatever these notes tell of is visible to the statements after this one; later changes leave notes of their own.
    DELETE FROM suhbat.takeover_changes n WHERE n.conversation_id = ANY (changed);
    PERFORM suhbat.count_conversations(changed);
    PERFORM suhbat.compare_conversations(changed);
    RETURN cardinality(changed);
END
$$;

-- Counts each person's conversations by confession (0: none), and writes what differs.
CREATE OR REPLACE FUNCTION suhbat.count_totals() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM suhbat.messaging_conversation_totals t WHERE NOT EXISTS (
        SELECT FROM public.messaging_conversation_participants p
        WHERE p.user_id = t.user_id AND coalesce(p.confession_id, 0) = t.confession_id
    );
    INSERT INTO suhbat.messaging_conversation_totals AS t (user_id, confession_id, conversations)
        SELECT p.user_id, coalesce(p.confession_id, 0), count(*) FROM public.messaging_conversation_participants p GROUP BY 1, 2
        ON CONFLICT (user_id, confession_id) DO UPDATE SET conversations = excluded.conversations
        WHERE t.conversations <> excluded.conversations;
END
$$;

-- Ends the takeover, unless the older service has changed something that is not counted yet. From now on its sends are refused.
CREATE OR REPLACE FUNCTION suhbat.finish_takeover() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE public.messaging_conversation, public.messaging_conversation_participants, public.messaging_message, public.messaging_messageread,
        public.messaging_messageattachment IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM suhbat.takeover_changes) THEN
        RETURN false;
    END IF;
    DROP TRIGGER IF EXISTS takeover_note_change ON public.messaging_conversation;
    DROP TRIGGER IF EXISTS takeover_note_change ON public.messaging_conversation_participants;
    DROP TRIGGER IF EXISTS takeover_note_change ON public.messaging_message;
    DROP TRIGGER IF EXISTS takeover_note_change ON public.messaging_messageread;
    DROP TRIGGER IF EXISTS takeover_note_change ON public.messaging_messageattachment;
    ALTER TABLE public.messaging_conversation
        ADD CONSTRAINT messaging_conversation_counted CHECK (participants_key IS NOT NULL AND opened_by_staff IS NOT NULL AND message_count >= 0 AND deleted_count >= 0 AND last_seq >= 0)
        NOT VALID;
    ALTER TABLE public.messaging_conversation_participants
        ADD CONSTRAINT messaging_participants_counted CHECK (last_activity_at IS NOT NULL AND unread_count >= 0 AND (read_up_to IS NULL) = (read_at IS NULL))
        NOT VALID;
    ALTER TABLE public.messaging_message
        ADD CONSTRAINT messaging_message_numbered CHECK (created_seq IS NOT NULL AND seq IS NOT NULL AND created_seq > 0 AND seq >= created_seq)
        NOT VALID;
    UPDATE suhbat.takeover SET state = 'finished';
    DROP TABLE suhbat.takeover_numbers;
    RETURN true;
END
$$;
