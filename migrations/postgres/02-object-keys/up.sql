-- The sweep of the object store asks which keys are in use.
CREATE INDEX messaging_messageattachment_file ON messaging_messageattachment (file);
CREATE INDEX messaging_messageattachment_thumbnail ON messaging_messageattachment (thumbnail) WHERE thumbnail IS NOT NULL;
