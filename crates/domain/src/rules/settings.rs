//! The settings of people and of confessions: what a change makes of them, and who may see and change those of a confession.

use crate::{
    denial::Denial,
    facts::ConfessionSettingsFacts,
    people::{Confession, Person, Role},
    rules::access,
    settings::{ConfessionSettings, ConfessionSettingsChange, PersonSettings, PersonSettingsChange},
};

/// The settings of a person after a change; `None` if it changes nothing. A setting that is changed replaces a value that this version cannot read, and all else
/// stays.
pub fn change_person(settings: &PersonSettings, change: PersonSettingsChange) -> Option<PersonSettings> {
    let mut changed = settings.clone();
    if let Some(language) = change.language {
        changed.language = language;
        changed.unread.remove(PersonSettings::LANGUAGE);
    }
    (changed != *settings).then_some(changed)
}

/// Whether this person may see and change the settings of a confession: its present admin may, and every superadmin. For everybody else it is as if there were no
/// such confession.
pub fn may_manage(actor: &Person, confession: &Confession) -> Result<(), Denial> {
    access::is_active(actor)?;
    if actor.role == Role::Superadmin || confession.admin == Some(actor.id) {
        return Ok(());
    }
    Err(Denial::ConfessionNotFound)
}

/// The settings of a confession, for somebody who may see them. The facts are `None` if there is no such confession.
pub fn read_confession(facts: Option<ConfessionSettingsFacts>) -> Result<ConfessionSettings, Denial> {
    let facts = facts.ok_or(Denial::ConfessionNotFound)?;
    may_manage(&facts.actor, &facts.confession)?;
    Ok(facts.settings)
}

/// The settings of a confession after a change; `None` if it changes nothing.
pub fn change_confession(
    facts: Option<ConfessionSettingsFacts>,
    _: ConfessionSettingsChange,
) -> Result<Option<ConfessionSettings>, Denial> {
    read_confession(facts)?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{ConfessionId, UserId},
        rules::test_directory::test_directory,
        settings::{Language, PersonSettingsView, Unread},
        testing::builders::{AZIZ, DILNOZA, KAMOL, NUR, ORPHAN, PAVEL, RUSTAM},
    };

    fn unread(key: &str, value: &str) -> Unread {
        Unread::from([(key.to_owned(), value.to_owned())])
    }

    fn facts(actor: UserId, of: ConfessionId) -> ConfessionSettingsFacts {
        let directory = test_directory();
        ConfessionSettingsFacts {
            actor: directory.person(actor).unwrap(),
            confession: directory.confession(of).unwrap(),
            settings: ConfessionSettings {
                unread: unread("desk", "true"),
            },
        }
    }

    #[test]
    fn a_change_replaces_what_it_names_and_keeps_what_it_does_not() {
        let stored = PersonSettings {
            language: Some(Language::Russian),
            unread: unread("push", "{\"text\":false}"),
        };
        let change = |language| change_person(&stored, PersonSettingsChange { language });
        assert_eq!(change(None), None);
        assert_eq!(change(Some(Some(Language::Russian))), None);
        for language in [None, Some(Language::UzbekCyrillic)] {
            let expected = PersonSettings {
                language,
                ..stored.clone()
            };
            assert_eq!(change(Some(language)), Some(expected));
        }
    }

    #[test]
    fn a_language_of_a_later_version_stays_until_another_one_is_chosen() {
        let stored = PersonSettings {
            language: None,
            unread: unread("language", "\"kaa\""),
        };
        assert_eq!(change_person(&stored, PersonSettingsChange::default()), None);
        for language in [None, Some(Language::English)] {
            let expected = PersonSettings {
                language,
                unread: Unread::new(),
            };
            let change = PersonSettingsChange { language: Some(language) };
            assert_eq!(change_person(&stored, change), Some(expected));
        }
    }

    #[test]
    fn the_platforms_language_counts_where_none_is_chosen() {
        let mut view = PersonSettingsView {
            platform_language: Some(Language::Uzbek),
            ..PersonSettingsView::default()
        };
        assert_eq!(view.language(), Some(Language::Uzbek));
        view.settings.language = Some(Language::English);
        assert_eq!(view.language(), Some(Language::English));
        assert_eq!(PersonSettingsView::default().language(), None);
    }

    #[test]
    fn the_admin_of_a_confession_and_superadmins_manage_its_settings() {
        for (actor, of, may) in [
            (DILNOZA, NUR, true),
            (RUSTAM, NUR, true),
            (RUSTAM, ORPHAN, true),
            // Members, who may follow it, admins of other confessions and of none.
            (AZIZ, NUR, false),
            (PAVEL, NUR, false),
            (KAMOL, NUR, false),
            (DILNOZA, ORPHAN, false),
        ] {
            let facts = facts(actor, of);
            let expected = if may {
                Ok(facts.settings.clone())
            } else {
                Err(Denial::ConfessionNotFound)
            };
            assert_eq!(read_confession(Some(facts.clone())), expected, "{actor:?} {of:?}");
            let changed = change_confession(Some(facts), ConfessionSettingsChange);
            assert_eq!(changed, expected.map(|_| None), "{actor:?} {of:?}");
        }
        assert_eq!(read_confession(None), Err(Denial::ConfessionNotFound));
        assert_eq!(change_confession(None, ConfessionSettingsChange), Err(Denial::ConfessionNotFound));
    }

    #[test]
    fn an_inactive_account_manages_nothing() {
        for actor in [DILNOZA, RUSTAM] {
            let mut facts = facts(actor, NUR);
            facts.actor.is_active = false;
            assert_eq!(read_confession(Some(facts)), Err(Denial::AccountInactive));
        }
    }
}
