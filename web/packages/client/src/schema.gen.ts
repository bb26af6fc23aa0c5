/** Written by tools/api-types from docs/openapi.json: `./just generate`. */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The process lives. */
        Alive: {
            /** @description `ok`. */
            status: string;
        };
        /** @description A type of file that can be sent. */
        AllowedType: {
            /** @description Such as `png`, without a dot. */
            extensions: string[];
            /** @description The kind of the file, for display. */
            file_type: components["schemas"]["FileType"];
            /** @description Such as `image/png`. */
            mime_type: string;
        };
        /** @description Whether the last messages of the member need no answer. */
        AnsweredConversation: {
            /**
             * @description True by default; false takes it back: the member waits again, since the first message that nobody answered.
             * @default true
             */
            answered: boolean | null;
        };
        /** @description A file of a message. */
        Attachment: {
            /**
             * Format: uri
             * @description A URL that works without a header for as long as `limits.link_seconds` of `config/` says.
             */
            file: string;
            /** @description The name that the sender gave to the file. */
            file_name: string;
            /**
             * Format: int64
             * @description The size in bytes.
             */
            file_size: number;
            /** @description The kind of the file, for display. */
            file_type: components["schemas"]["FileType"];
            /**
             * Format: int32
             * @description The height in pixels; null unless the file is a picture.
             */
            height: number | null;
            /**
             * Format: int64
             * @description The file.
             */
            id: number;
            /** @description The media type, found by the content of the file. */
            mime_type: string;
            /**
             * Format: uri
             * @description The URL of the thumbnail, which works like that of the file; null unless the file is a picture.
             */
            thumbnail: string | null;
            /** @description The time at which the file was stored. */
            uploaded_at: components["schemas"]["Time"];
            voice: components["schemas"]["Voice"] | null;
            /**
             * Format: int32
             * @description The width in pixels; null unless the file is a picture.
             */
            width: number | null;
        };
        /**
         * @description The kind of the files of a message, as conversation lists name it.
         * @enum {string}
         */
        AttachmentKind: "image" | "video" | "audio" | "voice" | "document" | "other";
        /** @description The files of a message, as conversation lists show them. */
        AttachmentSummary: {
            /**
             * Format: int32
             * @description The number of files.
             */
            count: number;
            /** @description The kind of all files; `other` if they are of several kinds. */
            kind: components["schemas"]["AttachmentKind"];
            /** @description The name that the sender gave to the first file. */
            name: string;
        };
        /** @description How calls are made. */
        CallsFeature: {
            /** @description Whether calls go through the relay, so that neither side learns the other's address. */
            relay_only: boolean;
        };
        /** @description Changes of a confession's settings: there are none yet. */
        ChangeConfessionSettings: Record<string, never>;
        /** @description A changed message. */
        ChangeEntry: {
            /** @description The message, unless it is deleted. */
            message?: components["schemas"]["Message"];
            /**
             * Format: int64
             * @description The message, if it is deleted.
             */
            message_id?: number;
            /**
             * Format: int64
             * @description The number of the change.
             */
            seq: number;
            /** @description The type of the frame that reported the change. */
            type: components["schemas"]["ChangeType"];
        };
        /** @description Changes of the caller's settings. What is left out stays as it is. */
        ChangePersonSettings: {
            language?: components["schemas"]["Language"] | null;
        };
        /** @description The changes of a conversation after a `seq`. */
        Changes: {
            /** @description Ascending by `seq`; each changed message once, in its present state, under its newest change. */
            changes: components["schemas"]["ChangeEntry"][];
            /** @description The epoch of the database, to which `seq` and message ids belong. If it differs from the one before, the client drops all it holds and loads it anew. */
            epoch: string;
            /** @description Whether there are more changes after these. */
            has_more: boolean;
            /**
             * Format: int64
             * @description The number of the conversation's newest change.
             */
            last_seq: number;
            /** @description The marks of each participant. */
            receipts: components["schemas"]["ReceiptMark"][];
            /** @description True if `after` is greater than the newest `seq`: the client drops what it holds of this conversation and loads it anew. Otherwise left out. */
            reset?: boolean;
        };
        /**
         * @description The type of the frame that reports a change.
         * @enum {string}
         */
        ChangeType: "chat_message" | "message_edited" | "message_pinned" | "message_deleted";
        /** @description The settings of this service that clients need. */
        ClientConfig: {
            /** @description The types of files that can be sent. */
            allowed_types: components["schemas"]["AllowedType"][];
            /**
             * Format: int64
             * @description The seconds after sending in which a message can be edited.
             */
            edit_window_seconds: number;
            /** @description What this service has beside messages. A client shows nothing of what is off; a request for it is refused with `feature_off`. */
            features: components["schemas"]["Features"];
            /**
             * Format: int64
             * @description The seconds between two pings of a socket.
             */
            heartbeat_seconds: number;
            /** @description The limits of the service. */
            limits: components["schemas"]["Limits"];
        };
        /** @description A faith community. */
        Confession: {
            /**
             * Format: int64
             * @description The community.
             */
            id: number;
            /** @description For people. */
            name: string;
            /** @description For URLs. */
            slug: string;
        };
        /** @description The settings of a confession. There are none yet; what a later version has stored is kept, and not shown. */
        ConfessionSettings: Record<string, never>;
        /** @description A person with whom the caller may open a conversation. */
        Contact: {
            confession: components["schemas"]["Confession"] | null;
            /** @description The person. */
            user: components["schemas"]["User"];
        };
        /** @description A person with whom the caller may open a conversation, and all confessions that it could be about. */
        ContactDetail: {
            /** @description For members the followed confessions that the person administers; for admins and superadmins those that they administer and the person follows. */
            confessions: components["schemas"]["Confession"][];
            /** @description The person. */
            user: components["schemas"]["User"];
        };
        /** @description A page of people whom one may write to. */
        ContactList: {
            /**
             * Format: int64
             * @description How many the whole list has.
             */
            count: number;
            /**
             * Format: uri
             * @description The absolute URL of the next page; null on the last. In histories it leads to older messages.
             */
            next: string | null;
            /**
             * Format: uri
             * @description The absolute URL of the page before; null on the first. In histories it leads to newer messages.
             */
            previous: string | null;
            /** @description This page. */
            results: components["schemas"]["Contact"][];
        };
        /** @description A conversation in full, as one of its participants sees it. */
        Conversation: {
            archived_at: components["schemas"]["Time"] | null;
            awaiting_since: components["schemas"]["Time"] | null;
            /** @description Whether the viewer may pin messages in the conversation now. */
            can_pin: boolean;
            /** @description Whether the viewer may send in the conversation now. */
            can_send: boolean;
            cannot_send_reason: components["schemas"]["ErrorCode"] | null;
            confession: components["schemas"]["Confession"] | null;
            /** @description The time at which the conversation was opened. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The conversation.
             */
            id: number;
            /** @description Whether the viewer marked the conversation as unread, although everything in it is read. */
            is_marked_unread: boolean;
            last_message: components["schemas"]["Message"] | null;
            last_message_at: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description The number of the newest change; 0 while there is none.
             */
            last_seq: number;
            muted_until: components["schemas"]["Time"] | null;
            /** @description All participants, the viewer included. */
            participants: components["schemas"]["User"][];
            /** @description The presence of the other participants. */
            presence: components["schemas"]["Presence"][];
            /**
             * Format: int64
             * @description The number of messages of others that the viewer has not read.
             */
            unread_count: number;
            /** @description The time of the last change of the conversation. */
            updated_at: components["schemas"]["Time"];
        };
        /** @description The numbers of conversations that the filters of the caller's list have. */
        ConversationCounts: {
            /**
             * Format: int64
             * @description Conversations that are not in the archive.
             */
            all: number;
            /**
             * Format: int64
             * @description Conversations in the archive, which no other number counts.
             */
            archived: number;
            /**
             * Format: int64
             * @description Those with unread messages, or marked as unread.
             */
            unread: number;
            /**
             * Format: int64
             * @description Those in which a member waits for an answer; 0 for members.
             */
            waiting: number;
        };
        /** @description A page of conversations. */
        ConversationList: {
            /**
             * Format: int64
             * @description How many the whole list has.
             */
            count: number;
            /**
             * Format: uri
             * @description The absolute URL of the next page; null on the last. In histories it leads to older messages.
             */
            next: string | null;
            /**
             * Format: uri
             * @description The absolute URL of the page before; null on the first. In histories it leads to newer messages.
             */
            previous: string | null;
            /** @description This page. */
            results: components["schemas"]["ConversationListItem"][];
        };
        /** @description A row of a person's conversation list. */
        ConversationListItem: {
            archived_at: components["schemas"]["Time"] | null;
            awaiting_since: components["schemas"]["Time"] | null;
            confession: components["schemas"]["Confession"] | null;
            /** @description The time at which the conversation was opened. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The conversation.
             */
            id: number;
            /** @description Whether the viewer marked the conversation as unread, although everything in it is read. */
            is_marked_unread: boolean;
            last_message_at: components["schemas"]["Time"] | null;
            last_message_preview: components["schemas"]["MessagePreview"] | null;
            /**
             * Format: int64
             * @description The number of the newest change; 0 while there is none.
             */
            last_seq: number;
            muted_until: components["schemas"]["Time"] | null;
            /** @description All participants, the viewer included. */
            participants: components["schemas"]["User"][];
            /**
             * Format: int64
             * @description The number of messages of others that the viewer has not read.
             */
            unread_count: number;
        };
        /** @description The answer to reading a whole conversation. */
        ConversationMarkedAsRead: {
            /** @description A sentence for people. */
            status: string;
            /**
             * Format: int64
             * @description The number of messages that are still unread.
             */
            unread_count: number;
        };
        /** @description The row of a conversation in the caller's list after an act on it. */
        ConversationRow: {
            archived_at: components["schemas"]["Time"] | null;
            awaiting_since: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description The conversation.
             */
            id: number;
            /** @description Whether the viewer marked the conversation as unread, although everything in it is read. */
            is_marked_unread: boolean;
            muted_until: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description The number of messages of others that the caller has not read.
             */
            unread_count: number;
        };
        /** @description The token with which one is signed in to the demo. */
        DemoAccess: {
            /** @description An access token. */
            access: string;
        };
        /** @description The person as whom to sign in to the demo. */
        DemoLogin: {
            /**
             * Format: int64
             * @description The id of one of the people of the demo.
             */
            user_id: number;
        };
        /** @description A person as whom one can sign in to the demo. */
        DemoPerson: components["schemas"]["User"] & {
            /** @description The confessions that the person follows or administers. */
            confessions: components["schemas"]["Confession"][];
        };
        /** @description A confession. */
        DirectoryConfession: {
            /**
             * Format: int64
             * @description The admin of the confession; null if it has none.
             */
            admin_id?: number | null;
            /**
             * Format: int64
             * @description The confession.
             */
            id: number;
            /** @description For people. */
            name: string;
            /** @description For URLs. */
            slug: string;
        };
        /** @description Accounts, confessions and who follows what, in one document. */
        DirectoryImport: {
            /** @description Upserted by id. */
            confessions?: components["schemas"]["DirectoryConfession"][];
            /** @description Added; existing ones stay. */
            subscriptions?: components["schemas"]["DirectorySubscription"][];
            /** @description Upserted by id. */
            users?: components["schemas"]["DirectoryUser"][];
        };
        /** @description How much a document brought. */
        DirectoryImported: {
            /** @description Rows of confessions. */
            confessions: number;
            /** @description Rows of subscriptions. */
            subscriptions: number;
            /** @description Rows of accounts. */
            users: number;
        };
        /** @description That a member follows a confession. */
        DirectorySubscription: {
            /**
             * Format: int64
             * @description The followed confession.
             */
            confession_id: number;
            /**
             * Format: int64
             * @description The member who follows.
             */
            user_id: number;
        };
        /** @description An account. */
        DirectoryUser: {
            /** @description A URL, or a path of the platform. */
            avatar?: string | null;
            /** @description Empty by default. */
            first_name?: string;
            /**
             * Format: int64
             * @description The account.
             */
            id: number;
            /**
             * @description True by default. Deactivated people can neither act nor be written to.
             * @default true
             */
            is_active: boolean;
            language?: components["schemas"]["Language"] | null;
            /** @description Empty by default. */
            last_name?: string;
            /** @description `user`, `admin` or `superadmin`. */
            role: components["schemas"]["Role"];
            /** @description The unique name. */
            username: string;
        };
        /** @description The new text of a message. */
        EditMessage: {
            /** @description The new text, kept as sent. */
            content: string;
        };
        /** @description The kind of an error, for programs. */
        Error: {
            /** @description For machines. */
            code: components["schemas"]["ErrorCode"];
            /** @description More about it. */
            details?: components["schemas"]["ErrorDetails"];
            /** @description A sentence for people. */
            error: string;
        };
        /**
         * @description What went wrong, for machines, with the HTTP status that goes with it.
         *
         *     - `invalid_json` (400): The request is not valid JSON.
         *     - `invalid_request` (400): Something is missing in the request, or is of the wrong kind; `details.fields` names it.
         *     - `unknown_type` (400): There is no frame of this type.
         *     - `not_authenticated` (401): You are not signed in.
         *     - `token_expired` (401): The token has expired.
         *     - `token_invalid` (401): The token is not valid.
         *     - `scope_required` (403): The token lacks the scope that this needs.
         *     - `origin_not_allowed` (403): Sockets from this origin are not allowed.
         *     - `not_found` (404): There is nothing at this address.
         *     - `attachment_not_found` (404): There is no such file.
         *     - `method_not_allowed` (405): This address does not take this method.
         *     - `request_timeout` (408): The request's body did not arrive in time.
         *     - `payload_too_large` (413): The request is too big.
         *     - `too_many_files` (413): The message has too many files.
         *     - `image_too_large` (413): The picture has too many pixels.
         *     - `unsupported_file_type` (415): Files of this type are not accepted.
         *     - `range_not_satisfiable` (416): The file has no such range of bytes.
         *     - `rate_limited` (429): You ask too often; try again in a moment.
         *     - `unavailable` (503): The service cannot answer just now; try again in a moment.
         *     - `internal_error` (500): Something went wrong on our side.
         *     - `not_subscribed` (403): You do not follow this confession.
         *     - `not_confession_admin` (403): This person does not administer the confession.
         *     - `confession_required` (400): Say which confession the conversation is about; `details.candidates` lists those it could be.
         *     - `not_an_admin` (403): Members can write to admins only.
         *     - `one_admin_at_a_time` (400): Members write to one admin at a time.
         *     - `admins_only` (400): Conversations with several people are for admins only.
         *     - `too_many_participants` (400): The conversation would have too many participants.
         *     - `outreach_not_allowed` (403): You may not start a conversation with this member.
         *     - `cannot_message_self` (403): You cannot write to yourself.
         *     - `user_not_found` (404): There is no such person.
         *     - `user_inactive` (403): This person's account is not active.
         *     - `confession_not_found` (404): There is no such confession.
         *     - `conversation_not_found` (404): There is no such conversation.
         *     - `message_not_found` (404): There is no such message.
         *     - `not_sender` (403): Only the sender may do this.
         *     - `edit_window_closed` (403): The message can no longer be edited.
         *     - `message_deleted` (403): The message has been deleted.
         *     - `not_staff` (403): Only admins may do this.
         *     - `not_pin_authority` (403): Only the admin of the confession may pin messages.
         *     - `invalid_reply` (400): The message that this answers is not in the conversation, or has been deleted.
         *     - `empty_message` (400): A message needs text or a file.
         *     - `content_too_long` (400): The text is too long.
         *     - `invalid_content` (400): The text holds a character that is not allowed.
         *     - `query_too_short` (400): Type at least two letters of a word.
         *     - `query_too_long` (400): A search can have at most 200 characters and 8 words.
         *     - `feature_off` (403): This is switched off here.
         *     - `client_id_conflict` (409): This `client_id` belongs to a message in another conversation.
         * @enum {string}
         */
        ErrorCode: "invalid_json" | "invalid_request" | "unknown_type" | "not_authenticated" | "token_expired" | "token_invalid" | "scope_required" | "origin_not_allowed" | "not_found" | "attachment_not_found" | "method_not_allowed" | "request_timeout" | "payload_too_large" | "too_many_files" | "image_too_large" | "unsupported_file_type" | "range_not_satisfiable" | "rate_limited" | "unavailable" | "internal_error" | "not_subscribed" | "not_confession_admin" | "confession_required" | "not_an_admin" | "one_admin_at_a_time" | "admins_only" | "too_many_participants" | "outreach_not_allowed" | "cannot_message_self" | "user_not_found" | "user_inactive" | "confession_not_found" | "conversation_not_found" | "message_not_found" | "not_sender" | "edit_window_closed" | "message_deleted" | "not_staff" | "not_pin_authority" | "invalid_reply" | "empty_message" | "content_too_long" | "invalid_content" | "query_too_short" | "query_too_long" | "feature_off" | "client_id_conflict";
        /** @description More about an error. Which fields there are depends on its code. */
        ErrorDetails: {
            /** @description With `confession_required`: those it could be. */
            candidates?: components["schemas"]["Confession"][];
            /** @description With `invalid_request`: the reasons by field. */
            fields?: {
                [key: string]: string[];
            };
            /**
             * Format: int64
             * @description The number that was exceeded, where the failure is about one.
             */
            limit?: number;
            /** @description With `unavailable`: the part of the service that does not answer. */
            part?: string;
            /**
             * @description The request as it is named in the service's log: `X-Request-Id`; on a socket that of the handshake, a dot, and the number of the frame that is
             *     answered.
             */
            request_id?: string;
            /**
             * Format: int64
             * @description With `rate_limited`: the whole seconds to wait, as in `Retry-After`.
             */
            retry_after?: number;
            /** @description With `invalid_request` for a directory document: what is wrong with its rows, in sentences that name each by its place and ids; at most 50. */
            rows?: string[];
        };
        /** @description What a service may have beside messages. A client treats a feature that is missing here as off. */
        Features: {
            /** @description Whether confessions can announce something to their followers. */
            announcements: boolean;
            calls: components["schemas"]["CallsFeature"] | null;
            /** @description Whether members can write to all admins of a confession at once. */
            desk: boolean;
            /** @description Whether conversations can be encrypted from end to end. */
            encryption: boolean;
            /** @description Whether messages can be forwarded. */
            forwarding: boolean;
            /** @description Whether there are groups. */
            groups: boolean;
            push: components["schemas"]["PushFeature"] | null;
            /** @description The reactions that people may give: `all` emoji, those in the list, or `off`. */
            reactions: components["schemas"]["Reactions"];
            /** @description Whether messages and conversations can be reported. */
            report: boolean;
            /** @description Whether messages can be searched. */
            search: boolean;
        };
        /**
         * Format: binary
         * @description Bytes.
         */
        FileBytes: string;
        /** @description The words in the name of a file. */
        FileHit: {
            /**
             * Format: int64
             * @description The file.
             */
            attachment_id: number;
            /** @description Where the words are in its name: the first character and the number of characters, in scalar values. */
            ranges: number[][];
        };
        /**
         * @description The kind of a file, as clients show it.
         * @enum {string}
         */
        FileType: "image" | "video" | "audio" | "document" | "other";
        /** @description A conversation with one other person, to be opened or found. */
        GetOrCreate: {
            /**
             * Format: int64
             * @description The confession that the conversation is about. `confession` is accepted too.
             */
            confession_id?: number | null;
            /**
             * Format: int64
             * @description The other participant.
             */
            target_user_id: number;
        };
        /**
         * @description A language.
         * @enum {string}
         */
        Language: "uz" | "uz-Cyrl" | "ru" | "en";
        /** @description The limits of the service. The names are those of its settings, as far as there are settings. */
        Limits: {
            /**
             * Format: int64
             * @description Characters of a `client_id`.
             */
            client_id_chars: number;
            /**
             * Format: int64
             * @description Characters (Unicode scalar values) of a message's text.
             */
            content_chars: number;
            /**
             * Format: int64
             * @description Bytes of a file.
             */
            file_bytes: number;
            /**
             * Format: int64
             * @description Files of a message.
             */
            files_per_message: number;
            /**
             * Format: int64
             * @description Pixels of a picture.
             */
            image_pixels: number;
            /**
             * Format: int64
             * @description The seconds for which a link to a file works.
             */
            link_seconds: number;
            /**
             * Format: int64
             * @description Messages that a user may send in a minute, of which a sixth may come at once; 0 means unlimited.
             */
            messages_per_minute: number;
            /**
             * Format: int64
             * @description Rows of a page.
             */
            page_size: number;
            /**
             * Format: int64
             * @description People in a conversation, the opener included.
             */
            participants: number;
            /**
             * Format: int64
             * @description Bytes of a request.
             */
            request_bytes: number;
            /**
             * Format: int64
             * @description All requests, likewise.
             */
            requests_per_minute: number;
            /**
             * Format: int64
             * @description Sockets that a user may have open.
             */
            sockets_per_user: number;
            /**
             * Format: int64
             * @description Bytes of files that a user may send in a day; 0 means unlimited.
             */
            upload_bytes_per_day: number;
            /**
             * Format: int64
             * @description Requests with files, likewise.
             */
            uploads_per_minute: number;
        };
        /** @description The caller, and the confessions that concern them. */
        Me: {
            /** @description The confessions that the caller administers, in the order of their ids. */
            administers: components["schemas"]["Confession"][];
            /** @description The confessions that the caller follows, in the order of their ids. */
            follows: components["schemas"]["Confession"][];
            /** @description The account of the caller. */
            user: components["schemas"]["User"];
        };
        /** @description A message, as its viewer sees it. */
        Message: {
            /** @description Its files, in the order sent. */
            attachments: components["schemas"]["Attachment"][];
            /** @description Whether the viewer may edit the message now. */
            can_edit: boolean;
            /** @description The client id that the sender gave to the message; null for everybody else. */
            client_id: string | null;
            /** @description The text as sent; null if there are only files, or if the message is deleted. */
            content: string | null;
            /**
             * Format: int64
             * @description The conversation of the message.
             */
            conversation: number;
            /** @description The time at which the message was stored. */
            created_at: components["schemas"]["Time"];
            /** @description The end of the edit window. */
            edit_deadline: components["schemas"]["Time"];
            edited_at: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description The message. Inside a conversation, ids grow in the order of `seq`.
             */
            id: number;
            /** @description Whether the message is deleted: a tombstone has neither content nor attachments. */
            is_deleted: boolean;
            /** @description Whether the message was ever edited. */
            is_edited: boolean;
            /** @description Whether the message is pinned now. */
            is_pinned: boolean;
            /** @description The other participants who have received it. */
            message_reads: components["schemas"]["Receipt"][];
            reply_to: components["schemas"]["ReplyPreview"] | null;
            /** @description The person who sent the message. */
            sender: components["schemas"]["User"];
            /**
             * Format: int64
             * @description The number of its newest change in its conversation.
             */
            seq: number;
            /** @description The sender sees `sent` (stored), `delivered` (a device of at least one other participant has it) or `seen` (read by all others); others see `received`. */
            status: components["schemas"]["MessageStatus"];
            /** @description The time of the last change of the message. */
            updated_at: components["schemas"]["Time"];
        };
        /** @description A page of messages. */
        MessageList: {
            /**
             * Format: int64
             * @description How many the whole list has.
             */
            count: number;
            /**
             * Format: uri
             * @description The absolute URL of the next page; null on the last. In histories it leads to older messages.
             */
            next: string | null;
            /**
             * Format: uri
             * @description The absolute URL of the page before; null on the first. In histories it leads to newer messages.
             */
            previous: string | null;
            /** @description This page. */
            results: components["schemas"]["Message"][];
        };
        /** @description The answer to reading one message. */
        MessageMarkedAsRead: {
            /** @description A sentence for people. */
            status: string;
        };
        /** @description The beginning of a message, as conversation lists show it. */
        MessagePreview: {
            attachments: components["schemas"]["AttachmentSummary"] | null;
            /** @description The first 50 characters, as people count them, and `...`; `[Attachment]` where there is no text. */
            content: string;
            /** @description The time at which the message was stored. */
            created_at: components["schemas"]["Time"];
            /** @description Whether the message has files. */
            has_attachments: boolean;
            /**
             * Format: int64
             * @description The message.
             */
            id: number;
            /** @description Its sender's unique name. */
            sender: string;
            /** @description The status of the message, as the recipient of the list sees it. */
            status: components["schemas"]["MessageStatus"];
        };
        /**
         * @description The status of a message, as its viewer sees it.
         * @enum {string}
         */
        MessageStatus: "sent" | "delivered" | "seen" | "received";
        /** @description The time until which a conversation is muted. */
        MuteConversation: {
            /**
             * @description A time in RFC 3339, or `always`. Null, or a time that has passed, ends the muting.
             * @example 2026-03-01T09:30:00Z
             * @example always
             */
            until: string | null;
        };
        /**
         * @description Whether a person is online.
         * @enum {string}
         */
        OnlineStatus: "online" | "offline";
        /** @description A conversation to be opened. */
        OpenConversation: {
            /**
             * Format: int64
             * @description The confession that the conversation is about. `confession_id` is accepted too.
             */
            confession?: number | null;
            /** @description The other participant. */
            participant_ids: number[];
        };
        /** @description The settings of the caller. */
        PersonSettings: {
            default_language: components["schemas"]["Language"] | null;
            language: components["schemas"]["Language"] | null;
        };
        /** @description Whether a person is online. */
        Presence: {
            last_seen: components["schemas"]["Time"] | null;
            /** @description `online` or `offline`. */
            status: components["schemas"]["OnlineStatus"];
            /**
             * Format: int64
             * @description The person.
             */
            user_id: number;
        };
        /** @description How devices are notified. */
        PushFeature: {
            /** @description The key with which a device subscribes: the public key of VAPID in base64url. */
            public_key: string;
        };
        /** @description The reactions that people may give. */
        Reactions: components["schemas"]["ReactionsSwitch"] | string[];
        /**
         * @description All emoji, or none.
         * @enum {string}
         */
        ReactionsSwitch: "all" | "off";
        /** @description All parts that are needed work. */
        Ready: {
            /** @description The parts that do not work, and without which the service does less: without `objects` it takes no files. */
            degraded: string[];
            /** @description The parts that work. */
            parts: string[];
            /** @description `ready`. */
            status: string;
        };
        /** @description The times at which a participant received and read a message. */
        Receipt: {
            /** @description The time at which the first device of the participant received it. */
            delivered_at: components["schemas"]["Time"];
            read_at: components["schemas"]["Time"] | null;
            /** @description The participant who has the message; never the sender. */
            user: components["schemas"]["User"];
        };
        /** @description The messages up to which a participant has received and read the conversation. Marks are ids of messages. */
        ReceiptMark: {
            /**
             * Format: int64
             * @description All messages of others up to here have reached a device; null while none has.
             */
            delivered_up_to: number | null;
            read_at: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description All messages of others up to here are read; null while none is.
             */
            read_up_to: number | null;
            /**
             * Format: int64
             * @description The participant.
             */
            user_id: number;
        };
        /** @description The answered message, as a reply shows it. */
        ReplyPreview: {
            /** @description Its files; none if the message is deleted. */
            attachments: components["schemas"]["Attachment"][];
            /** @description Its present text; null if there are only files, or if the message is deleted. */
            content: string | null;
            /** @description The time at which the message was stored. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The answered message.
             */
            id: number;
            /** @description Whether the answered message is deleted. */
            is_deleted: boolean;
            /** @description The person who sent the message. */
            sender: components["schemas"]["User"];
        };
        /**
         * @description The role of a person on the platform.
         * @enum {string}
         */
        Role: "user" | "admin" | "superadmin";
        /** @description The conversation of a hit. */
        SearchedConversation: {
            confession: components["schemas"]["Confession"] | null;
            /**
             * Format: int64
             * @description The conversation.
             */
            id: number;
            /** @description `direct`. */
            kind: string;
            /** @description All participants, the viewer included. */
            participants: components["schemas"]["User"][];
            /** @description Always null: conversations are named by their participants. */
            title: string | null;
        };
        /**
         * @description Something that a message may have beside its text.
         * @enum {string}
         */
        SearchedKind: "image" | "video" | "audio" | "document" | "file" | "link";
        /** @description A message that was found. */
        SearchHit: {
            /** @description Its conversation. */
            conversation: components["schemas"]["SearchedConversation"];
            /** @description The files whose names are hits. */
            files: components["schemas"]["FileHit"][];
            /** @description The message. */
            message: components["schemas"]["Message"];
            /**
             * Format: int32
             * @description In the search of one conversation: the place among its hits, from 1, newest first; null beyond those that are counted.
             */
            position?: number;
            /** @description The part of its text around the first hit; the beginning if only a file's name is a hit. */
            snippet: components["schemas"]["Snippet"];
        };
        /** @description The hits of a search, newest first. */
        SearchResults: {
            /**
             * Format: int64
             * @description Always null: hits are not counted in advance.
             */
            count: number | null;
            /**
             * Format: int64
             * @description About how many messages are not in the index yet, so that older ones of them may be missing.
             */
            indexing: number;
            /**
             * Format: uri
             * @description The absolute URL of older hits; null at the end.
             */
            next: string | null;
            /** @description Whether only the newest of the viewer's conversations were searched. */
            partial: boolean;
            /**
             * Format: uri
             * @description Always null.
             */
            previous: string | null;
            /** @description The hits. */
            results: components["schemas"]["SearchHit"][];
            /**
             * Format: int32
             * @description In the search of one conversation: the number of its hits, up to 1,000.
             */
            total?: number;
        };
        /** @description A message to be sent. */
        SendMessage: {
            /** @description The client id of the message, best a UUID: a repeated request with the same one does not send the message twice. */
            client_id?: string | null;
            /** @description The text, kept as sent; may be left out if there are files. */
            content?: string | null;
            /**
             * Format: int64
             * @description The conversation that the message is sent to.
             */
            conversation: number;
            /**
             * Format: int64
             * @description The message that this one answers. `reply_to_id` is accepted too.
             */
            reply_to?: number | null;
        };
        /** @description A message sent as a form, with files: the fields of `SendMessage` as texts. A file in another field than `attachment_files` is refused. */
        SendMessageForm: {
            /** @description The files; the field is repeated. `attachment_files[]` is accepted too. */
            attachment_files?: string[] | null;
            /** @description The client id of the message, best a UUID: a repeated request with the same one does not send the message twice. */
            client_id?: string | null;
            /** @description The text, kept as sent; may be left out if there are files. */
            content?: string | null;
            /**
             * Format: int64
             * @description The conversation that the message is sent to.
             */
            conversation: number;
            /**
             * Format: int64
             * @description The message that this one answers.
             */
            reply_to?: number | null;
            /**
             * @description Makes the message a voice message, whose only file is the recording, an audio file: a JSON text of the shape `Voice`, such as
             *     `{"duration_ms": 4200, "waveform": [0, 12, 31, 7]}`.
             */
            voice?: string | null;
        };
        /** @description A part of a message's text. */
        Snippet: {
            /** @description Whether text comes after it. */
            after: boolean;
            /** @description Whether text goes before it. */
            before: boolean;
            /** @description Where the words are in it: the first character and the number of characters, in scalar values. */
            ranges: number[][];
            /** @description The part, of at most 160 characters (scalar values). */
            text: string;
        };
        /** @description Opens one socket without a token in its URL. */
        Ticket: {
            /**
             * Format: int64
             * @description The seconds until the ticket expires.
             */
            expires_in: number;
            /** @description The value for `?ticket=`; it can be used once. */
            ticket: string;
        };
        /**
         * Format: date-time
         * @description RFC 3339 in UTC with microseconds and `Z`.
         * @example 2026-03-01T09:30:00.000000Z
         */
        Time: string;
        /** @description The number of messages of others that the caller has not read, in all conversations. */
        UnreadCount: {
            /**
             * Format: int64
             * @description Deleted messages do not count.
             */
            unread_count: number;
        };
        /** @description A person, as others may see them. */
        User: {
            /** @description A URL, or a path of the platform. */
            avatar: string | null;
            /** @description May be empty. */
            first_name: string;
            /**
             * Format: int64
             * @description The account.
             */
            id: number;
            /** @description May be empty. */
            last_name: string;
            /** @description `user`, `admin` or `superadmin`. */
            role: components["schemas"]["Role"];
            /** @description The unique name. */
            username: string;
        };
        /** @description The length and the waveform of a voice message, as its sender measured them. */
        Voice: {
            /**
             * Format: int32
             * @description The length in milliseconds, at most an hour.
             */
            duration_ms: number;
            /** @description The loudness of equal parts of the recording, from 0 to 31; at most 64 values. */
            waveform: number[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Alive = components['schemas']['Alive'];
export type AllowedType = components['schemas']['AllowedType'];
export type AnsweredConversation = components['schemas']['AnsweredConversation'];
export type Attachment = components['schemas']['Attachment'];
export type AttachmentKind = components['schemas']['AttachmentKind'];
export type AttachmentSummary = components['schemas']['AttachmentSummary'];
export type CallsFeature = components['schemas']['CallsFeature'];
export type ChangeConfessionSettings = components['schemas']['ChangeConfessionSettings'];
export type ChangeEntry = components['schemas']['ChangeEntry'];
export type ChangePersonSettings = components['schemas']['ChangePersonSettings'];
export type Changes = components['schemas']['Changes'];
export type ChangeType = components['schemas']['ChangeType'];
export type ClientConfig = components['schemas']['ClientConfig'];
export type Confession = components['schemas']['Confession'];
export type ConfessionSettings = components['schemas']['ConfessionSettings'];
export type Contact = components['schemas']['Contact'];
export type ContactDetail = components['schemas']['ContactDetail'];
export type ContactList = components['schemas']['ContactList'];
export type Conversation = components['schemas']['Conversation'];
export type ConversationCounts = components['schemas']['ConversationCounts'];
export type ConversationList = components['schemas']['ConversationList'];
export type ConversationListItem = components['schemas']['ConversationListItem'];
export type ConversationMarkedAsRead = components['schemas']['ConversationMarkedAsRead'];
export type ConversationRow = components['schemas']['ConversationRow'];
export type DemoAccess = components['schemas']['DemoAccess'];
export type DemoLogin = components['schemas']['DemoLogin'];
export type DemoPerson = components['schemas']['DemoPerson'];
export type DirectoryConfession = components['schemas']['DirectoryConfession'];
export type DirectoryImport = components['schemas']['DirectoryImport'];
export type DirectoryImported = components['schemas']['DirectoryImported'];
export type DirectorySubscription = components['schemas']['DirectorySubscription'];
export type DirectoryUser = components['schemas']['DirectoryUser'];
export type EditMessage = components['schemas']['EditMessage'];
export type Error = components['schemas']['Error'];
export type ErrorCode = components['schemas']['ErrorCode'];
export type ErrorDetails = components['schemas']['ErrorDetails'];
export type Features = components['schemas']['Features'];
export type FileBytes = components['schemas']['FileBytes'];
export type FileHit = components['schemas']['FileHit'];
export type FileType = components['schemas']['FileType'];
export type GetOrCreate = components['schemas']['GetOrCreate'];
export type Language = components['schemas']['Language'];
export type Limits = components['schemas']['Limits'];
export type Me = components['schemas']['Me'];
export type Message = components['schemas']['Message'];
export type MessageList = components['schemas']['MessageList'];
export type MessageMarkedAsRead = components['schemas']['MessageMarkedAsRead'];
export type MessagePreview = components['schemas']['MessagePreview'];
export type MessageStatus = components['schemas']['MessageStatus'];
export type MuteConversation = components['schemas']['MuteConversation'];
export type OnlineStatus = components['schemas']['OnlineStatus'];
export type OpenConversation = components['schemas']['OpenConversation'];
export type PersonSettings = components['schemas']['PersonSettings'];
export type Presence = components['schemas']['Presence'];
export type PushFeature = components['schemas']['PushFeature'];
export type Reactions = components['schemas']['Reactions'];
export type ReactionsSwitch = components['schemas']['ReactionsSwitch'];
export type Ready = components['schemas']['Ready'];
export type Receipt = components['schemas']['Receipt'];
export type ReceiptMark = components['schemas']['ReceiptMark'];
export type ReplyPreview = components['schemas']['ReplyPreview'];
export type Role = components['schemas']['Role'];
export type SearchedConversation = components['schemas']['SearchedConversation'];
export type SearchedKind = components['schemas']['SearchedKind'];
export type SearchHit = components['schemas']['SearchHit'];
export type SearchResults = components['schemas']['SearchResults'];
export type SendMessage = components['schemas']['SendMessage'];
export type SendMessageForm = components['schemas']['SendMessageForm'];
export type Snippet = components['schemas']['Snippet'];
export type Ticket = components['schemas']['Ticket'];
export type Time = components['schemas']['Time'];
export type UnreadCount = components['schemas']['UnreadCount'];
export type User = components['schemas']['User'];
export type Voice = components['schemas']['Voice'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

export const PREVIEW_CHARACTERS = 50;
export const PREVIEW_WITHOUT_TEXT = "[Attachment]";
