use std::{
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use super::Store;
use crate::{
    conversation::{ListFilter, ListItem, NewConversation},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ChangePage, Draft, Message},
    page::{HistoryPage, PageRequest, Window},
    people::{DirectoryDocument, Role},
    ports::{Announce, Appended, Changed, Fed, Opened, ReadMark, ReadScope, Shown, StoreError, WasRead},
    receipt::{Delivered, DeliveryMark, Marks},
    testing::{
        builders::{AZIZ, DILNOZA, NUR, at, community, content, draft, someone},
        drafts::Drafts as _,
    },
    time::Timestamp,
};

/// What a store that works gives; a test has no use for a failure.
pub trait Works<T> {
    /// The value.
    fn works(self) -> T;
}

impl<T> Works<T> for Result<T, StoreError> {
    #[track_caller]
    fn works(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("the store failed: {error:?}"),
        }
    }
}

/// Tells nobody.
pub fn silent<T>() -> Announce<T> {
    Box::new(|_| ())
}

/// Hears what is announced, in that order. Clones share it.
#[derive(Clone, Debug)]
pub struct Heard<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Heard<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + Debug + 'static> Heard<T> {
    /// To be given to one command.
    pub fn announce(&self) -> Announce<T> {
        let heard = self.0.clone();
        Box::new(move |outcome| heard.lock().unwrap_or_else(PoisonError::into_inner).push(outcome.clone()))
    }

    /// Everything so far.
    pub fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A store with the [`community`] in it, and short ways to act; each act happens one second after the one before.
pub struct Scene<'a, S: ?Sized> {
    /// The store itself.
    pub store: &'a S,
    seconds: AtomicI64,
}

impl<'a, S: Store + ?Sized> Scene<'a, S> {
    /// The community, before anybody said anything.
    pub async fn new(store: &'a S) -> Self {
        let scene = Self {
            store,
            seconds: AtomicI64::new(0),
        };
        scene.import(community()).await;
        scene
    }

    /// The community, and a conversation that Aziz opened with Dilnoza about Nur.
    pub async fn with_chat(store: &'a S) -> (Self, ConversationId) {
        let scene = Self::new(store).await;
        let chat = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
        (scene, chat)
    }

    /// The next second.
    pub fn tick(&self) -> Timestamp {
        at(self.seconds.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Imports what must be good.
    pub async fn import(&self, document: DirectoryDocument) {
        assert_eq!(self.store.import(document).await.works(), Fed::Done);
    }

    /// What the first of these people opens with the others.
    pub fn new_conversation(&self, participants: &[UserId], confession: Option<ConfessionId>) -> NewConversation {
        let opened_by = participants[0];
        let mut participants = participants.to_vec();
        participants.sort_unstable();
        NewConversation {
            participants,
            confession,
            opened_by,
            opened_by_staff: someone(opened_by).role != Role::User,
            at: self.tick(),
        }
    }

    /// A conversation that the first of these people opens with the others.
    pub async fn open(&self, participants: &[UserId], confession: Option<ConfessionId>) -> ConversationId {
        let opened = self
            .store
            .open(self.new_conversation(participants, confession), silent())
            .await
            .works();
        assert!(matches!(opened, Opened::New(_)), "the conversation exists: {opened:?}");
        opened.id()
    }

    /// A message that is not sent yet.
    pub async fn draft(&self, conversation: ConversationId, sender: UserId, text: &str) -> Draft {
        let facts = self.store.facts(conversation, sender).await.works().expect("the sender takes part");
        Draft {
            others: facts.conversation.others(),
            ..draft(conversation, sender, text, self.tick())
        }
    }

    /// Sends a message, which must be new.
    pub async fn say(&self, conversation: ConversationId, sender: UserId, text: &str) -> Arc<Message> {
        self.send(self.draft(conversation, sender, text).await).await
    }

    /// Sends a message, which must be new.
    pub async fn send(&self, draft: Draft) -> Arc<Message> {
        match self.append(draft).await {
            Appended::New(change) => change.message,
            other => panic!("not stored: {other:?}"),
        }
    }

    /// Sends so many messages.
    pub async fn say_many(&self, conversation: ConversationId, sender: UserId, count: usize) -> Vec<MessageId> {
        let mut ids = Vec::new();
        for number in 1..=count {
            ids.push(self.say(conversation, sender, &format!("message {number}")).await.id);
        }
        ids
    }

    /// An answer that is not sent yet.
    pub async fn answer(&self, to: &Message, sender: UserId, text: &str) -> Draft {
        Draft {
            reply_to: Some(to.as_reply()),
            ..self.draft(to.conversation, sender, text).await
        }
    }

    /// What becomes of a draft.
    pub async fn append(&self, draft: Draft) -> Appended {
        self.store.append(draft, silent()).await.works()
    }

    /// Replaces the content.
    pub async fn edit(&self, id: MessageId, text: &str) -> Changed {
        self.store.edit(id, content(text), self.tick(), silent()).await.works()
    }

    /// Deletes.
    pub async fn delete(&self, id: MessageId) -> Changed {
        self.store.delete(id, self.tick(), silent()).await.works()
    }

    /// Pins or unpins.
    pub async fn pin(&self, id: MessageId, pinned: bool) -> Changed {
        self.store.set_pinned(id, pinned, self.tick(), silent()).await.works()
    }

    /// A read mark of now.
    pub fn read_mark(&self, conversation: ConversationId, user: UserId, scope: ReadScope) -> ReadMark {
        ReadMark {
            conversation,
            user,
            scope,
            at: self.tick(),
        }
    }

    /// Reads.
    pub async fn read(&self, conversation: ConversationId, user: UserId, scope: ReadScope) -> WasRead {
        self.store
            .mark_read(self.read_mark(conversation, user, scope), silent())
            .await
            .works()
    }

    /// A device of `user` has everything up to this message.
    pub async fn deliver(&self, conversation: ConversationId, user: UserId, up_to: MessageId) -> Vec<Delivered> {
        let mark = DeliveryMark { user, conversation, up_to };
        self.store.mark_delivered(vec![mark], self.tick(), silent()).await.works()
    }

    /// A message that the viewer may see.
    pub async fn message(&self, id: MessageId, viewer: UserId) -> Message {
        self.store.get(id, viewer).await.works().expect("the viewer takes part")
    }

    /// The whole list of a person.
    pub async fn list(&self, of: UserId, filter: &ListFilter) -> Vec<ListItem> {
        self.store.list(of, filter, PageRequest::new(1, 100)).await.works().items
    }

    /// The ids of the whole list of a person.
    pub async fn listed(&self, of: UserId, filter: &ListFilter) -> Vec<ConversationId> {
        self.list(of, filter).await.iter().map(|item| item.id).collect()
    }

    /// The row of a conversation in the list of a person.
    pub async fn row(&self, conversation: ConversationId, of: UserId) -> ListItem {
        let rows = self.list(of, &ListFilter::default()).await;
        rows.into_iter()
            .find(|item| item.id == conversation)
            .expect("the conversation is in the list")
    }

    /// How many messages of a conversation a person has not read, as their list says.
    pub async fn unread(&self, conversation: ConversationId, by: UserId) -> u64 {
        self.row(conversation, by).await.unread_count
    }

    /// A window of the history; its middle must be in the conversation.
    pub async fn window(&self, of: ConversationId, window: Window, shown: Shown) -> HistoryPage<Message> {
        self.store
            .window(of, window, shown)
            .await
            .works()
            .expect("the middle is in the conversation")
    }

    /// The whole history, tombstones included.
    pub async fn history(&self, of: ConversationId) -> Vec<Message> {
        self.window(
            of,
            Window::Page(PageRequest::new(1, 100)),
            Shown {
                deleted: true,
                pinned_only: false,
            },
        )
        .await
        .items
    }

    /// What changed.
    pub async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> ChangePage {
        self.store.changes(of, after, limit).await.works()
    }

    /// How far a participant has come.
    pub async fn marks(&self, of: ConversationId, user: UserId) -> Marks {
        let page = self.changes(of, Seq(0), 1).await;
        page.marks
            .into_iter()
            .find(|marks| marks.user == user)
            .expect("every participant has marks")
    }
}

/// The ids of messages.
pub(super) fn ids<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<MessageId> {
    messages.into_iter().map(|message| message.id).collect()
}
