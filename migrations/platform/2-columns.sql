-- New columns of the platform's messaging tables: without a value, or with a constant one, so that no row is rewritten. The defaults of older columns are
-- the values that the platform's models have. Each statement runs alone, and again if it does not get its lock at once.
ALTER TABLE public.messaging_conversation
    ADD COLUMN IF NOT EXISTS participants_key text COLLATE "C",
    ADD COLUMN IF NOT EXISTS opened_by bigint,
    ADD COLUMN IF NOT EXISTS opened_by_staff boolean,
    ADD COLUMN IF NOT EXISTS last_message_id bigint,
    ADD COLUMN IF NOT EXISTS message_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS deleted_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS last_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS awaiting_since timestamptz;
ALTER TABLE public.messaging_conversation_participants
    ADD COLUMN IF NOT EXISTS confession_id bigint,
    ADD COLUMN IF NOT EXISTS last_activity_at timestamptz,
    ADD COLUMN IF NOT EXISTS unread_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS delivered_up_to bigint,
    ADD COLUMN IF NOT EXISTS read_up_to bigint,
    ADD COLUMN IF NOT EXISTS read_at timestamptz,
    ADD COLUMN IF NOT EXISTS awaiting_since timestamptz,
    ADD COLUMN IF NOT EXISTS muted_until timestamptz,
    ADD COLUMN IF NOT EXISTS archived_at timestamptz,
    ADD COLUMN IF NOT EXISTS is_marked_unread boolean NOT NULL DEFAULT false;
ALTER TABLE public.messaging_message
    ADD COLUMN IF NOT EXISTS created_seq bigint,
    ADD COLUMN IF NOT EXISTS seq bigint,
    ADD COLUMN IF NOT EXISTS last_change text NOT NULL DEFAULT 'sent',
    ADD COLUMN IF NOT EXISTS client_id text COLLATE "C",
    ADD COLUMN IF NOT EXISTS has_attachments boolean NOT NULL DEFAULT false,
    ALTER COLUMN is_edited SET DEFAULT false,
    ALTER COLUMN is_pinned SET DEFAULT false,
    ALTER COLUMN is_deleted SET DEFAULT false;
ALTER TABLE public.messaging_messageattachment
    ADD COLUMN IF NOT EXISTS thumbnail text COLLATE "C",
    ADD COLUMN IF NOT EXISTS thumbnail_mime_type text,
    ADD COLUMN IF NOT EXISTS width bigint,
    ADD COLUMN IF NOT EXISTS height bigint,
    ADD COLUMN IF NOT EXISTS voice_duration_ms bigint,
    ADD COLUMN IF NOT EXISTS voice_waveform text;
CREATE OR REPLACE TRIGGER takeover_note_change AFTER INSERT OR DELETE OR UPDATE OF last_message_at, confession_id ON public.messaging_conversation
    FOR EACH ROW EXECUTE FUNCTION suhbat.note_change();
CREATE OR REPLACE TRIGGER takeover_note_change AFTER INSERT OR DELETE OR UPDATE OF conversation_id, user_id ON public.messaging_conversation_participants
    FOR EACH ROW EXECUTE FUNCTION suhbat.note_change();
CREATE OR REPLACE TRIGGER takeover_note_change AFTER INSERT OR DELETE OR UPDATE OF is_deleted, sender_id, conversation_id ON public.messaging_message
    FOR EACH ROW EXECUTE FUNCTION suhbat.note_change();
CREATE OR REPLACE TRIGGER takeover_note_change AFTER INSERT OR DELETE OR UPDATE OF message_id, user_id, read_at ON public.messaging_messageread
    FOR EACH ROW EXECUTE FUNCTION suhbat.note_change();
CREATE OR REPLACE TRIGGER takeover_note_change AFTER INSERT OR DELETE OR UPDATE OF message_id ON public.messaging_messageattachment
    FOR EACH ROW EXECUTE FUNCTION suhbat.note_change();
