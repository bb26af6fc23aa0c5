//! Unique names and slugs, compared in the directory as it is after the whole document.

use super::{Scene, Store, Works, assert_rejected, confessions, renamed, taken, usernames, users};
use crate::{
    id::{ConfessionId, UserId},
    people::{Confession, Role},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, SVET, SVETLANA, confession, person, someone},
};

/// The message has the index and the ids of the row, and the owner of the name.
pub async fn a_username_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = users(vec![person(20, "new", Role::User), person(21, "malika", Role::User)]);
    assert_rejected(
        store,
        document,
        &["users[1] (id 21): the username `malika` belongs to user 6, who keeps it"],
    )
    .await;
}

/// The second row is the bad one, and refers to the first.
pub async fn a_username_twice_in_a_document_is_rejected(store: &impl Store) {
    let document = users(vec![person(1, "same", Role::User), person(2, "same", Role::User)]);
    assert_rejected(
        store,
        document,
        &["users[1] (id 2): the username `same` is also in users[0], for user 1"],
    )
    .await;
}

/// A person in the document who keeps their name does not free it for another.
pub async fn a_username_that_its_owner_keeps_in_the_document_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = users(vec![renamed(AZIZ, "malika"), someone(MALIKA)]);
    assert_rejected(
        store,
        document,
        &["users[1] (id 6): the username `malika` is also in users[0], for user 5"],
    )
    .await;
}

/// Two people exchange their names, whatever the order of the rows.
pub async fn usernames_can_be_swapped(store: &impl Store) {
    let _scene = Scene::new(store).await;
    taken(store, users(vec![renamed(AZIZ, "malika"), renamed(MALIKA, "aziz")])).await;
    assert_eq!(usernames(store, &[AZIZ, MALIKA]).await, ["malika", "aziz"]);
    taken(store, users(vec![someone(MALIKA), someone(AZIZ)])).await;
    assert_eq!(usernames(store, &[AZIZ, MALIKA]).await, ["aziz", "malika"]);
}

/// Each takes the name of the next, whatever the order of the rows; the last name goes to a new account.
pub async fn usernames_can_move_along_a_chain(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let chain = vec![renamed(AZIZ, "malika"), renamed(MALIKA, "svetlana"), renamed(SVETLANA, "anor")];
    taken(store, users(chain)).await;
    assert_eq!(usernames(store, &[AZIZ, MALIKA, SVETLANA]).await, ["malika", "svetlana", "anor"]);
    let back = vec![person(20, "anor", Role::User), someone(SVETLANA), someone(MALIKA), someone(AZIZ)];
    taken(store, users(back)).await;
    assert_eq!(usernames(store, &[AZIZ, MALIKA, SVETLANA]).await, ["aziz", "malika", "svetlana"]);
}

/// Of several rows with the same id the last one counts, and only its name is compared.
pub async fn the_last_row_of_an_id_counts(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let rows = vec![renamed(AZIZ, "malika"), renamed(AZIZ, "anor"), person(20, "aziz", Role::User)];
    taken(store, users(rows)).await;
    assert_eq!(usernames(store, &[AZIZ, MALIKA, UserId(20)]).await, ["anor", "malika", "aziz"]);
}

/// The names of confessions are unique.
pub async fn a_confession_name_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = confessions(vec![confession(20, "Nur jamoasi", None)]);
    assert_rejected(
        store,
        document,
        &["confessions[0] (id 20): the name `Nur jamoasi` belongs to confession 1, which keeps it"],
    )
    .await;
}

/// The slugs of confessions are unique.
pub async fn a_slug_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let same_slug = Confession {
        slug: confession(NUR.0, "", None).slug,
        ..confession(21, "Another", None)
    };
    assert_rejected(
        store,
        confessions(vec![confession(20, "New", None), same_slug]),
        &["confessions[1] (id 21): the slug `confession-1` belongs to confession 1, which keeps it"],
    )
    .await;
}

/// Names and slugs are independent: the names are exchanged one way, the slugs another.
pub async fn names_and_slugs_of_confessions_change_hands(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let [nur, bahor, svet] = [NUR, BAHOR, SVET].map(|id| confession(id.0, "", None).slug);
    let with = |id: ConfessionId, name: &str, slug: &str| Confession {
        slug: slug.to_owned(),
        ..confession(id.0, name, Some(DILNOZA))
    };
    let moved = vec![
        with(NUR, "Bahor oʻlkasi", &svet),
        with(BAHOR, "Nur jamoasi", &nur),
        with(SVET, "Община «Свет»", &bahor),
    ];
    taken(store, confessions(moved.clone())).await;
    let mut stored: Vec<Confession> = Vec::new();
    for entry in store.roster().await.works().into_iter().filter(|entry| entry.person.id == MALIKA) {
        stored.extend(entry.confessions);
    }
    assert_eq!(stored, moved);
}
