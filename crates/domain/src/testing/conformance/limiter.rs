//! [`crate::ports::Limiter`].

use std::time::Duration;

use crate::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rate, Rates},
    testing::{
        builders::{AZIZ, DILNOZA, at},
        join::join_all,
    },
    time::Timestamp,
};

/// What the limiter under test is to hold people to: bursts of 20 and a permit each half second; one at a time, at a rate that no whole number of
/// microseconds makes up; no limit.
pub const RATES: Rates = Rates {
    messages_per_minute: 120,
    uploads_per_minute: 7,
    requests_per_minute: 0,
};

/// Runs the suite of [`crate::ports::Limiter`] on what an `async fn` makes: `(limiter, guard)`, by [`RATES`].
#[macro_export]
macro_rules! limiter_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            limiter: a_sixth_may_come_at_once,
            a_small_limit_allows_one_at_a_time,
            zero_switches_a_limit_off,
            waiting_as_told_is_enough_and_less_is_not,
            a_refusal_costs_nothing,
            the_limit_holds_over_minutes,
            a_pause_gives_no_more_than_a_burst,
            people_do_not_share,
            budgets_do_not_share,
            sixty_four_at_once_get_one_burst,
            a_clock_that_steps_back_costs_no_more_than_an_empty_bucket,
        );
    };
}

/// The permits of an empty bucket that 120 a minute fills.
const HALF: Duration = Duration::from_millis(500);

fn rate_of(budget: Budget) -> Rate {
    RATES.of(budget).expect("this budget has a limit")
}

/// A message is refused.
fn denied(retry_after: Duration) -> Admission {
    let rate = rate_of(Budget::Messages);
    Admission::Denied { rate, retry_after }
}

async fn ask(limiter: &impl Limiter, now: Timestamp) -> Admission {
    limiter.check(AZIZ, Budget::Messages, now).await
}

/// How many of so many that come at once are allowed.
async fn allowed(limiter: &impl Limiter, user: UserId, budget: Budget, asked: usize, now: Timestamp) -> usize {
    let mut allowed = 0;
    for _ in 0..asked {
        allowed += usize::from(limiter.check(user, budget, now).await == Admission::Allowed);
    }
    allowed
}

/// And the next one is told when to come back.
pub async fn a_sixth_may_come_at_once(limiter: &impl Limiter) {
    for number in 1..=20 {
        assert_eq!(ask(limiter, at(0)).await, Admission::Allowed, "number {number}");
    }
    assert_eq!(ask(limiter, at(0)).await, denied(HALF));
}

/// A seventh of a minute is 8,571,428.57 µs.
pub async fn a_small_limit_allows_one_at_a_time(limiter: &impl Limiter) {
    let ask = |now| limiter.check(AZIZ, Budget::Uploads, now);
    let rate = rate_of(Budget::Uploads);
    let denied = |micros| Admission::Denied {
        rate,
        retry_after: Duration::from_micros(micros),
    };
    assert_eq!(ask(at(0)).await, Admission::Allowed);
    assert_eq!(ask(at(0)).await, denied(8_571_429));
    assert_eq!(ask(at(0).plus_micros(8_571_428)).await, denied(1));
    assert_eq!(ask(at(0).plus_micros(8_571_429)).await, Admission::Allowed);
}

/// Whoever asks however often.
pub async fn zero_switches_a_limit_off(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Requests, 5_000, at(0)).await, 5_000);
}

/// To the microsecond.
pub async fn waiting_as_told_is_enough_and_less_is_not(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(0)).await;
    let early = at(0).plus_micros(499_999);
    let retry_after = Duration::from_micros(1);
    assert_eq!(ask(limiter, early).await, denied(retry_after));
    assert_eq!(ask(limiter, early.plus_micros(1)).await, Admission::Allowed);
    assert_eq!(ask(limiter, early.plus_micros(1)).await, denied(HALF));
}

/// Who keeps asking waits no longer.
pub async fn a_refusal_costs_nothing(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(0)).await;
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 1_000, at(0)).await, 0);
    assert_eq!(ask(limiter, at(0).plus_micros(500_000)).await, Admission::Allowed);
}

/// Somebody who asks ten times a second for ten minutes gets the first burst and two a second.
pub async fn the_limit_holds_over_minutes(limiter: &impl Limiter) {
    let mut allowed = 0;
    for tenth in 0..=6_000 {
        let now = at(0).plus_micros(tenth * 100_000);
        allowed += usize::from(ask(limiter, now).await == Admission::Allowed);
    }
    assert_eq!(allowed, 20 + 1_200);
}

/// Permits are not saved up, whether the bucket was forgotten meanwhile or not.
pub async fn a_pause_gives_no_more_than_a_burst(limiter: &impl Limiter) {
    for start in [0, 10, 75, 86_400] {
        assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(start)).await, 20, "after {start} s");
    }
}

/// One who floods does not slow down another.
pub async fn people_do_not_share(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 100, at(0)).await, 20);
    assert_eq!(allowed(limiter, DILNOZA, Budget::Messages, 100, at(0)).await, 20);
}

/// Who has sent enough may still bring a file.
pub async fn budgets_do_not_share(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 100, at(0)).await, 20);
    assert_eq!(allowed(limiter, AZIZ, Budget::Uploads, 100, at(0)).await, 1);
    assert_eq!(allowed(limiter, AZIZ, Budget::Requests, 100, at(0)).await, 100);
}

/// Not one more.
pub async fn sixty_four_at_once_get_one_burst(limiter: &impl Limiter) {
    let answers = join_all((0..64).map(|_| limiter.check(AZIZ, Budget::Messages, at(0)))).await;
    assert_eq!(answers.into_iter().filter(|answer| *answer == Admission::Allowed).count(), 20);
}

/// Nobody is locked out until the clock is back where it was.
pub async fn a_clock_that_steps_back_costs_no_more_than_an_empty_bucket(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(3_600)).await;
    assert_eq!(ask(limiter, at(0)).await, denied(HALF));
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(5)).await, 10);
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(15)).await, 20);
}
