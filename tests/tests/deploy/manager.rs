//! What service managers ask of the program: `suhbat health`, and the messages of systemd's `Type=notify`.

use suhbat_tests::{Binary, SECRET};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixDatagram},
};

fn suhbat() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .embedded()
        .with("auth.secret", SECRET)
}

#[tokio::test]
async fn systemd_is_told_when_the_service_is_up_and_when_it_stops() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    let service = suhbat()
        .with_variable("NOTIFY_SOCKET", &path.display().to_string())
        .serve(&[])
        .await;
    let mut message = [0; 256];
    let length = manager.recv(&mut message).await.expect("a message");
    assert_eq!(&message[..length], b"READY=1\n");
    service.client().get("/readyz").await.expect(200);
    service.stop().await;
    let length = manager.recv(&mut message).await.expect("a message");
    assert_eq!(&message[..length], b"STOPPING=1\n");
}

#[tokio::test]
async fn health_succeeds_while_the_service_is_ready_and_fails_when_nobody_answers() {
    let service = suhbat().serve(&[]).await;
    let bind = service.base().trim_start_matches("http://").to_owned();
    let beside = suhbat().with("server.bind", &bind);
    for (arguments, status) in [(&["health"][..], "ready"), (&["health", "--alive"], "ok")] {
        let outcome = beside.run(arguments).await;
        assert_eq!(outcome.status, Some(0), "{outcome:?}");
        assert!(outcome.stdout.contains(&format!("\"status\":\"{status}\"")), "{outcome:?}");
    }
    service.stop().await;
    let outcome = beside.run(&["health"]).await;
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.contains(&format!("http://{bind}/readyz does not answer")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn health_fails_with_the_answer_of_a_service_that_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let bind = listener.local_addr().expect("its address").to_string();
    let answers = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4096];
        // The request fits into one packet.
        assert_ne!(connection.read(&mut request).await.expect("a request"), 0);
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 25\r\nConnection: close\r\n\r\n{\"unavailable\":\"storage\"}";
        connection.write_all(answer).await.expect("an open connection");
        connection.shutdown().await.expect("an open connection");
    });
    let outcome = suhbat().with("server.bind", &bind).run(&["health"]).await;
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("storage"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("not ready") && outcome.stderr.contains("503"),
        "{outcome:?}"
    );
    answers.await.expect("no panic");
}
