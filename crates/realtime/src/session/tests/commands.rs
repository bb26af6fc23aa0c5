//! Frames of clients, the commands that they become, and the answers.

use domain::denial::DenialCode;
use protocol::error::ErrorBody;

use super::*;

#[test]
fn frames_become_commands_in_the_conversation_of_the_socket() {
    for mut frame in [
        json!({"type": "chat_message", "content": "hi", "reply_to_id": 3, "client_id": "c1"}),
        json!({"type": "typing", "is_typing": true}),
        json!({"type": "read_receipt", "message_id": 3}),
        json!({"type": "read_receipt", "up_to": 3}),
        json!({"type": "edit_message", "message_id": 3, "content": "ho"}),
        json!({"type": "delete_message", "message_id": 3}),
        json!({"type": "pin_message", "message_id": 3, "is_pinned": false}),
        json!({"type": "ping"}),
    ] {
        let call = Command::Frame(ClientFrame::parse(&frame.to_string()).unwrap().frame);
        assert_eq!(call.label(), frame["type"]);
        let frame_client_id = frame["client_id"].as_str().map(str::to_owned);
        let expected = |request_id: Option<&str>| ReceivedCommand {
            id: FrameId {
                socket: "a-1".into(),
                number: 1,
            },
            command: call.clone(),
            correlation: Correlation {
                conversation: Some(ROOM),
                request_id: request_id.map(str::to_owned),
                client_id: frame_client_id.clone(),
            },
        };
        assert_eq!(Bench::in_room().call(&frame), expected(None));
        frame["conversation"] = json!(ROOM.0);
        frame["request_id"] = json!("r");
        assert_eq!(Bench::in_room().call(&frame), expected(Some("r")));
        assert_eq!(Bench::on_all().call(&frame), expected(Some("r")));
    }
}

#[test]
fn on_the_socket_for_all_conversations_frames_must_name_one() {
    for frame in [
        json!({"type": "chat_message", "content": "hi", "client_id": "c1", "request_id": "r"}),
        json!({"type": "typing", "is_typing": true}),
        json!({"type": "read_receipt", "message_id": 3}),
        json!({"type": "edit_message", "message_id": 3, "content": "x"}),
        json!({"type": "delete_message", "message_id": 3}),
        json!({"type": "pin_message", "message_id": 3, "is_pinned": true}),
    ] {
        let mut bench = Bench::on_all();
        bench.client_sends(&frame);
        let answer = &bench.written()[0];
        assert_eq!(answer["code"], "invalid_request", "{frame}");
        assert_eq!(
            (answer.get("request_id"), answer.get("client_id")),
            (frame.get("request_id"), frame.get("client_id"))
        );
    }
}

#[test]
fn errors_name_the_frame_as_the_log_does() {
    let mut bench = Bench::in_room();
    bench.client_sends(&json!({"type": "ping"}));
    bench.client_sends(&json!({"type": "dance"}));
    bench.session.binary(bench.now);
    bench.client_sends(&json!({"type": "typing", "is_typing": true, "conversation": OTHER_ROOM.0}));
    bench.client_sends(&json!({"type": "edit_message", "message_id": 3, "content": ""}));
    let refused = Outcome::Refused(Box::new(ErrorBody::new(DenialCode::EmptyMessage.into())));
    bench.session.done(Outcome::LastSeq(Seq(10)));
    bench.session.done(refused);
    let outputs = bench.outputs();
    let named = outputs.iter().filter_map(|output| match output {
        Output::Write(text) => serde_json::from_str::<Value>(text).unwrap()["details"]["request_id"]
            .as_str()
            .map(str::to_owned),
        _ => None,
    });
    assert_eq!(named.collect::<Vec<_>>(), ["a-1.2", "a-1.3", "a-1.4", "a-1.5"]);
}

#[test]
fn a_socket_for_one_conversation_does_not_act_in_another() {
    let mut bench = Bench::in_room();
    bench.client_sends(&json!({"type": "chat_message", "content": "hi", "conversation": OTHER_ROOM.0}));
    assert_eq!(bench.written()[0]["code"], "invalid_request");
}

#[test]
fn ping_without_a_conversation_is_answered_with_null() {
    let mut bench = Bench::on_all();
    bench.client_sends(&json!({"type": "ping"}));
    assert_eq!(bench.written(), [json!({"type": "pong", "last_seq": null, "epoch": "e1"})]);
}

#[test]
fn answers_echo_the_correlation_of_their_frame() {
    let command = json!({"type": "chat_message", "content": "hi", "client_id": "c1", "request_id": "r1", "conversation": 5});
    let done = Outcome::Done {
        message: Some(MessageId(30)),
        seq: Some(Seq(40)),
    };
    let refused = Outcome::Refused(Box::new(ErrorBody::saying(DenialCode::NotSubscribed.into(), "No.")));
    let table = [
        (
            command.clone(),
            done,
            json!({"type": "ack", "conversation": 5, "request_id": "r1", "client_id": "c1", "message_id": 30, "seq": 40}),
        ),
        (
            command,
            refused,
            json!({"type": "error", "code": "not_subscribed", "message": "No.", "details": {"request_id": "a-1.1"}, "conversation": 5,
                "request_id": "r1", "client_id": "c1"}),
        ),
        (
            json!({"type": "ping", "conversation": 5}),
            Outcome::LastSeq(Seq(12)),
            json!({"type": "pong", "last_seq": 12, "epoch": "e1", "conversation": 5}),
        ),
    ];
    for (frame, outcome, answer) in table {
        let mut bench = Bench::on_all();
        bench.client_sends(&frame);
        assert!(matches!(bench.outputs()[..], [Output::Perform(_)]));
        bench.session.done(outcome);
        assert_eq!(bench.written(), [answer]);
    }
}

#[test]
fn typing_is_acknowledged_only_where_an_answer_is_awaited() {
    let mut bench = Bench::in_room();
    bench.client_sends(&json!({"type": "typing", "is_typing": true}));
    bench.outputs();
    bench.session.done(Outcome::Relayed);
    assert_eq!(bench.outputs(), []);
    bench.client_sends(&json!({"type": "typing", "is_typing": true, "request_id": "r"}));
    bench.outputs();
    bench.session.done(Outcome::Relayed);
    assert_eq!(bench.written()[0]["request_id"], "r");
}

#[test]
fn commands_run_one_after_another_while_frames_are_still_written() {
    let mut bench = Bench::in_room();
    for id in [1, 2, 3] {
        bench.client_sends(&json!({"type": "delete_message", "message_id": id}));
    }
    let deleted = |outputs: Vec<Output>| match &outputs[..] {
        [.., Output::Perform(command)] => match &command.command {
            Command::Frame(ClientFrame::DeleteMessage { message_id }) => message_id.0,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(deleted(bench.outputs()), 1);
    bench.hub_sends([event("between")]);
    assert_eq!(texts(&bench.outputs()), ["between"]);
    bench.session.done(Outcome::NoReply);
    assert_eq!(deleted(bench.outputs()), 2);
    bench.session.done(Outcome::NoReply);
    assert_eq!(deleted(bench.outputs()), 3);
    bench.session.done(Outcome::NoReply);
    assert_eq!(bench.outputs(), []);
}

#[test]
fn messages_are_sent_without_waiting_for_each_other_and_answered_in_order() {
    let mut bench = Bench::in_room();
    let send = |name: &str| json!({"type": "chat_message", "content": "salom", "client_id": name});
    let begun = |outputs: &[Output]| -> Vec<&'static str> {
        let kind = |output: &Output| match output {
            Output::Perform(command) => Some(command.command.label()),
            _ => None,
        };
        outputs.iter().filter_map(kind).collect()
    };
    for frame in [send("a"), send("b"), json!({"type": "ping"}), send("c"), send("d")] {
        bench.client_sends(&frame);
    }
    assert_eq!(
        begun(&bench.outputs()),
        ["chat_message", "chat_message"],
        "a ping reads the `seq` of the commands before it"
    );
    let done = || Outcome::Done { message: None, seq: None };
    bench.session.done(done());
    assert_eq!(bench.written()[0]["client_id"], "a");
    bench.session.done(done());
    assert_eq!(begun(&bench.outputs()), ["ping"]);
    bench.session.done(Outcome::LastSeq(Seq(2)));
    assert_eq!(begun(&bench.outputs()), ["chat_message", "chat_message"]);
    bench.session.done(done());
    bench.session.done(done());
    let names: Vec<Value> = bench.written().into_iter().map(|frame| frame["client_id"].clone()).collect();
    assert_eq!(names, ["c", "d"]);
}
