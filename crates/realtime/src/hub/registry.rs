use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

use domain::{id::UserId, ports::SocketId};
use tokio::sync::Notify;

use super::order::Forwarded;
use crate::{outbox::Outbox, session::Scope};

/// A socket that is registered in the hub.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) id: SocketId,
    pub(super) user: UserId,
    pub(super) scope: Scope,
    /// The base of the links to files: the URL at which the client of this socket reaches the service.
    pub(super) base: Arc<str>,
    /// The other participants, on a socket for one conversation. [`SocketHandle::join`](super::SocketHandle::join) sets them.
    pub(super) others: OnceLock<Box<[UserId]>>,
    pub(super) outbox: Outbox,
}

impl Socket {
    pub(super) fn new(id: SocketId, user: UserId, scope: Scope, base: Arc<str>) -> Self {
        Self {
            id,
            user,
            scope,
            base,
            others: OnceLock::new(),
            outbox: Outbox::default(),
        }
    }

    pub(super) fn is_for_all(&self) -> bool {
        self.scope == Scope::All
    }

    /// Whether the socket receives the presence of this user.
    pub(super) fn watches(&self, user: UserId) -> bool {
        match self.scope {
            Scope::All => true,
            Scope::One(_) => self.others.get().is_some_and(|others| others.contains(&user)),
        }
    }
}

/// The open sockets of a user on this node.
#[derive(Debug, Default)]
struct Present {
    sockets: Vec<Arc<Socket>>,
    /// The changes that these sockets have.
    forwarded: Mutex<Forwarded>,
}

/// The sockets of this node by user. The lock is held for looking up and pushing only, never across an await.
#[derive(Debug, Default)]
pub(super) struct Registry {
    users: RwLock<HashMap<UserId, Present>>,
    emptied: Notify,
}

/// The sockets under the read lock.
pub(super) struct Sockets<'a>(RwLockReadGuard<'a, HashMap<UserId, Present>>);

impl Sockets<'_> {
    pub(super) fn of(&self, user: UserId) -> impl Iterator<Item = &Socket> {
        let sockets = self.0.get(&user).into_iter().flat_map(|present| &present.sockets);
        sockets.map(AsRef::as_ref)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Socket> {
        self.0.values().flat_map(|present| &present.sockets).map(AsRef::as_ref)
    }

    /// The changes that the sockets of a user have; `None` if the user has no socket here.
    pub(super) fn forwarded(&self, user: UserId) -> Option<MutexGuard<'_, Forwarded>> {
        let present = self.0.get(&user)?;
        Some(present.forwarded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The users with an open socket here.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        self.0.keys().copied()
    }
}

impl Registry {
    /// Adds the socket. False if the user has `most` sockets already.
    pub(super) fn add(&self, socket: Arc<Socket>, most: usize) -> bool {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let sockets = &mut users.entry(socket.user).or_default().sockets;
        if sockets.len() >= most {
            if sockets.is_empty() {
                users.remove(&socket.user);
            }
            return false;
        }
        // Most people have one socket: room for four would cost more than the copy.
        sockets.reserve_exact(1);
        sockets.push(socket);
        metrics::gauge!("suhbat_sockets_open").increment(1.0);
        true
    }

    /// Removes the socket. True if it was the user's last one on this node.
    pub(super) fn remove(&self, socket: &Socket) -> bool {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Present { sockets, .. }) = users.get_mut(&socket.user) else {
            return false;
        };
        sockets.retain(|other| other.id != socket.id);
        metrics::gauge!("suhbat_sockets_open").decrement(1.0);
        let was_last = sockets.is_empty();
        if was_last {
            users.remove(&socket.user);
        }
        if users.is_empty() {
            self.emptied.notify_waiters();
        }
        was_last
    }

    pub(super) fn read(&self) -> Sockets<'_> {
        Sockets(self.users.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn has(&self, user: UserId) -> bool {
        self.read().0.contains_key(&user)
    }

    pub(super) fn users(&self) -> Vec<UserId> {
        self.read().users().collect()
    }

    pub(super) fn leases(&self) -> Vec<(UserId, SocketId)> {
        self.read().all().map(|socket| (socket.user, socket.id)).collect()
    }

    /// Who watches whom, by the sockets for one conversation.
    pub(super) fn watching(&self) -> Vec<(UserId, UserId)> {
        let sockets = self.read();
        let watching = sockets
            .all()
            .filter_map(|socket| Some((socket.user, socket.others.get()?)))
            .flat_map(|(user, others)| others.iter().map(move |other| (user, *other)));
        watching.collect()
    }

    pub(super) fn sockets(&self) -> usize {
        self.read().0.values().map(|present| present.sockets.len()).sum()
    }

    /// Waits until the node has no socket.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            let mut emptied = std::pin::pin!(emptied);
            emptied.as_mut().enable();
            if self.sockets() == 0 {
                return;
            }
            emptied.await;
        }
    }
}
