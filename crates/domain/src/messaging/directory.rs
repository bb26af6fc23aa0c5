use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Messaging};
use crate::{
    denial::Denial,
    event::{Body, Event},
    feeding::DirectoryChanges,
    id::{ConfessionId, ConversationId, UserId},
    people::Affiliation,
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
