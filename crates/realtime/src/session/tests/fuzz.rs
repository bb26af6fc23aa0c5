//! Any frames, events and times in any order.

use proptest::prelude::*;

use super::*;

/// Something that a peer, the hub or the clock may do at any time.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Binary,
    Pong(Vec<u8>),
    Message(i64, i64),
    Typing,
    RecheckAccount,
    Done,
    Pass(u64),
}

fn any_frame() -> impl Strategy<Value = String> {
    let kinds = prop::sample::select(vec![
        "chat_message",
        "typing",
        "read_receipt",
        "edit_message",
        "delete_message",
        "pin_message",
        "ping",
        "shout",
        "",
    ]);
    let names = prop::sample::select(vec![
        "content",
        "reply_to_id",
        "client_id",
        "is_typing",
        "message_id",
        "up_to",
        "is_pinned",
        "conversation",
        "request_id",
    ]);
    let values = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (4_i64..7).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({"type": "ping"})),
    ];
    let frame = (kinds, prop::collection::vec((names, values), 0..5)).prop_map(|(kind, fields)| {
        let mut frame = json!({"type": kind});
        for (name, value) in fields {
            frame[name] = value;
        }
        frame.to_string()
    });
    prop_oneof![8 => frame, 1 => ".{0,200}", 1 => Just("[".repeat(60_000))]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_frame().prop_map(Step::Text),
        1 => Just(Step::Binary),
        2 => prop_oneof![any::<[u8; 8]>().prop_map(|bytes| bytes.to_vec()), (0_u64..9).prop_map(|number| number.to_be_bytes().to_vec()), Just(vec![1; 125])]
            .prop_map(Step::Pong),
        4 => (5_i64..8, 0_i64..30).prop_map(|(conversation, seq)| Step::Message(conversation, seq)),
        1 => Just(Step::Typing),
        1 => Just(Step::RecheckAccount),
        4 => Just(Step::Done),
        2 => (0_u64..40_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn invariants_of_the_session_hold_for_any_input(scope in prop::sample::select(vec![Scope::One(ROOM), Scope::All]), steps in prop::collection::vec(any_step(), 0..60)) {
        let mut bench = Bench::with_token(scope, Some(Duration::from_mins(10)));
        bench.welcome(Some(Seq(3)));
        let (mut pending, mut is_over, mut newest_ping) = (VecDeque::new(), false, 0);
        for step in steps {
            match step {
                Step::Text(text) => bench.session.text(&text, bench.now),
                Step::Binary => bench.session.binary(bench.now),
                Step::Pong(payload) => bench.session.pong(&payload, bench.now),
                Step::Message(conversation, seq) => bench.hub_sends([message(ConversationId(conversation), seq, seq)]),
                Step::Typing => bench.hub_sends([event("{}")]),
                Step::RecheckAccount => bench.session.batch(Batch { recheck_account: true, ..Batch::default() }, bench.now),
                Step::Done => {
                    pending.pop_front();
                    bench.session.done(Outcome::Done { message: None, seq: None });
                }
                Step::Pass(ms) => {
                    bench.now += MS * u32::try_from(ms).unwrap();
                    bench.session.tick(bench.now, None);
                }
            }
            for output in bench.outputs() {
                prop_assert!(!is_over, "{output:?} after the end");
                match output {
                    Output::Write(text) => prop_assert!(serde_json::from_str::<Value>(&text).unwrap().is_object()),
                    Output::Ping(payload) => {
                        let number = u64::from_be_bytes(payload);
                        prop_assert!(number > newest_ping);
                        newest_ping = number;
                    }
                    Output::Perform(command) => {
                        let is_send = command.command.label() == "chat_message";
                        prop_assert!(pending.is_empty() || is_send && pending.iter().all(|is_send| *is_send), "only sends run together");
                        pending.push_back(is_send);
                        prop_assert!(pending.len() <= MAX_HELD + 1);
                    }
                    Output::Delivered(mark) => prop_assert_eq!(mark.user, ANNA),
                    Output::Pong(_) => prop_assert!(false, "no ping came"),
                    Output::Close(_) | Output::Drop => is_over = true,
                }
            }
        }
    }
}
