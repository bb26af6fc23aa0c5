//! The process stands still for a while, as on a machine that is moved. Bytes that arrived meanwhile are read before timeouts apply.

use std::time::Duration;

use suhbat_tests::{PATIENCE, Served};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::program::binary;

/// Longer than a request's head is waited for.
const PAUSE: Duration = Duration::from_secs(11);

async fn connect(served: &Served) -> TcpStream {
    let address = served.base().trim_start_matches("http://");
    TcpStream::connect(address).await.expect("a connection")
}

/// The status line of the answer to these bytes.
async fn status(mut stream: TcpStream) -> String {
    let mut answer = [0; 12];
    let read = timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("an answer comes");
    read.unwrap_or_else(|error| panic!("ended without an answer: {error}"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn requests_that_arrive_during_a_pause_are_answered() {
    let served = binary().serve(&[]).await;
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut streams = Vec::new();
    // Connections that the program knows, with and without the beginning of a request.
    for beginning in 0..20 {
        let mut stream = connect(&served).await;
        let (now, later) = request.split_at(beginning);
        stream.write_all(now.as_bytes()).await.expect("an open connection");
        streams.push((stream, later));
    }
    // All of them were accepted once a later one is answered.
    let mut last = connect(&served).await;
    last.write_all(request.as_bytes()).await.expect("an open connection");
    assert_eq!(status(last).await, "HTTP/1.1 200");

    served.pause().await;
    for (stream, later) in &mut streams {
        stream.write_all(later.as_bytes()).await.expect("an open connection");
    }
    // And connections that wait for the program to take them.
    for _ in 0..20 {
        let mut stream = connect(&served).await;
        stream.write_all(request.as_bytes()).await.expect("an open connection");
        streams.push((stream, ""));
    }
    // The test is about time: there is nothing else to wait for.
    sleep(PAUSE).await;
    served.resume().await;
    for (stream, _) in streams {
        assert_eq!(status(stream).await, "HTTP/1.1 200");
    }
    served.stop().await;
}
