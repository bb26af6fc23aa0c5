//! Notes of what imports changed, which one process leaves and another takes, as JSON: the text of a row in both databases.

use domain::{
    feeding::{AdminChange, DirectoryChanges},
    id::{ConfessionId, UserId},
    people::{Role, Subscription},
};
use serde::{Deserialize, Serialize};

use crate::error::{CorruptValueError, Result, failed};

/// The text of a note. Keys of JSON are texts, so that what is a map in the domain is a list here.
#[derive(Debug, Deserialize, Serialize)]
struct Note {
    accounts: Vec<i64>,
    roles: Vec<RoleBefore>,
    admins: Vec<AdminBeforeAndNow>,
    follows: Vec<FollowedBefore>,
}

#[derive(Debug, Deserialize, Serialize)]
struct RoleBefore {
    user: i64,
    before: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct AdminBeforeAndNow {
    confession: i64,
    before: Option<i64>,
    now: Option<i64>,
}

#[derive(Debug, Deserialize, Serialize)]
struct FollowedBefore {
    user: i64,
    confession: i64,
    before: bool,
}

impl From<&DirectoryChanges> for Note {
    fn from(changes: &DirectoryChanges) -> Self {
        let DirectoryChanges {
            accounts,
            roles,
            admins,
            follows,
        } = changes;
        let role = |(user, before): (&UserId, &Role)| RoleBefore {
            user: user.0,
            before: before.as_str().to_owned(),
        };
        let admin = |(confession, change): (&ConfessionId, &AdminChange)| AdminBeforeAndNow {
            confession: confession.0,
            before: change.before.map(|admin| admin.0),
            now: change.now.map(|admin| admin.0),
        };
        let follow = |(subscription, before): (&Subscription, &bool)| FollowedBefore {
            user: subscription.user.0,
            confession: subscription.confession.0,
            before: *before,
        };
        Self {
            accounts: accounts.iter().map(|user| user.0).collect(),
            roles: roles.iter().map(role).collect(),
            admins: admins.iter().map(admin).collect(),
            follows: follows.iter().map(follow).collect(),
        }
    }
}

impl Note {
    /// `None` if a role in it is none.
    fn changes(self) -> Option<DirectoryChanges> {
        let role = |role: RoleBefore| Some((UserId(role.user), Role::parse(&role.before)?));
        let admin = |admin: AdminBeforeAndNow| {
            let (before, now) = (admin.before.map(UserId), admin.now.map(UserId));
            (ConfessionId(admin.confession), AdminChange { before, now })
        };
        let follow = |follow: FollowedBefore| {
            let (user, confession) = (UserId(follow.user), ConfessionId(follow.confession));
            (Subscription { user, confession }, follow.before)
        };
        Some(DirectoryChanges {
            accounts: self.accounts.into_iter().map(UserId).collect(),
            roles: self.roles.into_iter().map(role).collect::<Option<_>>()?,
            admins: self.admins.into_iter().map(admin).collect(),
            follows: self.follows.into_iter().map(follow).collect(),
        })
    }
}

/// The text of a note that says these changes.
pub(crate) fn write(changes: &DirectoryChanges) -> Result<String> {
    Ok(serde_json::to_string(&Note::from(changes)).map_err(|_| failed("a note cannot be written as JSON"))?)
}

/// What a note says.
pub(crate) fn read(text: &str) -> std::result::Result<DirectoryChanges, CorruptValueError> {
    let note: Option<Note> = serde_json::from_str(text).ok();
    note.and_then(Note::changes).ok_or(CorruptValueError {
        table: "directory_changes",
        column: "changes",
    })
}
