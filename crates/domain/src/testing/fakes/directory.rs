use async_trait::async_trait;

use super::{
    state::{State, contains, name_contains},
    store::FakeStore,
};
use crate::{
    id::{ConfessionId, UserId},
    page::{Listing, PageRequest},
    people::{Confession, Contact, DirectoryDocument, Person, Role, Subscription},
    ports::{ContactScope, Directory, DirectoryFeed, Fed, RosterEntry, StoreError},
};

/// A page of a list that is whole in memory.
pub(super) fn paged<T>(all: Vec<T>, page: PageRequest) -> Listing<T> {
    let total = all.len() as u64;
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    Listing {
        items: all.into_iter().skip(offset).take(page.size as usize).collect(),
        total,
    }
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
        };
        let contact = |person: &Person| Contact {
            person: person.clone(),
            confession: self.only_shared(of, person),
        };
        self.people.values().filter(reachable).map(contact).collect()
    }

    /// The confession that opening without naming one would choose.
    fn only_shared(&self, admin: UserId, member: &Person) -> Option<Confession> {
        match self.administered_and_followed(admin, member.id).as_slice() {
            [only] if member.role == Role::User => Some(only.clone()),
            _ => None,
        }
    }

    fn refuse_user(&self, user: &Person) -> Option<&'static str> {
        let taken = self
            .people
            .values()
            .any(|other| other.id != user.id && other.username == user.username);
        taken.then_some("the username is taken")
    }

    fn refuse_confession(&self, confession: &Confession) -> Option<&'static str> {
        let mut others = self.confessions.values().filter(|other| other.id != confession.id);
        if others.any(|other| other.name == confession.name || other.slug == confession.slug) {
            return Some("the name or slug is taken");
        }
        let admin_is_missing = confession.admin.is_some_and(|admin| !self.people.contains_key(&admin));
        admin_is_missing.then_some("there is no such admin")
    }

    fn refuse_subscription(&self, subscription: Subscription) -> Option<&'static str> {
        let known = self.people.contains_key(&subscription.user) && self.confessions.contains_key(&subscription.confession);
        (!known).then_some("there is no such user or confession")
    }

    fn take(&mut self, document: DirectoryDocument) -> Result<(), (String, &'static str)> {
        for (index, user) in document.users.into_iter().enumerate() {
            if let Some(reason) = self.refuse_user(&user) {
                return Err((format!("users[{index}]"), reason));
            }
            self.people.insert(user.id, user);
        }
        for (index, confession) in document.confessions.into_iter().enumerate() {
            if let Some(reason) = self.refuse_confession(&confession) {
                return Err((format!("confessions[{index}]"), reason));
            }
            self.confessions.insert(confession.id, confession);
        }
        for (index, subscription) in document.subscriptions.into_iter().enumerate() {
            if let Some(reason) = self.refuse_subscription(subscription) {
                return Err((format!("subscriptions[{index}]"), reason));
            }
            self.follows.insert(subscription);
        }
        Ok(())
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
    ) -> Result<Listing<Contact>, StoreError> {
        let mut contacts = self.state()?.contacts(of, scope);
        contacts.retain(|contact| contact.person.is_active && contact.person.id != of);
        if let Some(part) = query {
            let of_confession = |contact: &Contact| {
                contact
                    .confession
                    .as_ref()
                    .is_some_and(|confession| contains(&confession.name, part))
            };
            contacts.retain(|contact| name_contains(&contact.person, part) || of_confession(contact));
        }
        contacts.sort_by_key(|contact| {
            (
                contact.person.username.clone(),
                contact.confession.as_ref().map(|confession| confession.id),
            )
        });
        Ok(paged(contacts, page))
    }

    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let state = self.state()?;
        let is_active = |id: &UserId| state.people.get(id).is_some_and(|person| person.is_active);
        Ok(ids.iter().filter(|id| !is_active(id)).copied().collect())
    }
}

#[async_trait]
impl DirectoryFeed for FakeStore {
    async fn import(&self, document: DirectoryDocument) -> Result<Fed, StoreError> {
        let mut state = self.state()?;
        let before = (state.people.clone(), state.confessions.clone(), state.follows.clone());
        let Err((row, reason)) = state.take(document) else {
            return Ok(Fed::Done);
        };
        (state.people, state.confessions, state.follows) = before;
        Ok(Fed::Rejected {
            row,
            reason: reason.to_owned(),
        })
    }

    async fn unfollow(&self, subscription: Subscription) -> Result<(), StoreError> {
        self.state()?.follows.remove(&subscription);
        Ok(())
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
