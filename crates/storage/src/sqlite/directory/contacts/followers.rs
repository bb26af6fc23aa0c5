//! The followers of an admin's confessions, read once for a list instead of once for each person in it.

use domain::{id::UserId, search::Query};
use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::super::{
    found::visit,
    rows::{Query as Statement, query, row},
};

row!(
    struct Searchable of confessions_confession {
        id: i64,
        names: String = searchable,
    }
);

/// Selects the confessions that an admin administers, with the names that are searched.
pub(crate) const SELECT_OWN_CONFESSIONS: Statement<Searchable> =
    query!(Searchable as "own", "FROM confessions_confession own WHERE own.admin_id = ?1");

/// Selects the ids of the followers of a confession.
pub(crate) const SELECT_FOLLOWERS: &str =
    "SELECT s.user_id FROM confessions_subscription s INDEXED BY confessions_subscription_confession WHERE s.confession_id = ?1";

pub(crate) const SELECT_STAFF_IDS: Statement<i64> =
    Statement::value("SELECT u.id FROM accounts_user u INDEXED BY accounts_user_active_staff WHERE u.is_active = 1 AND u.role <> 'user'");

/// The followers of an admin's confessions, and the staff.
pub(super) struct Followers {
    follow: Follow,
    staff: FxHashSet<i64>,
}

impl Followers {
    /// The followers of all confessions that `of` administers.
    pub(super) fn of_all_confessions(connection: &Connection, of: UserId, query: Option<&Query>) -> rusqlite::Result<Self> {
        Self::load(connection, &confessions(connection, of, query)?)
    }

    /// The same, or `None` if no name of a confession matches, because confessions then add no person to the result of the search.
    pub(super) fn of_found_confessions(connection: &Connection, of: UserId, query: Option<&Query>) -> rusqlite::Result<Option<Self>> {
        let confessions = confessions(connection, of, query)?;
        if !confessions.iter().any(|(_, is_found)| *is_found) {
            return Ok(None);
        }
        Self::load(connection, &confessions).map(Some)
    }

    fn load(connection: &Connection, confessions: &[(i64, bool)]) -> rusqlite::Result<Self> {
        let mut follow = Follow::default();
        for (confession, is_found) in confessions {
            visit(connection, SELECT_FOLLOWERS, [*confession], |id, _| {
                follow.add(id, *is_found);
                Ok(())
            })?;
        }
        let staff = SELECT_STAFF_IDS.all(connection, [])?.into_iter().collect();
        Ok(Self { follow, staff })
    }

    /// Whether this member shares exactly one confession with the admin, and its name matches. Staff share none.
    pub(super) fn are_found_by_confession(&self, id: i64) -> bool {
        self.follow.only_found(id) && !self.staff.contains(&id)
    }

    /// Whether this member follows a confession of the admin.
    pub(super) fn are_own(&self, id: i64) -> bool {
        self.follow.any(id) && !self.staff.contains(&id)
    }

    /// The number of people who follow a confession of the admin.
    pub(super) const fn following(&self) -> usize {
        self.follow.people
    }

    /// The ids of the members who follow a confession of the admin, each once.
    pub(super) fn own(&self) -> impl Iterator<Item = i64> {
        self.follow.ids().filter(|id| !self.staff.contains(id))
    }

    /// Whether a person is staff, or follows a confession of the admin.
    pub(super) fn reach(&self, id: i64) -> bool {
        self.follow.any(id) || self.staff.contains(&id)
    }

    /// An upper bound of the number of reached people, because a person who is both staff and follower counts twice.
    pub(super) fn reached(&self) -> usize {
        self.follow.people + self.staff.len()
    }

    /// The ids of all reached people, each once.
    pub(super) fn ids(&self) -> impl Iterator<Item = i64> {
        self.own().chain(self.staff.iter().copied())
    }
}

/// The confessions that an admin administers, and whether their names match the query.
fn confessions(connection: &Connection, of: UserId, query: Option<&Query>) -> rusqlite::Result<Vec<(i64, bool)>> {
    let is_found = |names: &str| query.is_some_and(|query| query.matches(names));
    let own = SELECT_OWN_CONFESSIONS.all(connection, [of.0])?;
    Ok(own.into_iter().map(|own| (own.id, is_found(&own.names))).collect())
}

/// The follows of many people, in three bits for each. Ids are dense, so a few kilobytes hold 100,000 people. A map with an entry for each person took three
/// times as long.
#[derive(Default)]
struct Follow {
    /// The bits of 64 ids, by the common high part of the ids.
    groups: FxHashMap<i64, Group>,
    people: usize,
}

#[derive(Clone, Copy, Default)]
struct Group {
    /// The bits of people who follow at least one confession.
    any: u64,
    /// The bits of people who follow more than one confession.
    several: u64,
    /// The bits of people whose first confession matches the query.
    found: u64,
}

const fn place(id: i64) -> (i64, u64) {
    (id >> 6, 1 << (id & 63))
}

impl Follow {
    /// Adds one confession to a person's; `is_found` if its name matches.
    fn add(&mut self, id: i64, is_found: bool) {
        let (group, bit) = place(id);
        let group = self.groups.entry(group).or_default();
        if group.any & bit != 0 {
            group.several |= bit;
            return;
        }
        self.people += 1;
        group.any |= bit;
        if is_found {
            group.found |= bit;
        }
    }

    fn any(&self, id: i64) -> bool {
        let (group, bit) = place(id);
        self.groups.get(&group).is_some_and(|group| group.any & bit != 0)
    }

    /// Whether a person follows only one confession, and its name matches.
    fn only_found(&self, id: i64) -> bool {
        let (group, bit) = place(id);
        self.groups.get(&group).is_some_and(|group| group.found & !group.several & bit != 0)
    }

    fn ids(&self) -> impl Iterator<Item = i64> {
        let of_group = |(group, bits): (&i64, &Group)| {
            let (first, any) = (group << 6, bits.any);
            (0..64).filter(move |bit| any >> bit & 1 == 1).map(move |bit| first + bit)
        };
        self.groups.iter().flat_map(of_group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_far_apart_and_negative_ones_are_kept_apart() {
        let ids = [i64::MIN, -65, -64, -1, 0, 63, 64, 1 << 40, i64::MAX];
        let mut follow = Follow::default();
        for id in ids {
            follow.add(id, id != 0);
        }
        follow.add(64, true);
        let mut found: Vec<i64> = follow.ids().collect();
        found.sort_unstable();
        assert_eq!((found, follow.people), (ids.to_vec(), ids.len()));
        assert!(follow.any(64) && !follow.any(1) && !follow.any(-63));
        let only_found: Vec<i64> = ids.into_iter().filter(|id| follow.only_found(*id)).collect();
        assert_eq!(only_found, [i64::MIN, -65, -64, -1, 63, 1 << 40, i64::MAX]);
    }
}
