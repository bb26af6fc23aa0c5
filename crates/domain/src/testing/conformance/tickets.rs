//! The suite of [`crate::ports::Tickets`].

use super::Works;
use crate::{
    ports::Tickets,
    testing::{builders::at, join_all},
};

/// Runs the suite of [`crate::ports::Tickets`] on the result of an `async fn`: `(tickets, guard)`.
#[macro_export]
macro_rules! tickets_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            tickets: a_ticket_is_redeemed_once,
            tickets_are_independent,
            a_used_ticket_stays_used_until_it_expires,
            of_sixteen_uses_at_once_one_succeeds,
        );
    };
}

/// The second use is refused, whatever expiry it names.
pub async fn a_ticket_is_redeemed_once(tickets: &impl Tickets) {
    assert!(tickets.redeem("one", at(30), at(0)).await.works());
    assert!(!tickets.redeem("one", at(30), at(0)).await.works());
    assert!(!tickets.redeem("one", at(60), at(1)).await.works());
}

/// Every character of a ticket counts.
pub async fn tickets_are_independent(tickets: &impl Tickets) {
    for ticket in ["one", "two", "One", "one ", "бир"] {
        assert!(tickets.redeem(ticket, at(30), at(0)).await.works(), "{ticket}");
    }
}

/// Other tickets are used and expire meanwhile.
pub async fn a_used_ticket_stays_used_until_it_expires(tickets: &impl Tickets) {
    assert!(tickets.redeem("long", at(30), at(0)).await.works());
    for second in 1..30 {
        assert!(tickets.redeem(&format!("short {second}"), at(second + 1), at(second)).await.works());
        assert!(!tickets.redeem("long", at(30), at(second)).await.works(), "after {second} s");
    }
}

/// Exactly one of concurrent uses succeeds.
pub async fn of_sixteen_uses_at_once_one_succeeds(tickets: &impl Tickets) {
    let uses = join_all((0..16).map(|_| tickets.redeem("one", at(30), at(0)))).await;
    assert_eq!(uses.into_iter().map(Works::works).filter(|first| *first).count(), 1);
}
