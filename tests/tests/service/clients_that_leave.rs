//! Clients that close their connection before they have their answer.

use std::time::Duration;

use domain::testing::builders::{AZIZ, DILNOZA, RUSTAM};
use serde_json::{Value, json};
use suhbat_tests::{Service, Token, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Puts something while nothing can be written, closes the sending side after a while, and reads the answer.
async fn put_and_leave(service: &Service, path: &str, body: &Value, after: Duration) -> String {
    let _lock = service.lock_directory().await;
    let token = Token::access(RUSTAM, service.now()).claim("scope", "directory").mint();
    let body = body.to_string();
    let address = service.base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .expect("an open connection");
    tokio::time::sleep(after).await;
    stream.shutdown().await.expect("an open connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer or the end");
    answer
}

/// Leaves later and later, until a request was abandoned after it was handed to the writer.
async fn abandoned(service: &Service, path: &str, body: Value, is_written: impl AsyncFn() -> bool) {
    let mut after = Duration::ZERO;
    eventually("a request is abandoned, and carried out", async || {
        let answer = put_and_leave(service, path, &body, after).await;
        after += Duration::from_millis(20);
        // The writer works in order, so a later write shows that it is done with the first.
        service.client(DILNOZA).open(RUSTAM).await;
        (answer.is_empty() && is_written().await).then_some(())
    })
    .await;
}

async fn counted(service: &Service) -> u64 {
    let metrics = service.client(AZIZ).anonymous().get("/metrics").await.text;
    let sample = "suhbat_http_requests_abandoned_total{method=\"PUT\"}";
    let count = metrics.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    count.unwrap_or(0)
}

#[tokio::test]
async fn a_request_whose_client_leaves_ends_and_is_counted() {
    let service = Service::start().await;
    let before = counted(&service).await;
    let confession = json!({ "name": "Yangi nom", "slug": "nur", "admin_id": DILNOZA.0 });
    let is_written = async || {
        let contacts = service.client(AZIZ).get("contacts/").await.ok();
        contacts["results"][0]["confession"]["name"] == "Yangi nom"
    };
    abandoned(&service, "/api/directory/confessions/1/", confession, is_written).await;
    assert!(counted(&service).await > before);
}

#[tokio::test]
async fn sockets_of_a_deactivated_account_close_also_when_the_platform_left_before_the_answer() {
    let service = Service::start().await;
    let mut socket = service.client(AZIZ).all().await;
    let person = json!({ "username": "aziz", "role": "user", "is_active": false });
    let is_written = async || service.client(AZIZ).get("contacts/").await.status == 401;
    abandoned(&service, &format!("/api/directory/users/{}/", AZIZ.0), person, is_written).await;
    assert_eq!(socket.closed().await.code, 4401);
}

#[tokio::test]
async fn searches_of_one_person_over_many_connections_are_all_answered() {
    let service = Service::start().await;
    let searches = (0..40).map(|number| {
        let client = service.client(DILNOZA);
        let path = if number % 2 == 0 { "contacts/?q=a" } else { "conversations/?q=a" };
        async move { client.get(path).await.ok() }
    });
    let lists = futures_util::future::join_all(searches).await;
    assert!(
        lists.iter().step_by(2).all(|list| *list == lists[0] && list["count"] != 0),
        "{}",
        lists[0]
    );
}
