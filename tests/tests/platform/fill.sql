-- A platform with 1,020 people, 15 confessions, some 2,200 conversations and 100,000 messages, as its older service has left them.
-- 1 is a superadmin, 2 to 20 are admins, all others are members.
INSERT INTO accounts_user
    SELECT u, 'pbkdf2_sha256$', NULL, u = 1, 'user' || lpad(u::text, 4, '0'),
        CASE u % 4 WHEN 0 THEN 'Oʻtkir' WHEN 1 THEN 'Шахноза' WHEN 2 THEN 'Aziza' ELSE '' END, 'Karimov' || u, 'user' || u || '@example.org', u <= 20,
        timestamptz '2023-01-01 00:00:00Z' + u * interval '1 minute',
        CASE WHEN u = 1 THEN 'superadmin' WHEN u <= 20 THEN 'admin' ELSE 'user' END, NULL,
        CASE u % 3 WHEN 0 THEN 'avatars/u' || u || '.png' WHEN 1 THEN '' END, u % 50 <> 49, 'uz', 'light'
    FROM generate_series(1, 1020) u;
UPDATE accounts_user SET avatar = 'avatars/расм 1.png' WHERE id = 2;
INSERT INTO confessions_confession
    SELECT c, 'Confession ' || c, 'confession-' || c, '', 'logos/' || c || '.png', timestamptz '2023-01-01 00:00:00Z', timestamptz '2023-01-01 00:00:00Z',
        CASE WHEN c < 15 THEN c + 1 END
    FROM generate_series(1, 15) c;
-- Every tenth member follows nothing.
INSERT INTO confessions_subscription (subscribed_at, confession_id, user_id)
    SELECT timestamptz '2023-02-01 00:00:00Z', c, u FROM generate_series(21, 1020) u, generate_series(1, 15) c
    WHERE u % 10 <> 0 AND (c = u % 14 + 1 OR c = u % 5 + 1);

-- 1 to 2000: a member and the admin of a confession, every seventh without the confession. 2001 to 2100: the same people and confessions as 1 to 100 again,
-- and 2101 to 2150 as 1 to 50 once more. 2151 to 2160: several admins. 2161: without messages; 2162: with one participant; 2163: with none.
INSERT INTO messaging_conversation
    SELECT c, timestamptz '2024-01-01 00:00:00Z' + c * interval '1 second', timestamptz '2024-01-01 00:00:00Z' + c * interval '1 second', NULL,
        CASE WHEN c <= 2150 AND like_this % 7 <> 0 THEN like_this % 14 + 1 END
    FROM (SELECT c, CASE WHEN c > 2100 AND c <= 2150 THEN c - 2100 WHEN c > 2000 AND c <= 2100 THEN c - 2000 ELSE c END AS like_this
        FROM generate_series(1, 2163) c) conversations;
INSERT INTO messaging_conversation_participants (conversation_id, user_id)
    SELECT c, person FROM (
        SELECT c, 21 + like_this % 1000 AS person FROM (SELECT c, CASE WHEN c > 2100 THEN c - 2100 WHEN c > 2000 THEN c - 2000 ELSE c END AS like_this
            FROM generate_series(1, 2150) c) members
        UNION ALL
        SELECT c, 2 + like_this % 14 FROM (SELECT c, CASE WHEN c > 2100 THEN c - 2100 WHEN c > 2000 THEN c - 2000 ELSE c END AS like_this
            FROM generate_series(1, 2150) c) admins
        UNION ALL
        SELECT c, 1 + (c * place) % 19 FROM generate_series(2151, 2160) c, generate_series(1, 3) place GROUP BY 1, 2
        UNION ALL
        VALUES (2161, 30), (2161, 3), (2162, 31)
    ) people ORDER BY (c * 31 + person * 17) % 101, c, person;

-- A third of all messages is in conversation 1. Senders take turns, in no regular order.
CREATE TEMP TABLE senders AS
    SELECT conversation_id, user_id, row_number() OVER (PARTITION BY conversation_id ORDER BY user_id) - 1 AS place,
        count(*) OVER (PARTITION BY conversation_id) AS people
    FROM messaging_conversation_participants;
INSERT INTO messaging_message
    SELECT m.id,
        CASE WHEN m.id % 11 = 0 THEN NULL WHEN m.id % 97 = 0 THEN '' ELSE 'Salom ' || m.id || repeat(' қалай', (m.id % 20)::integer) END,
        m.id % 17 = 0, m.id % 101 = 0, m.id % 13 = 0, m.at,
        m.at + CASE WHEN m.id % 17 = 0 OR m.id % 13 = 0 THEN interval '5 minutes' ELSE interval '0' END,
        CASE WHEN m.id % 17 = 0 THEN m.at + interval '5 minutes' END,
        m.conversation,
        -- In the same conversation, in any other one, or none.
        CASE WHEN m.id % 9 = 0 AND m.id > 3 THEN m.id - 3 WHEN m.id % 23 = 0 AND m.id > 1 THEN m.id - 1 END,
        s.user_id
    FROM (SELECT g AS id, timestamptz '2024-02-01 00:00:00Z' + g * interval '7 seconds' + g % 1000 * interval '1 microsecond' AS at,
            CASE WHEN g % 3 = 0 THEN 1 WHEN g % 200 = 1 THEN 2151 + g / 200 % 10 ELSE 1 + g::bigint * 7919 % 2150 END AS conversation
        FROM generate_series(1, 100000) g) m
    JOIN senders s ON s.conversation_id = m.conversation AND s.place = m.id / 3 * 7 % s.people;
UPDATE messaging_conversation c SET last_message_at = m.newest, updated_at = m.newest
    FROM (SELECT conversation_id, max(created_at) AS newest FROM messaging_message GROUP BY 1) m WHERE m.conversation_id = c.id;
-- Made at sending; read are the older ones, with some holes.
INSERT INTO messaging_messageread (delivered_at, read_at, message_id, user_id)
    SELECT m.created_at, CASE WHEN m.id < 60000 + m.conversation_id % 40 * 1000 AND (m.id + s.user_id) % 89 <> 0 THEN m.created_at + interval '1 hour' END, m.id, s.user_id
    FROM messaging_message m JOIN senders s ON s.conversation_id = m.conversation_id AND s.user_id <> m.sender_id
    WHERE m.id % 401 <> 0;
INSERT INTO messaging_messageattachment (file, file_type, file_name, file_size, mime_type, uploaded_at, message_id)
    SELECT 'messages/attachments/2024/02/01/file' || m.id || '_' || place || '.' || kinds.suffix, kinds.kind, 'Файл ' || m.id || '.' || kinds.suffix,
        m.id * 10 + place, kinds.mime, m.created_at, m.id
    FROM messaging_message m, generate_series(1, 2) place,
        LATERAL (SELECT * FROM (VALUES (0, 'image', 'image/png', 'png'), (1, 'video', 'video/mp4', 'mp4'), (2, 'audio', 'audio/mpeg', 'mp3'),
            (3, 'document', 'application/pdf', 'pdf'), (4, 'other', 'application/zip', 'zip')) AS kinds (number, kind, mime, suffix)
            WHERE number = (m.id + place) % 5) kinds
    WHERE m.id % 22 = 0 OR m.id % 10 = 1 AND place = 1
    ORDER BY m.id, place;
DROP TABLE senders;
SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), 1020), setval(pg_get_serial_sequence('confessions_confession', 'id'), 15),
    setval(pg_get_serial_sequence('messaging_conversation', 'id'), 2163), setval(pg_get_serial_sequence('messaging_message', 'id'), 100000);
ANALYZE;
