use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{state::State, store::FakeStore};
use crate::{
    feeding::{self, DirectoryChanges},
    id::{ConfessionId, UserId},
    page::{NumberedPage, PageRequest},
    people::{Affiliation, Confession, Contact, ContactScope, DirectoryDocument, Person, Role, Subscription},
    ports::{Directory, DirectoryWriter, ImportOutcome, RosterEntry, StoreError},
    search,
};

/// A page of a list that is whole in memory.
pub(super) fn paged<T>(all: Vec<T>, page: PageRequest) -> NumberedPage<T> {
    let total = all.len() as u64;
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    NumberedPage {
        items: all.into_iter().skip(offset).take(page.size as usize).collect(),
        total,
    }
}

fn is_found(contact: &Contact, query: &search::Query) -> bool {
    let confession = contact.confession.as_ref();
    query.matches(&search::names_of(&contact.person)) || confession.is_some_and(|confession| query.matches(&search::name_of(confession)))
}

impl State {
    fn contacts(&self, of: UserId, scope: ContactScope) -> Vec<Contact> {
        if scope == ContactScope::FollowedAdmins {
            let followed = self.confessions.values().filter(|confession| self.follows(of, confession.id));
            let admin = |confession: &Confession| self.people.get(&confession.admin?).cloned();
            return followed
                .filter_map(|confession| {
                    Some(Contact {
                        person: admin(confession)?,
                        confession: Some(confession.clone()),
                    })
                })
                .collect();
        }
        let reachable = |person: &&Person| match scope {
            ContactScope::Everyone => true,
            ContactScope::StaffAndOwnSubscribers => person.role.is_staff() || !self.administered_and_followed(of, person.id).is_empty(),
            ContactScope::Staff | ContactScope::FollowedAdmins => person.role.is_staff(),
            ContactScope::OwnSubscribers => self.is_own_subscriber(of, person),
            ContactScope::EveryoneElse => !self.is_own_subscriber(of, person),
        };
        let contact = |person: &Person| Contact {
            person: person.clone(),
            confession: self.only_shared(of, person),
        };
        self.people.values().filter(reachable).map(contact).collect()
    }

    fn is_own_subscriber(&self, admin: UserId, person: &Person) -> bool {
        person.role == Role::User && !self.administered_and_followed(admin, person.id).is_empty()
    }

    /// Whether the followers of an admin are few enough to be sorted by their names.
    fn are_sorted(&self, admin: UserId) -> bool {
        let own = |follow: &&Subscription| {
            self.confessions
                .get(&follow.confession)
                .is_some_and(|confession| confession.admin == Some(admin))
        };
        let followers: BTreeSet<UserId> = self.follows.iter().filter(own).map(|follow| follow.user).collect();
        followers.len() <= ContactScope::MOST_SORTED
    }

    /// The confession that opening without naming one would choose.
    fn only_shared(&self, admin: UserId, member: &Person) -> Option<Confession> {
        match self.administered_and_followed(admin, member.id).as_slice() {
            [only] if member.role == Role::User => Some(only.clone()),
            _ => None,
        }
    }

    fn take(&mut self, document: &DirectoryDocument) -> DirectoryChanges {
        let mut changes = DirectoryChanges::default();
        for user in feeding::rows_that_count(&document.users, |user| user.id) {
            let before = self.people.insert(user.id, user.clone());
            changes.user(before.as_ref(), user);
            match document.languages.get(&user.id) {
                Some(language) => self.languages.insert(user.id, *language),
                None => self.languages.remove(&user.id),
            };
        }
        for confession in feeding::rows_that_count(&document.confessions, |confession| confession.id) {
            let before = self.confessions.insert(confession.id, confession.clone());
            changes.confession(before.as_ref(), confession);
        }
        for subscription in &document.subscriptions {
            if self.follows.insert(*subscription) {
                changes.subscription(*subscription, false);
            }
        }
        changes
    }
}

impl feeding::Stored for State {
    type Error = StoreError;

    fn username(&self, username: &str) -> Result<Option<UserId>, StoreError> {
        Ok(self
            .people
            .values()
            .find(|person| person.username == username)
            .map(|person| person.id))
    }

    fn confession_name(&self, name: &str) -> Result<Option<ConfessionId>, StoreError> {
        let mut confessions = self.confessions.values();
        Ok(confessions
            .find(|confession| confession.name == name)
            .map(|confession| confession.id))
    }

    fn slug(&self, slug: &str) -> Result<Option<ConfessionId>, StoreError> {
        let mut confessions = self.confessions.values();
        Ok(confessions
            .find(|confession| confession.slug == slug)
            .map(|confession| confession.id))
    }

    fn has_user(&self, id: UserId) -> Result<bool, StoreError> {
        Ok(self.people.contains_key(&id))
    }

    fn has_confession(&self, id: ConfessionId) -> Result<bool, StoreError> {
        Ok(self.confessions.contains_key(&id))
    }
}

#[async_trait]
impl Directory for FakeStore {
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError> {
        Ok(self.state()?.people.get(&id).cloned())
    }

    async fn contacts(
        &self,
        of: UserId,
        scope: ContactScope,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<NumberedPage<Contact>, StoreError> {
        let mut contacts = self.state()?.contacts(of, scope);
        contacts.retain(|contact| contact.person.is_active && contact.person.id != of);
        if let Some(query) = query {
            let query = search::Query::parse(query);
            contacts.retain(|contact| query.as_ref().is_some_and(|query| is_found(contact, query)));
        }
        if scope == ContactScope::OwnSubscribers && self.state()?.are_sorted(of) {
            contacts.sort_by(|one, other| one.person.name_order().cmp(&other.person.name_order()));
            return Ok(paged(contacts, page));
        }
        contacts.sort_by_key(|contact| {
            (
                contact.person.username.clone(),
                contact.confession.as_ref().map(|confession| confession.id),
            )
        });
        Ok(paged(contacts, page))
    }

    async fn affiliation(&self, id: UserId) -> Result<Option<Affiliation>, StoreError> {
        let state = self.state()?;
        let Some(person) = state.people.get(&id).cloned() else {
            return Ok(None);
        };
        let those = |which: &dyn Fn(&Confession) -> bool| state.confessions.values().filter(|one| which(one)).cloned().collect();
        Ok(Some(Affiliation {
            administers: those(&|confession| confession.admin == Some(id)),
            follows: those(&|confession| state.follows(id, confession.id)),
            person,
        }))
    }

    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let state = self.state()?;
        let is_active = |id: &UserId| state.people.get(id).is_some_and(|person| person.is_active);
        Ok(ids.iter().filter(|id| !is_active(id)).copied().collect())
    }
}

#[async_trait]
impl DirectoryWriter for FakeStore {
    async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let mut state = self.state()?;
        let bad = feeding::judge(&document, &*state)?;
        Ok(if bad.is_empty() {
            ImportOutcome::Done(state.take(&document))
        } else {
            ImportOutcome::Rejected(bad)
        })
    }

    async fn import_with_note(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let outcome = self.import(document).await?;
        if let ImportOutcome::Done(changes) = &outcome
            && !changes.is_empty()
        {
            self.state()?.notes.push_back(changes.clone());
        }
        Ok(outcome)
    }

    async fn take_note(&self) -> Result<Option<DirectoryChanges>, StoreError> {
        Ok(self.state()?.notes.pop_front())
    }

    async fn unfollow(&self, subscription: Subscription) -> Result<DirectoryChanges, StoreError> {
        let mut changes = DirectoryChanges::default();
        if self.state()?.follows.remove(&subscription) {
            changes.subscription(subscription, true);
        }
        Ok(changes)
    }

    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        let state = self.state()?;
        let concerns = |person: UserId, confession: ConfessionId, admin| state.follows(person, confession) || admin == Some(person);
        let entry = |person: &Person| RosterEntry {
            person: person.clone(),
            confessions: state
                .confessions
                .values()
                .filter(|confession| concerns(person.id, confession.id, confession.admin))
                .cloned()
                .collect(),
        };
        Ok(state.people.values().filter(|person| person.is_active).map(entry).collect())
    }
}
