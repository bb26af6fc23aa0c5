//! One lane for each conversation: acts in it follow one another in this process, from before their transaction until their announcement, so that
//! announcements are made in the order of commits. Between processes the lock on the conversation's row orders.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

type Waiting = Arc<tokio::sync::Mutex<()>>;

/// The lanes in use: those of acts that run or wait. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<i64, Waiting>>>);

/// The turn of one act in a lane, which ends when it is dropped.
pub(super) struct Lane {
    // Dropped in this order.
    _guard: OwnedMutexGuard<()>,
    _place: Place,
}

/// Keeps a lane in the map while an act runs or waits in it.
struct Place {
    lanes: Lanes,
    conversation: i64,
    waiting: Option<Waiting>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lanes = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting = None;
        // Clones are made under the lock of the map alone, so that the last one is the map's own.
        if lanes.get(&self.conversation).is_some_and(|waiting| Arc::strong_count(waiting) == 1) {
            lanes.remove(&self.conversation);
        }
    }
}

impl Lanes {
    /// Waits for the lane of a conversation, in the order of the calls.
    pub(super) async fn enter(&self, conversation: i64) -> Lane {
        let waiting = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.entry(conversation).or_default().clone()
        };
        let place = Place {
            lanes: self.clone(),
            conversation,
            waiting: Some(waiting.clone()),
        };
        Lane {
            _guard: waiting.lock_owned().await,
            _place: place,
        }
    }

    /// Waits for several lanes, in the order of the ids, so that two acts never wait for each other.
    pub(super) async fn enter_all(&self, mut conversations: Vec<i64>) -> Vec<Lane> {
        conversations.sort_unstable();
        conversations.dedup();
        let mut lanes = Vec::with_capacity(conversations.len());
        for conversation in conversations {
            lanes.push(self.enter(conversation).await);
        }
        lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn acts_of_a_lane_follow_one_another_and_an_unused_lane_is_removed() {
        let lanes = Lanes::default();
        let first = lanes.enter(1).await;
        let other = lanes.enter(2).await;
        let mut second = Box::pin(lanes.enter(1));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        drop(second.await);
        assert_eq!(lanes.0.lock().unwrap().len(), 1);
        drop(other);
        assert!(lanes.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_act_that_stops_waiting_leaves_no_lane() {
        let lanes = Lanes::default();
        let first = lanes.enter(1).await;
        {
            let mut second = Box::pin(lanes.enter_all(vec![2, 1, 2]));
            assert!(futures_util::poll!(&mut second).is_pending());
        }
        drop(first);
        assert!(lanes.0.lock().unwrap().is_empty());
    }
}
