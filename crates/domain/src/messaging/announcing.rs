use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Error, Messaging, Ports};
use crate::{
    denial::Denial,
    event::Event,
    id::{ConversationId, UserId},
    ports::{Gap, StoreError, UnconfirmedAct},
    receipt::{ReadRequest, ReadScope},
};

/// The announcement of an act, shared by its use case, its rule and its `on_commit`. If the rule has allowed the act, and all of them are gone although neither
/// an event was published nor the store has said what became of the act, then it is noted as unconfirmed.
#[derive(Clone)]
pub(super) struct Announcement(Arc<Pending>);

struct Pending {
    ports: Arc<Ports>,
    act: Mutex<Option<UnconfirmedAct>>,
}

impl Pending {
    fn act(&self) -> MutexGuard<'_, Option<UnconfirmedAct>> {
        self.act.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let act = self.act().take();
        if let Some(act) = act {
            self.ports.unconfirmed.note(act);
        }
    }
}

impl Announcement {
    /// It itself, and what its rule and its `on_commit` take with them.
    pub(super) fn for_store(self) -> (Self, Self, Self) {
        (self.clone(), self.clone(), self)
    }

    /// Notes what the rule has decided: the act that is stored now, or `None` if nothing is.
    pub(super) fn decided(&self, act: Option<UnconfirmedAct>) {
        *self.0.act() = act;
    }

    /// Publishes the event of the act, which is durable.
    pub(super) fn publish(&self, event: Event) {
        self.decided(None);
        self.0.ports.bus.publish(event);
    }

    /// Passes on the answer of the store, after which the act needs no announcement any more unless the answer leaves open whether it is stored.
    pub(super) fn answered<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if !matches!(&answer, Err(error) if error.leaves_outcome_open()) {
            self.decided(None);
        }
        answer
    }
}

impl Messaging {
    /// The announcement of an act that begins now.
    pub(super) fn announcement(&self) -> Announcement {
        Announcement(Arc::new(Pending {
            ports: self.ports.clone(),
            act: Mutex::new(None),
        }))
    }

    /// Waits until no transaction of an unconfirmed act in this conversation can still be committed; where no conversation is named, until the store answers.
    /// From then on, everybody who asks for changes gets the act if it is stored.
    pub async fn outlast_unconfirmed(&self, actor: UserId, within: Option<ConversationId>) -> Result<(), Error> {
        let Some(within) = within else {
            self.ports.directory.person(actor).await?;
            return Ok(());
        };
        // The facts of an act are loaded once all acts before it have ended. This one stores nothing.
        let probe = ReadRequest::within(within, actor, ReadScope::All);
        let decide = Box::new(|_| Err(Denial::ConversationNotFound));
        // The denial is the one above.
        let _ = self.ports.receipts.mark_read(probe, decide, Box::new(|_| {})).await?;
        Ok(())
    }

    /// Tells all nodes that these users may have missed an event of a stored change.
    pub fn announce_gap(&self, gap: Gap) {
        self.ports.bus.missed(gap);
    }
}
