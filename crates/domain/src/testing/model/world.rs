use std::{collections::BTreeMap, sync::Arc};

use super::{Step, render::Names};
use crate::{
    event::{Body, Event},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::ClientId,
    messaging::{Error, Messaging, OpenRequest, SendMessage, Sent},
    page::Window,
    people::DirectoryDocument,
    policy::Policy,
    ports::{Opened, ReadScope, Shown},
    receipt::DeliveryMark,
    rules::sending::Wish,
    testing::{
        builders::{BAHOR, NUR, ORPHAN, RUSTAM, SVET, client_id, community, follows},
        conformance::{Scene, Store},
        fakes::{FakeBlobs, FakeBus, FakeLimiter, FakePresence, FixedClock},
    },
};

/// Three conversations to begin with; more are opened on the way.
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
    /// Who takes part, as the opening said.
    pub(super) participants: BTreeMap<ConversationId, Vec<UserId>>,
    /// The newest `seq` of each conversation, by its number, as events told it.
    pub(super) heard: Vec<Seq>,
    clock: FixedClock,
    bus: FakeBus,
    steps: u32,
}

impl<S: Store + 'static> World<S> {
    /// The community with a few conversations, in an empty store.
    pub async fn new(store: S) -> Self {
        let (store, clock, bus) = (Arc::new(store), FixedClock::default(), FakeBus::default());
        Scene::new(&*store).await;
        let messaging = Messaging {
            directory: store.clone(),
            conversations: store.clone(),
            messages: store.clone(),
            receipts: store.clone(),
            presence: Arc::new(FakePresence::new(clock.clone())),
            blobs: Arc::new(FakeBlobs::new(clock.clone())),
            bus: Arc::new(bus.clone()),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(clock.clone()),
            policy: Arc::new(Policy::default()),
        };
        let mut world = Self {
            store,
            messaging,
            names: Names::default(),
            participants: BTreeMap::new(),
            heard: Vec::new(),
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

    /// Takes the step, one second after the one before. Answers with what came of it and what was announced.
    pub async fn apply(&mut self, step: &Step) -> String {
        self.steps += 1;
        self.clock.advance(1);
        let outcome = match self.act(step).await {
            Ok(outcome) => outcome,
            Err(Error::Store(error)) => panic!("the store failed: {error:?}"),
            Err(refused) => refused.code().to_owned(),
        };
        let events: Vec<String> = self.bus.take().iter().map(|event| self.hear(event)).collect();
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
                // Sometimes the answer goes to another conversation, which the rules refuse.
                Some((answered, home)) => {
                    let conversation = if detail % 16 == 15 { self.conversation(detail / 16) } else { home };
                    self.send(conversation, by, Some(answered), detail).await
                }
                None => Ok(String::new()),
            },
            Step::Edit { message, by } => self.edit(message, by).await,
            Step::Delete { message, by } => {
                let Some((id, home)) = self.message(message) else {
                    return Ok(String::new());
                };
                let deleted = self.messaging.delete(self.actor(home, by), id, None).await?;
                Ok(self.names.message(&deleted))
            }
            Step::Pin { message, by, pinned } => {
                let Some((id, home)) = self.message(message) else {
                    return Ok(String::new());
                };
                let changed = self.messaging.pin(self.actor(home, by), id, None, pinned).await?;
                Ok(self.names.message(&changed))
            }
            Step::ReadOne { message, by } => {
                let Some((id, home)) = self.message(message) else {
                    return Ok(String::new());
                };
                self.read(home, by, ReadScope::One(id)).await
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
        let opened = self.messaging.open(person(by), OpenRequest { targets, confession }).await?;
        if let Opened::New(inbox) = &opened {
            self.names.conversations.push(inbox.conversation);
            self.participants
                .insert(inbox.conversation, inbox.unread.iter().map(|(user, _)| *user).collect());
            self.heard.push(Seq(0));
        }
        let how = if matches!(opened, Opened::New(_)) { "opened" } else { "found" };
        Ok(format!("{how} {}", self.names.of_conversation(opened.id())))
    }

    async fn send(&mut self, conversation: ConversationId, by: u16, reply_to: Option<MessageId>, detail: u16) -> Result<String, Error> {
        let sender = self.actor(conversation, by);
        let wish = Wish {
            reply_to,
            ..self.wish(detail)
        };
        match self.messaging.send(sender, SendMessage { conversation, wish }).await? {
            Sent::New(message) => {
                self.names.messages.push((message.id, conversation));
                Ok(format!("sent {}", self.names.message(&message)))
            }
            Sent::Already(id) => Ok(format!("sent before: {}", self.names.of_message(id))),
        }
    }

    fn wish(&self, detail: u16) -> Wish {
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
        Wish {
            content: text,
            reply_to: None,
            client_id: name,
            attachments,
        }
    }

    async fn edit(&self, message: u16, by: u16) -> Result<String, Error> {
        let Some((id, home)) = self.message(message) else {
            return Ok(String::new());
        };
        let text = format!("tuzatildi, {}", self.steps);
        let edited = self.messaging.edit(self.actor(home, by), id, None, text).await?;
        Ok(self.names.message(&edited))
    }

    async fn read(&self, conversation: ConversationId, by: u16, scope: ReadScope) -> Result<String, Error> {
        let read = self.messaging.mark_read(self.actor(conversation, by), conversation, scope).await?;
        let newest = read.message.map(|id| self.names.of_message(id));
        Ok(format!("read {newest:?}; {}", self.names.inbox(&read.inbox)))
    }

    async fn fetch(&self, message: u16, by: u16) -> Result<String, Error> {
        let Some((id, home)) = self.message(message) else {
            return Ok(String::new());
        };
        let viewer = self.actor(home, by);
        let page = self
            .messaging
            .history(viewer, home, Window::Around(id, 5), Shown::default())
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

    /// What an event says; those about messages must come in the order of `seq`, without gaps.
    fn hear(&mut self, event: &Event) -> String {
        if let Body::Message { message, inbox, .. } = &event.body {
            let number = self.names.number_of(message.conversation).expect("it was opened");
            self.heard[number] = self.heard[number].next();
            assert_eq!(
                (message.seq, inbox.last_seq),
                (self.heard[number], self.heard[number]),
                "seq has no gaps"
            );
        }
        self.names.event(event)
    }

    fn conversation(&self, number: u16) -> ConversationId {
        self.names.conversations[usize::from(number) % self.names.conversations.len()]
    }

    fn message(&self, number: u16) -> Option<(MessageId, ConversationId)> {
        let messages = &self.names.messages;
        (!messages.is_empty()).then(|| messages[usize::from(number) % messages.len()])
    }

    /// Mostly somebody who takes part, sometimes a superadmin.
    fn actor(&self, conversation: ConversationId, by: u16) -> UserId {
        let participants = &self.participants[&conversation];
        participants
            .get(usize::from(by) % (participants.len() + 1))
            .copied()
            .unwrap_or(RUSTAM)
    }
}

fn person(number: u16) -> UserId {
    let people = community().users;
    people[usize::from(number) % people.len()].id
}

fn confession_of(number: u16) -> ConfessionId {
    [NUR, BAHOR, SVET, ORPHAN][usize::from(number) % 4]
}
