-- The length and the waveform of voice messages, NULL for other files. The waveform has one digit to the base 32 for each value. In the platform's own
-- database the table is the platform's, and Suhbat reads and writes it through a view.
DO $migration$
BEGIN
    IF to_regclass('suhbat.messaging_messageattachment') IS NULL THEN
        ALTER TABLE messaging_messageattachment ADD COLUMN voice_duration_ms bigint, ADD COLUMN voice_waveform text;
        RETURN;
    END IF;
    ALTER TABLE public.messaging_messageattachment
        ADD COLUMN IF NOT EXISTS voice_duration_ms bigint,
        ADD COLUMN IF NOT EXISTS voice_waveform text;
    CREATE OR REPLACE VIEW suhbat.messaging_messageattachment AS
        SELECT a.id, a.message_id, a.file, a.thumbnail,
            CASE WHEN a.file_type IN ('image', 'video', 'audio', 'document', 'other') THEN a.file_type::text
                WHEN a.file_type IN ('pdf', 'doc') THEN 'document' ELSE 'other' END AS file_type,
            a.file_name, a.file_size::bigint AS file_size, coalesce(nullif(a.mime_type, ''), 'application/octet-stream') AS mime_type,
            a.width, a.height, a.uploaded_at, a.thumbnail_mime_type, a.voice_duration_ms, a.voice_waveform
        FROM public.messaging_messageattachment a;
    CREATE OR REPLACE FUNCTION suhbat.add_attachment() RETURNS trigger LANGUAGE plpgsql AS $function$
    BEGIN
        new.id := coalesce(new.id, nextval(pg_get_serial_sequence('public.messaging_messageattachment', 'id')));
        INSERT INTO public.messaging_messageattachment
            (id, message_id, file, thumbnail, thumbnail_mime_type, file_type, file_name, file_size, mime_type, width, height, uploaded_at,
                voice_duration_ms, voice_waveform)
            VALUES (new.id, new.message_id, new.file, new.thumbnail, new.thumbnail_mime_type, new.file_type, new.file_name, new.file_size, new.mime_type,
                new.width, new.height, new.uploaded_at, new.voice_duration_ms, new.voice_waveform);
        RETURN new;
    END
    $function$;
END
$migration$;
