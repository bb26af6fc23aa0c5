//! A start that fails says what the operator has to do.

use std::net::TcpListener;

use suhbat_tests::{Binary, PostgresServer, SECRET};

/// Starts the service on this database, and compares what it says with a sentence.
async fn complains(url: &str, sentence: &str) {
    for command in ["serve", "migrate"] {
        let outcome = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
            .with("auth.secret", SECRET)
            .with("database.url", url)
            .run(&[command])
            .await;
        assert!(
            outcome.status == Some(1) && outcome.stderr.contains(sentence),
            "{command}, {sentence}: {outcome:?}"
        );
        assert!(!outcome.all().contains("s3cret"), "{outcome:?}");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn a_wrong_password_a_missing_database_and_a_server_out_of_reach_are_told_apart() {
    let port = free_port();
    let mut server = PostgresServer::stopped(&["listen_addresses=127.0.0.1", &format!("port={port}")]);
    std::fs::write(
        server.data().join("pg_hba.conf"),
        "local all all trust\nhost all anna 127.0.0.1/32 scram-sha-256\n",
    )
    .expect("the rules of a server");
    server.resume();
    server
        .administer(
            "postgres",
            &["CREATE ROLE anna LOGIN PASSWORD 'right'", "CREATE DATABASE chat OWNER anna"],
        )
        .await;
    let refused = "the PostgreSQL server lets this user not in: check the user and the password in its URL";
    complains(&format!("postgres://anna:s3cret@127.0.0.1:{port}/chat"), refused).await;
    complains(&format!("postgres://olim:s3cret@127.0.0.1:{port}/chat"), refused).await;
    complains(
        &format!("postgres://anna:right@127.0.0.1:{port}/nowhere"),
        "the PostgreSQL server has no such database: make it (`createdb NAME`), or correct database.url",
    )
    .await;
    let right = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("auth.secret", SECRET)
        .with("database.url", &format!("postgres://anna:right@127.0.0.1:{port}/chat"));
    assert_eq!(right.run(&["migrate"]).await.status, Some(0));
    server.stop();
    for place in [&format!("127.0.0.1:{port}"), "%2Fnowhere"] {
        complains(
            &format!("postgres://anna:s3cret@{place}/chat"),
            "cannot reach the PostgreSQL server: check the host and the port in its URL",
        )
        .await;
    }
}

#[tokio::test]
async fn a_server_with_too_many_connections_and_one_that_takes_no_writes_are_told_apart() {
    let mut server = PostgresServer::start(&["max_connections=4", "superuser_reserved_connections=1"]);
    server
        .administer("postgres", &["CREATE ROLE anna LOGIN", "CREATE DATABASE chat OWNER anna"])
        .await;
    let url = server.url("chat").replace("postgres@", "anna@");
    let mut held = Vec::new();
    while let Ok((client, connection)) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
        held.push((client, tokio::spawn(connection)));
    }
    assert!(!held.is_empty());
    complains(
        &url,
        "the PostgreSQL server takes no more connections: raise its max_connections, or lower database.pool_size",
    )
    .await;
    server.restart_with("default_transaction_read_only=on");
    complains(
        &url,
        "the database is read-only: the server is a standby, or default_transaction_read_only is on",
    )
    .await;
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_with_the_configuration() {
    for (url, sentence) in [
        ("postgres:///chat", "in the environment) must name the host of the server"),
        (
            "postgres://anna:s3cret@db/chat?sslmode=always",
            "in the environment) has an unknown sslmode",
        ),
        (
            "postgres://anna:s3cret@db/chat?speed=high",
            "in the environment) has a parameter that is unknown",
        ),
    ] {
        complains(url, sentence).await;
    }
}
