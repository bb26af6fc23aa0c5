//! The used tickets, so that each ticket is accepted once.

mod redis;

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ports::{StoreError, Tickets},
    time::Timestamp,
};

pub use redis::RedisTickets;

/// Remembers used tickets until they expire, for a service that runs as one process.
///
/// A ticket that has expired stays expired when the clock is set back, because its use is forgotten by then.
#[derive(Debug, Default)]
pub struct MemoryTickets {
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    tickets: HashSet<Arc<str>>,
    ends: BTreeSet<(Timestamp, Arc<str>)>,
    /// Tickets that expired before this time are forgotten.
    forgot: Option<Timestamp>,
}

impl Used {
    fn forget_expired(&mut self, now: Timestamp) {
        self.forgot = self.forgot.max(Some(now));
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
        let may_be_forgotten = used.forgot.is_some_and(|forgot| expires_at <= forgot);
        used.forget_expired(now);
        if may_be_forgotten {
            return Ok(false);
        }
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

    #[tokio::test]
    async fn a_ticket_stays_expired_when_the_clock_is_set_back() {
        let tickets = MemoryTickets::default();
        assert!(tickets.redeem("one", Timestamp(30), Timestamp(0)).await.unwrap());
        assert!(tickets.redeem("later", Timestamp(1_000), Timestamp(500)).await.unwrap());
        assert!(!tickets.redeem("one", Timestamp(30), Timestamp(0)).await.unwrap());
        assert!(tickets.redeem("other", Timestamp(501), Timestamp(0)).await.unwrap());
    }
}
