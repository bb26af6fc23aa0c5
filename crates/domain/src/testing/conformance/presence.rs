//! The suite of [`crate::ports::Presence`].

use std::time::Duration;

use async_trait::async_trait;

use super::Works;
use crate::{
    conversation::PresenceStatus,
    id::UserId,
    ports::{Clock, Presence, SocketId},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, NOBODY},
        fakes::{FakePresence, FixedClock},
        join_all,
    },
    time::Timestamp,
};

/// An adapter of presence and the way its time passes: by a paused runtime, a clock of its own, or real time (with short leases).
#[async_trait]
pub trait PresenceFixture: Send + Sync {
    /// The adapter under test, without any sockets at first.
    fn presence(&self) -> &dyn Presence;

    /// The time that the suite passes to the adapter.
    fn now(&self) -> Timestamp;

    /// The duration of a lease without renewal.
    fn lease(&self) -> Duration;

    /// The time that a user stays online after the last lease.
    fn grace(&self) -> Duration;

    /// Lets this much time pass, for the adapter and for [`PresenceFixture::now`].
    async fn pass(&self, time: Duration);
}

/// The fixture of the fake: the fake and its clock.
#[derive(Debug, Default)]
pub struct FakePresenceFixture {
    clock: FixedClock,
    presence: FakePresence,
}

impl FakePresenceFixture {
    /// A fake without any sockets.
    pub fn new() -> Self {
        let clock = FixedClock::default();
        Self {
            presence: FakePresence::new(clock.clone()),
            clock,
        }
    }
}

#[async_trait]
impl PresenceFixture for FakePresenceFixture {
    fn presence(&self) -> &dyn Presence {
        &self.presence
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(FakePresence::LEASE_SECONDS.unsigned_abs())
    }

    fn grace(&self) -> Duration {
        Duration::from_secs(FakePresence::GRACE_SECONDS.unsigned_abs())
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance_micros(i64::try_from(time.as_micros()).expect("tests are short"));
    }
}

/// Runs the suite of [`crate::ports::Presence`] on the result of an `async fn`: `(fixture, guard)`, see
/// [`PresenceFixture`](crate::testing::conformance::presence::PresenceFixture).
///
/// `start_paused` as a second argument runs every case with tokio's time paused.
#[macro_export]
macro_rules! presence_conformance {
    ($fresh:path) => {
        $crate::presence_conformance!(@cases $fresh, );
    };
    ($fresh:path, start_paused) => {
        $crate::presence_conformance!(@cases $fresh, start_paused = true);
    };
    (@cases $fresh:path, $($attribute:tt)*) => {
        $crate::presence_conformance!(@each $fresh, [$($attribute)*]:
            the_first_socket_brings_a_user_online,
            a_second_socket_announces_nothing,
            closing_one_of_two_sockets_changes_nothing,
            the_last_socket_leaves_a_grace,
            joining_again_within_the_grace_reports_nothing,
            after_the_grace_one_departure_is_reported,
            joining_again_after_the_departure_returns_true,
            a_lease_that_is_not_renewed_ends_by_itself,
            renewing_keeps_a_lease,
            renewing_one_socket_does_not_keep_another,
            closing_a_socket_that_is_not_open_changes_nothing,
            sockets_belong_to_their_user,
            status_comes_in_the_order_of_the_ids,
            an_unknown_user_has_no_last_seen,
            last_seen_is_when_the_last_socket_closed,
            last_seen_of_a_lapsed_lease_is_within_it,
            every_departure_is_reported,
            a_departure_is_reported_to_one_node,
            of_sixteen_sockets_at_once_one_join_returns_true,
            watchers_are_named_until_their_time_ends,
        );
    };
    (@each $fresh:path, $attribute:tt: $($case:ident),+ $(,)?) => { $(
        $crate::presence_conformance!(@case $fresh, $attribute, $case);
    )+ };
    (@case $fresh:path, [$($attribute:tt)*], $case:ident) => {
        #[tokio::test($($attribute)*)]
        async fn $case() {
            let (fixture, _guard) = $fresh().await;
            $crate::testing::conformance::presence::$case(&fixture).await;
        }
    };
}

const ONE: SocketId = SocketId(1);
const TWO: SocketId = SocketId(u128::MAX);

async fn join(fixture: &impl PresenceFixture, user: UserId, socket: SocketId) -> bool {
    fixture.presence().join(user, socket, fixture.now()).await.works()
}

async fn leave(fixture: &impl PresenceFixture, user: UserId, socket: SocketId) {
    fixture.presence().leave(user, socket, fixture.now()).await.works();
}

async fn renew(fixture: &impl PresenceFixture, sockets: &[(UserId, SocketId)]) {
    fixture.presence().renew(sockets, fixture.now()).await.works();
}

async fn departed(fixture: &impl PresenceFixture) -> Vec<UserId> {
    let mut departed = fixture.presence().departed(fixture.now()).await.works();
    assert!(departed.iter().all(|status| !status.online), "{departed:?}");
    departed.sort_by_key(|status| status.user);
    departed.into_iter().map(|status| status.user).collect()
}

async fn status(fixture: &impl PresenceFixture, user: UserId) -> PresenceStatus {
    let status = fixture.presence().status(&[user]).await.works();
    assert_eq!(status.len(), 1);
    status[0]
}

async fn is_online(fixture: &impl PresenceFixture, user: UserId) -> bool {
    status(fixture, user).await.online
}

/// The time after which a socket that closed now has no effect.
fn past_grace(fixture: &impl PresenceFixture) -> Duration {
    fixture.grace() * 3 / 2
}

/// The time after which a socket that is not renewed from now on has no effect.
fn past_lease(fixture: &impl PresenceFixture) -> Duration {
    fixture.lease() + past_grace(fixture)
}

/// The first join returns true.
pub async fn the_first_socket_brings_a_user_online(fixture: &impl PresenceFixture) {
    assert!(!is_online(fixture, AZIZ).await);
    assert!(join(fixture, AZIZ, ONE).await);
    assert!(is_online(fixture, AZIZ).await);
    assert!(!is_online(fixture, DILNOZA).await);
    assert_eq!(departed(fixture).await, []);
}

/// The user was online before.
pub async fn a_second_socket_announces_nothing(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    assert!(!join(fixture, AZIZ, TWO).await);
}

/// The other socket is renewed, however long ago the first one closed.
pub async fn closing_one_of_two_sockets_changes_nothing(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    join(fixture, AZIZ, TWO).await;
    leave(fixture, AZIZ, ONE).await;
    for _ in 0..4 {
        fixture.pass(fixture.lease() / 2).await;
        renew(fixture, &[(AZIZ, TWO)]).await;
        assert!(is_online(fixture, AZIZ).await);
        assert_eq!(departed(fixture).await, []);
    }
}

/// Reloading a page does not show the user as offline.
pub async fn the_last_socket_leaves_a_grace(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    leave(fixture, AZIZ, ONE).await;
    assert!(is_online(fixture, AZIZ).await);
    fixture.pass(fixture.grace() / 2).await;
    assert!(is_online(fixture, AZIZ).await);
    assert_eq!(departed(fixture).await, []);
}

/// Neither the return nor, later, a departure is reported.
pub async fn joining_again_within_the_grace_reports_nothing(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    leave(fixture, AZIZ, ONE).await;
    fixture.pass(fixture.grace() / 2).await;
    assert!(!join(fixture, AZIZ, TWO).await);
    fixture.pass(past_grace(fixture).min(fixture.lease() / 2)).await;
    assert_eq!(departed(fixture).await, []);
    assert!(is_online(fixture, AZIZ).await);
}

/// The departure is reported once, and the user is offline.
pub async fn after_the_grace_one_departure_is_reported(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    leave(fixture, AZIZ, ONE).await;
    fixture.pass(past_grace(fixture)).await;
    assert!(!is_online(fixture, AZIZ).await);
    assert_eq!(departed(fixture).await, [AZIZ]);
    assert_eq!(departed(fixture).await, []);
    assert!(!is_online(fixture, AZIZ).await);
}

/// The user can depart again afterwards.
pub async fn joining_again_after_the_departure_returns_true(fixture: &impl PresenceFixture) {
    for socket in [ONE, TWO, ONE] {
        assert!(join(fixture, AZIZ, socket).await);
        leave(fixture, AZIZ, socket).await;
        fixture.pass(past_grace(fixture)).await;
        assert_eq!(departed(fixture).await, [AZIZ]);
    }
}

/// A node that dies renews no leases.
pub async fn a_lease_that_is_not_renewed_ends_by_itself(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    fixture.pass(past_lease(fixture)).await;
    assert!(!is_online(fixture, AZIZ).await);
    assert_eq!(departed(fixture).await, [AZIZ]);
    assert!(join(fixture, AZIZ, TWO).await);
}

/// The lease holds as long as it is renewed.
pub async fn renewing_keeps_a_lease(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    join(fixture, DILNOZA, TWO).await;
    for _ in 0..6 {
        fixture.pass(fixture.lease() / 2).await;
        renew(fixture, &[(AZIZ, ONE), (DILNOZA, TWO)]).await;
    }
    assert_eq!(departed(fixture).await, []);
    assert!(is_online(fixture, AZIZ).await && is_online(fixture, DILNOZA).await);
}

/// The renewed socket belongs to another user.
pub async fn renewing_one_socket_does_not_keep_another(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    join(fixture, DILNOZA, TWO).await;
    let end = fixture
        .now()
        .plus_micros(i64::try_from(past_lease(fixture).as_micros()).expect("tests are short"));
    while fixture.now() < end {
        fixture.pass(fixture.lease() / 2).await;
        renew(fixture, &[(DILNOZA, TWO)]).await;
    }
    assert_eq!(departed(fixture).await, [AZIZ]);
    assert!(is_online(fixture, DILNOZA).await);
}

/// No other socket is affected.
pub async fn closing_a_socket_that_is_not_open_changes_nothing(fixture: &impl PresenceFixture) {
    leave(fixture, MALIKA, ONE).await;
    join(fixture, AZIZ, ONE).await;
    leave(fixture, AZIZ, TWO).await;
    fixture.pass(past_grace(fixture).min(fixture.lease() / 2)).await;
    assert_eq!(departed(fixture).await, []);
    assert!(is_online(fixture, AZIZ).await);
    assert!(!is_online(fixture, MALIKA).await);
}

/// The same socket id of another user is another socket.
pub async fn sockets_belong_to_their_user(fixture: &impl PresenceFixture) {
    assert!(join(fixture, AZIZ, ONE).await);
    assert!(join(fixture, DILNOZA, TWO).await);
    leave(fixture, DILNOZA, ONE).await;
    leave(fixture, AZIZ, ONE).await;
    fixture.pass(past_grace(fixture).min(fixture.lease() / 2)).await;
    assert_eq!(departed(fixture).await, [AZIZ]);
    assert!(is_online(fixture, DILNOZA).await);
}

/// The order does not depend on who is online.
pub async fn status_comes_in_the_order_of_the_ids(fixture: &impl PresenceFixture) {
    join(fixture, MALIKA, ONE).await;
    join(fixture, AZIZ, TWO).await;
    let asked = [MALIKA, NOBODY, AZIZ, DILNOZA];
    let statuses = fixture.presence().status(&asked).await.works();
    assert_eq!(
        statuses.iter().map(|status| (status.user, status.online)).collect::<Vec<_>>(),
        [(MALIKA, true), (NOBODY, false), (AZIZ, true), (DILNOZA, false)]
    );
    assert_eq!(fixture.presence().status(&[]).await.works(), []);
}

/// The field `last_seen` of an unknown user is `None`.
pub async fn an_unknown_user_has_no_last_seen(fixture: &impl PresenceFixture) {
    assert_eq!(
        status(fixture, NOBODY).await,
        PresenceStatus {
            user: NOBODY,
            online: false,
            last_seen: None
        }
    );
}

/// The departure reports the time, and the status keeps it.
pub async fn last_seen_is_when_the_last_socket_closed(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    join(fixture, AZIZ, TWO).await;
    leave(fixture, AZIZ, ONE).await;
    fixture.pass(fixture.lease() / 2).await;
    let closed_at = fixture.now();
    fixture.presence().leave(AZIZ, TWO, closed_at).await.works();
    fixture.pass(past_grace(fixture)).await;
    let gone = PresenceStatus {
        user: AZIZ,
        online: false,
        last_seen: Some(closed_at),
    };
    assert_eq!(fixture.presence().departed(fixture.now()).await.works(), [gone]);
    assert_eq!(status(fixture, AZIZ).await, gone);
}

/// The time is between the last renewal of the lease and its end.
pub async fn last_seen_of_a_lapsed_lease_is_within_it(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    fixture.pass(fixture.lease() / 2).await;
    let renewed_at = fixture.now();
    fixture.presence().renew(&[(AZIZ, ONE)], renewed_at).await.works();
    fixture.pass(past_lease(fixture)).await;
    let last_seen = fixture.presence().departed(fixture.now()).await.works()[0]
        .last_seen
        .expect("Aziz was here");
    let lease = i64::try_from(fixture.lease().as_micros()).expect("tests are short");
    assert!((renewed_at..=renewed_at.plus_micros(lease)).contains(&last_seen), "{last_seen}");
    assert_eq!(status(fixture, AZIZ).await.last_seen, Some(last_seen));
}

/// Users whose sockets closed and users whose leases ended are both reported.
pub async fn every_departure_is_reported(fixture: &impl PresenceFixture) {
    for user in [AZIZ, DILNOZA, MALIKA] {
        join(fixture, user, SocketId(user.0.unsigned_abs().into())).await;
    }
    leave(fixture, AZIZ, SocketId(AZIZ.0.unsigned_abs().into())).await;
    fixture.pass(past_lease(fixture)).await;
    assert_eq!(departed(fixture).await, [DILNOZA, AZIZ, MALIKA]);
    assert_eq!(departed(fixture).await, []);
}

/// Several nodes ask at the same time.
pub async fn a_departure_is_reported_to_one_node(fixture: &impl PresenceFixture) {
    join(fixture, AZIZ, ONE).await;
    leave(fixture, AZIZ, ONE).await;
    fixture.pass(past_grace(fixture)).await;
    let reports = join_all((0..8).map(|_| departed(fixture))).await;
    assert_eq!(reports.concat(), [AZIZ]);
}

/// The sockets are those of one user on several devices.
pub async fn of_sixteen_sockets_at_once_one_join_returns_true(fixture: &impl PresenceFixture) {
    let arrivals = join_all((1..=16).map(|socket| join(fixture, AZIZ, SocketId(socket)))).await;
    assert_eq!(arrivals.into_iter().filter(|arrived| *arrived).count(), 1);
}

/// Watching again prolongs the time.
pub async fn watchers_are_named_until_their_time_ends<F: PresenceFixture>(fixture: &F) {
    let presence = fixture.presence();
    let watchers = async || {
        let mut watchers = presence.watchers(DILNOZA).await.works();
        watchers.sort_unstable();
        watchers
    };
    presence.watch(&[(AZIZ, DILNOZA), (MALIKA, DILNOZA), (DILNOZA, AZIZ)]).await.works();
    assert_eq!(watchers().await, [AZIZ, MALIKA]);
    assert_eq!(presence.watchers(MALIKA).await.works(), []);
    fixture.pass(fixture.lease() / 2).await;
    presence.watch(&[(AZIZ, DILNOZA)]).await.works();
    fixture.pass(fixture.lease() * 7 / 10).await;
    assert_eq!(watchers().await, [AZIZ]);
}
