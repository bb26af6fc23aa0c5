//! The suite of [`crate::ports::Limiter`].

use std::time::Duration;

use crate::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rate, Rates},
    testing::{
        builders::{AZIZ, DILNOZA, at},
        join_all,
    },
    time::Timestamp,
};

const MEBIBYTE: u64 = 1024 * 1024;

/// The limits in the suite: bursts of 20 and a permit each half second; one at a time, at a rate that is no whole number of
/// microseconds; no limit; a mebibyte a day.
pub const RATES: Rates = Rates {
    messages_per_minute: 120,
    uploads_per_minute: 7,
    requests_per_minute: 0,
    upload_bytes_per_day: MEBIBYTE,
    searches_per_minute: 90,
};

/// Runs the suite of [`crate::ports::Limiter`] on the result of an `async fn`: `(limiter, guard)`, with [`RATES`].
#[macro_export]
macro_rules! limiter_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            limiter: a_sixth_of_a_minute_is_permitted_at_once,
            a_small_limit_allows_one_at_a_time,
            zero_switches_a_limit_off,
            waiting_the_returned_time_is_enough_and_less_is_not,
            a_refusal_costs_nothing,
            the_limit_holds_over_minutes,
            a_pause_gives_no_more_than_a_burst,
            people_do_not_share_a_budget,
            budgets_are_counted_apart,
            sixty_four_at_once_get_one_burst,
            amounts_are_taken_whole_or_not_at_all,
            the_amount_of_a_day_may_come_at_once_and_comes_back_evenly,
            refunded_tokens_can_be_taken_again,
            giving_back_fills_no_bucket_beyond_full,
            a_clock_that_steps_back_costs_no_more_than_an_empty_bucket,
        );
    };
}

/// The time in which 120 permits a minute bring one.
const HALF: Duration = Duration::from_millis(500);

fn rate_of(budget: Budget) -> Rate {
    RATES.of(budget).expect("this budget has a limit")
}

/// The refusal of a message with this time to wait.
fn denied(retry_after: Duration) -> Admission {
    let rate = rate_of(Budget::Messages);
    Admission::Denied { rate, retry_after }
}

async fn ask(limiter: &impl Limiter, now: Timestamp) -> Admission {
    limiter.check(AZIZ, Budget::Messages, now).await
}

/// The number of allowed calls among this many at the same time.
async fn allowed(limiter: &impl Limiter, user: UserId, budget: Budget, asked: usize, now: Timestamp) -> usize {
    let mut allowed = 0;
    for _ in 0..asked {
        allowed += usize::from(limiter.check(user, budget, now).await == Admission::Allowed);
    }
    allowed
}

/// The next call is refused, with the time to wait.
pub async fn a_sixth_of_a_minute_is_permitted_at_once(limiter: &impl Limiter) {
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

/// An unlimited budget allows any number of calls.
pub async fn zero_switches_a_limit_off(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Requests, 5_000, at(0)).await, 5_000);
}

/// The returned time is exact to the microsecond.
pub async fn waiting_the_returned_time_is_enough_and_less_is_not(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(0)).await;
    let early = at(0).plus_micros(499_999);
    let retry_after = Duration::from_micros(1);
    assert_eq!(ask(limiter, early).await, denied(retry_after));
    assert_eq!(ask(limiter, early.plus_micros(1)).await, Admission::Allowed);
    assert_eq!(ask(limiter, early.plus_micros(1)).await, denied(HALF));
}

/// Repeated calls while waiting do not prolong the wait.
pub async fn a_refusal_costs_nothing(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(0)).await;
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 1_000, at(0)).await, 0);
    assert_eq!(ask(limiter, at(0).plus_micros(500_000)).await, Admission::Allowed);
}

/// A person who sends ten times a second for ten minutes gets the first burst and two a second.
pub async fn the_limit_holds_over_minutes(limiter: &impl Limiter) {
    let mut allowed = 0;
    for tenth in 0..=6_000 {
        let now = at(0).plus_micros(tenth * 100_000);
        allowed += usize::from(ask(limiter, now).await == Admission::Allowed);
    }
    assert_eq!(allowed, 20 + 1_200);
}

/// Permits do not accumulate beyond a burst, whether the bucket was forgotten meanwhile or not.
pub async fn a_pause_gives_no_more_than_a_burst(limiter: &impl Limiter) {
    for start in [0, 10, 75, 86_400] {
        assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(start)).await, 20, "after {start} s");
    }
}

/// A person who floods does not slow down another.
pub async fn people_do_not_share_a_budget(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 100, at(0)).await, 20);
    assert_eq!(allowed(limiter, DILNOZA, Budget::Messages, 100, at(0)).await, 20);
}

/// A person whose messages are used up may still upload a file.
pub async fn budgets_are_counted_apart(limiter: &impl Limiter) {
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 100, at(0)).await, 20);
    assert_eq!(allowed(limiter, AZIZ, Budget::Uploads, 100, at(0)).await, 1);
    assert_eq!(allowed(limiter, AZIZ, Budget::Requests, 100, at(0)).await, 100);
}

/// Concurrent calls get exactly one burst.
pub async fn sixty_four_at_once_get_one_burst(limiter: &impl Limiter) {
    let answers = join_all((0..64).map(|_| limiter.check(AZIZ, Budget::Messages, at(0)))).await;
    assert_eq!(answers.into_iter().filter(|answer| *answer == Admission::Allowed).count(), 20);
}

async fn bytes(limiter: &impl Limiter, amount: u64, now: Timestamp) -> bool {
    limiter.take(AZIZ, Budget::UploadBytes, amount, now).await == Admission::Allowed
}

/// A refused amount takes nothing, and a smaller one may still fit.
pub async fn amounts_are_taken_whole_or_not_at_all(limiter: &impl Limiter) {
    assert!(bytes(limiter, MEBIBYTE - 10, at(0)).await);
    assert!(!bytes(limiter, 11, at(0)).await);
    assert!(bytes(limiter, 4, at(0)).await && bytes(limiter, 6, at(0)).await && bytes(limiter, 0, at(0)).await);
    assert!(!bytes(limiter, 1, at(0)).await);
    assert!(limiter.take(AZIZ, Budget::Messages, 20, at(0)).await == Admission::Allowed);
    assert_eq!(limiter.take(AZIZ, Budget::Messages, 2, at(0)).await, denied(2 * HALF));
    assert!(
        !bytes(limiter, MEBIBYTE + 1, at(86_400 * 7)).await,
        "a bucket never holds that much"
    );
}

/// An hour brings a 24th of the amount.
pub async fn the_amount_of_a_day_may_come_at_once_and_comes_back_evenly(limiter: &impl Limiter) {
    assert!(bytes(limiter, MEBIBYTE, at(0)).await);
    let hour = MEBIBYTE / 24;
    let refused = limiter.take(AZIZ, Budget::UploadBytes, hour, at(0)).await;
    let Admission::Denied { rate, retry_after } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(rate, rate_of(Budget::UploadBytes));
    assert!((3_599..=3_600).contains(&retry_after.as_secs()), "{retry_after:?}");
    assert!(!bytes(limiter, hour, at(3_598)).await);
    assert!(bytes(limiter, hour, at(3_600)).await);
    assert!(bytes(limiter, MEBIBYTE, at(3_600 + 86_400)).await);
}

/// The same person takes them again.
pub async fn refunded_tokens_can_be_taken_again(limiter: &impl Limiter) {
    assert!(bytes(limiter, MEBIBYTE, at(0)).await);
    limiter.give_back(AZIZ, Budget::UploadBytes, 1000, at(0)).await;
    limiter.give_back(DILNOZA, Budget::UploadBytes, 1000, at(0)).await;
    assert!(!bytes(limiter, 1001, at(0)).await);
    assert!(bytes(limiter, 1000, at(0)).await);
    limiter.give_back(AZIZ, Budget::Requests, 1, at(0)).await;
}

/// Failing acts cannot raise a limit.
pub async fn giving_back_fills_no_bucket_beyond_full(limiter: &impl Limiter) {
    assert!(bytes(limiter, 1000, at(0)).await);
    for _ in 0..3 {
        limiter.give_back(AZIZ, Budget::UploadBytes, MEBIBYTE, at(0)).await;
    }
    assert!(bytes(limiter, MEBIBYTE, at(0)).await);
    assert!(!bytes(limiter, 1, at(0)).await);
}

/// Nobody waits until the clock is back at its former time.
pub async fn a_clock_that_steps_back_costs_no_more_than_an_empty_bucket(limiter: &impl Limiter) {
    allowed(limiter, AZIZ, Budget::Messages, 20, at(3_600)).await;
    assert_eq!(ask(limiter, at(0)).await, denied(HALF));
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(5)).await, 10);
    assert_eq!(allowed(limiter, AZIZ, Budget::Messages, 30, at(15)).await, 20);
}
