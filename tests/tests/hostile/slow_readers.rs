//! Clients that request much and read nothing.

use domain::{
    id::UserId,
    ports::Clock as _,
    testing::builders::{AZIZ, DILNOZA},
    time::Timestamp,
};
use serde_json::json;
use suhbat_tests::{Binary, Client, Served, Token, community, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use crate::program::binary;

/// Many times the number of answers that one person may have on their way.
const CONNECTIONS: usize = 160;
/// Sixteen pages of a MiB, the memory for reading them from the database at the same time, and the reserve of the allocator. (50 MiB were seen.)
const BOUND_KIB: u64 = 112 * 1024;

/// The time of this machine, by which the program judges tokens.
fn now() -> Timestamp {
    server::clock::SystemClock.now()
}

fn token(user: UserId) -> String {
    Token::access(user, now()).claim("exp", now().seconds() + 3600).mint()
}

/// With the standard community, and limits that delay nobody.
async fn served() -> Served {
    let binary: Binary = binary()
        .with("rate.messages_per_minute", "0")
        .with("rate.requests_per_minute", "0")
        .with("log.level", "error");
    let document = binary.file("community.json", &community().to_string());
    let imported = binary.run(&["import", &document]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    binary.serve(&[]).await
}

fn client(served: &Served, user: UserId) -> Client {
    served.client().with_token(token(user))
}

/// Asks for the largest page, and reads nothing of it.
async fn ask(served: &Served, token: &str, conversation: i64) -> TcpStream {
    let address = served.base().trim_start_matches("http://").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("the service listens");
    let request = format!(
        "GET /api/messaging/messages/?conversation={conversation}&page_size=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a request that is taken");
    stream
}

/// The status of the answer; its body stays unread.
async fn status(mut stream: TcpStream) -> (String, TcpStream) {
    let mut head = [0; 12];
    timeout(suhbat_tests::PATIENCE, stream.read_exact(&mut head))
        .await
        .expect("an answer begins")
        .expect("a connection that stands");
    (String::from_utf8_lossy(&head[9..]).into_owned(), stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_reads_nothing_costs_bounded_memory_and_delays_nobody() {
    let served = served().await;
    let (aziz, dilnoza) = (client(&served, AZIZ), client(&served, DILNOZA));
    let conversation = aziz.open(DILNOZA).await;
    let text = "🕊".repeat(10_000);
    for _ in 0..100 {
        aziz.post("messages/", json!({ "conversation": conversation, "content": text }))
            .await
            .expect(201);
    }
    let before = served.resident_kib();
    let token = token(AZIZ);
    let mut asked = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let stream = ask(&served, &token, conversation).await;
        asked.spawn(status(stream));
    }
    // As long as all of his places are taken, others are served.
    let page = dilnoza
        .get(&format!("messages/?conversation={conversation}&page_size=2"))
        .await
        .ok();
    assert_eq!(page["results"].as_array().map(Vec::len), Some(2));
    dilnoza.says(conversation, "I am not held up").await;

    let answered = asked.join_all().await;
    let given = |wanted| answered.iter().filter(|(status, _)| status == wanted).count();
    assert_eq!((given("200"), given("429")), (16, CONNECTIONS - 16));
    let grown = served.resident_kib().saturating_sub(before);
    assert!(grown < BOUND_KIB, "{grown} KiB are held for one person who reads nothing");

    // Closing the connections frees their slots.
    drop(answered);
    eventually("a free place", async || {
        let answer = aziz.get(&format!("messages/?conversation={conversation}&page_size=100")).await;
        (answer.status == 200).then_some(())
    })
    .await;
    let page = aziz.get(&format!("messages/?conversation={conversation}&page_size=100")).await.ok();
    assert_eq!(
        page["results"].as_array().map(Vec::len),
        Some(27),
        "a short one, and 26 of 40,000 bytes"
    );
    assert!(
        page["next"].as_str().is_some_and(|next| next.contains("before=")),
        "{}",
        page["next"]
    );
    assert_eq!(served.stop().await.status, Some(0));
}
