use std::collections::{BTreeMap, BTreeSet};

use crate::denial::{DenialCode, Kind};

#[test]
fn every_refusal_has_the_code_and_kind_of_the_contract() {
    let by_kind = [
        (
            Kind::Invalid,
            "confession_required one_admin_at_a_time admins_only too_many_participants invalid_reply empty_message content_too_long invalid_content \
             query_too_short query_too_long",
        ),
        (
            Kind::Forbidden,
            "not_subscribed not_confession_admin not_an_admin outreach_not_allowed cannot_message_self user_inactive not_sender \
             edit_window_closed message_deleted not_pin_authority not_staff feature_off",
        ),
        (
            Kind::NotFound,
            "user_not_found confession_not_found conversation_not_found message_not_found",
        ),
        (Kind::Conflict, "client_id_conflict"),
        (Kind::Unauthenticated, "token_invalid"),
    ];
    let expected: BTreeMap<&str, Kind> = by_kind
        .into_iter()
        .flat_map(|(kind, codes)| codes.split_whitespace().map(move |code| (code, kind)))
        .collect();
    let found: BTreeMap<&str, Kind> = DenialCode::ALL.iter().map(|code| (code.as_str(), code.kind())).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), DenialCode::ALL.len(), "a code stands for one refusal");
}

#[test]
fn every_refusal_is_a_sentence_of_its_own() {
    let sentences: BTreeSet<&str> = DenialCode::ALL.iter().map(|code| code.sentence()).collect();
    assert_eq!(sentences.len(), DenialCode::ALL.len());
    assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{sentences:?}");
}
