//! The settings of people and of confessions, and what the service says that it has.

use domain::testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, NUR, ORPHAN, PAVEL, RUSTAM};
use serde_json::json;
use suhbat_tests::Service;

const MINE: &str = "me/settings/";

fn of(confession: i64) -> String {
    format!("confessions/{confession}/settings/")
}

#[tokio::test]
async fn a_person_chooses_a_language_and_takes_it_back() {
    let service = Service::start().await;
    let (aziz, malika) = (service.client(AZIZ), service.client(MALIKA));
    let unset = json!({ "language": null, "default_language": null });
    assert_eq!(aziz.get(MINE).await.ok(), unset);
    for language in ["uz", "uz-Cyrl", "ru", "en"] {
        let chosen = json!({ "language": language, "default_language": null });
        assert_eq!(aziz.patch(MINE, json!({ "language": language })).await.ok(), chosen);
        assert_eq!(aziz.patch(MINE, json!({})).await.ok(), chosen, "what is left out stays");
        assert_eq!(aziz.get(MINE).await.ok(), chosen);
        assert_eq!(malika.get(MINE).await.ok(), unset, "nobody else's");
    }
    assert_eq!(aziz.patch(MINE, json!({ "language": null })).await.ok(), unset);
    assert_eq!(aziz.get(MINE).await.ok(), unset);
}

#[tokio::test]
async fn an_import_gives_a_language_until_the_person_chooses_one() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    let user = |language| json!({ "username": "aziz", "first_name": "Aziz", "role": "user", "language": language });
    let platform = service.directory_client();
    platform.put(&format!("/api/directory/users/{AZIZ}/"), user("uz-Cyrl")).await.ok();
    assert_eq!(
        aziz.get(MINE).await.ok(),
        json!({ "language": null, "default_language": "uz-Cyrl" })
    );
    aziz.patch(MINE, json!({ "language": "en" })).await.ok();
    let document = json!({ "users": [{ "id": AZIZ, "username": "aziz", "role": "user" }] });
    platform.post("/api/directory/import/", document).await.ok();
    assert_eq!(aziz.get(MINE).await.ok(), json!({ "language": "en", "default_language": null }));
}

#[tokio::test]
async fn settings_outlive_a_restart() {
    let service = Service::start().await;
    service.client(AZIZ).patch(MINE, json!({ "language": "ru" })).await.ok();
    let service = service.restart().await;
    assert_eq!(service.client(AZIZ).get(MINE).await.ok()["language"], "ru");
}

#[tokio::test]
async fn a_bad_setting_is_named_and_nothing_is_changed() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    aziz.patch(MINE, json!({ "language": "ru" })).await.ok();
    for (body, field) in [
        (json!({ "language": "de" }), "language"),
        (json!({ "language": "RU" }), "language"),
        (json!({ "language": 7 }), "language"),
        (json!({ "language": ["uz"] }), "language"),
        (json!({ "language": "en", "theme": "dark" }), "theme"),
        (json!({ "default_language": "en" }), "default_language"),
        (json!([]), "body"),
    ] {
        let refused = aziz.patch(MINE, body).await.refused(400, "invalid_request");
        assert!(refused["details"]["fields"][field].is_array(), "{field}: {refused}");
    }
    assert_eq!(aziz.get(MINE).await.ok()["language"], "ru");
    aziz.anonymous().get(MINE).await.refused(401, "not_authenticated");
}

#[tokio::test]
async fn the_settings_of_a_confession_are_for_its_admin_and_superadmins_alone() {
    let service = Service::start().await;
    for (person, confession) in [(DILNOZA, NUR), (RUSTAM, NUR), (RUSTAM, ORPHAN)] {
        let client = service.client(person);
        assert_eq!(client.get(&of(confession.0)).await.ok(), json!({}));
        assert_eq!(client.patch(&of(confession.0), json!({})).await.ok(), json!({}));
        let refused = client
            .patch(&of(confession.0), json!({ "retention_days": 30 }))
            .await
            .refused(400, "invalid_request");
        assert!(refused["details"]["fields"]["retention_days"].is_array(), "{refused}");
    }
    // A follower, another confession's admin, and an admin of none; and what does not exist, for everybody.
    let strangers = [(AZIZ, NUR.0), (PAVEL, NUR.0), (KAMOL, NUR.0), (DILNOZA, ORPHAN.0)];
    for (person, confession) in strangers.into_iter().chain([(RUSTAM, 999), (DILNOZA, 999)]) {
        let client = service.client(person);
        client.get(&of(confession)).await.refused(404, "confession_not_found");
        client.patch(&of(confession), json!({})).await.refused(404, "confession_not_found");
    }
    service
        .client(RUSTAM)
        .get("confessions/nur/settings/")
        .await
        .refused(404, "confession_not_found");
}

#[tokio::test]
async fn a_client_learns_what_the_service_has() {
    let service = Service::start().await;
    assert_eq!(
        service.client(AZIZ).get("config/").await.ok()["features"],
        json!({
            "search": true, "reactions": "off", "forwarding": false, "push": null, "desk": false, "groups": false, "announcements": false, "calls": null,
            "encryption": false, "report": false,
        })
    );
}
