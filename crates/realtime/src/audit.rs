//! Log lines for acts that operators must be able to look up later.

use domain::{id::UserId, messaging::Pinned};

/// R10: logs that a superadmin pinned or unpinned a message of a conversation that they do not take part in, whether or not it changed anything.
pub fn pinned(actor: UserId, is_pinned: bool, pinned: &Pinned) {
    if pinned.takes_part {
        return;
    }
    let message = &pinned.message;
    tracing::info!(
        user.id = actor.0,
        message.id = message.id.0,
        conversation.id = message.conversation.0,
        is_pinned,
        "a superadmin pinned or unpinned a message of a conversation of others"
    );
}
