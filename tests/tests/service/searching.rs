//! `q=` of the lists of conversations and contacts: people are found as people type their names.

use domain::testing::builders::{AZIZ, DILNOZA, KAMOL, NOBODY, RUSTAM};
use serde_json::{Value, json};
use suhbat_tests::{Client, Service, Token};

/// Names, and the queries that find them: apostrophes, scripts, ё, composition, order, and words that are typed halfway.
const SPELLINGS: [(&str, &str, &str, &[&str]); 5] = [
    (
        "gulnora",
        "Gulnora",
        "Qoʻchqorova",
        &[
            "o'chq",
            "O‘CHQ",
            "qo`chqor",
            "qoʼchqor",
            "ochqor",
            "қўчқор",
            "Qo'chqorova gulnora",
            "nora, qoch",
        ],
    ),
    (
        "g.shahzod",
        "Шаҳзод",
        "Ғуломиев",
        &["shahzod", "шаҳз", "g'ulomiyev sha", "gulomiy", "gʻulomiev", "G.SHAH", "Ғуло"],
    ),
    (
        "semyonova_77",
        "Алёна",
        "Семёнова",
        &["семенова", "алена", "semyonova", "алёна 77", "але\u{308}на", "nova_7"],
    ),
    ("jose", "Jose\u{301}", "Kuznetsov", &["josé", "jose kuznet", "кузнецов", "KUZNES"]),
    (
        "yodgor",
        "И\u{306}одгор",
        "Elʼmurodov",
        &["йодгор", "elmurod", "el'murod", "элмурод"],
    ),
];

fn directory(service: &Service) -> Client {
    let token = Token::access(NOBODY, service.now()).claim("scope", "directory").mint();
    service.client(NOBODY).with_token(token)
}

/// The directory with the people of the table as members of the confession Nur, with ids from 100.
async fn with_people() -> Service {
    let service = Service::start().await;
    let people = SPELLINGS.iter().zip(100..);
    let users: Vec<Value> = people
        .clone()
        .map(|((username, first, last, _), id)| json!({ "id": id, "username": username, "first_name": first, "last_name": last, "role": "user" }))
        .collect();
    let subscriptions: Vec<Value> = people.map(|(_, id)| json!({ "user_id": id, "confession_id": 1 })).collect();
    let document = json!({ "users": users, "subscriptions": subscriptions });
    directory(&service).post("/api/directory/import/", document).await.ok();
    service
}

async fn search(client: &Client, path: &str, query: &str) -> Value {
    let url = reqwest::Url::parse_with_params(&client.url(path), [("q", query)]).expect("a URL");
    client.get(url.as_str()).await.ok()
}

fn results(page: &Value) -> &[Value] {
    page["results"].as_array().expect("a list")
}

#[tokio::test]
async fn contacts_are_found_as_people_type_them() {
    let service = with_people().await;
    // The staff of a confession, and a superadmin, whose searches are made in other ways.
    for viewer in [DILNOZA, RUSTAM] {
        let client = service.client(viewer);
        for ((username, _, _, queries), id) in SPELLINGS.iter().zip(100_i64..) {
            for query in *queries {
                let page = search(&client, "contacts/", query).await;
                let found: Vec<_> = results(&page).iter().map(|contact| &contact["user"]["id"]).collect();
                assert_eq!(found, [&json!(id)], "{query:?} finds {username} for {viewer}");
                assert_eq!(page["count"], 1);
            }
        }
    }
    // Members search among the admins of the confessions that they follow, and by the names of these.
    let member = service.client(AZIZ);
    for query in ["toʻrayeva", "Тўраева", "torayeva dilnoza", "to'ray", "нур жамоаси", "jamoasi nur"] {
        let page = search(&member, "contacts/", query).await;
        assert_eq!(results(&page).len(), 1, "{query:?}: {page}");
        assert_eq!(page["results"][0]["user"]["username"], "dilnoza", "{query:?}");
    }
}

#[tokio::test]
async fn conversations_are_found_as_people_type_them() {
    let service = with_people().await;
    let dilnoza = service.client(DILNOZA);
    for ((username, _, _, queries), id) in SPELLINGS.iter().zip(100_i64..) {
        let target = json!({ "target_user_id": id });
        let opened = dilnoza.post("conversations/get_or_create/", target).await.json()["id"].clone();
        for query in *queries {
            let page = search(&dilnoza, "conversations/", query).await;
            let found: Vec<_> = results(&page).iter().map(|item| &item["id"]).collect();
            assert_eq!(found, [&opened], "{query:?} finds {username}");
            assert_eq!(page["count"], 1);
        }
    }
    // All of them belong to the same confession.
    for query in ["nur", "нур", "жамоаси нур", "JAMOA"] {
        assert_eq!(
            search(&dilnoza, "conversations/", query).await["count"],
            SPELLINGS.len(),
            "{query:?}"
        );
    }
    // Every word in the names of one person, or in the name of the confession.
    for query in ["gulnora kuznetsov", "gulnora nur", "nur x"] {
        assert_eq!(search(&dilnoza, "conversations/", query).await["count"], 0, "{query:?}");
    }
}

#[tokio::test]
async fn a_search_without_a_letter_or_digit_finds_nothing() {
    let service = with_people().await;
    let dilnoza = service.client(DILNOZA);
    dilnoza.open(KAMOL).await;
    for client in [&dilnoza, &service.client(RUSTAM), &service.client(AZIZ)] {
        for path in ["conversations/", "contacts/", "conversations/?unread=true", "contacts/?page=2"] {
            for query in ["'", "ʻ", "%", "_", "!?", "😀", "- -"] {
                let page = search(client, path, query).await;
                let nothing = json!({ "count": 0, "next": null, "previous": null, "results": [] });
                assert!(
                    page == nothing || page["previous"].is_string() && results(&page).is_empty() && page["count"] == 0,
                    "{path} {query:?}: {page}"
                );
            }
        }
    }
    // A blank text is no search.
    for query in ["", "   "] {
        assert_eq!(search(&dilnoza, "conversations/", query).await["count"], 1, "{query:?}");
        assert_ne!(search(&dilnoza, "contacts/", query).await["count"], 0, "{query:?}");
    }
}

#[tokio::test]
async fn pages_of_a_search_continue_each_other_in_any_spelling() {
    let service = Service::start().await;
    let users: Vec<Value> = (100..125)
        .map(
            |id| json!({ "id": id, "username": format!("member-{id}"), "first_name": "Oʻgʻiloy", "last_name": "Ражабова", "role": "user" }),
        )
        .collect();
    let subscriptions: Vec<Value> = (100..125).map(|id| json!({ "user_id": id, "confession_id": 1 })).collect();
    let document = json!({ "users": users, "subscriptions": subscriptions });
    directory(&service).post("/api/directory/import/", document).await.ok();
    let dilnoza = service.client(DILNOZA);
    for id in 100..125 {
        service.clock.advance(1);
        dilnoza.post("conversations/get_or_create/", json!({ "target_user_id": id })).await;
    }
    for query in ["o'g'iloy rajab", "ражабова ўғил", "oʻgʻ", "Rajabova Ogiloy"] {
        let mut walks = Vec::new();
        for (path, key) in [
            ("contacts/?page_size=10", "/user/id"),
            ("conversations/?page_size=10", "/participants/1/id"),
        ] {
            let (mut found, mut pages) = (Vec::new(), 1);
            let mut page = search(&dilnoza, path, query).await;
            loop {
                assert_eq!(page["count"], 25, "{path} {query:?}");
                found.extend(results(&page).iter().filter_map(|row| row.pointer(key)?.as_i64()));
                let Some(next) = page["next"].as_str().map(str::to_owned) else {
                    break;
                };
                page = dilnoza.get(&next).await.ok();
                pages += 1;
            }
            assert_eq!(pages, 3, "{path} {query:?}");
            walks.push(found);
        }
        assert_eq!(walks[0], (100..125).collect::<Vec<_>>(), "by username: {query:?}");
        assert_eq!(walks[1], (100..125).rev().collect::<Vec<_>>(), "the newest first: {query:?}");
    }
}
