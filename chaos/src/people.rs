//! The made-up community: each admin administers a confession, and each member follows two of them.

use serde_json::{Value, json};

use crate::ledger::UserId;

/// The number of admins, and so of confessions.
const ADMINS: u64 = 4;

/// The people of a run.
#[derive(Clone, Debug)]
pub struct People {
    members: u64,
}

impl People {
    /// So many members, and their admins.
    pub const fn new(members: u64) -> Self {
        Self { members }
    }

    /// Everybody.
    pub fn all(&self) -> impl Iterator<Item = UserId> + use<> {
        1..=ADMINS + self.members
    }

    /// Whether this person administers a confession, and so may pin.
    pub const fn is_admin(user: UserId) -> bool {
        user <= ADMINS
    }

    /// Who talks with whom: a member and an admin whose confession the member follows.
    pub fn pairs(&self) -> impl Iterator<Item = (UserId, UserId)> + use<> {
        (ADMINS + 1..=ADMINS + self.members).flat_map(|member| follows(member).map(move |confession| (member, confession)))
    }

    /// The document for `suhbat import`.
    pub fn document(&self) -> Value {
        let users = self.all().map(|user| {
            let role = if Self::is_admin(user) { "admin" } else { "user" };
            json!({ "id": user, "username": format!("person-{user}"), "role": role })
        });
        let confessions = (1..=ADMINS)
            .map(|id| json!({ "id": id, "name": format!("Confession {id}"), "slug": format!("confession-{id}"), "admin_id": id }));
        let subscriptions = self
            .pairs()
            .map(|(user, confession)| json!({ "user_id": user, "confession_id": confession }));
        json!({
            "users": users.collect::<Vec<_>>(),
            "confessions": confessions.collect::<Vec<_>>(),
            "subscriptions": subscriptions.collect::<Vec<_>>(),
        })
    }
}

/// The confessions that a member follows.
fn follows(member: UserId) -> impl Iterator<Item = u64> {
    [member % ADMINS + 1, (member + 1) % ADMINS + 1].into_iter()
}
