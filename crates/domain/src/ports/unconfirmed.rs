use crate::id::{ConversationId, UserId};

/// An act that the rules have allowed and whose commit was not confirmed: the store failed, and it may be stored or not. Its event was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnconfirmedAct {
    /// The person who acted.
    pub actor: UserId,
    /// The conversation of the act; `None` if the act would have opened it.
    pub conversation: Option<ConversationId>,
    /// The users to whom the event would have been published.
    pub concerned: Vec<UserId>,
}

/// Takes unconfirmed acts, and tells the people concerned that they may have missed an event once the store answers again.
pub trait Unconfirmed: Send + Sync {
    /// Notes the act. Never waits.
    fn note(&self, act: UnconfirmedAct);
}
