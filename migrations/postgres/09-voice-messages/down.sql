ALTER TABLE messaging_messageattachment DROP COLUMN voice_duration_ms, DROP COLUMN voice_waveform;
