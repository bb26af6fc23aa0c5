//! Who may open a conversation with whom (R1 to R5, R13).

#[cfg(test)]
mod tests;

use crate::{
    conversation::NewConversation,
    denial::Denial,
    facts::{OpeningFacts, Target},
    id::{ConfessionId, ConversationId, UserId},
    people::{Confession, Role},
    policy::{AdminOutreach, Policy},
    ports::ContactScope,
    time::Timestamp,
};

/// What opening comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// There is one with these people and this confession (R13).
    Existing(ConversationId),
    /// It is to be created.
    New(NewConversation),
}

/// R1 to R5 and R13: may the actor open this conversation, which confession does it belong to, and is it there already?
///
/// The facts name at least one target.
pub fn decide(facts: &OpeningFacts, policy: &Policy, now: Timestamp) -> Result<Opening, Denial> {
    let actor = &facts.actor;
    may_name(facts, policy)?;
    let confession = match actor.role {
        Role::User => confession_for_member(facts)?,
        Role::Admin | Role::Superadmin => confession_for_staff(facts)?,
    };
    if let Some((id, _)) = facts.existing.iter().find(|(_, of)| *of == confession) {
        return Ok(Opening::Existing(*id));
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

/// R2 and R5: may these people be named together at all?
fn may_name(facts: &OpeningFacts, policy: &Policy) -> Result<(), Denial> {
    let actor = &facts.actor;
    if facts.targets.iter().any(|target| target.id == actor.id) {
        return Err(Denial::CannotMessageSelf);
    }
    if actor.role == Role::User && facts.targets.len() > 1 {
        return Err(Denial::OneAdminAtATime);
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
    if actor.role == Role::Admin && facts.targets.len() > 1 && facts.targets.iter().any(is_member) {
        return Err(Denial::AdminsOnly);
    }
    Ok(())
}

fn is_member(target: &Target) -> bool {
    target.person.as_ref().is_some_and(|person| person.role == Role::User)
}

/// R1: a member writes to the admin of a confession that they follow.
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

/// R3, R4: the confession that was named, else the only one that the actor administers and the member follows.
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
    // There is at most one: an admin does not name several people with a member among them.
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

/// Whom somebody of this role may open a conversation with, by the same rules.
pub fn contacts(role: Role, policy: &Policy) -> ContactScope {
    match (role, policy.admin_outreach) {
        (Role::User, _) => ContactScope::FollowedAdmins,
        (Role::Superadmin, _) | (Role::Admin, AdminOutreach::Anyone) => ContactScope::Everyone,
        (Role::Admin, AdminOutreach::OwnSubscribers) => ContactScope::StaffAndOwnSubscribers,
        (Role::Admin, AdminOutreach::ReplyOnly) => ContactScope::Staff,
    }
}
