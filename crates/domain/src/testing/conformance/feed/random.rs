use std::collections::{BTreeMap, BTreeSet};

use super::taken;
use crate::{
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Role},
    ports::ImportOutcome,
    testing::{
        builders::{confession, follows, person},
        conformance::{Store, Works},
    },
};

/// Imports random documents, of few ids and fewer names so that most of them conflict or exchange names, and compares with the definition: a document is
/// accepted exactly if the directory after it has no name twice.
pub async fn play_documents(store: &impl Store, documents: &[Vec<[u8; 3]>]) {
    let mut people: BTreeMap<i64, String> = BTreeMap::new();
    let mut places: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for rows in documents {
        let mut document = DirectoryDocument::default();
        let (mut people_after, mut places_after) = (people.clone(), places.clone());
        for [id, name, slug] in rows {
            let (id, name, slug) = (i64::from(id % 5) + 1, format!("n{}", name % 5), format!("s{}", slug % 5));
            if slug.ends_with('0') {
                document.users.push(person(id, &name, Role::User));
                people_after.insert(id, name);
            } else {
                document.confessions.push(Confession {
                    slug: slug.clone(),
                    ..confession(id, &name, None)
                });
                places_after.insert(id, (name, slug));
            }
        }
        let unique = |values: Vec<&String>| values.iter().collect::<BTreeSet<_>>().len() == values.len();
        let fits = unique(people_after.values().collect())
            && unique(places_after.values().map(|(name, _)| name).collect())
            && unique(places_after.values().map(|(_, slug)| slug).collect());
        let fed = store.import(document.clone()).await.works();
        assert_eq!(matches!(fed, ImportOutcome::Done(_)), fits, "{document:?} gives {fed:?}");
        if fits {
            (people, places) = (people_after, places_after);
        }
        for id in 1..=5 {
            let stored = store.person(UserId(id)).await.works().map(|person| person.username);
            assert_eq!(stored.as_ref(), people.get(&id));
        }
        let follower = person(100, "follower", Role::User);
        let everything = DirectoryDocument {
            users: vec![follower.clone()],
            subscriptions: places.keys().map(|id| follows(follower.id, ConfessionId(*id))).collect(),
            ..DirectoryDocument::default()
        };
        taken(store, everything).await;
        let roster = store.roster().await.works();
        let entry = roster.iter().find(|entry| entry.person == follower).expect("a follower");
        let stored = entry.confessions.iter().map(|one| (one.id.0, (one.name.clone(), one.slug.clone())));
        assert_eq!(stored.collect::<BTreeMap<_, _>>(), places);
    }
}
