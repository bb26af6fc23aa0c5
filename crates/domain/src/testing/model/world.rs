use std::{collections::BTreeMap, sync::Arc};

use super::{Step, render::Names};
use crate::{
    conversation::{OpenRequest, RowAct, RowRequest},
    event::{Body, Event},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ClientId, NewMessage},
    messaging::{Error, Marking, MessageTarget, Messaging, Ports},
    page::Window,
    people::DirectoryDocument,
    policy::Policy,
    ports::{MessageFilter, Opened, SendOutcome},
    receipt::{DeliveryMark, ReadRequest, ReadScope},
    testing::{
        builders::{BAHOR, NUR, ORPHAN, RUSTAM, SVET, client_id, community, epoch, follows, store_id},
        conformance::{Scene, Store},
        fakes::{FakeBlobs, FakeBus, FakeDeliveries, FakeIndex, FakeLimiter, FakePresence, FakeUnconfirmed, FixedClock},
    },
};

/// Opens three conversations at the beginning; more are opened on the way.
const FIRST_STEPS: [Step; 3] = [
    Step::Open { by: 4, with: 1, about: 0 },
    Step::Open { by: 5, with: 1, about: 1 },
    Step::Open { by: 0, with: 2, about: 13 },
];

/// A store with the community in it, and people who act on it through the use cases.
pub struct World<S> {
    pub(super) store: Arc<S>,
    pub(super) messaging: Messaging,
    pub(super) names: Names,
    /// The participants of each conversation, as given when it was opened.
    pub(super) participants: BTreeMap<ConversationId, Vec<UserId>>,
    /// The newest `seq` of each conversation, by its number, as events reported it.
    pub(super) published: Vec<Seq>,
    clock: FixedClock,
    bus: FakeBus,
    steps: u32,
}

impl<S: Store + 'static> World<S> {
    /// The community with a few conversations, in an empty store.
    pub async fn new(store: S) -> Self {
        let (store, clock, bus) = (Arc::new(store), FixedClock::default(), FakeBus::default());
        Scene::new(&*store).await;
        let messaging = messaging(&store, &clock, &bus);
        let mut world = Self {
            store,
            messaging,
            names: Names::default(),
            participants: BTreeMap::new(),
            published: Vec::new(),
            clock,
            bus,
            steps: 0,
        };
        for step in FIRST_STEPS {
            world.apply(&step).await;
        }
        assert_eq!(world.names.conversations.len(), FIRST_STEPS.len());
        world
    }

    /// The same people and conversations on another store, which has a copy of everything.
    pub fn moved_to<T: Store + 'static>(self, store: T) -> World<T> {
        let store = Arc::new(store);
        World {
            messaging: messaging(&store, &self.clock, &self.bus),
            store,
            names: self.names,
            participants: self.participants,
            published: self.published,
            clock: self.clock,
            bus: self.bus,
            steps: self.steps,
        }
    }

    /// Takes the step, one second after the one before. Returns its result and the published events.
    pub async fn apply(&mut self, step: &Step) -> String {
        self.steps += 1;
        self.clock.advance(1);
        let outcome = match self.act(step).await {
            Ok(outcome) => outcome,
            Err(Error::Denied(denial)) => denial.code().to_string(),
            Err(error) => panic!("the use case failed: {error:?}"),
        };
        let events: Vec<String> = self.bus.take().iter().map(|event| self.check_and_describe(event)).collect();
        format!("{outcome}\n{}", events.join("\n"))
    }

    async fn act(&mut self, step: &Step) -> Result<String, Error> {
        match *step {
            Step::Open { by, with, about } => self.open(by, with, about).await,
            Step::Send { conversation, by, detail } => {
                let conversation = self.conversation(conversation);
                self.send(conversation, by, None, detail).await
            }
            Step::Reply { to, by, detail } => match self.message(to) {
                // Sometimes the reply goes to another conversation, which the rules refuse.
                Some((answered, its_conversation)) => {
                    let conversation = if detail % 16 == 15 {
                        self.conversation(detail / 16)
                    } else {
                        its_conversation
                    };
                    self.send(conversation, by, Some(answered), detail).await
                }
                None => Ok(String::new()),
            },
            Step::Edit { message, by } => self.edit(message, by).await,
            Step::Arrange { conversation, by, detail } => {
                let conversation = self.conversation(conversation);
                self.arrange(conversation, by, detail).await
            }
            Step::Delete { message, by } => {
                let Some((id, its_conversation)) = self.message(message) else {
                    return Ok(String::new());
                };
                let deleted = self
                    .messaging
                    .delete(MessageTarget::anywhere(self.actor(its_conversation, by), id))
                    .await?;
                Ok(self.names.message(&deleted))
            }
            Step::Pin { message, by, pinned } => {
                let Some((id, its_conversation)) = self.message(message) else {
                    return Ok(String::new());
                };
                let changed = self
                    .messaging
                    .pin(MessageTarget::anywhere(self.actor(its_conversation, by), id), pinned)
                    .await?;
                Ok(self.names.message(&changed.message))
            }
            Step::ReadOne { message, by } => {
                let Some((id, its_conversation)) = self.message(message) else {
                    return Ok(String::new());
                };
                self.read(its_conversation, by, ReadScope::One(id)).await
            }
            Step::ReadUpTo { conversation, by, message } => {
                let Some((id, _)) = self.message(message) else {
                    return Ok(String::new());
                };
                self.read(self.conversation(conversation), by, ReadScope::UpTo(id)).await
            }
            Step::ReadAll { conversation, by } => self.read(self.conversation(conversation), by, ReadScope::All).await,
            Step::Deliver { conversation, to, message } => {
                let Some((up_to, _)) = self.message(message) else {
                    return Ok(String::new());
                };
                let conversation = self.conversation(conversation);
                let user = self.actor(conversation, to);
                self.messaging.deliver(vec![DeliveryMark { user, conversation, up_to }]).await?;
                Ok("delivered".to_owned())
            }
            Step::Fetch { message, by } => self.fetch(message, by).await,
            Step::Follow { who, confession } => {
                let subscriptions = vec![follows(person(who), confession_of(confession))];
                let fed = self
                    .store
                    .import(DirectoryDocument {
                        subscriptions,
                        ..DirectoryDocument::default()
                    })
                    .await?;
                Ok(format!("{fed:?}"))
            }
            Step::Unfollow { who, confession } => {
                self.store.unfollow(follows(person(who), confession_of(confession))).await?;
                Ok("unfollowed".to_owned())
            }
            Step::Wait { seconds } => {
                self.clock.advance(i64::from(seconds % 300));
                Ok("waited".to_owned())
            }
        }
    }

    async fn open(&mut self, by: u16, with: u16, about: u16) -> Result<String, Error> {
        let mut targets = vec![person(with)];
        if about % 14 == 13 {
            targets.push(person(with + 1));
        }
        let confession = (about % 7 < 4).then(|| confession_of(about % 7));
        let opened = self
            .messaging
            .open(OpenRequest {
                actor: person(by),
                targets,
                confession,
            })
            .await?;
        if let Opened::New(summary) = &opened {
            self.names.conversations.push(summary.conversation);
            self.participants
                .insert(summary.conversation, summary.unread.iter().map(|(user, _)| *user).collect());
            self.published.push(Seq(0));
        }
        let how = if matches!(opened, Opened::New(_)) { "opened" } else { "found" };
        Ok(format!("{how} {}", self.names.of_conversation(opened.id())))
    }

    async fn send(&mut self, conversation: ConversationId, by: u16, reply_to: Option<MessageId>, detail: u16) -> Result<String, Error> {
        let sender = self.actor(conversation, by);
        let message = NewMessage {
            reply_to,
            ..self.new_message(sender, conversation, detail)
        };
        match self.messaging.send(message).await? {
            SendOutcome::New(change) => {
                self.names.messages.push((change.message.id, conversation));
                Ok(format!("sent {}", self.names.message(&change.message)))
            }
            SendOutcome::AlreadySent(id) => Ok(format!("sent before: {}", self.names.of_message(id))),
        }
    }

    fn new_message(&self, sender: UserId, conversation: ConversationId, detail: u16) -> NewMessage {
        let number = self.steps;
        let text = match detail % 5 {
            0 => None,
            1 => Some(format!("привет, {number}")),
            2 => Some(format!("{number} {}", "🕊".repeat(60))),
            _ => Some(format!("salom, {number}")),
        };
        let files = if text.is_none() || detail % 6 == 5 {
            usize::from(detail % 4)
        } else {
            0
        };
        let name: Option<ClientId> = (detail % 4 == 3).then(|| client_id(&format!("c-{}", detail % 3)));
        let attachments = (0..files).map(|file| super::render::file(&format!("{number}-{file}"))).collect();
        NewMessage {
            content: text,
            client_id: name,
            attachments,
            ..NewMessage::empty(sender, conversation)
        }
    }

    async fn edit(&self, message: u16, by: u16) -> Result<String, Error> {
        let Some((id, its_conversation)) = self.message(message) else {
            return Ok(String::new());
        };
        let text = format!("tuzatildi, {}", self.steps);
        let edited = self
            .messaging
            .edit(MessageTarget::anywhere(self.actor(its_conversation, by), id), text)
            .await?;
        Ok(self.names.message(&edited))
    }

    async fn read(&self, conversation: ConversationId, by: u16, scope: ReadScope) -> Result<String, Error> {
        let read = self
            .messaging
            .mark_read(ReadRequest::within(conversation, self.actor(conversation, by), scope))
            .await?;
        let newest = read.message.map(|id| self.names.of_message(id));
        Ok(format!("read {newest:?}; {}", self.names.summary(&read.summary)))
    }

    async fn fetch(&self, message: u16, by: u16) -> Result<String, Error> {
        let Some((id, its_conversation)) = self.message(message) else {
            return Ok(String::new());
        };
        let viewer = self.actor(its_conversation, by);
        let page = self
            .messaging
            .history(viewer, its_conversation, Window::Around(id, 5), MessageFilter::default())
            .await?;
        let items: Vec<String> = page.items.iter().map(|message| self.names.message(message)).collect();
        Ok(format!(
            "{} older={} newer={}\n{}",
            page.total,
            page.has_older,
            page.has_newer,
            items.join("\n")
        ))
    }

    /// Describes an event; checks that events about messages come in the order of `seq`, without gaps.
    fn check_and_describe(&mut self, event: &Event) -> String {
        if let Body::Message { message, summary, .. } = &event.body {
            let number = self.names.number_of(message.conversation).expect("it was opened");
            self.published[number] = self.published[number].next();
            assert_eq!(
                (message.seq, summary.last_seq),
                (self.published[number], self.published[number]),
                "seq has no gaps"
            );
        }
        self.names.event(event)
    }

    async fn arrange(&self, conversation: ConversationId, by: u16, detail: u16) -> Result<String, Error> {
        let soon = self.messaging.now().plus_seconds(i64::from(detail % 60));
        let act = match detail % 8 {
            0 => RowAct::Mute(Some(soon)),
            1 => RowAct::Mute(None),
            2 | 3 => RowAct::Archive(true),
            4 => RowAct::Archive(false),
            5 => RowAct::MarkUnread,
            6 => RowAct::Answered(true),
            _ => RowAct::Answered(false),
        };
        let request = RowRequest {
            actor: self.actor(conversation, by),
            conversation,
            act,
        };
        let arranged = self.messaging.arrange(request).await?;
        Ok(format!("{} {}", arranged.is_changed, self.names.summary(&arranged.summary)))
    }

    fn conversation(&self, number: u16) -> ConversationId {
        self.names.conversations[usize::from(number) % self.names.conversations.len()]
    }

    fn message(&self, number: u16) -> Option<(MessageId, ConversationId)> {
        let messages = &self.names.messages;
        (!messages.is_empty()).then(|| messages[usize::from(number) % messages.len()])
    }

    /// Mostly a participant, sometimes a superadmin.
    fn actor(&self, conversation: ConversationId, by: u16) -> UserId {
        let participants = &self.participants[&conversation];
        participants
            .get(usize::from(by) % (participants.len() + 1))
            .copied()
            .unwrap_or(RUSTAM)
    }
}

/// The use cases on a store.
fn messaging<S: Store + 'static>(store: &Arc<S>, clock: &FixedClock, bus: &FakeBus) -> Messaging {
    Messaging::new(Ports {
        directory: store.clone(),
        conversations: store.clone(),
        messages: store.clone(),
        searchable: store.clone(),
        settings: store.clone(),
        index: Arc::new(FakeIndex::default()),
        receipts: store.clone(),
        presence: Arc::new(FakePresence::new(clock.clone())),
        deliveries: Arc::new(FakeDeliveries::new(Marking {
            receipts: store.clone(),
            bus: Arc::new(bus.clone()),
            clock: Arc::new(clock.clone()),
        })),
        blobs: Arc::new(FakeBlobs::new(clock.clone())),
        bus: Arc::new(bus.clone()),
        unconfirmed: Arc::new(FakeUnconfirmed::default()),
        limiter: Arc::new(FakeLimiter::default()),
        clock: Arc::new(clock.clone()),
        policy: Arc::new(Policy::default()),
        epoch: epoch(),
        store: store_id(),
    })
}

fn person(number: u16) -> UserId {
    let people = community().users;
    people[usize::from(number) % people.len()].id
}

fn confession_of(number: u16) -> ConfessionId {
    [NUR, BAHOR, SVET, ORPHAN][usize::from(number) % 4]
}
