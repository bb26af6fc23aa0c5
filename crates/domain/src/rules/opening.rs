//! Opening a conversation (R1 to R5, R13).

#[cfg(test)]
mod tests;

use crate::{
    conversation::NewConversation,
    denial::Denial,
    facts::{OpeningFacts, Target},
    id::{ConfessionId, ConversationId, UserId},
    people::{Affiliation, Confession, ContactDetail, ContactScope, Role},
    policy::{AdminOutreach, Policy},
    rules::access,
    time::Timestamp,
};

/// The decision about opening a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A conversation with these people and this confession exists (R13).
    Existing(ConversationId),
    /// The conversation must be created.
    New(NewConversation),
}

/// R1 to R5 and R13: decides whether the actor may open this conversation, which confession it is about, and whether it exists already.
///
/// An existing conversation is found before R1 to R4 are applied: participants may read it whatever happened to a subscription. The facts name at least one target.
pub fn decide(facts: &OpeningFacts, policy: &Policy, now: Timestamp) -> Result<Opening, Denial> {
    let actor = &facts.actor;
    access::is_active(actor)?;
    are_known(facts, policy)?;
    // A conversation exactly as requested. A request with one person and no confession means the confession that follows from the rules.
    if let Some(id) = existing(facts, facts.named.as_ref().map(|named| named.id))
        && (facts.named.is_some() || facts.targets.len() > 1)
    {
        return Ok(Opening::Existing(id));
    }
    may_name_together(facts)?;
    let confession = match actor.role {
        Role::User => match confession_for_member(facts) {
            Err(refusal) if facts.named.is_none() && !matches!(refusal, Denial::ConfessionRequired(_)) => {
                return facts.existing.first().map(|(id, _)| Opening::Existing(*id)).ok_or(refusal);
            }
            confession => confession?,
        },
        Role::Admin | Role::Superadmin => confession_for_staff(facts)?,
    };
    if let Some(id) = existing(facts, confession) {
        return Ok(Opening::Existing(id));
    }
    if actor.role == Role::Admin {
        may_reach_out(facts, policy)?;
    }
    let mut participants: Vec<UserId> = facts.targets.iter().map(|target| target.id).chain([actor.id]).collect();
    participants.sort_unstable();
    participants.dedup();
    Ok(Opening::New(NewConversation {
        participants,
        confession,
        opened_by: actor.id,
        opened_by_staff: actor.role.is_staff(),
        at: now,
    }))
}

/// The conversation of these people about this confession, or about none.
fn existing(facts: &OpeningFacts, confession: Option<ConfessionId>) -> Option<ConversationId> {
    facts.existing.iter().find(|(_, of)| *of == confession).map(|(id, _)| *id)
}

/// R5, and the size of R2: all targets must be other people with active accounts.
fn are_known(facts: &OpeningFacts, policy: &Policy) -> Result<(), Denial> {
    if facts.targets.iter().any(|target| target.id == facts.actor.id) {
        return Err(Denial::CannotMessageSelf);
    }
    if facts.existing.is_empty() {
        names_one_admin(facts)?;
    }
    if facts.targets.len() + 1 > policy.max_participants {
        return Err(Denial::TooManyParticipants(policy.max_participants));
    }
    for target in &facts.targets {
        let person = target.person.as_ref().ok_or(Denial::UserNotFound)?;
        if !person.is_active {
            return Err(Denial::UserInactive);
        }
    }
    Ok(())
}

/// R2: a member may name one admin at a time.
fn names_one_admin(facts: &OpeningFacts) -> Result<(), Denial> {
    if facts.actor.role == Role::User && facts.targets.len() > 1 {
        Err(Denial::OneAdminAtATime)
    } else {
        Ok(())
    }
}

/// R2: whether these people may be named together.
fn may_name_together(facts: &OpeningFacts) -> Result<(), Denial> {
    names_one_admin(facts)?;
    if facts.actor.role == Role::Admin && facts.targets.len() > 1 && facts.targets.iter().any(is_member) {
        return Err(Denial::AdminsOnly);
    }
    Ok(())
}

fn is_member(target: &Target) -> bool {
    target.person.as_ref().is_some_and(|person| person.role == Role::User)
}

/// R1: a member may write to the admin of a confession that they follow.
fn confession_for_member(facts: &OpeningFacts) -> Result<Option<ConfessionId>, Denial> {
    let target = facts.targets.first().ok_or(Denial::UserNotFound)?;
    if is_member(target) {
        return Err(Denial::NotAnAdmin);
    }
    if let Some(named) = &facts.named {
        if !named.actor_follows {
            return Err(Denial::NotSubscribed);
        }
        return match &named.confession {
            Some(confession) if confession.admin == Some(target.id) => Ok(Some(confession.id)),
            _ => Err(Denial::NotConfessionAdmin),
        };
    }
    match target.followed_by_actor.as_slice() {
        [] => Err(Denial::NotSubscribed),
        [only] => Ok(Some(only.id)),
        several => Err(Denial::ConfessionRequired(several.to_vec())),
    }
}

/// R3, R4: the named confession, else the only one that the actor administers and the member follows.
fn confession_for_staff(facts: &OpeningFacts) -> Result<Option<ConfessionId>, Denial> {
    if let Some(named) = &facts.named {
        let confession = named.confession.as_ref().ok_or(Denial::ConfessionNotFound)?;
        return Ok(Some(confession.id));
    }
    Ok(match facts.targets.as_slice() {
        [target] if is_member(target) => shared_confession(&target.follows_of_actor),
        _ => None,
    })
}

/// The confession of a conversation that names none (R3): the only one that is shared, else none.
pub fn shared_confession(shared: &[Confession]) -> Option<ConfessionId> {
    match shared {
        [only] => Some(only.id),
        _ => None,
    }
}

/// R3: towards members, the policy decides about admins; and an admin writes to members in the name of no confession but their own:
/// `docs/decisions/002-naming-a-confession.md`.
fn may_reach_out(facts: &OpeningFacts, policy: &Policy) -> Result<(), Denial> {
    // At most one target is a member: an admin does not name several people with a member among them.
    let Some(member) = facts.targets.iter().find(|target| is_member(target)) else {
        return Ok(());
    };
    let named = facts.named.as_ref().and_then(|named| named.confession.as_ref());
    if named.is_some_and(|confession| confession.admin != Some(facts.actor.id)) {
        return Err(Denial::NotConfessionAdmin);
    }
    let allowed = match policy.admin_outreach {
        AdminOutreach::Anyone => true,
        AdminOutreach::OwnSubscribers => !member.follows_of_actor.is_empty(),
        AdminOutreach::ReplyOnly => false,
    };
    if allowed { Ok(()) } else { Err(Denial::OutreachNotAllowed) }
}

/// The part of a scope that a list is restricted to: the members who follow a confession that the person administers (true), or everybody else (false). `None`
/// if the scope has nobody of them.
pub const fn narrowed(scope: ContactScope, own: Option<bool>) -> Option<ContactScope> {
    match (own, scope) {
        (Some(true), ContactScope::Everyone | ContactScope::StaffAndOwnSubscribers | ContactScope::OwnSubscribers) => {
            Some(ContactScope::OwnSubscribers)
        }
        (Some(true), ContactScope::FollowedAdmins | ContactScope::Staff | ContactScope::EveryoneElse)
        | (Some(false), ContactScope::OwnSubscribers) => None,
        (Some(false), ContactScope::Everyone) => Some(ContactScope::EveryoneElse),
        (Some(false), ContactScope::StaffAndOwnSubscribers) => Some(ContactScope::Staff),
        (Some(false), ContactScope::FollowedAdmins | ContactScope::Staff | ContactScope::EveryoneElse) | (None, _) => Some(scope),
    }
}

/// The other person as a contact of the viewer; `None` if the viewer may not open a conversation with them.
pub fn contact(viewer: &Affiliation, other: &Affiliation, scope: ContactScope) -> Option<ContactDetail> {
    let person = &other.person;
    if person.id == viewer.person.id || !person.is_active {
        return None;
    }
    let followed = viewer.follows.iter().filter(|confession| confession.admin == Some(person.id));
    let own = |confession: &&Confession| person.role == Role::User && viewer.administers.contains(confession);
    let confessions: Vec<Confession> = match scope {
        ContactScope::FollowedAdmins => followed.cloned().collect(),
        _ => other.follows.iter().filter(own).cloned().collect(),
    };
    let (is_staff, is_shared) = (person.role.is_staff(), !confessions.is_empty());
    let is_reached = match scope {
        ContactScope::FollowedAdmins | ContactScope::OwnSubscribers => is_shared,
        ContactScope::Staff => is_staff,
        ContactScope::StaffAndOwnSubscribers => is_staff || is_shared,
        ContactScope::Everyone => true,
        ContactScope::EveryoneElse => !is_shared,
    };
    is_reached.then(|| ContactDetail {
        person: person.clone(),
        confessions,
    })
}

/// The people with whom a person of this role may open a conversation, by the same rules.
pub fn contacts(role: Role, policy: &Policy) -> ContactScope {
    match (role, policy.admin_outreach) {
        (Role::User, _) => ContactScope::FollowedAdmins,
        (Role::Superadmin, _) | (Role::Admin, AdminOutreach::Anyone) => ContactScope::Everyone,
        (Role::Admin, AdminOutreach::OwnSubscribers) => ContactScope::StaffAndOwnSubscribers,
        (Role::Admin, AdminOutreach::ReplyOnly) => ContactScope::Staff,
    }
}
