//! Silent peers, slow readers and pauses of the service.

use super::*;

#[test]
fn a_peer_that_answers_is_pinged_every_heartbeat_and_kept() {
    let mut bench = Bench::in_room();
    let outputs = bench.pass(Duration::from_secs(251), true);
    assert_eq!(outputs.len(), 10);
    assert_eq!(pings(&outputs).len(), 10);
}

#[test]
fn a_peer_that_is_silent_for_two_intervals_is_dropped() {
    let mut bench = Bench::in_room();
    let start = bench.now;
    let outputs = bench.pass(Duration::from_secs(251), false);
    assert_eq!(outputs.last(), Some(&Output::Drop));
    assert_eq!(bench.now - start, Duration::from_secs(50));
    let mut bench = Bench::in_room();
    for _ in 0..10 {
        let outputs = bench.pass(Duration::from_secs(49), false);
        assert_eq!(pings(&outputs).len(), outputs.len());
        bench.client_sends(&json!({"type": "shout"}));
        bench.outputs();
    }
}

/// The outputs of a tick at which the peer has taken nothing since this moment.
fn tick_blocked(bench: &mut Bench, since: Instant) -> Vec<Output> {
    bench.session.tick(bench.now, Some(since));
    bench.outputs()
}

#[test]
fn a_client_that_takes_nothing_for_ten_seconds_is_slow() {
    let mut bench = Bench::on_all();
    let since = bench.now;
    bench.session.handed_over(since);
    assert_eq!(bench.session.deadline(), since + Duration::from_secs(10));
    bench.now += Duration::from_millis(9_999);
    assert_eq!(tick_blocked(&mut bench, since), []);
    bench.now += MS;
    assert_eq!(tick_blocked(&mut bench, since), [Output::Close(CloseCode::TooSlow)]);
}

#[test]
fn a_client_that_takes_something_now_and_then_is_not_slow() {
    let mut bench = Bench::on_all();
    bench.session.handed_over(bench.now);
    for _ in 0..30 {
        bench.now = bench.session.deadline();
        let took = bench.now.checked_sub(Duration::from_secs(9)).unwrap();
        let outputs = tick_blocked(&mut bench, took);
        assert!(outputs.iter().all(|output| matches!(output, Output::Ping(_))), "{outputs:?}");
        bench.session.pong(&[0; 8], bench.now);
    }
    // The peer has taken everything, so there is nothing to check any more.
    bench.now = bench.session.deadline();
    bench.session.tick(bench.now, None);
    assert_eq!(bench.session.look_at, None);
}

#[test]
fn an_abandoned_peer_gets_no_more_frames_and_its_commands_are_performed() {
    let mut bench = Bench::in_room();
    bench.hub_sends([message(ROOM, 1, 11)]);
    bench.client_sends(&json!({"type": "delete_message", "message_id": 3}));
    bench.session.pinged(b"?", bench.now);
    bench.session.give_up(CloseCode::TooSlow);
    let outputs = bench.outputs();
    assert!(
        matches!(outputs[..], [Output::Perform(_), Output::Close(CloseCode::TooSlow)]),
        "{outputs:?}"
    );
}

#[test]
fn a_pong_carries_the_payload_of_its_ping() {
    let mut bench = Bench::in_room();
    bench.session.pinged(b"hello", bench.now);
    assert_eq!(bench.outputs(), [Output::Pong(b"hello"[..].into())]);
}

#[test]
fn after_a_pause_of_the_service_the_peer_gets_time_to_answer() {
    let two_minutes = Duration::from_mins(2);
    for answers in [true, false] {
        let mut bench = Bench::in_room();
        bench.now += two_minutes;
        bench.session.tick(bench.now, None);
        let outputs = bench.outputs();
        assert_eq!((pings(&outputs).len(), outputs.len()), (1, 1), "{outputs:?}");
        // This frame waited in the kernel's buffer during the pause.
        bench.client_sends(&json!({"type": "ping"}));
        assert!(matches!(bench.outputs()[..], [Output::Perform(_)]));
        bench.session.done(Outcome::LastSeq(Seq(10)));
        bench.outputs();
        let outputs = bench.pass(two_minutes, answers);
        assert_eq!(outputs.last() == Some(&Output::Drop), !answers);
    }
}

#[test]
fn a_peer_that_was_silent_before_a_pause_has_two_intervals_after_it() {
    let mut bench = Bench::in_room();
    bench.pass(Duration::from_secs(49), false);
    bench.now += Duration::from_mins(2);
    let resumed = bench.now;
    let outputs = bench.pass(Duration::from_mins(2), false);
    assert_eq!(outputs.last(), Some(&Output::Drop));
    assert_eq!(bench.now - resumed, Duration::from_secs(50));
}

#[test]
fn a_pause_of_the_service_does_not_make_a_client_slow() {
    let mut bench = Bench::on_all();
    let since = bench.now;
    bench.session.handed_over(since);
    bench.now += Duration::from_mins(2);
    let resumed = bench.now;
    assert_eq!(pings(&tick_blocked(&mut bench, since)).len(), 1);
    assert_eq!(bench.session.deadline(), resumed + Duration::from_secs(10));
    bench.now = bench.session.deadline();
    assert_eq!(tick_blocked(&mut bench, since), [Output::Close(CloseCode::TooSlow)]);
}
