use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::{
    ports::{StoreError, Tickets},
    time::Timestamp,
};

/// Remembers used tickets until they expire.
#[derive(Clone, Debug, Default)]
pub struct FakeTickets {
    used: Arc<Mutex<BTreeMap<String, Timestamp>>>,
}

#[async_trait]
impl Tickets for FakeTickets {
    async fn redeem(&self, ticket: &str, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, end| *end > now);
        if used.contains_key(ticket) {
            return Ok(false);
        }
        used.insert(ticket.to_owned(), expires_at);
        Ok(true)
    }
}
