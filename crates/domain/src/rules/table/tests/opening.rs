use super::{first, table::Case as _};
use crate::{
    conversation::NewConversation,
    id::{ConfessionId, ConversationId, UserId},
    people::ContactScope,
    rules::{
        opening::{Opening as Decision, contacts},
        table::{
            actors::{ACTOR, Actor, OTHER},
            opening::{ADMINISTERED, Contacts, Existing, FOLLOWED, Follows, ItsAdmin, NAMED, Named, Number, Opening, Outreach, Whom},
        },
    },
    testing::builders::at,
};

fn names_several(case: Opening) -> bool {
    use Whom::{FullHouse, Staff, StaffAndInactive, StaffAndItself, StaffAndMember, StaffAndUnknown, TooMany};
    matches!(
        case.whom,
        Staff | StaffAndItself | StaffAndUnknown | StaffAndInactive | StaffAndMember | FullHouse | TooMany
    )
}

/// R5 and the size of R2, which come before all other rules.
fn unknown(case: Opening) -> Option<&'static str> {
    use Whom::{InactiveAdmin, InactiveMember, Itself, StaffAndInactive, StaffAndItself, StaffAndUnknown, TooMany, Unknown};
    let by_member = case.actor == Actor::Member;
    first(&[
        (matches!(case.whom, Itself | StaffAndItself), "cannot_message_self"),
        (
            by_member && names_several(case) && case.existing == Existing::No,
            "one_admin_at_a_time",
        ),
        (case.whom == TooMany, "too_many_participants"),
        (matches!(case.whom, Unknown | StaffAndUnknown), "user_not_found"),
        (
            matches!(case.whom, InactiveMember | InactiveAdmin | StaffAndInactive),
            "user_inactive",
        ),
    ])
}

/// R13: the existing conversation as requested, or, for a member whom R1 refuses, the first conversation with this admin.
fn found(case: Opening, confession: Result<Option<ConfessionId>, &'static str>) -> Option<ConversationId> {
    let is_there = case.existing == Existing::Same;
    if is_there && (case.named != Named::No || names_several(case)) {
        return Some(ConversationId(if case.named == Named::No { 0 } else { NAMED.0 }));
    }
    match confession {
        Ok(confession) => is_there.then(|| ConversationId(confession.map_or(0, |id| id.0))),
        Err("not_an_admin" | "not_subscribed") if case.actor == Actor::Member && case.named == Named::No => {
            (case.existing != Existing::No).then_some(ConversationId(99))
        }
        Err(_) => None,
    }
}

/// R1, R2 and the first half of R3: the confession of the conversation, or the refusal.
fn confession(case: Opening) -> Result<Option<ConfessionId>, &'static str> {
    use Whom::{Member, StaffAndMember};
    let by_member = case.actor == Actor::Member;
    let refusal = first(&[
        (by_member && names_several(case), "one_admin_at_a_time"),
        (case.actor == Actor::Admin && case.whom == StaffAndMember, "admins_only"),
        (by_member && case.whom == Member, "not_an_admin"),
        (
            by_member && case.named != Named::No && case.follows != Follows::Yes,
            "not_subscribed",
        ),
        (
            by_member && case.named == Named::Known && case.its_admin != ItsAdmin::Target,
            "not_confession_admin",
        ),
        (
            by_member && case.named == Named::No && case.followed == Number::None,
            "not_subscribed",
        ),
        (
            by_member && case.named == Named::No && case.followed == Number::Two,
            "confession_required",
        ),
        (!by_member && case.named == Named::Unknown, "confession_not_found"),
    ]);
    match refusal {
        Some(code) => Err(code),
        None if case.named == Named::Known => Ok(Some(NAMED)),
        None if by_member => Ok(Some(FOLLOWED)),
        None if case.whom == Member && case.administered == Number::One => Ok(Some(ADMINISTERED)),
        None => Ok(None),
    }
}

/// R3, as far as it concerns writing to members.
fn outreach(case: Opening) -> Option<&'static str> {
    let outreach = case.actor == Actor::Admin && case.whom == Whom::Member && case.existing != Existing::Same;
    first(&[
        (
            outreach && case.named == Named::Known && case.its_admin != ItsAdmin::Actor,
            "not_confession_admin",
        ),
        (outreach && case.outreach == Outreach::ReplyOnly, "outreach_not_allowed"),
        (
            outreach && case.outreach == Outreach::OwnSubscribers && case.administered == Number::None,
            "outreach_not_allowed",
        ),
    ])
}

fn participants(whom: Whom) -> Vec<UserId> {
    match whom {
        Whom::Staff | Whom::StaffAndMember => vec![OTHER, ACTOR, UserId(50)],
        Whom::FullHouse => [ACTOR].into_iter().chain((101..150).map(UserId)).collect(),
        _ => vec![OTHER, ACTOR],
    }
}

#[test]
fn opening_follows_the_contract_in_every_combination() {
    for case in Opening::all().into_iter().filter(|case| case.makes_sense()) {
        let confession = confession(case);
        let expected = match (unknown(case), found(case, confession)) {
            (Some(code), _) => Err(code),
            (None, Some(id)) => Ok(Decision::Existing(id)),
            (None, None) => confession.and_then(|confession| match outreach(case) {
                Some(code) => Err(code),
                None => Ok(Decision::New(NewConversation {
                    participants: participants(case.whom),
                    confession,
                    opened_by: ACTOR,
                    opened_by_staff: case.actor != Actor::Member,
                    at: at(0),
                })),
            }),
        };
        let decided = case.decide();
        assert_eq!(
            decided.as_ref().map_err(|denial| denial.code().as_str()),
            expected.as_ref().map_err(|code| *code),
            "{case:?}"
        );
    }
}

#[test]
fn contacts_offer_the_people_with_whom_the_viewer_may_open_a_conversation() {
    for case in Contacts::all() {
        let expected = match (case.actor, case.outreach) {
            (Actor::Member, _) => ContactScope::FollowedAdmins,
            (Actor::Superadmin, _) | (_, Outreach::Anyone) => ContactScope::Everyone,
            (_, Outreach::OwnSubscribers) => ContactScope::StaffAndOwnSubscribers,
            (_, Outreach::ReplyOnly) => ContactScope::Staff,
        };
        assert_eq!(contacts(case.actor.role(), &case.outreach.policy()), expected, "{case:?}");
    }
}
