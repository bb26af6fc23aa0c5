//! Feeding the directory (section 8 of the contract): a document is validated as a whole before a row of it is stored, and an import returns the changes it made.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    hash::Hash,
};

use crate::{
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Role, Subscription},
};

/// At most this many bad rows are listed: nobody repairs more of them at once, and the answer stays small.
pub const MOST_BAD_ROWS: usize = 50;

/// A list of a directory document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// The array `users` of the document.
    Users,
    /// The array `confessions` of the document.
    Confessions,
    /// The array `subscriptions` of the document.
    Subscriptions,
}

impl List {
    /// Its name in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Confessions => "confessions",
            Self::Subscriptions => "subscriptions",
        }
    }
}

/// The ids in a row, which identify it beside its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowIds {
    /// The id of an account row.
    User(UserId),
    /// The id of a confession row.
    Confession(ConfessionId),
    /// Both ids of a subscription row, which has no id of its own.
    Subscription(Subscription),
}

impl fmt::Display for RowIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "id {id}"),
            Self::Confession(id) => write!(f, "id {id}"),
            Self::Subscription(subscription) => {
                write!(f, "user_id {}, confession_id {}", subscription.user, subscription.confession)
            }
        }
    }
}

/// An account or a confession, for use in error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Shown as `user` with the id.
    User(UserId),
    /// Shown as `confession` with the id.
    Confession(ConfessionId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::Confession(id) => write!(f, "confession {id}"),
        }
    }
}

/// A field whose values are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueField {
    /// `username` of an account.
    Username,
    /// `name` of a confession.
    Name,
    /// `slug` of a confession.
    Slug,
}

impl UniqueField {
    /// Its name in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Name => "name",
            Self::Slug => "slug",
        }
    }
}

/// The reason why a row cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The value belongs to an account or a confession that the document does not mention, and which therefore keeps it.
    Taken {
        /// The field with the unique value.
        field: UniqueField,
        /// The value as the row has it.
        value: String,
        /// The stored account or confession that has the value.
        by: Holder,
    },
    /// Another row of the document has the same value.
    ClaimedTwice {
        /// The field with the unique value.
        field: UniqueField,
        /// The value that both rows have.
        value: String,
        /// The index of the other row in the same list.
        index: usize,
        /// The account or the confession of the other row.
        by: Holder,
    },
    /// The row refers, in this field, to an account or a confession that is neither stored nor in the document.
    Missing {
        /// The name of the field with the reference.
        field: &'static str,
        /// The account or the confession that is missing.
        named: Holder,
    },
}

impl RowFault {
    /// The field that is wrong.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Taken { field, .. } | Self::ClaimedTwice { field, .. } => field.as_str(),
            Self::Missing { field, .. } => field,
        }
    }
}

/// A row of a directory document that cannot be stored. Its text has the index of the row, its ids, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The list of the document that the row is in.
    pub list: List,
    /// The index in the list, from 0.
    pub index: usize,
    /// The ids of the row, for the error message.
    pub ids: RowIds,
    /// The reason why the row cannot be stored.
    pub fault: RowFault,
}

impl BadRow {
    /// The list and the index, such as `users[3]`.
    pub fn place(&self) -> String {
        format!("{}[{}]", self.list.as_str(), self.index)
    }

    /// The reason, as the end of a sentence.
    pub fn reason(&self) -> String {
        match &self.fault {
            RowFault::Taken { field, value, by } => {
                let who = if matches!(by, Holder::User(_)) { "who" } else { "which" };
                format!("the {} {} belongs to {by}, {who} keeps it", field.as_str(), quoted(value))
            }
            RowFault::ClaimedTwice { field, value, index, by } => {
                let (field, list) = (field.as_str(), self.list.as_str());
                format!("the {field} {} is also in {list}[{index}], for {by}", quoted(value))
            }
            RowFault::Missing { named, .. } => format!("{named} does not exist"),
        }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.place(), self.ids, self.reason())
    }
}

/// A value in quotation marks, without control characters, which could end the line or steer a terminal.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('`');
    for letter in value.chars() {
        if letter.is_control() {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text.push('`');
    text
}

/// The stored directory that a document is validated against.
pub trait Stored {
    /// The failure of a query.
    type Error;

    /// The account that has this username.
    fn username(&self, username: &str) -> Result<Option<UserId>, Self::Error>;

    /// The confession that has this name.
    fn confession_name(&self, name: &str) -> Result<Option<ConfessionId>, Self::Error>;

    /// The confession that has this slug.
    fn slug(&self, slug: &str) -> Result<Option<ConfessionId>, Self::Error>;

    /// Whether this account exists, active or not.
    fn has_user(&self, id: UserId) -> Result<bool, Self::Error>;

    /// Whether this confession exists.
    fn has_confession(&self, id: ConfessionId) -> Result<bool, Self::Error>;
}

/// The rows that cannot be stored, in the order of the document; at most [`MOST_BAD_ROWS`].
///
/// Uniqueness is checked for the directory as it would be after the whole document, in whatever order its rows stand: names and slugs may be exchanged
/// within it. Of several rows with the same id the last one counts.
pub fn judge<S: Stored>(document: &DirectoryDocument, stored: &S) -> Result<Vec<BadRow>, S::Error> {
    let (users, confessions) = (&document.users, &document.confessions);
    let user_rows = last_rows(users.iter().map(|user| user.id));
    let confession_rows = last_rows(confessions.iter().map(|confession| confession.id));
    let mut bad = Vec::new();

    let names = users.iter().map(|user| (user.id, user.username.as_str()));
    clashes(
        UniqueField::Username,
        &user_rows,
        names,
        |name| stored.username(name),
        |row| bad.push(row),
    )?;
    let names = confessions.iter().map(|confession| (confession.id, confession.name.as_str()));
    clashes(
        UniqueField::Name,
        &confession_rows,
        names,
        |name| stored.confession_name(name),
        |row| bad.push(row),
    )?;
    let slugs = confessions.iter().map(|confession| (confession.id, confession.slug.as_str()));
    clashes(
        UniqueField::Slug,
        &confession_rows,
        slugs,
        |slug| stored.slug(slug),
        |row| bad.push(row),
    )?;

    let has_user = |id: UserId| Ok(user_rows.contains_key(&id) || stored.has_user(id)?);
    let missing = |list, index, ids, field, named| BadRow {
        list,
        index,
        ids,
        fault: RowFault::Missing { field, named },
    };
    for (index, confession) in confessions.iter().enumerate() {
        let Some(admin) = confession.admin else { continue };
        if confession_rows.get(&confession.id) == Some(&index) && !has_user(admin)? {
            let ids = RowIds::Confession(confession.id);
            bad.push(missing(List::Confessions, index, ids, "admin_id", Holder::User(admin)));
        }
    }
    // The sort is stable: several faults of one row stay together, in the order of its fields.
    bad.sort_by_key(|row: &BadRow| (row.list as u8, row.index));
    for (index, subscription) in document.subscriptions.iter().enumerate() {
        if bad.len() >= MOST_BAD_ROWS {
            break;
        }
        let ids = RowIds::Subscription(*subscription);
        if !has_user(subscription.user)? {
            bad.push(missing(List::Subscriptions, index, ids, "user_id", Holder::User(subscription.user)));
        }
        let confession = subscription.confession;
        if !confession_rows.contains_key(&confession) && !stored.has_confession(confession)? {
            bad.push(missing(
                List::Subscriptions,
                index,
                ids,
                "confession_id",
                Holder::Confession(confession),
            ));
        }
    }
    bad.truncate(MOST_BAD_ROWS);
    Ok(bad)
}

/// The index of the row that counts for each id.
fn last_rows<I: Eq + Hash>(ids: impl Iterator<Item = I>) -> HashMap<I, usize> {
    ids.enumerate().map(|(index, id)| (id, index)).collect()
}

/// The rows whose value of a unique field another row has too, or a stored owner outside the document; at most [`MOST_BAD_ROWS`].
fn clashes<'d, I: Named, E>(
    field: UniqueField,
    last: &HashMap<I, usize>,
    rows: impl Iterator<Item = (I, &'d str)>,
    holder: impl Fn(&str) -> Result<Option<I>, E>,
    mut found: impl FnMut(BadRow),
) -> Result<(), E> {
    let mut claimed: HashMap<&str, (usize, I)> = HashMap::new();
    let mut count = 0;
    for (index, (id, value)) in rows.enumerate().filter(|(index, (id, _))| last.get(id) == Some(index)) {
        let taken = match claimed.get(value) {
            Some(&(index, by)) => Some(RowFault::ClaimedTwice {
                field,
                value: value.to_owned(),
                index,
                by: by.holder(),
            }),
            None => holder(value)?
                .filter(|by| *by != id && !last.contains_key(by))
                .map(|by| RowFault::Taken {
                    field,
                    value: value.to_owned(),
                    by: by.holder(),
                }),
        };
        claimed.entry(value).or_insert((index, id));
        if let Some(fault) = taken {
            found(BadRow {
                list: I::LIST,
                index,
                ids: id.ids(),
                fault,
            });
            count += 1;
            if count >= MOST_BAD_ROWS {
                break;
            }
        }
    }
    Ok(())
}

/// An id of something with unique names.
trait Named: Copy + Eq + Hash {
    const LIST: List;

    fn ids(self) -> RowIds;

    fn holder(self) -> Holder;
}

impl Named for UserId {
    const LIST: List = List::Users;

    fn ids(self) -> RowIds {
        RowIds::User(self)
    }

    fn holder(self) -> Holder {
        Holder::User(self)
    }
}

impl Named for ConfessionId {
    const LIST: List = List::Confessions;

    fn ids(self) -> RowIds {
        RowIds::Confession(self)
    }

    fn holder(self) -> Holder {
        Holder::Confession(self)
    }
}

/// The rows that count, in their order: of several with the same id the last one.
pub fn rows_that_count<T, I: Eq + Hash>(rows: &[T], id: impl Fn(&T) -> I) -> impl Iterator<Item = &T> {
    let last = last_rows(rows.iter().map(&id));
    let counts = move |(index, row): &(usize, &T)| last.get(&id(row)) == Some(index);
    rows.iter().enumerate().filter(counts).map(|(_, row)| row)
}

/// The admin of a confession before and after a change of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminChange {
    /// The admin before the change.
    pub before: Option<UserId>,
    /// The admin after the change.
    pub now: Option<UserId>,
}

/// The effect of a directory change, as far as a person's rights may depend on it. A row that equals the stored one leaves no trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryChanges {
    /// Accounts that are new, or were changed in any way.
    pub accounts: BTreeSet<UserId>,
    /// The former role of each account whose role changed. New accounts take part in nothing, so they are left out.
    pub roles: BTreeMap<UserId, Role>,
    /// The confessions whose admin changed. New ones have no conversations, so they are left out.
    pub admins: BTreeMap<ConfessionId, AdminChange>,
    /// Whether the subscription existed before, for each subscription that changed.
    pub follows: BTreeMap<Subscription, bool>,
}

impl DirectoryChanges {
    /// True if nothing changed on which a person's rights may depend.
    pub fn is_empty(&self) -> bool {
        let Self {
            accounts,
            roles,
            admins,
            follows,
        } = self;
        accounts.is_empty() && roles.is_empty() && admins.is_empty() && follows.is_empty()
    }

    /// Adds a later change, so that both can be announced as one: the state before both is the state before the first.
    pub fn extend(&mut self, later: Self) {
        self.accounts.extend(later.accounts);
        for (user, before) in later.roles {
            self.roles.entry(user).or_insert(before);
        }
        for (confession, change) in later.admins {
            self.admins.entry(confession).or_insert(change).now = change.now;
        }
        for (subscription, before) in later.follows {
            self.follows.entry(subscription).or_insert(before);
        }
    }

    /// Notes an account that was stored, and its former state.
    pub fn user(&mut self, before: Option<&Person>, now: &Person) {
        if before == Some(now) {
            return;
        }
        self.accounts.insert(now.id);
        if let Some(before) = before.filter(|before| before.role != now.role) {
            self.roles.insert(now.id, before.role);
        }
    }

    /// Notes a confession that was stored, and its former state.
    pub fn confession(&mut self, before: Option<&Confession>, now: &Confession) {
        if let Some(before) = before.filter(|before| before.admin != now.admin) {
            let change = AdminChange {
                before: before.admin,
                now: now.admin,
            };
            self.admins.insert(now.id, change);
        }
    }

    /// Notes a subscription that was begun, or ended.
    pub fn subscription(&mut self, subscription: Subscription, followed_before: bool) {
        self.follows.insert(subscription, followed_before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_the_same_are_one_from_the_first_before_to_the_last_now() {
        let (kept, both, added) = (UserId(1), UserId(2), UserId(3));
        let (first, second) = (ConfessionId(1), ConfessionId(2));
        let follows = |user, confession| Subscription { user, confession };
        let admin = |before, now| AdminChange { before, now };
        let mut changes = DirectoryChanges {
            accounts: [kept, both].into(),
            roles: [(both, Role::User)].into(),
            admins: [(first, admin(None, Some(kept)))].into(),
            follows: [(follows(kept, first), true)].into(),
        };
        changes.extend(DirectoryChanges {
            accounts: [both, added].into(),
            roles: [(both, Role::Admin), (kept, Role::User)].into(),
            admins: [(first, admin(Some(kept), Some(both))), (second, admin(Some(added), None))].into(),
            follows: [(follows(kept, first), false), (follows(kept, second), false)].into(),
        });
        let expected = DirectoryChanges {
            accounts: [kept, both, added].into(),
            roles: [(kept, Role::User), (both, Role::User)].into(),
            admins: [(first, admin(None, Some(both))), (second, admin(Some(added), None))].into(),
            follows: [(follows(kept, first), true), (follows(kept, second), false)].into(),
        };
        assert_eq!(changes, expected);
        assert!(!changes.is_empty() && DirectoryChanges::default().is_empty());
    }
}
