//! Acts of which the store did not say whether they are stored, mostly because a connection broke during the commit. If they are, nobody was told; so once the
//! store answers again, the people concerned get `resync`.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    denial::Kind,
    id::{ConversationId, UserId},
    ports::{Gap, Unconfirmed, UnconfirmedAct},
};
use tokio::sync::Notify;

use crate::{measure, observed::Observed};

/// The most conversations whose acts wait. Beyond that everybody is told.
const MOST_WAITING: usize = 4096;
/// How long more acts are gathered after the first, since a connection that breaks fails all acts on it.
const GATHER: Duration = Duration::from_millis(100);
/// The pause after the store has not answered.
const PAUSE: Duration = Duration::from_secs(1);

/// The unconfirmed acts of this node whose people were not told yet.
#[derive(Debug, Default)]
pub struct UnconfirmedActs {
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// By conversation, or by actor where the act would have opened one.
    acts: HashMap<Place, Concerned>,
    has_overflowed: bool,
    /// Whether acts were taken out whose people are being told.
    is_telling: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Conversation(ConversationId),
    NewOf(UserId),
}

#[derive(Debug)]
struct Concerned {
    /// One of those who acted.
    actor: UserId,
    users: HashSet<UserId>,
}

impl Waiting {
    fn add(&mut self, place: Place, actor: UserId, users: impl IntoIterator<Item = UserId>) {
        if self.acts.len() >= MOST_WAITING && !self.acts.contains_key(&place) {
            self.has_overflowed = true;
            return;
        }
        let concerned = self.acts.entry(place).or_insert_with(|| Concerned {
            actor,
            users: HashSet::new(),
        });
        concerned.users.extend(users);
    }
}

impl UnconfirmedActs {
    /// Whether nobody has to be told.
    pub fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.acts.is_empty() && !waiting.has_overflowed && !waiting.is_telling
    }

    /// Tells the people concerned by each act, once the store answers. Never returns.
    pub async fn run(&self, messaging: &Observed) {
        loop {
            self.added.notified().await;
            tokio::time::sleep(GATHER).await;
            while !self.tell(messaging).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// False if the store is still unavailable; then nobody is told yet.
    async fn tell(&self, messaging: &Observed) -> bool {
        let (acts, has_overflowed) = {
            let mut waiting = self.lock();
            waiting.is_telling = true;
            (std::mem::take(&mut waiting.acts), std::mem::take(&mut waiting.has_overflowed))
        };
        for (place, concerned) in &acts {
            let within = match place {
                Place::Conversation(id) => Some(*id),
                Place::NewOf(_) => None,
            };
            if let Err(error) = messaging.outlast_unconfirmed(concerned.actor, within).await
                && error.kind() == Kind::Unavailable
            {
                tracing::debug!(error = %error, "the store does not say yet whether acts are stored");
                let mut waiting = self.lock();
                waiting.has_overflowed |= has_overflowed;
                for (place, concerned) in acts {
                    waiting.add(place, concerned.actor, concerned.users);
                }
                return false;
            }
        }
        let mut gap = if has_overflowed { Gap::Everybody } else { Gap::Nobody };
        gap.add(acts.into_values().flat_map(|concerned| concerned.users));
        if gap != Gap::Nobody {
            tracing::warn!("the store failed during commits; the people concerned are told to ask for changes");
            messaging.announce_gap(gap);
        }
        self.lock().is_telling = false;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unconfirmed for UnconfirmedActs {
    fn note(&self, act: UnconfirmedAct) {
        metrics::counter!(measure::UNCONFIRMED_ACTS_TOTAL).increment(1);
        let place = act.conversation.map_or(Place::NewOf(act.actor), Place::Conversation);
        self.lock().add(place, act.actor, act.concerned);
        self.added.notify_one();
    }
}
