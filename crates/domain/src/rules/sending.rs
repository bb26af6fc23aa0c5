//! Who may send, and what a message must be (R6, R11, R12).

#[cfg(test)]
mod tests;

use crate::{
    attachment::NewAttachment,
    denial::Denial,
    facts::{ConversationFacts, SendingFacts},
    id::MessageId,
    message::{ClientId, Content, Draft},
    policy::Policy,
    time::Timestamp,
};

/// R6: a member sends while they follow the conversation's confession and another participant administers it, or where the admin side opened the
/// conversation. Admins and superadmins reply wherever they take part (R3).
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

/// What somebody wants to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The text, as it came.
    pub content: Option<String>,
    /// The message to answer.
    pub reply_to: Option<MessageId>,
    /// The sender's own name for the message.
    pub client_id: Option<ClientId>,
    /// Files that lie in the object store.
    pub attachments: Vec<NewAttachment>,
}

/// What sending comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The `client_id` names a message that is stored; a repeat succeeds whatever has changed since.
    Already(MessageId),
    /// It is to be stored.
    New(Box<Draft>),
}

/// R6, R11, R12 and the idempotency of section 4.3. The facts were loaded for the wish's `reply_to` and `client_id`.
pub fn decide(facts: SendingFacts, wish: Wish, policy: &Policy, now: Timestamp) -> Result<Sending, Denial> {
    if let Some(message) = already_sent(&facts)? {
        return Ok(Sending::Already(message));
    }
    may_send(&facts.gate)?;
    let content = wish.content.map(|text| Content::new(text, policy)).transpose()?;
    says_something(content.as_ref(), !wish.attachments.is_empty())?;
    may_answer(&facts, wish.reply_to)?;
    let SendingFacts { gate, reply_to, .. } = facts;
    Ok(Sending::New(Box::new(Draft {
        conversation: gate.conversation.id,
        others: gate.conversation.others(),
        sender: gate.actor,
        content,
        reply_to,
        client_id: wish.client_id,
        attachments: wish.attachments,
        at: now,
    })))
}

/// What [`decide`] would say whatever files come with the message, asked before they are taken in: a refusal, or the message that is stored already.
pub fn foresee(facts: &SendingFacts, wish: &Wish, policy: &Policy) -> Result<Option<MessageId>, Denial> {
    if let Some(message) = already_sent(facts)? {
        return Ok(Some(message));
    }
    may_send(&facts.gate)?;
    wish.content.as_deref().map_or(Ok(()), |text| Content::measure(text, policy))?;
    may_answer(facts, wish.reply_to)?;
    Ok(None)
}

fn already_sent(facts: &SendingFacts) -> Result<Option<MessageId>, Denial> {
    match facts.already {
        Some((conversation, message)) if conversation == facts.gate.conversation.id => Ok(Some(message)),
        Some(_) => Err(Denial::ClientIdConflict),
        None => Ok(None),
    }
}

/// R11: what is answered is in the conversation, and not deleted.
fn may_answer(facts: &SendingFacts, reply_to: Option<MessageId>) -> Result<(), Denial> {
    if reply_to.is_some() && facts.reply_to.as_ref().is_none_or(|answered| answered.is_deleted) {
        Err(Denial::InvalidReply)
    } else {
        Ok(())
    }
}

/// R12: a message has non-blank content or a file.
pub fn says_something(content: Option<&Content>, has_attachments: bool) -> Result<(), Denial> {
    if has_attachments || content.is_some_and(|text| !text.is_blank()) {
        Ok(())
    } else {
        Err(Denial::EmptyMessage)
    }
}
