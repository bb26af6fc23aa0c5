/** Written by tools/api-types from docs/asyncapi.json: `./just generate`. */

import type { ErrorCode, ErrorDetails, Message, MessagePreview, OnlineStatus, Time } from './schema.gen.ts';

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ClientFrames: {
            /** @description Send a message. */
            chat_message: {
                /** @description The sender's own name for the message, best a UUID: repeating it sends nothing twice. */
                client_id?: string | null;
                /** @description The text, kept as sent. `message` is accepted too. */
                content: string;
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message that this one answers. `reply_to` is accepted too.
                 */
                reply_to_id?: number | null;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "chat_message";
            };
            /** @description Delete a message. */
            delete_message: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "delete_message";
            };
            /** @description Replace the text of a message. */
            edit_message: {
                /** @description The new text, kept as sent. */
                content: string;
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "edit_message";
            };
            /** @description Pin or unpin a message. */
            pin_message: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /** @description Pin, or unpin. */
                is_pinned: boolean;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "pin_message";
            };
            /** @description Ask for a `pong`. */
            ping: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "ping";
            };
            read_receipt: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "read_receipt";
            } | {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "read_receipt";
                /**
                 * Format: int64
                 * @description The newest message that is read.
                 */
                up_to: number;
            };
            /** @description Say that one types, or no longer. */
            typing: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /** @description Types, or no longer. */
                is_typing: boolean;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "typing";
            };
        };
        ServerFrames: {
            /** @description What was asked for is done, and durable. */
            ack: {
                /** @description As given. */
                client_id?: string;
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message it was about.
                 */
                message_id?: number;
                /** @description As given. */
                request_id?: string;
                /**
                 * Format: int64
                 * @description The number of the change.
                 */
                seq?: number;
                /** @enum {string} */
                type: "ack";
            };
            /** @description A message was sent, to its sender too. */
            chat_message: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Message
                 * Format: imported
                 * @description The message.
                 */
                message: Message;
                /**
                 * Format: int64
                 * @description The number of the change.
                 */
                seq: number;
                /** @enum {string} */
                type: "chat_message";
            };
            /**
             * @description A change of the directory changed what one may do in a conversation: somebody follows or is followed no more, or another admin administers. Only to
             *     the participant whom it concerns.
             */
            conversation_access: {
                /** @description May one pin messages here, now? */
                can_pin: boolean;
                /** @description May one send here, now? */
                can_send: boolean;
                cannot_send_reason: ErrorCode | null;
                /**
                 * Format: int64
                 * @description The conversation.
                 */
                conversation: number;
                /** @enum {string} */
                type: "conversation_access";
            };
            /** @description What a conversation list needs, on sockets of all conversations only; also for conversations just opened. */
            conversation_updated: {
                /**
                 * Format: int64
                 * @description The conversation.
                 */
                conversation: number;
                last_message_preview: MessagePreview | null;
                /**
                 * Format: int64
                 * @description The number of the newest change.
                 */
                last_seq: number;
                /** @enum {string} */
                type: "conversation_updated";
                /**
                 * Format: int64
                 * @description How many messages of others one has not read.
                 */
                unread_count: number;
            };
            /** @description What was asked for was not done. The socket stays open. */
            error: {
                /** @description As given. */
                client_id?: string;
                /**
                 * ErrorCode
                 * Format: imported
                 * @description For machines.
                 */
                code: ErrorCode;
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation?: number;
                /**
                 * ErrorDetails
                 * Format: imported
                 * @description More about it.
                 */
                details?: ErrorDetails;
                /** @description A sentence for people. */
                message: string;
                /** @description As given. */
                request_id?: string;
                /** @enum {string} */
                type: "error";
            };
            /** @description A message was deleted. */
            message_deleted: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /**
                 * Format: int64
                 * @description The number of the change.
                 */
                seq: number;
                /** @enum {string} */
                type: "message_deleted";
            };
            /** @description To a sender: a recipient's device has this message and all of the sender's messages before it. */
            message_delivered: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Time
                 * Format: imported
                 * @description When.
                 */
                delivered_at: Time;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /** @enum {string} */
                type: "message_delivered";
                /**
                 * Format: int64
                 * @description The recipient.
                 */
                user_id: number;
            };
            /** @description A message was edited. */
            message_edited: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Message
                 * Format: imported
                 * @description The message as it is now.
                 */
                message: Message;
                /**
                 * Format: int64
                 * @description The number of the change.
                 */
                seq: number;
                /** @enum {string} */
                type: "message_edited";
            };
            /** @description A message was pinned or unpinned. */
            message_pinned: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Message
                 * Format: imported
                 * @description The message as it is now.
                 */
                message: Message;
                /**
                 * Format: int64
                 * @description The number of the change.
                 */
                seq: number;
                /** @enum {string} */
                type: "message_pinned";
            };
            /** @description The answer to `ping`. */
            pong: {
                /**
                 * Format: int64
                 * @description The conversation asked about.
                 */
                conversation?: number;
                /** @description The line that `seq` and message ids belong to, as in `ready`. */
                epoch: string;
                /**
                 * Format: int64
                 * @description The number of its newest change, as stored; null where no conversation was asked about.
                 */
                last_seq: number | null;
                /** @description As given. */
                request_id?: string;
                /** @enum {string} */
                type: "pong";
            };
            /** @description Somebody read a message. */
            read_receipt: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /**
                 * Format: int64
                 * @description The message.
                 */
                message_id: number;
                /**
                 * Time
                 * Format: imported
                 * @description When.
                 */
                read_at: Time;
                /** @enum {string} */
                type: "read_receipt";
                /** @description True where all messages before it are read too; otherwise left out. */
                up_to?: boolean;
                /**
                 * Format: int64
                 * @description Who.
                 */
                user_id: number;
                /** @description The reader's unique name. */
                username: string;
            };
            /** @description The first frame of every accepted socket. */
            ready: {
                /**
                 * Format: int64
                 * @description The conversation of the socket; left out on a socket of all conversations.
                 */
                conversation?: number;
                /** @description The line that `seq` and message ids belong to. Another one than before: drop everything and load it anew. */
                epoch: string;
                /**
                 * Format: int64
                 * @description How often the service pings.
                 */
                heartbeat_seconds: number;
                /**
                 * Format: int64
                 * @description The number of the conversation's newest change; null on a socket of all conversations.
                 */
                last_seq: number | null;
                /** @description The others who are online. */
                online: number[];
                /**
                 * Time
                 * Format: imported
                 * @description Now.
                 */
                server_time: Time;
                /** @enum {string} */
                type: "ready";
                /**
                 * Format: int64
                 * @description Whose socket it is.
                 */
                user_id: number;
            };
            /** @description Events may have been missed: ask for changes. */
            resync: {
                /** @enum {string} */
                type: "resync";
            };
            /** @description Somebody else types, or no longer. */
            typing: {
                /**
                 * Format: int64
                 * @description Where.
                 */
                conversation: number;
                /** @description Types, or no longer. */
                is_typing: boolean;
                /** @enum {string} */
                type: "typing";
                /**
                 * Format: int64
                 * @description Who.
                 */
                user_id: number;
                /** @description The typist's unique name. */
                username: string;
            };
            /** @description Somebody else came or went. */
            user_status: {
                last_seen: Time | null;
                /**
                 * OnlineStatus
                 * Format: imported
                 * @description `online` or `offline`.
                 */
                status: OnlineStatus;
                /** @enum {string} */
                type: "user_status";
                /**
                 * Format: int64
                 * @description Who.
                 */
                user_id: number;
                /** @description The unique name. */
                username: string;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type ClientFrames = components['schemas']['ClientFrames'];
export type ServerFrames = components['schemas']['ServerFrames'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

export const SERVER_FRAME_TYPES: readonly (keyof ServerFrames)[] = [
    "ack",
    "chat_message",
    "conversation_access",
    "conversation_updated",
    "error",
    "message_deleted",
    "message_delivered",
    "message_edited",
    "message_pinned",
    "pong",
    "read_receipt",
    "ready",
    "resync",
    "typing",
    "user_status"
];
