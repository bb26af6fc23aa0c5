use super::{
    deleting::Deleting, editing::Editing, finding::Finding, first, pinning::Pinning, reading::Reading, sends::Text, table::Case as _,
};
use crate::{
    denial::Denial,
    message::NewState,
    policy::Policy,
    rules::table::{
        actors::{Actor, Administrator},
        editing::Age,
        pinning::Act,
    },
};

fn code<T>(decided: Result<T, Denial>) -> Option<&'static str> {
    decided.err().map(|denial| denial.code().as_str())
}

#[test]
fn editing_follows_the_contract_in_every_combination() {
    for case in Editing::all().into_iter().filter(|case| case.makes_sense()) {
        let says_nothing = matches!(case.text, Text::Empty | Text::Blank);
        let expected = first(&[
            (!case.takes_part.is_yes(), "message_not_found"),
            (!case.is_sender.is_yes(), "not_sender"),
            (case.is_deleted.is_yes(), "message_deleted"),
            (matches!(case.age, Age::After | Age::Old), "edit_window_closed"),
            (case.text == Text::Nul, "invalid_content"),
            (case.text == Text::TooLong, "content_too_long"),
            (says_nothing && !case.files.is_yes(), "empty_message"),
        ]);
        let decided = case.decide();
        if let Ok(update) = &decided {
            let NewState::Content(content) = &update.to else {
                panic!("{update:?}")
            };
            assert_eq!(Some(content.as_str()), case.text.text(&Policy::default()).as_deref(), "{case:?}");
        }
        assert_eq!(code(decided), expected, "{case:?}");
    }
}

#[test]
fn deleting_follows_the_contract_in_every_combination() {
    for case in Deleting::all().into_iter().filter(|case| case.makes_sense()) {
        let expected = first(&[
            (!case.takes_part.is_yes(), "message_not_found"),
            (!case.is_sender.is_yes(), "not_sender"),
        ]);
        assert_eq!(code(case.decide()), expected, "{case:?}");
    }
}

#[test]
fn pinning_follows_the_contract_in_every_combination() {
    for case in Pinning::all().into_iter().filter(|case| case.makes_sense()) {
        let by_superadmin = case.actor == Actor::Superadmin;
        let expected = first(&[
            (!case.takes_part.is_yes() && !by_superadmin, "message_not_found"),
            (case.administrator != Administrator::Actor && !by_superadmin, "not_pin_authority"),
            (case.act == Act::Pin && case.is_deleted.is_yes(), "message_deleted"),
        ]);
        assert_eq!(code(case.decide()), expected, "{case:?}");
    }
}

#[test]
fn reading_follows_the_contract_in_every_combination() {
    for case in Reading::all() {
        let expected = first(&[(!case.takes_part.is_yes(), "message_not_found")]);
        assert_eq!(code(case.decide()), expected, "{case:?}");
    }
}

#[test]
fn finding_follows_the_contract_in_every_combination() {
    for case in Finding::all().into_iter().filter(|case| case.makes_sense()) {
        assert_eq!(case.decide(), case.takes_part.is_yes() && !case.is_deleted.is_yes(), "{case:?}");
    }
}
