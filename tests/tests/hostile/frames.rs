//! Frames that announce more bytes than they may: none of them are kept, for any sender and any number of them.

use domain::{
    id::UserId,
    ports::Clock as _,
    testing::builders::{AZIZ, DILNOZA},
};
use server::clock::SystemClock;
use suhbat_tests::{PATIENCE, Served, Token, community, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::program::binary;

/// The program with the standard community, and a limit of sockets above what these tests open.
async fn served() -> Served {
    let binary = binary().with("limits.sockets_per_user", "2000");
    let document = binary.file("community.json", &community().to_string());
    let outcome = binary.run(&["import", &document]).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    binary.serve(&[]).await
}

fn token(user: UserId) -> String {
    Token::access(user, SystemClock.now()).mint()
}

/// A WebSocket without a library between.
struct Raw(TcpStream);

impl Raw {
    /// Sends the handshake for `/ws/` and these bytes in one piece, and waits until the handshake is accepted.
    async fn open(served: &Served, token: Option<&str>, along: &[u8]) -> Self {
        let address = served.base().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let query = token.map(|token| format!("?token={token}")).unwrap_or_default();
        let mut bytes = format!(
            "GET /ws/{query} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"
        )
        .into_bytes();
        bytes.extend(along);
        stream.write_all(&bytes).await.expect("an open connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, stream.read_u8()).await.expect("an answer").expect("an answer"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self(stream)
    }

    /// Sends this to a service that may have ended the connection.
    async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// The next frame: its first byte and its payload.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let reading = async {
            let first = self.0.read_u8().await?;
            let length = match self.0.read_u8().await? {
                126 => self.0.read_u16().await?.into(),
                127 => self.0.read_u64().await?,
                length => length.into(),
            };
            let mut payload = vec![0; usize::try_from(length).expect("frames of the service are short")];
            self.0.read_exact(&mut payload).await?;
            Ok::<_, std::io::Error>((first, payload))
        };
        timeout(PATIENCE, reading)
            .await
            .expect("a frame comes")
            .expect("an open connection")
    }

    /// The code of the close frame; frames before it are skipped.
    async fn closed(&mut self) -> u16 {
        loop {
            if let (0x88, payload) = self.frame().await {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }

    /// Waits for the first frame.
    async fn ready(&mut self) {
        let (_, payload) = self.frame().await;
        assert!(String::from_utf8_lossy(&payload).contains("\"ready\""));
    }
}

/// A masked binary frame that announces so much.
fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first, 0xFF];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes
}

const TERABYTE: u64 = 1 << 40;
const MIB: usize = 1 << 20;

#[tokio::test]
async fn a_header_that_announces_a_terabyte_is_refused_and_its_payload_is_not_kept() {
    let served = served().await;
    let token = token(AZIZ);
    let zeros = vec![0; MIB];
    // The first connection also pays for buffers of the program's threads, which this test does not measure.
    for round in 0..2 {
        let before = served.resident_kib();
        let mut sockets = Vec::new();
        for (token, along, code) in [
            (Some(&*token), false, 1009),
            (Some(&*token), true, 1009),
            // Refused before the header came, or not.
            (None, false, 4401),
            (None, true, 1009),
            (Some("nonsense"), true, 1009),
        ] {
            let announced = header(0x82, TERABYTE);
            let mut socket = Raw::open(&served, token, if along { &announced } else { &[] }).await;
            if !along {
                socket.try_send(&announced).await;
            }
            socket.try_send(&zeros).await;
            assert_eq!(socket.closed().await, code, "{token:?}, along with the handshake: {along}");
            sockets.push(socket);
        }
        let grown = served.resident_kib().saturating_sub(before);
        assert!(round == 0 || grown < 1024, "{grown} KiB");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_byte_more_than_64_kib_is_refused_by_its_header_and_64_kib_are_taken() {
    let served = served().await;
    let token = token(AZIZ);
    let mut socket = Raw::open(&served, Some(&token), &[]).await;
    socket.ready().await;
    socket.try_send(&ping(65_536)).await;
    let (_, pong) = socket.frame().await;
    assert!(String::from_utf8_lossy(&pong).contains("\"pong\""));
    // Nothing of its payload comes.
    socket.try_send(&header(0x81, 65_537)).await;
    assert_eq!(socket.closed().await, 1009);
    served.stop().await;
}

#[tokio::test]
async fn fragments_that_announce_more_together_are_refused_by_their_header() {
    let served = served().await;
    let token = token(AZIZ);
    let mut socket = Raw::open(&served, Some(&token), &[]).await;
    let mut first = header(0x01, 65_536);
    first.resize(14 + 65_536, b' ');
    socket.try_send(&first).await;
    socket.try_send(&header(0x80, 1)).await;
    assert_eq!(socket.closed().await, 1009);
    served.stop().await;
}

#[tokio::test]
async fn protocol_violations_are_refused_without_a_log_line() {
    let served = served().await;
    let token = token(AZIZ);
    let mut many_fragments = vec![0x01, 0x80, 0, 0, 0, 0];
    (0..2000).for_each(|_| many_fragments.extend([0x00, 0x80, 0, 0, 0, 0]));
    let table: [&[u8]; 6] = [
        &[0x09, 0x80, 0, 0, 0, 0],
        &[0x08, 0x80, 0, 0, 0, 0],
        &[0x89, 0xFE, 0, 200, 0, 0, 0, 0],
        &[0x81, 0x02, b'{', b'}'],
        &[0x80, 0x80, 0, 0, 0, 0],
        &many_fragments,
    ];
    for bytes in table {
        let mut socket = Raw::open(&served, Some(&token), &[]).await;
        socket.ready().await;
        socket.try_send(bytes).await;
        assert_eq!(socket.closed().await, 1008, "{:02x?}", &bytes[..6]);
    }
    let outcome = served.stop().await;
    let lines = outcome.all();
    assert!(!lines.contains("ERROR") && !lines.contains("Unfinished"), "{lines}");
}

/// A text frame with a ping of this length.
fn ping(length: usize) -> Vec<u8> {
    let mut frame = header(0x81, length as u64);
    frame.extend(br#"{"type": "ping", "padding": ""#);
    frame.resize(14 + length - 2, b'x');
    frame.extend(br#""}"#);
    frame
}

/// Opens a thousand sockets, each of which sends a terabyte's header and a mebibyte of it, or some KiB of valid frames; returns by how much the program
/// has grown at most while they are open.
async fn grown_by_a_thousand(served: &Served, token: Option<&str>, attack: bool) -> u64 {
    let before = served.resident_kib();
    let sent = if attack {
        [header(0x82, TERABYTE), vec![0; MIB]].concat()
    } else {
        ping(20_000)
    };
    let mut most = before;
    let mut sockets = Vec::new();
    for round in 0..10 {
        let opening = (0..100).map(async |_| {
            let mut socket = Raw::open(served, token, &[]).await;
            socket.try_send(&sent).await;
            if !attack {
                socket.ready().await;
                socket.frame().await;
            }
            socket
        });
        sockets.extend(futures_util::future::join_all(opening).await);
        assert_eq!(sockets.len(), (round + 1) * 100);
        most = most.max(served.resident_kib());
    }
    most - before
}

#[tokio::test]
async fn a_thousand_attacking_connections_cost_no_more_memory_than_a_thousand_ordinary_ones() {
    let token = token(DILNOZA);
    // A fresh program each, since memory that was freed is not always given back.
    let mut grown = Vec::new();
    for (token, attack) in [(Some(&*token), false), (Some(&*token), true), (None, true)] {
        let served = served().await;
        grown.push(grown_by_a_thousand(&served, token, attack).await);
        eventually("it answers", async || {
            served.client().get("/healthz").await.status.eq(&200).then_some(())
        })
        .await;
        served.stop().await;
    }
    let (honest, tolerance) = (grown[0], 8 * 1024);
    assert!(honest > 4 * 1024, "the honest ones are there: {honest} KiB");
    assert!(grown.iter().all(|attack| *attack <= honest + tolerance), "{grown:?} KiB");
}
