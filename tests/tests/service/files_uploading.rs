//! Files on their way in (section 5): what is taken, what is refused, and that nothing is left of what is not taken.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{Client, Service, Upload};

async fn two() -> (Service, Client, Client, i64) {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    (service, aziz, dilnoza, id)
}

#[tokio::test]
async fn a_picture_is_sent_with_its_size_and_a_small_picture() {
    let (_service, aziz, _, id) = two().await;
    let file = aziz.attach(id, &Upload::fixture("camera.jpg").named("Bogʻ.jpg")).await;
    assert_eq!(file["file_type"], json!("image"));
    assert_eq!(file["mime_type"], json!("image/jpeg"));
    assert_eq!(file["file_name"], json!("Bogʻ.jpg"));
    assert!(
        file["width"].is_u64() && file["height"].is_u64() && file["thumbnail"].is_string(),
        "{file}"
    );
    let bytes = aziz.anonymous().get(file["file"].as_str().expect("a link")).await;
    assert_eq!(bytes.status, 200, "{}", bytes.text);
    assert_eq!(bytes.bytes.len() as u64, file["file_size"].as_u64().expect("a size"));
    let small = aziz.anonymous().get(file["thumbnail"].as_str().expect("a link")).await;
    assert_eq!(small.status, 200, "{}", small.text);
}
