//! Which single-use tickets were used.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ports::{StoreError, Tickets},
    time::Timestamp,
};

/// Remembers used tickets until they expire, for a service that runs as one process.
#[derive(Debug, Default)]
pub struct MemoryTickets {
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    tickets: HashSet<Arc<str>>,
    ends: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Used {
    fn forget_expired(&mut self, now: Timestamp) {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, ticket)) = self.ends.pop_first() {
                self.tickets.remove(&ticket);
            }
        }
    }
}

#[async_trait]
impl Tickets for MemoryTickets {
    async fn redeem(&self, ticket: &str, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget_expired(now);
        let ticket: Arc<str> = ticket.into();
        let first = used.tickets.insert(ticket.clone());
        if first {
            used.ends.insert((expires_at, ticket));
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn expired_tickets_are_forgotten() {
        let tickets = MemoryTickets::default();
        for number in 0..100 {
            assert!(tickets.redeem(&number.to_string(), Timestamp(number), Timestamp(0)).await.unwrap());
        }
        assert!(!tickets.redeem("99", Timestamp(99), Timestamp(98)).await.unwrap());
        let used = tickets.used.lock().unwrap();
        assert_eq!((used.tickets.len(), used.ends.len()), (1, 1));
    }
}
