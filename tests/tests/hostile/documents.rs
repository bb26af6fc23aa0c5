//! Directory documents that cost more than they bring.

use domain::{ports::Clock as _, testing::builders::RUSTAM};
use serde_json::json;
use suhbat_tests::Token;

use crate::program::binary;

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn unknown_parts_of_a_document_take_no_memory() {
    let served = binary().serve(&[]).await;
    let now = server::clock::SystemClock.now();
    let token = Token::access(RUSTAM, now)
        .claim("exp", now.seconds() + 3600)
        .claim("scope", "directory")
        .mint();
    let platform = served.client().with_token(token);
    let before = served.resident_kib();

    // As a tree of values each of these was eighty times its size.
    let unknown = format!(r#"{{"x":[{}{{}}]}}"#, r#"{"a":0},"#.repeat(40 * MEBIBYTE / 8));
    platform.post_raw("/api/directory/import/", unknown).await.ok();
    let rows = format!(r#"{{"users":[{}{{}}]}}"#, "{},".repeat(40 * MEBIBYTE / 3));
    let refused = platform
        .post_raw("/api/directory/import/", rows)
        .await
        .refused(400, "invalid_request");
    assert_eq!(refused["details"]["fields"].as_object().map(serde_json::Map::len), Some(50));
    let nested = format!(r#"{{"users":[{{"id":[{}0]}}]}}"#, "0,".repeat(40 * MEBIBYTE / 2));
    let refused = platform
        .post_raw("/api/directory/import/", nested)
        .await
        .refused(400, "invalid_request");
    assert_eq!(refused["details"]["fields"]["users[0].id"], json!(["Must be an integer."]));

    let grown = served.resident_kib().saturating_sub(before);
    assert!(grown < 96 * 1024, "{grown} KiB are held after documents of 40 MiB");
    assert_eq!(served.stop().await.status, Some(0));
}
