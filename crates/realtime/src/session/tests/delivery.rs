//! The messages that a pong proves to be delivered.

use super::*;

#[test]
fn changes_already_counted_by_ready_are_sent_all_the_same() {
    let mut bench = Bench::in_room();
    bench.hub_sends([message(ROOM, 1, 9), message(ROOM, 2, 10), event("typing"), message(ROOM, 3, 11)]);
    assert_eq!(
        texts(&bench.outputs()),
        [r#"{"seq":9}"#, r#"{"seq":10}"#, "typing", r#"{"seq":11}"#]
    );
}

#[test]
fn a_socket_for_all_conversations_gets_every_change() {
    let mut bench = Bench::on_all();
    bench.hub_sends([message(ROOM, 1, 1), message(OTHER_ROOM, 2, 1)]);
    assert_eq!(texts(&bench.outputs()).len(), 2);
}

#[test]
fn a_pong_proves_delivery_of_messages_written_before_its_ping() {
    let mut bench = Bench::on_all();
    bench.hub_sends([message(ROOM, 1, 1), message(ROOM, 2, 2), message(OTHER_ROOM, 3, 1)]);
    let outputs = bench.outputs();
    assert!(matches!(outputs.last(), Some(Output::Ping(_))), "the ping follows the messages");
    let first = pings(&outputs)[0];
    bench.hub_sends([message(ROOM, 4, 3)]);
    assert_eq!(pings(&bench.outputs()), [[0; 8]; 0], "not twice in 100 ms");
    bench.session.pong(&first, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 2), delivered(OTHER_ROOM, 3)]);
    let later = bench.pass(MS * 100, false);
    assert_eq!(pings(&later).len(), 1);
    bench.session.pong(&first, bench.now);
    assert_eq!(bench.outputs(), [], "a pong of an earlier ping proves no more messages");
    bench.session.pong(&pings(&later)[0], bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 4)]);
}

#[test]
fn a_later_pong_answers_earlier_pings_too() {
    let mut bench = Bench::in_room();
    let mut last = [0; 8];
    for number in 1..=3 {
        bench.hub_sends([message(ROOM, number, 10 + number)]);
        last = pings(&bench.outputs())[0];
        bench.now += MS * 100;
    }
    bench.session.pong(&last, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 3)]);
}

#[test]
fn foreign_pongs_prove_nothing() {
    let mut bench = Bench::in_room();
    bench.hub_sends([message(ROOM, 1, 11)]);
    let ping = pings(&bench.outputs())[0];
    for payload in [&b""[..], b"hello", &[0xff; 8], &[0; 8], &[0; 9]] {
        bench.session.pong(payload, bench.now);
        assert_eq!(bench.outputs(), [], "{payload:?}");
    }
    bench.session.pong(&ping, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 1)]);
}

#[test]
fn proof_is_asked_for_at_most_once_in_100_ms_and_not_without_end() {
    let mut bench = Bench::on_all();
    let mut command = 0;
    for number in 0..100 {
        bench.hub_sends([message(ROOM, number, number + 1)]);
        command += pings(&bench.outputs()).len();
        command += pings(&bench.pass(MS * 10, false)).len();
    }
    assert_eq!(command, 4, "pings in one second, without a pong");
}

#[test]
fn own_messages_and_typing_need_no_proof() {
    let mut bench = Bench::in_room();
    let own = Frame {
        delivers: None,
        ..message(ROOM, 1, 11)
    };
    bench.hub_sends([own, event("typing")]);
    assert_eq!(pings(&bench.outputs()), [[0; 8]; 0]);
}
