-- The type of a thumbnail. Until now the suffix of its key was its type: `.webp`, or `.jpg`.
ALTER TABLE messaging_messageattachment ADD COLUMN thumbnail_mime_type TEXT;
UPDATE messaging_messageattachment
    SET thumbnail_mime_type = CASE WHEN substr(thumbnail, -5) = '.webp' THEN 'image/webp' ELSE 'image/jpeg' END
    WHERE thumbnail IS NOT NULL;
