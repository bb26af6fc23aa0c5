use std::{
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use super::Store;
use crate::{
    change::ChangePage,
    conversation::{ListFilter, ListItem, NewConversation},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{Draft, Message},
    page::{HistoryPage, PageRequest, Window},
    people::{DirectoryDocument, Role},
    ports::{ChangeOutcome, Decided, ImportOutcome, MessageFilter, OnCommit, Opened, ReadOutcome, SendOutcome, StoreError},
    receipt::{Delivered, DeliveryMark, Marks, ReadScope},
    testing::{
        builders::{AZIZ, DILNOZA, NUR, at, community, content, draft, someone},
        direct::Reading,
    },
    time::Timestamp,
};

/// Unwraps results of a store that is expected to work.
pub trait Works<T> {
    /// The value; panics on a failure.
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

/// An announcement callback that does nothing.
pub fn silent<T>() -> OnCommit<T> {
    Box::new(|_| ())
}

/// Records announced outcomes in their order. Clones share the record.
#[derive(Clone, Debug)]
pub struct PublishedOutcomes<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for PublishedOutcomes<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + Debug + 'static> PublishedOutcomes<T> {
    /// The callback for one command.
    pub fn on_commit(&self) -> OnCommit<T> {
        let published = self.0.clone();
        Box::new(move |outcome| published.lock().unwrap_or_else(PoisonError::into_inner).push(outcome.clone()))
    }

    /// All outcomes announced so far.
    pub fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A store with the [`community`] in it, and shortcuts to act; each act happens one second after the one before.
pub struct Scene<'a, S: ?Sized> {
    /// The store under test.
    pub store: &'a S,
    seconds: AtomicI64,
}

impl<'a, S: Store + ?Sized> Scene<'a, S> {
    /// A store with the community and no conversations.
    pub async fn new(store: &'a S) -> Self {
        let scene = Self {
            store,
            seconds: AtomicI64::new(0),
        };
        scene.import(community()).await;
        scene
    }

    /// A store with the community and a conversation that Aziz opened with Dilnoza about Nur.
    pub async fn with_chat(store: &'a S) -> (Self, ConversationId) {
        let scene = Self::new(store).await;
        let chat = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
        (scene, chat)
    }

    /// Advances the time by a second, and returns it.
    pub fn tick(&self) -> Timestamp {
        at(self.seconds.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Imports a document, which must be valid.
    pub async fn import(&self, document: DirectoryDocument) {
        assert!(matches!(self.store.import(document).await.works(), ImportOutcome::Done(_)));
    }

    /// The conversation that the first of these people would open with the others.
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

    /// Opens a conversation of the first of these people with the others.
    pub async fn open(&self, participants: &[UserId], confession: Option<ConfessionId>) -> ConversationId {
        let opened = self
            .store
            .create(self.new_conversation(participants, confession), silent())
            .await
            .works();
        assert!(matches!(opened, Opened::New(_)), "the conversation exists: {opened:?}");
        opened.id()
    }

    /// A draft of a message, not sent yet.
    pub async fn draft(&self, conversation: ConversationId, sender: UserId, text: &str) -> Draft {
        let facts = self.store.facts(conversation, sender).await.works().expect("the sender takes part");
        Draft {
            others: facts.conversation.others(),
            ..draft(conversation, sender, text, self.tick())
        }
    }

    /// Sends a text, which must be new.
    pub async fn say(&self, conversation: ConversationId, sender: UserId, text: &str) -> Arc<Message> {
        self.send(self.draft(conversation, sender, text).await).await
    }

    /// Sends a draft, which must be new.
    pub async fn send(&self, draft: Draft) -> Arc<Message> {
        match self.append(draft).await {
            Ok(SendOutcome::New(change)) => change.message,
            other => panic!("not stored: {other:?}"),
        }
    }

    /// Sends this many messages, one after the other.
    pub async fn say_many(&self, conversation: ConversationId, sender: UserId, count: usize) -> Vec<MessageId> {
        let mut ids = Vec::new();
        for number in 1..=count {
            ids.push(self.say(conversation, sender, &format!("message {number}")).await.id);
        }
        ids
    }

    /// A draft of a reply, not sent yet.
    pub async fn answer(&self, to: &Message, sender: UserId, text: &str) -> Draft {
        Draft {
            reply_to: Some(to.as_reply()),
            ..self.draft(to.conversation, sender, text).await
        }
    }

    /// Sends a draft, and returns the outcome.
    pub async fn append(&self, draft: Draft) -> Decided<SendOutcome> {
        self.store.append(draft, silent()).await.works()
    }

    /// Replaces the content, which must be allowed.
    pub async fn edit(&self, id: MessageId, text: &str) -> ChangeOutcome {
        self.store
            .edit(id, content(text), self.tick(), silent())
            .await
            .works()
            .expect("allowed")
    }

    /// Deletes a message, which must be allowed.
    pub async fn delete(&self, id: MessageId) -> ChangeOutcome {
        self.store.delete(id, self.tick(), silent()).await.works().expect("allowed")
    }

    /// Pins or unpins, which must be allowed.
    pub async fn pin(&self, id: MessageId, pinned: bool) -> ChangeOutcome {
        self.store
            .set_pinned(id, pinned, self.tick(), silent())
            .await
            .works()
            .expect("allowed")
    }

    /// A reading of these messages at the present time.
    pub fn reading(&self, conversation: ConversationId, user: UserId, scope: ReadScope) -> Reading {
        Reading {
            conversation,
            user,
            scope,
            at: self.tick(),
        }
    }

    /// Marks messages as read for a participant.
    pub async fn read(&self, conversation: ConversationId, user: UserId, scope: ReadScope) -> ReadOutcome {
        self.store.read(self.reading(conversation, user, scope), silent()).await.works()
    }

    /// Marks all messages up to this one as delivered to `user`.
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

    /// The row of this conversation in the list of a person.
    pub async fn row(&self, conversation: ConversationId, of: UserId) -> ListItem {
        let rows = self.list(of, &ListFilter::default()).await;
        rows.into_iter()
            .find(|item| item.id == conversation)
            .expect("the conversation is in the list")
    }

    /// The number of unread messages of a conversation, as the person's list shows it.
    pub async fn unread(&self, conversation: ConversationId, by: UserId) -> u64 {
        self.row(conversation, by).await.unread_count
    }

    /// A window of the history; the middle of [`Window::Around`] must be in the conversation.
    pub async fn window(&self, of: ConversationId, window: Window, shown: MessageFilter) -> HistoryPage<Message> {
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
            MessageFilter {
                deleted: true,
                pinned_only: false,
            },
        )
        .await
        .items
    }

    /// The changes of a conversation after a `seq`.
    pub async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> ChangePage {
        self.store.changes(of, after, limit).await.works()
    }

    /// The marks of a participant.
    pub async fn marks(&self, of: ConversationId, user: UserId) -> Marks {
        let page = self.changes(of, Seq(0), 1).await;
        page.marks
            .into_iter()
            .find(|marks| marks.user == user)
            .expect("every participant has marks")
    }
}

/// The ids of these messages, in their order.
pub(super) fn ids<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<MessageId> {
    messages.into_iter().map(|message| message.id).collect()
}
