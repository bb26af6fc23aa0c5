//! Sending a message, and the limits of its content (R6, R11, R12).

#[cfg(test)]
mod tests;

use crate::{
    denial::Denial,
    facts::{ConversationFacts, SendingFacts},
    id::MessageId,
    message::{Content, Draft, NewMessage},
    policy::Policy,
    rules::access,
    time::Timestamp,
};

/// R6: a member may send while they follow the conversation's confession and another participant administers it, or if an admin or superadmin opened the
/// conversation. Admins and superadmins may reply wherever they take part (R3).
pub fn may_send(facts: &ConversationFacts) -> Result<(), Denial> {
    if facts.actor.role.is_staff() || facts.conversation.opened_by_staff {
        return Ok(());
    }
    if !facts.actor_follows {
        return Err(Denial::NotSubscribed);
    }
    let admin = facts.conversation.confession.as_ref().and_then(|confession| confession.admin);
    let other_side_administers = admin.is_some_and(|admin| admin != facts.actor.id && facts.conversation.includes(admin));
    if other_side_administers {
        Ok(())
    } else {
        Err(Denial::NotConfessionAdmin)
    }
}

/// The decision about sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The `client_id` names a stored message; a repeat succeeds whatever has changed since.
    Already(MessageId),
    /// The message must be stored.
    New(Box<Draft>),
}

/// R6, R11, R12 and the idempotency of section 4.3. The facts were loaded for this message; they are `None` if its sender does not take part (R7).
///
/// The time of a message is never before that of its predecessor in the conversation, whatever the clock of this node shows (section 4.3).
pub fn decide(facts: Option<SendingFacts>, new_message: &NewMessage, policy: &Policy, now: Timestamp) -> Result<Sending, Denial> {
    let facts = admitted(facts)?;
    if let Some(message) = already_sent(&facts)? {
        return Ok(Sending::Already(message));
    }
    may_send(&facts.base)?;
    let content = new_message
        .content
        .as_ref()
        .map(|text| Content::new(text.clone(), policy))
        .transpose()?;
    says_something(content.as_ref(), !new_message.attachments.is_empty())?;
    may_answer(&facts, new_message.reply_to)?;
    let SendingFacts { base, reply_to, .. } = facts;
    let newest = base.conversation.last_message_at.unwrap_or(base.conversation.created_at);
    Ok(Sending::New(Box::new(Draft {
        conversation: base.conversation.id,
        others: base.conversation.others(),
        sender: base.actor,
        content,
        reply_to,
        client_id: new_message.client_id.clone(),
        attachments: new_message.attachments.clone(),
        at: now.max(newest),
    })))
}

/// The part of [`decide`] that does not depend on files, applied before they are received: a refusal, or the message that is stored already.
pub fn precheck(facts: Option<SendingFacts>, new_message: &NewMessage, policy: &Policy) -> Result<Option<MessageId>, Denial> {
    let facts = admitted(facts)?;
    if let Some(message) = already_sent(&facts)? {
        return Ok(Some(message));
    }
    may_send(&facts.base)?;
    new_message
        .content
        .as_deref()
        .map_or(Ok(()), |text| Content::measure(text, policy))?;
    may_answer(&facts, new_message.reply_to)?;
    Ok(None)
}

/// R7: facts exist for participants only, whose account must be active.
fn admitted(facts: Option<SendingFacts>) -> Result<SendingFacts, Denial> {
    let facts = facts.ok_or(Denial::ConversationNotFound)?;
    access::is_active(&facts.base.actor)?;
    Ok(facts)
}

fn already_sent(facts: &SendingFacts) -> Result<Option<MessageId>, Denial> {
    match facts.already {
        Some((conversation, message)) if conversation == facts.base.conversation.id => Ok(Some(message)),
        Some(_) => Err(Denial::ClientIdConflict),
        None => Ok(None),
    }
}

/// R11: the answered message must be in this conversation, and not deleted.
fn may_answer(facts: &SendingFacts, reply_to: Option<MessageId>) -> Result<(), Denial> {
    if reply_to.is_some() && facts.reply_to.as_ref().is_none_or(|answered| answered.is_deleted) {
        Err(Denial::InvalidReply)
    } else {
        Ok(())
    }
}

/// R12: a message must have visible content, or a file.
pub fn says_something(content: Option<&Content>, has_attachments: bool) -> Result<(), Denial> {
    if has_attachments || content.is_some_and(|text| !text.is_blank()) {
        Ok(())
    } else {
        Err(Denial::EmptyMessage)
    }
}
