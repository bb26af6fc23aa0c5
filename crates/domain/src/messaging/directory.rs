use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Error, Messaging};
use crate::{
    denial::Denial,
    event::{Body, Event},
    feeding::DirectoryChanges,
    id::{ConfessionId, ConversationId, UserId},
    people::{Affiliation, DirectoryDocument, Subscription},
    ports::{DirectoryWriter, ImportOutcome, RosterEntry, StoreError},
    rules::access::{self, is_active},
};

/// The conversations of a person in which their rights may have changed.
enum Reach {
    /// All of them, since the role of the person changed.
    Everywhere,
    /// The conversations about these confessions.
    Within(BTreeSet<ConfessionId>),
}

impl Messaging {
    /// The viewer's account, with the confessions that they administer and follow.
    pub async fn me(&self, viewer: UserId) -> Result<Affiliation, Error> {
        let found = self.ports.directory.affiliation(viewer).await?.ok_or(Denial::AccountInactive)?;
        is_active(&found.person)?;
        Ok(found)
    }

    /// Publishes a durable change of the directory to the people online whom it concerns: open sockets of changed accounts check their account again, and each
    /// participant whose rights in a conversation changed gets an event. Nobody else gets one.
    ///
    /// The rights before a change are found by undoing it. So a change must be announced before the next one is made; several that were made without being
    /// announced are announced as one ([`DirectoryChanges::extend`]). The work grows with the conversations of people who are online and whom the change
    /// concerns.
    pub async fn directory_changed(&self, change: &DirectoryChanges) -> Result<(), Error> {
        if !change.accounts.is_empty() {
            self.ports.bus.publish(Event {
                to: change.accounts.iter().copied().collect(),
                body: Body::AccountChanged,
            });
        }
        let concerned = self.concerned(change).await?;
        let people: Vec<UserId> = concerned.keys().copied().collect();
        for status in self.ports.presence.status(&people).await? {
            if let (true, Some(reach)) = (status.online, concerned.get(&status.user)) {
                self.tell_access(status.user, reach, change).await?;
            }
        }
        Ok(())
    }

    /// The people whose rights may have changed. Rights depend on a person's role and subscriptions, and on which participant administers the confession:
    /// so a new admin concerns the conversations of the former admin and of the new one.
    async fn concerned(&self, change: &DirectoryChanges) -> Result<BTreeMap<UserId, Reach>, Error> {
        let mut concerned: BTreeMap<UserId, Reach> = BTreeMap::new();
        let mut within = |user: UserId, confession: ConfessionId| {
            let reach = concerned.entry(user).or_insert_with(|| Reach::Within(BTreeSet::new()));
            if let Reach::Within(confessions) = reach {
                confessions.insert(confession);
            }
        };
        for subscription in change.follows.keys() {
            within(subscription.user, subscription.confession);
        }
        for (confession, admin) in &change.admins {
            for admin in admin.before.into_iter().chain(admin.now) {
                within(admin, *confession);
                for other in self.ports.conversations.counterparts(admin, Some(*confession)).await? {
                    within(other, *confession);
                }
            }
        }
        concerned.extend(change.roles.keys().map(|user| (*user, Reach::Everywhere)));
        Ok(concerned)
    }

    async fn tell_access(&self, user: UserId, reach: &Reach, change: &DirectoryChanges) -> Result<(), Error> {
        for conversation in self.within_reach(user, reach).await? {
            let Some(facts) = self.ports.conversations.facts(conversation, user).await? else {
                continue;
            };
            // Sockets of an inactive account are closed instead.
            if !facts.actor.is_active {
                return Ok(());
            }
            let now = access::now(&facts);
            if now != access::before(&facts, change) {
                self.ports.bus.publish(Event {
                    to: vec![user],
                    body: Body::Access {
                        conversation,
                        cannot_send: now.cannot_send.map(|denial| denial.code()),
                        can_pin: now.can_pin,
                    },
                });
            }
        }
        Ok(())
    }

    async fn within_reach(&self, user: UserId, reach: &Reach) -> Result<Vec<ConversationId>, Error> {
        let Reach::Within(confessions) = reach else {
            return Ok(self.ports.conversations.ids(user, None).await?);
        };
        let mut conversations = Vec::new();
        for confession in confessions {
            conversations.extend(self.ports.conversations.ids(user, Some(*confession)).await?);
        }
        Ok(conversations)
    }
}

/// Feeds the directory: makes changes, and publishes them with those of imports by other processes, which have left notes. Only one call may run at a time, as
/// [`Messaging::directory_changed`] requires.
#[derive(Clone)]
pub struct DirectoryFeeding {
    directory: Arc<dyn DirectoryWriter>,
    messaging: Messaging,
}

/// What could not be published of durable changes.
#[derive(Debug, Default)]
pub struct Unpublished {
    /// The notes of imports could not be read. They are still there for the next call.
    pub notes: Option<StoreError>,
    /// Open sockets were not told of the changes.
    pub changes: Option<Error>,
}

impl DirectoryFeeding {
    /// Changes this directory, and publishes by these use cases.
    pub fn new(directory: Arc<dyn DirectoryWriter>, messaging: Messaging) -> Self {
        Self { directory, messaging }
    }

    /// Imports a document, and publishes its changes.
    pub async fn import(&self, document: DirectoryDocument) -> Result<(ImportOutcome, Unpublished), StoreError> {
        let outcome = self.directory.import(document).await?;
        let changes = match &outcome {
            ImportOutcome::Done(changes) => changes.clone(),
            ImportOutcome::Rejected(_) => DirectoryChanges::default(),
        };
        Ok((outcome, self.publish(changes).await))
    }

    /// Ends a subscription, and publishes the change.
    pub async fn unfollow(&self, subscription: Subscription) -> Result<Unpublished, StoreError> {
        let changes = self.directory.unfollow(subscription).await?;
        Ok(self.publish(changes).await)
    }

    /// Publishes the changes of imports by other processes.
    pub async fn publish_imports(&self) -> Unpublished {
        self.publish(DirectoryChanges::default()).await
    }

    /// All active accounts, by id.
    pub async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.directory.roster().await
    }

    /// Publishes the changes as one with those of the notes, which were made before.
    async fn publish(&self, changes: DirectoryChanges) -> Unpublished {
        let (mut all, notes) = self.noted().await;
        all.extend(changes);
        let told = if all.is_empty() {
            Ok(())
        } else {
            self.messaging.directory_changed(&all).await
        };
        Unpublished {
            notes,
            changes: told.err(),
        }
    }

    /// The changes that imports have noted, merged into one. After a failure, those read until then.
    async fn noted(&self) -> (DirectoryChanges, Option<StoreError>) {
        let mut changes = DirectoryChanges::default();
        loop {
            match self.directory.take_note().await {
                Ok(Some(note)) => changes.extend(note),
                Ok(None) => return (changes, None),
                Err(error) => return (changes, Some(error)),
            }
        }
    }
}
