//! The people whom one may write to.

use domain::testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, PAVEL, RUSTAM, SVETLANA};
use serde_json::{Value, json};
use suhbat_tests::Service;

#[tokio::test]
async fn contacts_of_a_member_are_the_admins_of_the_confessions_followed() {
    let service = Service::start().await;
    let pairs = async |user, query: &str| -> Vec<(Value, Value)> {
        let page = service.client(user).get(&format!("contacts/{query}")).await.ok();
        let results = page["results"].as_array().expect("a list").clone();
        assert_eq!(page["count"], results.len());
        results
            .iter()
            .map(|pair| (pair["user"]["id"].clone(), pair["confession"]["id"].clone()))
            .collect()
    };
    assert_eq!(pairs(AZIZ, "").await, [(json!(2), json!(1))]);
    assert_eq!(
        pairs(MALIKA, "").await,
        [(json!(2), json!(1)), (json!(2), json!(2)), (json!(3), json!(3))]
    );
    assert_eq!(pairs(MALIKA, "?q=СВЕТ").await, [(json!(3), json!(3))]);
    assert_eq!(pairs(MALIKA, "?q=щукин").await, [(json!(3), json!(3))]);
    assert!(pairs(SVETLANA, "").await.is_empty());
    let everybody: Vec<Value> = pairs(KAMOL, "").await.into_iter().map(|(user, _)| user).collect();
    assert_eq!(
        everybody,
        [5, 2, 6, 3, 1, 7].map(Value::from),
        "by username, without oneself and the inactive"
    );
}

#[tokio::test]
async fn an_admin_asks_for_the_own_members_alone_or_for_all_others() {
    let service = Service::start().await;
    let listed = async |query: &str| -> Vec<Value> {
        let page = service.client(DILNOZA).get(&format!("contacts/{query}")).await.ok();
        let results = page["results"].as_array().expect("a list");
        results.iter().map(|contact| contact["user"]["username"].clone()).collect()
    };
    assert_eq!(listed("?own=true").await, ["aziz", "malika"]);
    assert_eq!(listed("?own=false").await, ["kamol", "pavel", "rustam", "svetlana"]);
    assert_eq!(listed("?own=true&q=malika").await, ["malika"]);
    assert_eq!(listed("?own=true&page_size=1&page=2").await, ["malika"]);
    service
        .client(DILNOZA)
        .get("contacts/?own=perhaps")
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_single_contact_names_all_confessions_and_nobody_else_is_found() {
    let service = Service::start().await;
    let (malika, dilnoza) = (service.client(MALIKA), service.client(DILNOZA));
    let found = malika.get(&format!("contacts/{DILNOZA}/")).await.ok();
    assert_eq!(found["user"]["username"], "dilnoza");
    let slugs: Vec<&Value> = found["confessions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|each| &each["slug"])
        .collect();
    assert_eq!(slugs, ["confession-1", "confession-2"]);
    assert_eq!(
        dilnoza.get(&format!("contacts/{MALIKA}/")).await.ok()["confessions"],
        found["confessions"]
    );
    for id in [KAMOL.0, MALIKA.0, 999, -1] {
        malika.get(&format!("contacts/{id}/")).await.refused(404, "user_not_found");
    }
    malika.get("contacts/nobody/").await.refused(404, "user_not_found");
}

#[tokio::test]
async fn every_contact_can_be_opened_as_it_stands() {
    let service = Service::start().await;
    for user in [RUSTAM, DILNOZA, PAVEL, KAMOL, AZIZ, MALIKA] {
        let client = service.client(user);
        for pair in client.get("contacts/?page_size=100").await.ok()["results"]
            .as_array()
            .expect("a list")
        {
            let request = json!({ "target_user_id": pair["user"]["id"], "confession_id": pair["confession"]["id"] });
            let opened = client.post("conversations/get_or_create/", request).await;
            assert!(matches!(opened.status, 200 | 201), "{user}: {pair}: {opened:?}");
            assert_eq!(opened.json()["confession"], pair["confession"]);
        }
    }
}
