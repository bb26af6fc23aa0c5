//! Contacts: the people somebody may write to.

use std::collections::{HashMap, HashSet};

use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, SelectableHelper as _, dsl::not};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::UserId,
    page::{NumberedPage, PageRequest},
    people::{Confession, Contact, ContactScope, Person},
    search::Query,
};

use super::super::{
    Connection,
    rows::{ConfessionRow, PersonRow, count},
    schema::{IsStaff, accounts_user, accounts_user_totals, confessions_confession, confessions_subscription},
    search::{mentions, offset},
};
use crate::error::{CorruptValueError, Result};

pub(super) async fn list(
    mut connection: &Connection,
    of: UserId,
    scope: ContactScope,
    query: Option<String>,
    page: PageRequest,
) -> Result<NumberedPage<Contact>> {
    let parsed = query.as_deref().and_then(Query::parse);
    if query.is_some() && parsed.is_none() {
        return Ok(NumberedPage::empty());
    }
    if scope == ContactScope::FollowedAdmins {
        return followed(connection, of, parsed.as_ref(), page).await;
    }
    let own = OwnMembers::load(connection, of).await?;
    if scope == ContactScope::OwnSubscribers && own.follows.len() <= ContactScope::MOST_SORTED {
        return own_by_name(connection, of, &own, parsed.as_ref(), page).await;
    }
    let (ids, total) = match (scope, &parsed) {
        (ContactScope::Everyone | ContactScope::Staff, None) => everybody(connection, of, scope, page).await?,
        _ => matching(connection, of, scope, &own, parsed.as_ref(), page).await?,
    };
    let people: Vec<PersonRow> = accounts_user::table
        .filter(accounts_user::id.eq_any(ids))
        .order(accounts_user::username)
        .select(PersonRow::as_select())
        .load(&mut connection)
        .await?;
    let contacts = people.into_iter().map(|row| {
        let person = Person::try_from(row)?;
        let confession = own.only_confession_of(&person);
        Ok(Contact { person, confession })
    });
    Ok(NumberedPage {
        items: contacts.collect::<std::result::Result<_, CorruptValueError>>()?,
        total,
    })
}

/// The followers of an admin's confessions.
struct OwnMembers {
    confessions: HashMap<i64, (Confession, String)>,
    /// The confessions that each of them follows.
    follows: HashMap<i64, Vec<i64>>,
}

impl OwnMembers {
    async fn load(mut connection: &Connection, admin: UserId) -> Result<Self> {
        let confessions: Vec<(ConfessionRow, String)> = confessions_confession::table
            .filter(confessions_confession::admin_id.eq(admin.0))
            .select((ConfessionRow::as_select(), confessions_confession::searchable))
            .load(&mut connection)
            .await?;
        let confessions: HashMap<i64, (Confession, String)> = confessions
            .into_iter()
            .map(|(row, names)| (Confession::from(row), names))
            .map(|(confession, names)| (confession.id.0, (confession, names)))
            .collect();
        let mut follows: HashMap<i64, Vec<i64>> = HashMap::new();
        if !confessions.is_empty() {
            let pairs: Vec<(i64, i64)> = confessions_subscription::table
                .filter(confessions_subscription::confession_id.eq_any(confessions.keys().copied().collect::<Vec<_>>()))
                .load(&mut connection)
                .await?;
            for (user, confession) in pairs {
                follows.entry(user).or_default().push(confession);
            }
        }
        Ok(Self { confessions, follows })
    }

    /// The only confession that the admin administers and this member follows. Staff share none.
    fn only_confession_of(&self, person: &Person) -> Option<Confession> {
        if person.role.is_staff() {
            return None;
        }
        match self.follows.get(&person.id.0)?.as_slice() {
            [only] => self.confessions.get(only).map(|(confession, _)| confession.clone()),
            _ => None,
        }
    }

    fn ids(&self) -> Vec<i64> {
        self.follows.keys().copied().collect()
    }

    /// Those who follow one confession only, and one whose name the query finds.
    fn found_by_confession(&self, query: &Query) -> Vec<i64> {
        let found: HashSet<i64> = self
            .confessions
            .iter()
            .filter(|(_, (_, names))| query.matches(names))
            .map(|(id, _)| *id)
            .collect();
        let members = self.follows.iter();
        members
            .filter(|(_, follows)| matches!(follows.as_slice(), [only] if found.contains(only)))
            .map(|(user, _)| *user)
            .collect()
    }
}

/// Without a search the total is known.
async fn everybody(mut connection: &Connection, of: UserId, scope: ContactScope, page: PageRequest) -> Result<(Vec<i64>, u64)> {
    let staff_only = scope == ContactScope::Staff;
    let mut ids = accounts_user::table
        .filter(accounts_user::is_active)
        .filter(accounts_user::id.ne(of.0))
        .order(accounts_user::username)
        .limit(page.size.into())
        .offset(offset(page))
        .select(accounts_user::id)
        .into_boxed();
    if staff_only {
        ids = ids.filter(IsStaff::new(accounts_user::role));
    }
    let total = count(active(connection, of, staff_only).await?, "accounts_user_totals", "active")?;
    let ids = if page.offset() < total {
        ids.load(&mut connection).await?
    } else {
        Vec::new()
    };
    Ok((ids, total))
}

/// The number of active people, or of the staff among them, without this person.
async fn active(mut connection: &Connection, of: UserId, staff_only: bool) -> Result<i64> {
    let mut totals = accounts_user_totals::table.into_boxed();
    let mut oneself = accounts_user::table
        .filter(accounts_user::is_active)
        .filter(accounts_user::id.eq(of.0))
        .count()
        .into_boxed();
    if staff_only {
        totals = totals.filter(accounts_user_totals::is_staff.eq(true));
        oneself = oneself.filter(IsStaff::new(accounts_user::role));
    }
    let active: Vec<i64> = totals.select(accounts_user_totals::active).load(&mut connection).await?;
    let oneself: i64 = oneself.first(&mut connection).await?;
    Ok(active.iter().sum::<i64>() - oneself)
}

/// The members who follow a confession of the admin, by their shown names. They are few.
async fn own_by_name(
    mut connection: &Connection,
    of: UserId,
    own: &OwnMembers,
    query: Option<&Query>,
    page: PageRequest,
) -> Result<NumberedPage<Contact>> {
    let mut people = accounts_user::table
        .filter(accounts_user::is_active)
        .filter(accounts_user::id.ne(of.0))
        .filter(accounts_user::role.eq("user"))
        .filter(accounts_user::id.eq_any(own.ids()))
        .into_boxed();
    if let Some(query) = query {
        let by_confession = accounts_user::id.eq_any(own.found_by_confession(query));
        people = people.filter(mentions(accounts_user::searchable, query).or(by_confession));
    }
    let rows: Vec<PersonRow> = people.select(PersonRow::as_select()).load(&mut connection).await?;
    let people = rows.into_iter().map(Person::try_from);
    let mut people: Vec<Person> = people.collect::<std::result::Result<_, CorruptValueError>>()?;
    people.sort_by_cached_key(|person| {
        let (name, username) = person.name_order();
        (name, username.to_owned())
    });
    let total = people.len() as u64;
    let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let items = people.into_iter().skip(skipped).take(page.size as usize).map(|person| {
        let confession = own.only_confession_of(&person);
        Contact { person, confession }
    });
    Ok(NumberedPage {
        items: items.collect(),
        total,
    })
}

/// A search, or a part of the people that depends on the followers of an admin's own confessions.
async fn matching(
    mut connection: &Connection,
    of: UserId,
    scope: ContactScope,
    own: &OwnMembers,
    query: Option<&Query>,
    page: PageRequest,
) -> Result<(Vec<i64>, u64)> {
    let people = || {
        let mut people = accounts_user::table
            .filter(accounts_user::is_active)
            .filter(accounts_user::id.ne(of.0))
            .into_boxed();
        match scope {
            ContactScope::Staff => people = people.filter(IsStaff::new(accounts_user::role)),
            ContactScope::StaffAndOwnSubscribers => {
                people = people.filter(IsStaff::new(accounts_user::role).or(accounts_user::id.eq_any(own.ids())));
            }
            ContactScope::OwnSubscribers => {
                people = people.filter(accounts_user::id.eq_any(own.ids()).and(accounts_user::role.eq("user")));
            }
            ContactScope::EveryoneElse => {
                people = people.filter(not(accounts_user::id.eq_any(own.ids()).and(accounts_user::role.eq("user"))));
            }
            ContactScope::Everyone | ContactScope::FollowedAdmins => {}
        }
        if let Some(query) = query {
            let by_name = mentions(accounts_user::searchable, query);
            let by_confession = accounts_user::id
                .eq_any(own.found_by_confession(query))
                .and(accounts_user::role.eq("user"));
            // Among staff alone nobody is a member of anything.
            people = people.filter(by_name.or(by_confession));
        }
        people
    };
    let ids = people()
        .select(accounts_user::id)
        .order(accounts_user::username)
        .limit(page.size.into())
        .offset(offset(page))
        .load(&mut connection)
        .await?;
    let total: i64 = if scope == ContactScope::EveryoneElse && query.is_none() {
        let own = accounts_user::table
            .filter(accounts_user::is_active)
            .filter(accounts_user::id.ne(of.0))
            .filter(accounts_user::id.eq_any(own.ids()))
            .filter(accounts_user::role.eq("user"));
        active(connection, of, false).await? - own.count().get_result::<i64>(&mut connection).await?
    } else {
        people().count().get_result(&mut connection).await?
    };
    Ok((ids, count(total, "accounts_user", "id")?))
}

/// The admins of the confessions that the viewer follows.
async fn followed(mut connection: &Connection, of: UserId, query: Option<&Query>, page: PageRequest) -> Result<NumberedPage<Contact>> {
    let pairs = || {
        let mut pairs = confessions_subscription::table
            .inner_join(
                confessions_confession::table.inner_join(
                    accounts_user::table
                        .on(diesel::NullableExpressionMethods::nullable(accounts_user::id).eq(confessions_confession::admin_id)),
                ),
            )
            .filter(confessions_subscription::user_id.eq(of.0))
            .filter(accounts_user::is_active)
            .filter(accounts_user::id.ne(of.0))
            .into_boxed();
        if let Some(query) = query {
            let by_name = mentions(accounts_user::searchable, query);
            pairs = pairs.filter(by_name.or(mentions(confessions_confession::searchable, query)));
        }
        pairs
    };
    let rows: Vec<(PersonRow, ConfessionRow)> = pairs()
        .order((accounts_user::username, confessions_confession::id))
        .limit(page.size.into())
        .offset(offset(page))
        .select((PersonRow::as_select(), ConfessionRow::as_select()))
        .load(&mut connection)
        .await?;
    let total: i64 = pairs().count().get_result(&mut connection).await?;
    let contacts = rows.into_iter().map(|(person, confession)| {
        Ok(Contact {
            person: person.try_into()?,
            confession: Some(confession.into()),
        })
    });
    Ok(NumberedPage {
        items: contacts.collect::<std::result::Result<_, CorruptValueError>>()?,
        total: count(total, "confessions_subscription", "user_id")?,
    })
}
