import type { ErrorDetails } from './schema.gen.ts';
import type { Change, Preview, RefusalCode } from './types.ts';

export interface ReadyFrame {
  type: 'ready';
  user_id: number;
  last_seq: number | null;
  online: number[];
  server_time: string;
  heartbeat_seconds: number;
}
export interface ConversationUpdatedFrame {
  type: 'conversation_updated';
  conversation: number;
  unread_count: number;
  last_seq: number;
  last_message_preview: Preview | null;
}
export type DurableFrame = { conversation: number } & Change;
export interface DeliveredFrame {
  type: 'message_delivered';
  conversation: number;
  message_id: number;
  user_id: number;
  delivered_at: string;
}
export interface ReadFrame {
  type: 'read_receipt';
  conversation: number;
  message_id: number;
  user_id: number;
  username: string;
  read_at: string;
  up_to?: boolean;
}
export interface TypingFrame {
  type: 'typing';
  conversation: number;
  user_id: number;
  username: string;
  is_typing: boolean;
}
export interface StatusFrame {
  type: 'user_status';
  user_id: number;
  username: string;
  status: 'online' | 'offline';
  last_seen: string | null;
}
export interface AckFrame {
  type: 'ack';
  request_id?: string;
  client_id?: string;
  message_id?: number;
  seq?: number;
}
export interface ErrorFrame {
  type: 'error';
  code: RefusalCode;
  message: string;
  details?: ErrorDetails;
  request_id?: string;
  client_id?: string;
}
export interface PongFrame {
  type: 'pong';
  conversation?: number;
  last_seq: number | null;
}
export interface ResyncFrame {
  type: 'resync';
  conversation?: number;
}

export type ServerFrame =
  | ReadyFrame
  | ConversationUpdatedFrame
  | DurableFrame
  | DeliveredFrame
  | ReadFrame
  | TypingFrame
  | StatusFrame
  | AckFrame
  | ErrorFrame
  | PongFrame
  | ResyncFrame;

export type ClientFrame =
  | { type: 'chat_message'; conversation: number; content: string; reply_to_id?: number; client_id: string; request_id?: string }
  | { type: 'typing'; conversation: number; is_typing: boolean }
  | { type: 'read_receipt'; conversation: number; up_to: number }
  | { type: 'ping'; conversation?: number };

const KNOWN = new Set<string>([
  'ready',
  'conversation_updated',
  'chat_message',
  'message_edited',
  'message_pinned',
  'message_deleted',
  'message_delivered',
  'read_receipt',
  'typing',
  'user_status',
  'ack',
  'error',
  'pong',
  'resync',
]);

/** Reads a frame. Where it is none that this client knows, the answer says in words what it is. */
export function parseFrame(text: unknown): ServerFrame | string {
  try {
    const value = JSON.parse(String(text)) as { type?: string } | null;
    return KNOWN.has(value?.type ?? '') ? (value as ServerFrame) : 'a frame of unknown type';
  } catch {
    return 'a frame that is no JSON';
  }
}
