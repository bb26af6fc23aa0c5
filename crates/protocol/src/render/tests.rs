mod conversations;
mod frames;
mod messages;

use std::sync::Arc;

use domain::{
    attachment::{FileType, Thumbnail},
    change::ChangePage,
    conversation::{Conversation as StoredConversation, ConversationSummary, ListItem, PresenceStatus, Preview, RowState},
    denial::{Denial, DenialCode},
    event::{Body, Event},
    facts::ConversationFacts,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, Seq},
    identity::Epoch,
    message::ClientId,
    people::{Confession as Community, Contact as Known, Person, Role},
    ports::{ConversationDetail, RosterEntry},
    receipt::{Delivered, Marks, Receipt as StoredReceipt},
};
use proptest::prelude::*;
use serde::Serialize;

use super::*;
use crate::rest::{
    AllowedType, ClientConfig, Contact, ConversationListItem, ConversationMarkedAsRead, DemoPerson, Limits, List, MessageMarkedAsRead,
};

const SENT: Timestamp = Timestamp(1_772_357_400_000_000);
const AZIZA: UserId = UserId(1);
const TIMUR: UserId = UserId(2);

/// Links as they would be without a signature.
struct Plain;

impl Links for Plain {
    fn file(&self, attachment: &StoredFile) -> String {
        format!("https://suhbat.example/api/messaging/attachments/{}/", attachment.id)
    }

    fn thumbnail(&self, attachment: &StoredFile) -> Option<String> {
        attachment
            .thumbnail
            .as_ref()
            .map(|_| format!("{}thumbnail/", self.file(attachment)))
    }
}

fn person(id: UserId) -> Person {
    let (username, first_name, role) = if id == AZIZA {
        ("aziza", "Aziza", Role::Admin)
    } else {
        ("timur", "Timur", Role::User)
    };
    Person {
        id,
        username: username.into(),
        first_name: first_name.into(),
        last_name: String::new(),
        role,
        avatar: (id == AZIZA).then(|| "/media/a.png".into()),
        is_active: true,
    }
}

fn baptists() -> Community {
    Community {
        id: ConfessionId(3),
        name: "Baptists".into(),
        slug: "baptists".into(),
        admin: Some(AZIZA),
    }
}

fn picture() -> StoredFile {
    StoredFile {
        id: AttachmentId(11),
        message: MessageId(7),
        conversation: ConversationId(4),
        file_type: FileType::Image,
        file_name: "church.png".into(),
        file_size: 2_048,
        mime_type: "image/png".into(),
        width: Some(640),
        height: Some(480),
        uploaded_at: SENT,
        voice: None,
        key: "secret-key".into(),
        thumbnail: Some(Thumbnail {
            key: "secret-thumbnail-key".into(),
            mime_type: "image/webp".into(),
        }),
    }
}

/// By Timur, to Aziza.
fn message() -> message::Message {
    message::Message {
        id: MessageId(7),
        conversation: ConversationId(4),
        sender: person(TIMUR),
        content: Some("Salom!".into()),
        reply_to: None,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: SENT,
        updated_at: SENT,
        edited_at: None,
        attachments: Vec::new(),
        receipts: Vec::new(),
        others: 1,
        seq: Seq(17),
        client_id: ClientId::new("c-1"),
    }
}

fn reply_with_files() -> message::Message {
    let answered = message::Message {
        id: MessageId(6),
        sender: person(AZIZA),
        attachments: vec![picture()],
        ..message()
    };
    let receipt = StoredReceipt {
        person: person(AZIZA),
        delivered_at: SENT.plus_seconds(1),
        read_at: Some(SENT.plus_seconds(2)),
    };
    message::Message {
        reply_to: Some(answered.as_reply()),
        attachments: vec![
            picture(),
            StoredFile {
                width: None,
                height: None,
                thumbnail: None,
                ..picture()
            },
        ],
        receipts: vec![receipt],
        ..message()
    }
}

fn summary() -> Arc<ConversationSummary> {
    let preview = Some(Preview::of(&message()));
    Arc::new(ConversationSummary {
        conversation: ConversationId(4),
        last_seq: Seq(17),
        preview,
        unread: vec![(TIMUR, 0), (AZIZA, 3)],
        rows: Vec::new(),
    })
}

fn look<T>(id: UserId, now: Timestamp, see: impl FnOnce(&Viewer<'_>) -> T) -> T {
    see(&Viewer {
        id,
        now,
        policy: &Policy::default(),
        links: &Plain,
    })
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}
