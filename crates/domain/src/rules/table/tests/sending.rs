use super::{first, table::Case as _};
use crate::{
    message::{Content, Draft},
    policy::Policy,
    rules::{
        sending::{Sending as Decision, may_send},
        table::{
            actors::{Actor, Administrator, HERE},
            sending::{ANSWERED, FIRST, MaySend, Named, Reply, Sending, Text},
        },
    },
    testing::builders::{a_file, at},
};

/// The denial by R3 and R6, if any.
fn missing_right(case: MaySend) -> Option<&'static str> {
    let must_follow = case.actor == Actor::Member && !case.opened_by_staff.is_yes();
    first(&[
        (must_follow && !case.follows.is_yes(), "not_subscribed"),
        (must_follow && case.administrator != Administrator::Other, "not_confession_admin"),
    ])
}

/// The denial by R6, R11, R12 and section 4.3, if any.
fn refusal(case: Sending) -> Option<&'static str> {
    let says_nothing = matches!(case.text, Text::Absent | Text::Empty | Text::Blank);
    first(&[
        (case.named == Named::UsedElsewhere, "client_id_conflict"),
        (
            missing_right(case.may_send()).is_some(),
            missing_right(case.may_send()).unwrap_or_default(),
        ),
        (case.text == Text::Nul, "invalid_content"),
        (case.text == Text::TooLong, "content_too_long"),
        (says_nothing && !case.files.is_yes(), "empty_message"),
        (matches!(case.reply, Reply::Deleted | Reply::Elsewhere), "invalid_reply"),
    ])
}

#[test]
fn access_follows_the_contract_in_every_combination() {
    for case in MaySend::all().into_iter().filter(|case| case.makes_sense()) {
        assert_eq!(
            may_send(&case.facts()).err().map(|denial| denial.code().as_str()),
            missing_right(case),
            "{case:?}"
        );
    }
}

#[test]
fn sending_follows_the_contract_in_every_combination() {
    for case in Sending::all().into_iter().filter(|case| case.makes_sense()) {
        let decided = case.decide();
        if case.named == Named::UsedHere {
            assert_eq!(decided, Ok(Decision::Already(FIRST)), "{case:?}");
            continue;
        }
        match refusal(case) {
            Some(code) => assert_eq!(decided.expect_err("a refusal").code().as_str(), code, "{case:?}"),
            None => match decided {
                Ok(Decision::New(draft)) => is_what_was_wished(&draft, case),
                other => panic!("{case:?} gave {other:?}"),
            },
        }
    }
}

fn is_what_was_wished(draft: &Draft, case: Sending) {
    let new_message = case.new_message(&Policy::default());
    assert_eq!((draft.conversation, draft.others, draft.at), (HERE, 1, at(0)));
    assert_eq!(draft.sender, case.actor.person());
    assert_eq!(draft.content.as_ref().map(Content::as_str), new_message.content.as_deref());
    assert_eq!(
        draft.reply_to.as_ref().map(|reply| reply.id),
        (case.reply == Reply::Message).then_some(ANSWERED)
    );
    assert_eq!(draft.client_id, new_message.client_id);
    assert_eq!(
        draft.attachments,
        if case.files.is_yes() { vec![a_file("key")] } else { Vec::new() }
    );
}
