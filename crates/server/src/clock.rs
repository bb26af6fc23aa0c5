//! The one place that reads the wall clock, and the clock of stored times, which never runs backwards.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use domain::{
    id::UserId,
    ports::{Admission, Budget, Clock, Limiter},
    time::Timestamp,
};

/// The clock of the machine, to the microsecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Err(before) => Timestamp(i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)),
        }
    }
}

/// The clock of stored times: never earlier than the newest time that is stored already (contract 4.3).
///
/// That is the time of the wall clock unless it is behind. While it is, time passes at half its speed, so that the wall clock catches up, and deadlines are
/// reached all the same. Tokens, tickets and links have their times from other clocks, and ask the wall clock.
pub struct SteadyClock {
    wall: Arc<dyn Clock>,
    newest: Box<dyn Fn() -> Timestamp + Send + Sync>,
    behind: Mutex<Option<Behind>>,
}

/// The wall clock is behind.
#[derive(Debug)]
struct Behind {
    /// The time that was shown last.
    last: Timestamp,
    /// The moment of `last`, by the monotonic clock.
    since: Instant,
    /// The log has a line about it.
    told: bool,
}

/// The microseconds that the wall clock must be behind to be worth a log line.
const WORTH_TELLING: i64 = 5_000_000;

impl SteadyClock {
    /// `newest` returns the newest time that is stored.
    pub fn new(wall: Arc<dyn Clock>, newest: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            wall,
            newest: Box::new(newest),
            behind: Mutex::new(None),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        show(&mut behind, self.wall.now(), (self.newest)(), Instant::now())
    }
}

fn show(behind: &mut Option<Behind>, wall: Timestamp, newest: Timestamp, now: Instant) -> Timestamp {
    let Some(state) = behind else {
        if wall >= newest {
            return wall;
        }
        let behind_by = newest.0.saturating_sub(wall.0);
        let told = behind_by > WORTH_TELLING;
        if told {
            tracing::warn!(
                behind_seconds = behind_by / 1_000_000,
                "the machine's clock is behind the newest time that is stored; times go on from there, at half speed, until it has caught up"
            );
        }
        *behind = Some(Behind {
            last: newest,
            since: now,
            told,
        });
        return newest;
    };
    let half = i64::try_from(now.saturating_duration_since(state.since).as_micros() / 2).unwrap_or(i64::MAX);
    state.last = state.last.plus_micros(half).max(newest);
    // The remainder below a microsecond is carried over to the next correction.
    state.since += Duration::from_micros(half.unsigned_abs().saturating_mul(2));
    if wall < state.last {
        return state.last;
    }
    if state.told {
        tracing::info!("the machine's clock has caught up with what is stored");
    }
    *behind = None;
    wall
}

/// A limiter that measures by the wall clock, which passes at full speed while [`SteadyClock`] waits for it.
pub(crate) struct WallLimiter<L> {
    pub(crate) limiter: L,
    pub(crate) wall: Arc<dyn Clock>,
}

#[async_trait]
impl<L: Limiter> Limiter for WallLimiter<L> {
    async fn take(&self, user: UserId, budget: Budget, amount: u64, _: Timestamp) -> Admission {
        self.limiter.take(user, budget, amount, self.wall.now()).await
    }

    async fn give_back(&self, user: UserId, budget: Budget, amount: u64, _: Timestamp) {
        self.limiter.give_back(user, budget, amount, self.wall.now()).await;
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ports::Rates,
        testing::{builders::at, fakes::FixedClock},
    };
    use realtime::limiter::MemoryLimiter;

    use super::*;

    fn after(start: Instant, seconds: i64) -> Instant {
        start + Duration::from_secs(seconds.unsigned_abs())
    }

    #[test]
    fn a_wall_clock_that_is_not_behind_is_shown_as_it_is() {
        let (mut behind, start) = (None, Instant::now());
        for (wall, newest, seconds) in [(0, 0, 0), (0, 0, 5), (60, 0, 10), (3600, 60, 11), (100, 60, 12), (60, 60, 13)] {
            assert_eq!(show(&mut behind, at(wall), at(newest), after(start, seconds)), at(wall));
        }
        let clock = FixedClock::default();
        let steady = SteadyClock::new(Arc::new(clock.clone()), || at(0));
        for _ in 0..1_000 {
            assert_eq!(steady.now(), at(0), "where time stands still it stands still here");
        }
        clock.advance(1);
        assert_eq!(steady.now(), at(1));
    }

    #[test]
    fn a_clock_set_back_goes_on_at_half_speed_until_it_has_caught_up() {
        let (mut behind, start) = (None, Instant::now());
        let newest = at(7200);
        let mut before = show(&mut behind, at(0), newest, start);
        assert_eq!(before, newest);
        for seconds in 1..14_400 {
            let now = show(&mut behind, at(seconds), newest, after(start, seconds));
            assert_eq!(now, newest.plus_micros(seconds * 500_000));
            assert!(now > before);
            before = now;
        }
        assert_eq!(show(&mut behind, at(14_400), newest, after(start, 14_400)), at(14_400));
        assert!(behind.is_none());
    }

    #[test]
    fn changes_stored_meanwhile_count() {
        let (mut behind, start) = (None, Instant::now());
        show(&mut behind, at(0), at(100), start);
        assert_eq!(show(&mut behind, at(1), at(300), after(start, 1)), at(300));
        assert_eq!(show(&mut behind, at(3), at(300), after(start, 3)), at(301));
    }

    #[test]
    fn asking_often_neither_stops_the_time_nor_hurries_it() {
        let (mut behind, start, mut now) = (None, Instant::now(), at(0));
        for nanos in (0..=2_000_600_u64).step_by(700) {
            now = show(&mut behind, at(0), at(100), start + Duration::from_nanos(nanos));
        }
        assert_eq!(now, at(100).plus_micros(1_000));
    }

    #[tokio::test]
    async fn limits_are_measured_by_the_wall_clock() {
        let rates = Rates {
            messages_per_minute: 60,
            ..Rates::default()
        };
        let clock = FixedClock::default();
        let limiter = WallLimiter {
            limiter: MemoryLimiter::new(rates),
            wall: Arc::new(clock.clone()),
        };
        let ask = async || limiter.check(UserId(1), Budget::Messages, at(0)).await;
        for _ in 0..10 {
            assert_eq!(ask().await, Admission::Allowed);
        }
        assert_ne!(ask().await, Admission::Allowed);
        clock.advance(1);
        assert_eq!(ask().await, Admission::Allowed);
    }

    #[test]
    fn shows_a_time_of_this_century() {
        let now = SystemClock.now();
        assert!(now > Timestamp(1_700_000_000_000_000), "{now}");
        assert!(now < Timestamp(4_100_000_000_000_000), "{now}");
    }
}
