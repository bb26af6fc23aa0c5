/** The shapes of the service, as its contract names them (section 3.1). */

export type Role = 'user' | 'admin' | 'superadmin';

export interface User {
  id: number;
  username: string;
  first_name: string;
  last_name: string;
  role: Role;
  avatar: string | null;
}

export interface Confession {
  id: number;
  name: string;
  slug: string;
}

export interface DemoPerson extends User {
  confessions: Confession[];
}

export type FileType = 'image' | 'video' | 'audio' | 'document' | 'other';

export interface Attachment {
  id: number;
  file: string;
  thumbnail: string | null;
  file_type: FileType;
  file_name: string;
  file_size: number;
  mime_type: string;
  width: number | null;
  height: number | null;
  uploaded_at: string;
}

export interface ReplyPreview {
  id: number;
  sender: User;
  content: string | null;
  attachments: Attachment[];
  created_at: string;
  is_deleted: boolean;
}

export interface Receipt {
  user: User;
  delivered_at: string | null;
  read_at: string | null;
}

export type MessageStatus = 'sent' | 'delivered' | 'seen' | 'received';

export interface Message {
  id: number;
  conversation: number;
  sender: User;
  content: string | null;
  reply_to: ReplyPreview | null;
  is_edited: boolean;
  is_pinned: boolean;
  is_deleted: boolean;
  created_at: string;
  updated_at: string;
  edited_at: string | null;
  attachments: Attachment[];
  message_reads: Receipt[];
  status: MessageStatus;
  can_edit: boolean;
  edit_deadline: string | null;
  seq: number;
  client_id: string | null;
}

export interface PresenceEntry {
  user_id: number;
  status: 'online' | 'offline';
  last_seen: string | null;
}

export interface Conversation {
  id: number;
  participants: User[];
  confession: Confession | null;
  created_at: string;
  updated_at: string;
  last_message_at: string | null;
  last_message: Message | null;
  unread_count: number;
  last_seq: number;
  can_send: boolean;
  cannot_send_reason: string | null;
  can_pin: boolean;
  presence: PresenceEntry[];
}

export interface Preview {
  id: number;
  sender: string;
  content: string;
  has_attachments: boolean;
  created_at: string;
}

export interface ConversationListItem {
  id: number;
  participants: User[];
  confession: Confession | null;
  last_message_at: string | null;
  unread_count: number;
  last_seq: number;
  last_message_preview: Preview | null;
}

export interface Contact {
  user: User;
  confession: Confession | null;
}

export interface Page<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

export interface Limits {
  content_chars: number;
  files_per_message: number;
  file_bytes: number;
  request_bytes: number;
}

export interface AllowedType {
  mime_type: string;
  extensions: string[];
  file_type: FileType;
}

export interface ServiceConfig {
  edit_window_seconds: number;
  limits: Limits;
  allowed_types: AllowedType[];
  heartbeat_seconds: number;
}

export type Change =
  | { seq: number; type: 'chat_message' | 'message_edited' | 'message_pinned'; message: Message }
  | { seq: number; type: 'message_deleted'; message_id: number };

export interface Marks {
  user_id: number;
  delivered_up_to: number | null;
  read_up_to: number | null;
  read_at: string | null;
}

export interface Changes {
  changes: Change[];
  last_seq: number;
  has_more: boolean;
  receipts: Marks[];
}
