-- The platform's tables under the names and with the columns that Suhbat's queries have. The service looks for names in this schema first, and for what is
-- not here in `public`.

-- The path of a file as the platform puts it into a URL: the bytes of other characters are escaped.
CREATE OR REPLACE FUNCTION suhbat.url_path(path text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN path COLLATE "C" ~ '^[A-Za-z0-9_.~!*()''-][A-Za-z0-9/_.~!*()''-]*$' THEN path ELSE (
        SELECT string_agg(
            CASE WHEN letter COLLATE "C" ~ '^[A-Za-z0-9/_.~!*()''-]$' THEN letter
                ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END,
            '' ORDER BY place)
        FROM regexp_split_to_table(ltrim(replace(path, '\', '/'), '/'), '') WITH ORDINALITY AS letters (letter, place)
    ) END
$$;

CREATE OR REPLACE VIEW suhbat.accounts_user AS
    SELECT u.id, u.username::text COLLATE "C" AS username, u.first_name::text AS first_name, u.last_name::text AS last_name, u.role::text AS role,
        (SELECT s.media_url FROM suhbat.settings s) || suhbat.url_path(nullif(u.avatar, '')) AS avatar,
        u.is_active, coalesce(n.searchable, '') AS searchable
    FROM public.accounts_user u LEFT JOIN suhbat.user_names n ON n.user_id = u.id;

CREATE OR REPLACE VIEW suhbat.accounts_user_totals AS
    SELECT staff.is_staff, (SELECT count(*) FROM public.accounts_user u WHERE u.is_active AND (u.role <> 'user') = staff.is_staff) AS active
    FROM (VALUES (false), (true)) staff (is_staff);

CREATE OR REPLACE VIEW suhbat.confessions_confession AS
    SELECT c.id, c.name::text COLLATE "C" AS name, c.slug::text COLLATE "C" AS slug, c.admin_id, coalesce(n.searchable, '') AS searchable
    FROM public.confessions_confession c LEFT JOIN suhbat.confession_names n ON n.confession_id = c.id;

-- The size is an `integer` in the platform's table. Types that Suhbat does not know are shown as it would name them.
CREATE OR REPLACE VIEW suhbat.messaging_messageattachment AS
    SELECT a.id, a.message_id, a.file, a.thumbnail,
        CASE WHEN a.file_type IN ('image', 'video', 'audio', 'document', 'other') THEN a.file_type::text
            WHEN a.file_type IN ('pdf', 'doc') THEN 'document' ELSE 'other' END AS file_type,
        a.file_name, a.file_size::bigint AS file_size, coalesce(nullif(a.mime_type, ''), 'application/octet-stream') AS mime_type,
        a.width, a.height, a.uploaded_at, a.thumbnail_mime_type, a.voice_duration_ms, a.voice_waveform
    FROM public.messaging_messageattachment a;
CREATE OR REPLACE FUNCTION suhbat.add_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.id := coalesce(new.id, nextval(pg_get_serial_sequence('public.messaging_messageattachment', 'id')));
    INSERT INTO public.messaging_messageattachment
        (id, message_id, file, thumbnail, thumbnail_mime_type, file_type, file_name, file_size, mime_type, width, height, uploaded_at,
            voice_duration_ms, voice_waveform)
        VALUES (new.id, new.message_id, new.file, new.thumbnail, new.thumbnail_mime_type, new.file_type, new.file_name, new.file_size, new.mime_type,
            new.width, new.height, new.uploaded_at, new.voice_duration_ms, new.voice_waveform);
    RETURN new;
END
$$;
CREATE OR REPLACE TRIGGER add_attachment INSTEAD OF INSERT ON suhbat.messaging_messageattachment
    FOR EACH ROW EXECUTE FUNCTION suhbat.add_attachment();
