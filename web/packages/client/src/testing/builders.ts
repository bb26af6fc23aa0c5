import type { ClientConfig, Confession, Contact, Message, Role, User } from '../types.ts';

const person = (id: number, first_name: string, last_name: string, role: Role = 'user'): User => ({
  id,
  username: `${first_name}.${last_name}`.toLowerCase().replace(/[^a-z.]/g, ''),
  first_name,
  last_name,
  role,
  avatar: null,
});

export const aziz = person(1, 'Aziz', 'Karimov');
export const malika = person(2, 'Malika', 'Yusupova', 'admin');
export const olga = person(3, 'Ольга', 'Соколова', 'admin');
export const rustam = person(4, 'Rustam', 'Tosh', 'admin');
export const people = [aziz, malika, olga, rustam];

export const confessions: Confession[] = [
  { id: 1, name: 'Chorsu jamoasi', slug: 'chorsu' },
  { id: 2, name: 'Православная община', slug: 'pravoslavie' },
  { id: 3, name: 'Nurli yoʻl', slug: 'nurli-yol' },
];

export const contacts: Contact[] = [malika, olga, rustam].map((user, index) => ({ user, confession: confessions[index] ?? null }));

export const config: ClientConfig = {
  edit_window_seconds: 600,
  limits: {
    content_chars: 10_000,
    files_per_message: 10,
    file_bytes: 26_214_400,
    request_bytes: 52_428_800,
    sockets_per_user: 20,
    link_seconds: 3600,
    participants: 50,
    client_id_chars: 64,
    page_size: 100,
    image_pixels: 64_000_000,
    upload_bytes_per_day: 2_147_483_648,
    messages_per_minute: 120,
    uploads_per_minute: 30,
    requests_per_minute: 600,
  },
  allowed_types: [
    { mime_type: 'image/jpeg', extensions: ['jpg', 'jpeg'], file_type: 'image' },
    { mime_type: 'image/png', extensions: ['png'], file_type: 'image' },
    { mime_type: 'image/webp', extensions: ['webp'], file_type: 'image' },
    { mime_type: 'application/pdf', extensions: ['pdf'], file_type: 'document' },
    { mime_type: 'text/plain', extensions: ['txt'], file_type: 'document' },
    { mime_type: 'audio/ogg', extensions: ['ogg', 'opus'], file_type: 'audio' },
  ],
  heartbeat_seconds: 25,
  features: {
    search: true,
    reactions: 'off',
    forwarding: false,
    push: null,
    desk: false,
    groups: false,
    announcements: false,
    calls: null,
    encryption: false,
    report: false,
  },
};

/** A token as the platform shapes it; nobody checks its signature here. */
export function tokenOf(userId: number): string {
  return `e30.${btoa(JSON.stringify({ user_id: userId }))}.fake`;
}

export function message(id: number, sender: User, content: string, more: Partial<Message> = {}): Message {
  const created_at = more.created_at ?? new Date(Date.parse('2026-11-22T10:00:00Z') + id * 60_000).toISOString();
  return {
    id,
    conversation: 1,
    sender,
    content,
    reply_to: null,
    is_edited: false,
    is_pinned: false,
    is_deleted: false,
    created_at,
    updated_at: created_at,
    edited_at: null,
    attachments: [],
    message_reads: [],
    status: 'received',
    can_edit: false,
    edit_deadline: new Date(Date.parse(created_at) + 600_000).toISOString(),
    seq: id,
    client_id: null,
    ...more,
  };
}

/** A file that the service takes as a picture by its name. */
export const file = (name: string, size = 10) => new File([new Uint8Array(size)], name, { type: 'image/png' });
