/** Written by tools/api-types from docs/asyncapi.json: `./just generate`. */

import type { ErrorCode, ErrorDetails, Message, MessagePreview, OnlineStatus, Time } from './schema.gen.ts';

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ClientFrames: {
            /** @description Send a message. */
            chat_message: {
                /** @description The client id of the message, best a UUID: a repeated frame with the same one does not send the message twice. */
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
                /** @description True to pin the message, false to unpin it. */
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
            /** @description Say that the user started or stopped typing. */
            typing: {
                /**
                 * Format: int64
                 * @description Which conversation; on `/ws/` all frames but `ping` need it.
                 */
                conversation?: number;
                /** @description True when typing started, false when it stopped. */
                is_typing: boolean;
                /** @description Comes back with the answer. */
                request_id?: string;
                /** @enum {string} */
                type: "typing";
            };
        };
        ServerFrames: {
            /** @description The requested act is done, and durable. */
            ack: {
                /** @description The `client_id` of the message that was to be sent. */
                client_id?: string;
                /**
                 * Format: int64
                 * @description The conversation of the acknowledged frame.
                 */
                conversation?: number;
                /**
                 * Format: int64
                 * @description The message that was sent or changed.
                 */
                message_id?: number;
                /** @description The `request_id` of the frame that is answered. */
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
                 * @description The conversation that the message was sent to.
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
             * @description A change of the directory changed what the recipient may do in a conversation: a subscription began or ended, or the confession has another admin. Only to
             *     the participant whom it concerns.
             */
            conversation_access: {
                /** @description Whether the recipient may pin messages in the conversation now. */
                can_pin: boolean;
                /** @description Whether the recipient may send in the conversation now. */
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
            /** @description The new state of a row in the conversation list: after a change of the conversation, when it was opened, and after an act on the row. Only on sockets of all conversations. */
            conversation_updated: {
                /**
                 * Time
                 * Format: imported
                 * @description The time at which the recipient put the conversation into the archive; left out if it is not there.
                 */
                archived_at?: Time;
                /**
                 * Time
                 * Format: imported
                 * @description The time since which a member waits for an answer; left out if nobody waits, and always for members.
                 */
                awaiting_since?: Time;
                /**
                 * Format: int64
                 * @description The conversation.
                 */
                conversation: number;
                /** @description True if the recipient marked the conversation as unread; otherwise left out. */
                is_marked_unread?: boolean;
                last_message_preview: MessagePreview | null;
                /**
                 * Format: int64
                 * @description The number of the newest change.
                 */
                last_seq: number;
                /**
                 * Time
                 * Format: imported
                 * @description The recipient wants to hear nothing of the conversation before this time; left out if it is not muted.
                 */
                muted_until?: Time;
                /** @enum {string} */
                type: "conversation_updated";
                /**
                 * Format: int64
                 * @description The number of messages of others that the recipient of the frame has not read.
                 */
                unread_count: number;
            };
            /** @description The requested act was not done. The socket stays open. */
            error: {
                /** @description The `client_id` of the message that was to be sent. */
                client_id?: string;
                /**
                 * ErrorCode
                 * Format: imported
                 * @description The code of the error, for programs.
                 */
                code: ErrorCode;
                /**
                 * Format: int64
                 * @description The conversation of the refused frame, where the socket has one.
                 */
                conversation?: number;
                /**
                 * ErrorDetails
                 * Format: imported
                 * @description Details of the error, such as the fields that are wrong.
                 */
                details?: ErrorDetails;
                /** @description A sentence for people. */
                message: string;
                /** @description The `request_id` of the frame that is answered. */
                request_id?: string;
                /** @enum {string} */
                type: "error";
            };
            /** @description A message was deleted. */
            message_deleted: {
                /**
                 * Format: int64
                 * @description The conversation of the message.
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
                 * @description The conversation of the message.
                 */
                conversation: number;
                /**
                 * Time
                 * Format: imported
                 * @description The time at which the device received it.
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
                 * @description The conversation of the message.
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
                 * @description The conversation of the message.
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
                 * @description The conversation of the socket.
                 */
                conversation?: number;
                /** @description The epoch of the database, to which `seq` and message ids belong, as in `ready`. */
                epoch: string;
                /**
                 * Format: int64
                 * @description The number of the conversation's newest change, as stored; null on a socket of all conversations.
                 */
                last_seq: number | null;
                /** @description The `request_id` of the frame that is answered. */
                request_id?: string;
                /** @enum {string} */
                type: "pong";
            };
            /** @description A participant read a message, or all up to it. */
            read_receipt: {
                /**
                 * Format: int64
                 * @description The conversation of the message.
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
                 * @description The time of the reading.
                 */
                read_at: Time;
                /** @enum {string} */
                type: "read_receipt";
                /** @description True if all messages before it are read too; otherwise left out. */
                up_to?: boolean;
                /**
                 * Format: int64
                 * @description The participant who read it.
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
                /** @description The epoch of the database, to which `seq` and message ids belong. If it differs from the one before, the client drops all it holds and loads it anew. */
                epoch: string;
                /**
                 * Format: int64
                 * @description The seconds between two pings of the service.
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
                 * @description The time of the service's clock.
                 */
                server_time: Time;
                /** @enum {string} */
                type: "ready";
                /**
                 * Format: int64
                 * @description The user of the socket.
                 */
                user_id: number;
            };
            /** @description Events may have been missed: ask for changes. */
            resync: {
                /** @enum {string} */
                type: "resync";
            };
            /** @description Another participant started or stopped typing. */
            typing: {
                /**
                 * Format: int64
                 * @description The conversation in which the participant types.
                 */
                conversation: number;
                /** @description True when typing started, false when it stopped. */
                is_typing: boolean;
                /** @enum {string} */
                type: "typing";
                /**
                 * Format: int64
                 * @description The participant who types.
                 */
                user_id: number;
                /** @description The typist's unique name. */
                username: string;
            };
            /** @description Another person went online or offline. */
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
                 * @description The person whose presence changed.
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
