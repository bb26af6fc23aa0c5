-- The length and the waveform of voice messages, NULL for other files. The waveform has one digit to the base 32 for each value.
ALTER TABLE messaging_messageattachment ADD COLUMN voice_duration_ms INTEGER;
ALTER TABLE messaging_messageattachment ADD COLUMN voice_waveform TEXT;
