//! The search of messages (R14): every word found, in every spelling, as soon as it is acknowledged.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, RUSTAM};
use serde_json::{Value, json};
use suhbat_tests::{Service, eventually};

fn ids(page: &Value) -> Vec<i64> {
    let hits = page["results"].as_array().expect("hits");
    hits.iter().map(|hit| hit["message"]["id"].as_i64().expect("an id")).collect()
}

fn id_of(message: &Value) -> i64 {
    message["id"].as_i64().expect("an id")
}

#[tokio::test]
async fn a_message_is_found_from_its_acknowledgement_on_in_every_spelling() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = id_of(&aziz.say(id, "Oʻqituvchimiz kasal boʻlib qoldi").await);
    for query in ["oqituvchi", "o'qituvchi", "ўқитувчи", "укитувчи", "OʻQITUVCHIMIZ", "kasal%20oqituv"] {
        for client in [&aziz, &dilnoza] {
            let page = client.get(&format!("search/?q={query}")).await.ok();
            assert_eq!(ids(&page), [message], "{query}");
        }
    }
}

#[tokio::test]
async fn a_hit_has_the_message_its_conversation_and_the_words_in_it() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    aziz.say(id, "😀 Namoz vaqti qachon? Namozga boramiz").await;
    let page = dilnoza.get("search/?q=namoz").await.ok();
    assert_eq!(
        (
            &page["count"],
            &page["next"],
            &page["previous"],
            &page["partial"],
            page.get("total")
        ),
        (&Value::Null, &Value::Null, &Value::Null, &json!(false), None)
    );
    let hit = &page["results"][0];
    assert_eq!(hit["message"]["content"], "😀 Namoz vaqti qachon? Namozga boramiz");
    assert_eq!(hit["message"]["conversation"], id);
    let conversation = &hit["conversation"];
    assert_eq!(
        (
            &conversation["id"],
            &conversation["kind"],
            &conversation["title"],
            &conversation["confession"]["id"]
        ),
        (&json!(id), &json!("direct"), &Value::Null, &json!(1))
    );
    assert_eq!(conversation["participants"].as_array().map(Vec::len), Some(2));
    let snippet = json!({ "text": "😀 Namoz vaqti qachon? Namozga boramiz", "ranges": [[2, 5], [22, 7]], "before": false, "after": false });
    assert_eq!(hit["snippet"], snippet);
    assert_eq!((&hit["files"], hit.get("position")), (&json!([]), None));
}

#[tokio::test]
async fn edited_and_deleted_texts_are_not_found_any_more() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let edited = id_of(&aziz.say(id, "masjid").await);
    let deleted = id_of(&aziz.say(id, "masjid").await);
    aziz.patch(&format!("messages/{edited}/"), json!({ "content": "kutubxona" }))
        .await
        .ok();
    aziz.delete(&format!("messages/{deleted}/")).await.expect(204);
    for client in [&aziz, &dilnoza] {
        assert_eq!(ids(&client.get("search/?q=masjid").await.ok()), Vec::<i64>::new());
        assert_eq!(ids(&client.get("search/?q=kutubxona").await.ok()), [edited]);
    }
}

#[tokio::test]
async fn nobody_finds_what_is_not_theirs_by_any_filter() {
    let (service, aziz, _dilnoza, id) = Service::with_conversation().await;
    aziz.say(id, "maxfiy gap").await;
    for stranger in [MALIKA, RUSTAM] {
        let client = service.client(stranger);
        for filter in ["", "&confession=1", "&sender=5", "&has=link", "&from=2020-01-01"] {
            let page = client.get(&format!("search/?q=maxfiy{filter}")).await.ok();
            assert_eq!(ids(&page), Vec::<i64>::new(), "{filter}");
        }
        client
            .get(&format!("search/?q=maxfiy&conversation={id}"))
            .await
            .refused(404, "conversation_not_found");
        client
            .get(&format!("conversations/{id}/search/?q=maxfiy"))
            .await
            .refused(404, "conversation_not_found");
    }
    aziz.get("conversations/999/search/?q=maxfiy")
        .await
        .refused(404, "conversation_not_found");
}

#[tokio::test]
async fn pages_lead_to_older_hits_and_keep_the_filters() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut sent = Vec::new();
    for number in 0..7 {
        sent.push(id_of(&aziz.say(id, &format!("dars {number}")).await));
        dilnoza.says(id, "dars bor").await;
    }
    sent.reverse();
    let mut found = Vec::new();
    let mut next = Some(format!("search/?q=dars&sender={}&limit=3", AZIZ.0));
    while let Some(link) = next {
        let page = dilnoza.get(&link).await.ok();
        assert!(ids(&page).len() <= 3);
        found.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(found, sent);
}

#[tokio::test]
async fn the_search_of_a_conversation_counts_its_hits() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let other = dilnoza.open(RUSTAM).await;
    service.client(RUSTAM).say(other, "sabr").await;
    for number in 0..5 {
        aziz.say(id, &format!("sabr {number}")).await;
    }
    let page = dilnoza.get(&format!("conversations/{id}/search/?q=sabr&limit=2")).await.ok();
    let positions = |page: &Value| {
        page["results"]
            .as_array()
            .expect("hits")
            .iter()
            .map(|hit| hit["position"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!((page["total"].clone(), positions(&page)), (json!(5), vec![json!(1), json!(2)]));
    let next = page["next"].as_str().expect("more");
    assert!(next.contains(&format!("conversations/{id}/search/")), "{next}");
    let page = dilnoza.get(next).await.ok();
    assert_eq!((page["total"].clone(), positions(&page)), (json!(5), vec![json!(3), json!(4)]));
}

#[tokio::test]
async fn filters_and_dates_narrow_a_search() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let first = id_of(&aziz.say(id, "kitob: https://suhbat.uz/kitob").await);
    let day = service.now().to_string()[..10].to_owned();
    service.clock.advance(2 * 86_400);
    let second = dilnoza.says(id, "kitob bor").await;
    let find = async |filter: &str| ids(&aziz.get(&format!("search/?q=kitob&{filter}")).await.ok());
    assert_eq!(find("has=link").await, [first]);
    assert_eq!(find("has=image").await, Vec::<i64>::new());
    assert_eq!(find("has=image,link").await, [first]);
    assert_eq!(find("has=image&has=link").await, [first]);
    assert_eq!(find(&format!("sender={}", DILNOZA.0)).await, [second]);
    assert_eq!(find(&format!("sender={}&sender={}", DILNOZA.0, AZIZ.0)).await, [second, first]);
    assert_eq!(find("confession=1").await, [second, first]);
    assert_eq!(find("confession=2").await, Vec::<i64>::new());
    assert_eq!(find(&format!("conversation={id}")).await, [second, first]);
    assert_eq!(find(&format!("to={day}")).await, [first], "a date is included");
    assert_eq!(find(&format!("to={day}&tz=Asia/Tashkent")).await, [first]);
    let then = service.now().to_string();
    assert_eq!(find(&format!("from={then}")).await, [second]);
    assert_eq!(find(&format!("to={then}")).await, [second, first]);
}

#[tokio::test]
async fn bad_input_is_told_by_its_code_and_field() {
    let (_service, aziz, _, _) = Service::with_conversation().await;
    let long = "a".repeat(201);
    let cases = [
        ("search/", "query_too_short"),
        ("search/?q=", "query_too_short"),
        ("search/?q=%20%20", "query_too_short"),
        ("search/?q=a", "query_too_short"),
        ("search/?q=!?%E2%80%A6", "query_too_short"),
        ("search/?q=%F0%9F%98%80%F0%9F%98%80", "query_too_short"),
        (&*format!("search/?q={long}"), "query_too_long"),
        ("search/?q=aa%20bb%20cc%20dd%20ee%20ff%20gg%20hh%20ii", "query_too_long"),
        ("search/?q=sa%00lom", "invalid_content"),
    ];
    for (path, code) in cases {
        aziz.get(path).await.refused(400, code);
    }
    for (query, field) in [
        ("has=picture", "has"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-03-02&to=2026-03-01", "from"),
        ("tz=Mars", "tz"),
        ("sender=x", "sender"),
        ("before=x", "before"),
        ("limit=0", "limit"),
    ] {
        let error = aziz.get(&format!("search/?q=salom&{query}")).await.refused(400, "invalid_request");
        assert!(error["details"]["fields"].get(field).is_some(), "{query}: {error}");
    }
}

#[tokio::test]
async fn searches_have_a_limit_of_their_own() {
    let (_service, aziz, _, _) = Service::with_conversation_and(&[("rate.searches_per_minute", "12")]).await;
    for _ in 0..2 {
        aziz.get("search/?q=salom").await.ok();
    }
    let error = aziz.get("search/?q=salom").await.refused(429, "rate_limited");
    assert!(error["details"]["retry_after"].is_u64(), "{error}");
    aziz.get("conversations/").await.ok();
}

#[tokio::test]
async fn the_index_follows_and_a_hit_is_no_delivery() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = id_of(&aziz.say(id, "salom").await);
    eventually("the index has taken the message in", async || {
        let page = dilnoza.get("search/?q=salom").await.ok();
        assert_eq!(ids(&page), [message]);
        (page["indexing"] == 0).then_some(())
    })
    .await;
    let message = aziz.get(&format!("messages/{message}/")).await.ok();
    assert_eq!(message["status"], "sent");
}
