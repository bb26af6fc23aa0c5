//! The suite of [`crate::ports::Settings`].

use super::{Scene, Store, Works};
use crate::{
    denial::Denial,
    facts::ConfessionSettingsFacts,
    id::{ConfessionId, UserId},
    people::{DirectoryDocument, Person},
    ports::{Decided, Settings},
    settings::{ConfessionSettings, Language, PersonSettings, Unread},
    testing::{
        builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOWHERE, NUR, at, community},
        join_all,
    },
};

/// Runs the suite of [`crate::ports::Settings`].
#[macro_export]
macro_rules! settings_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            settings: a_person_who_has_set_nothing_has_the_default,
            the_settings_of_a_person_are_stored_with_what_this_version_cannot_read,
            settings_that_are_not_changed_or_refused_stay_as_they_are,
            changes_at_the_same_time_are_made_one_after_the_other,
            languages_of_accounts_come_with_the_directory,
            the_facts_of_a_confession_are_those_of_the_moment,
            the_settings_of_a_confession_are_stored_with_what_this_version_cannot_read,
            a_refused_change_of_a_confession_stores_nothing,
        );
    };
}

/// Values of all kinds of JSON, with numbers and letters that a careless reader changes.
fn of_a_later_version() -> Unread {
    let values = [
        ("days", "[0,1.5,-12345678901234567]"),
        ("greeting", "\"Assalomu alaykum, \\\"oʻrtoq\\\" 😀\""),
        ("hours", "{\"from\":\"09:00\",\"to\":null}"),
        ("paused", "true"),
    ];
    values.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn speaking(language: Language) -> PersonSettings {
    PersonSettings {
        language: Some(language),
        unread: of_a_later_version(),
    }
}

async fn set(store: &impl Settings, of: UserId, settings: &PersonSettings) {
    let wanted = settings.clone();
    let stored = store
        .change_person_settings(of, at(1), Box::new(move |_| Ok(Some(wanted.clone()))))
        .await
        .works();
    assert_eq!(stored.as_ref(), Ok(settings));
}

/// Nobody else's settings are taken for theirs.
pub async fn a_person_who_has_set_nothing_has_the_default(store: &impl Settings) {
    set(store, DILNOZA, &speaking(Language::English)).await;
    assert_eq!(store.person_settings(AZIZ).await.works(), PersonSettings::default());
}

/// Each language, and values of all kinds.
pub async fn the_settings_of_a_person_are_stored_with_what_this_version_cannot_read(store: &impl Settings) {
    for language in Language::ALL {
        set(store, AZIZ, &speaking(language)).await;
        assert_eq!(store.person_settings(AZIZ).await.works(), speaking(language));
    }
    let strange = PersonSettings {
        language: None,
        unread: Unread::from([("language".to_owned(), "\"kaa\"".to_owned())]),
    };
    for settings in [strange, PersonSettings::default()] {
        set(store, AZIZ, &settings).await;
        assert_eq!(store.person_settings(AZIZ).await.works(), settings);
    }
}

/// The rule sees what is stored.
pub async fn settings_that_are_not_changed_or_refused_stay_as_they_are(store: &impl Settings) {
    let stored = speaking(Language::Russian);
    set(store, AZIZ, &stored).await;
    let expected = stored.clone();
    let unchanged = store
        .change_person_settings(
            AZIZ,
            at(2),
            Box::new(move |found| {
                assert_eq!(found, expected);
                Ok(None)
            }),
        )
        .await
        .works();
    assert_eq!(unchanged.as_ref(), Ok(&stored));
    let refused = store
        .change_person_settings(AZIZ, at(3), Box::new(|_| Err(Denial::AccountInactive)))
        .await
        .works();
    assert_eq!(refused, Err(Denial::AccountInactive));
    assert_eq!(store.person_settings(AZIZ).await.works(), stored);
}

/// Each of many changes adds a key of its own, and none is lost, though at first there is no row to lock.
pub async fn changes_at_the_same_time_are_made_one_after_the_other(store: &impl Settings) {
    let changes = (0..12).map(|number| async move {
        let add = move |mut found: PersonSettings| {
            found.unread.insert(format!("key{number}"), number.to_string());
            Ok(Some(found))
        };
        store.change_person_settings(AZIZ, at(number), Box::new(add)).await.works()
    });
    let outcomes: Vec<Decided<PersonSettings>> = join_all(changes).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(store.person_settings(AZIZ).await.works().unread.len(), 12);
}

/// The last document that names an account decides, also when it gives no language.
pub async fn languages_of_accounts_come_with_the_directory(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(store.platform_language(AZIZ).await.works(), None);
    let users: Vec<Person> = community()
        .users
        .into_iter()
        .filter(|user| [AZIZ, MALIKA].contains(&user.id))
        .collect();
    let named = |languages: &[(UserId, Language)]| DirectoryDocument {
        users: users.clone(),
        languages: languages.iter().copied().collect(),
        ..DirectoryDocument::default()
    };
    for (of_aziz, of_malika) in [
        (Some(Language::UzbekCyrillic), Some(Language::Russian)),
        (Some(Language::English), Some(Language::Russian)),
        (None, Some(Language::Uzbek)),
    ] {
        let languages: Vec<_> = [(AZIZ, of_aziz), (MALIKA, of_malika)]
            .into_iter()
            .filter_map(|(user, language)| Some((user, language?)))
            .collect();
        scene.import(named(&languages)).await;
        assert_eq!(store.platform_language(AZIZ).await.works(), of_aziz);
        assert_eq!(store.platform_language(MALIKA).await.works(), of_malika);
    }
    // Documents that do not name an account change nothing of it.
    scene.import(DirectoryDocument::default()).await;
    assert_eq!(store.platform_language(MALIKA).await.works(), Some(Language::Uzbek));
}

/// The rights are those of the present admin, and what does not exist has no facts.
pub async fn the_facts_of_a_confession_are_those_of_the_moment(store: &impl Store) {
    let scene = Scene::new(store).await;
    let facts = store.confession_settings(NUR, AZIZ).await.works().expect("a confession");
    assert_eq!(
        (facts.actor.id, facts.confession.id, facts.confession.admin, facts.settings),
        (AZIZ, NUR, Some(DILNOZA), ConfessionSettings::default())
    );
    assert_eq!(store.confession_settings(NOWHERE, AZIZ).await.works(), None);
    let mut document = crate::testing::builders::community();
    document.confessions.retain(|confession| confession.id == NUR);
    document.confessions[0].admin = Some(KAMOL);
    scene.import(document).await;
    let facts = store.confession_settings(NUR, KAMOL).await.works().expect("a confession");
    assert_eq!(facts.confession.admin, Some(KAMOL));
}

async fn store_unread(store: &impl Settings, of: ConfessionId, actor: UserId) {
    let settings = ConfessionSettings {
        unread: of_a_later_version(),
    };
    let wanted = settings.clone();
    let decide = move |facts: Option<ConfessionSettingsFacts>| {
        assert_eq!(facts.map(|facts| (facts.actor.id, facts.confession.id)), Some((actor, of)));
        Ok(Some(wanted.clone()))
    };
    let stored = store.change_confession_settings(of, actor, at(1), Box::new(decide)).await.works();
    assert_eq!(stored, Ok(settings));
}

/// Each confession has its own.
pub async fn the_settings_of_a_confession_are_stored_with_what_this_version_cannot_read(store: &impl Store) {
    Scene::new(store).await;
    // Twice: the second one finds a row.
    for _ in 0..2 {
        store_unread(store, NUR, DILNOZA).await;
    }
    let facts = store.confession_settings(NUR, DILNOZA).await.works().expect("a confession");
    assert_eq!(facts.settings.unread, of_a_later_version());
    let other = store.confession_settings(BAHOR, DILNOZA).await.works().expect("a confession");
    assert_eq!(other.settings, ConfessionSettings::default());
}

/// Nor does one that changes nothing.
pub async fn a_refused_change_of_a_confession_stores_nothing(store: &impl Store) {
    Scene::new(store).await;
    store_unread(store, NUR, DILNOZA).await;
    let refused = store
        .change_confession_settings(NUR, AZIZ, at(2), Box::new(|_| Err(Denial::ConfessionNotFound)))
        .await
        .works();
    assert_eq!(refused, Err(Denial::ConfessionNotFound));
    let nowhere = store
        .change_confession_settings(
            NOWHERE,
            DILNOZA,
            at(2),
            Box::new(|facts| {
                assert_eq!(facts, None);
                Err(Denial::ConfessionNotFound)
            }),
        )
        .await
        .works();
    assert_eq!(nowhere, Err(Denial::ConfessionNotFound));
    let unchanged = store
        .change_confession_settings(NUR, DILNOZA, at(3), Box::new(|_| Ok(None)))
        .await
        .works();
    assert_eq!(unchanged.expect("allowed").unread, of_a_later_version());
}
