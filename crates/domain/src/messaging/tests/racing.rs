//! Acts that another act overtakes between facts and command.

use std::sync::Arc;

use async_trait::async_trait;

use super::world::{World, code, named, reply};
use crate::{
    conversation::{ListFilter, ListItem, NewConversation},
    event::Body,
    facts::{ConversationFacts, FileFacts, MessageFacts, OpeningFacts, SendingFacts},
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ChangePage, ClientId, Content, Message},
    messaging::{Messaging, OpenRequest, SendMessage, Sent},
    page::{HistoryPage, Listing, PageRequest, Window},
    ports::{Announce, Appended, Changed, ConversationDetail, Conversations, Decide, Messages, Opened, SendingQuery, Shown, StoreError},
    rules::sending::Wish,
    testing::{
        builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, RUSTAM, client_id},
        fakes::FakeStore,
    },
    time::Timestamp,
};

/// What somebody else does first.
#[derive(Clone)]
enum First {
    Open(UserId, OpenRequest),
    Send(UserId, SendMessage),
    Delete(UserId, MessageId),
    Pin(UserId, MessageId, bool),
}

/// The store, before each of whose commands somebody else does something.
struct Overtaken {
    store: FakeStore,
    by: Messaging,
    first: First,
}

impl Overtaken {
    async fn overtake(&self) {
        let done = match self.first.clone() {
            First::Open(actor, request) => code(self.by.open(actor, request).await),
            First::Send(actor, request) => code(self.by.send(actor, request).await),
            First::Delete(actor, id) => code(self.by.delete(actor, id, None).await),
            First::Pin(actor, id, pinned) => code(self.by.pin(actor, id, None, pinned).await),
        };
        assert_eq!(done, "done");
    }
}

#[async_trait]
impl Messages for Overtaken {
    async fn send(&self, query: SendingQuery, decide: Decide, announce: Announce<Appended>) -> Result<Appended, StoreError> {
        self.overtake().await;
        self.store.send(query, decide, announce).await
    }

    async fn facts_to_change(&self, id: MessageId, actor: UserId) -> Result<Option<MessageFacts>, StoreError> {
        self.store.facts_to_change(id, actor).await
    }

    async fn edit(&self, id: MessageId, content: Content, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.overtake().await;
        self.store.edit(id, content, at, announce).await
    }

    async fn delete(&self, id: MessageId, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.overtake().await;
        self.store.delete(id, at, announce).await
    }

    async fn set_pinned(&self, id: MessageId, pinned: bool, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.overtake().await;
        self.store.set_pinned(id, pinned, at, announce).await
    }

    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError> {
        self.store.get(id, viewer).await
    }

    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError> {
        self.store.file(id, viewer).await
    }

    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.store.keys_in_use(keys).await
    }

    async fn window(&self, of: ConversationId, window: Window, shown: Shown) -> Result<Option<HistoryPage<Message>>, StoreError> {
        self.store.window(of, window, shown).await
    }

    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError> {
        self.store.changes(of, after, limit).await
    }
}

#[async_trait]
impl Conversations for Overtaken {
    async fn open(&self, new: NewConversation, announce: Announce<Opened>) -> Result<Opened, StoreError> {
        self.overtake().await;
        self.store.open(new, announce).await
    }

    async fn facts_to_open(
        &self,
        actor: UserId,
        targets: &[UserId],
        confession: Option<ConfessionId>,
    ) -> Result<Option<OpeningFacts>, StoreError> {
        self.store.facts_to_open(actor, targets, confession).await
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.store.facts(id, actor).await
    }

    async fn facts_to_send(
        &self,
        id: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError> {
        self.store.facts_to_send(id, actor, reply_to, client_id).await
    }

    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError> {
        self.store.detail(id, viewer).await
    }

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<Listing<ListItem>, StoreError> {
        self.store.list(of, filter, page).await
    }

    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError> {
        self.store.unread_total(of).await
    }

    async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        self.store.counterparts(of).await
    }
}

/// The service as seen by somebody who is overtaken.
fn overtaken(world: &World, first: First) -> Messaging {
    let store = Arc::new(Overtaken {
        store: world.store.clone(),
        by: world.messaging.clone(),
        first,
    });
    Messaging {
        conversations: store.clone(),
        messages: store,
        ..world.messaging.clone()
    }
}

#[tokio::test]
async fn opening_that_another_overtakes_finds_the_conversation_and_one_is_announced() {
    let world = World::new().await;
    let request = |target| OpenRequest {
        targets: vec![target],
        confession: None,
    };
    let messaging = overtaken(&world, First::Open(DILNOZA, request(AZIZ)));
    let opened = messaging.open(AZIZ, request(DILNOZA)).await.expect("he may");
    assert!(matches!(opened, Opened::Existing(_)));
    assert!(matches!(world.only_event().body, Body::Opened { inbox } if inbox.conversation == opened.id()));
}

#[tokio::test]
async fn edit_that_a_deletion_overtakes_is_refused() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let messaging = overtaken(&world, First::Delete(AZIZ, id));
    assert_eq!(code(messaging.edit(AZIZ, id, None, "yangi".to_owned()).await), "message_deleted");
    assert!(world.announced().2.is_deleted, "only the deletion is announced");
}

#[tokio::test]
async fn pin_that_a_deletion_overtakes_is_refused() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let messaging = overtaken(&world, First::Delete(AZIZ, id));
    assert_eq!(code(messaging.pin(DILNOZA, id, None, true).await), "message_deleted");
    assert!(!world.announced().2.is_pinned);
}

#[tokio::test]
async fn deletion_that_a_deletion_overtakes_answers_with_the_tombstone() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let messaging = overtaken(&world, First::Delete(AZIZ, id));
    let deleted = messaging.delete(AZIZ, id, None).await.expect("it is his");
    assert_eq!((deleted.is_deleted, &deleted.content, deleted.seq), (true, &None, Seq(2)));
    world.announced();
}

#[tokio::test]
async fn pin_that_a_pin_overtakes_answers_with_the_pinned_message_outside_too() {
    for actor in [DILNOZA, RUSTAM] {
        let (world, room) = World::with_room().await;
        let id = world.say(AZIZ, room, "Salom").await;
        let messaging = overtaken(&world, First::Pin(DILNOZA, id, true));
        let pinned = messaging.pin(actor, id, None, true).await.expect("they have the authority");
        assert_eq!((pinned.is_pinned, pinned.seq), (true, Seq(2)));
        world.announced();
    }
}

#[tokio::test]
async fn message_that_its_own_repeat_overtakes_is_stored_once() {
    let (world, room) = World::with_room().await;
    let request = SendMessage {
        conversation: room,
        wish: named("Salom", &client_id("c1")),
    };
    let messaging = overtaken(&world, First::Send(AZIZ, request.clone()));
    let sent = messaging.send(AZIZ, request).await;
    let first = world.announced().2.id;
    assert_eq!(sent.ok(), Some(Sent::Already(first)));
}

#[tokio::test]
async fn client_id_that_is_used_elsewhere_meanwhile_is_a_conflict() {
    let world = World::new().await;
    let (here, there) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    let request = |conversation| SendMessage {
        conversation,
        wish: named("Salom", &client_id("c1")),
    };
    let messaging = overtaken(&world, First::Send(MALIKA, request(there)));
    assert_eq!(code(messaging.send(MALIKA, request(here)).await), "client_id_conflict");
    assert_eq!(world.announced().2.conversation, there);
}

#[tokio::test]
async fn reply_that_a_deletion_overtakes_is_refused() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let messaging = overtaken(&world, First::Delete(AZIZ, id));
    let wish = Wish {
        client_id: Some(client_id("c1")),
        ..reply("Vaalaykum", id)
    };
    assert_eq!(
        code(messaging.send(DILNOZA, SendMessage { conversation: room, wish }).await),
        "invalid_reply"
    );
    assert!(world.announced().2.is_deleted, "only the deletion is announced");
}
