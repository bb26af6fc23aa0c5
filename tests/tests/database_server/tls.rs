//! TLS to the server in the modes of libpq.

use std::{net::TcpListener, path::Path, process::Command};

use suhbat_tests::{Binary, Outcome, PostgresServer, SECRET};

/// Runs openssl in a folder.
fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl is installed, as a part of every system that has PostgreSQL");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// An authority, a certificate of it for `localhost`, and a second authority.
fn certificates(folder: &Path) {
    std::fs::write(folder.join("names.cnf"), "subjectAltName = DNS:localhost\n").expect("our folder");
    for name in ["ca", "other"] {
        openssl(
            folder,
            &format!("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"),
        );
    }
    openssl(
        folder,
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
    );
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.cnf -out server.crt",
    );
}

async fn migrate(url: &str) -> Outcome {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("auth.secret", SECRET)
        .with("database.url", url)
        .run(&["migrate"])
        .await
}

#[tokio::test]
async fn each_mode_of_tls_accepts_what_libpq_accepts() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    certificates(folder.path());
    let mut server = PostgresServer::stopped(&["listen_addresses=127.0.0.1", &format!("port={port}")]);
    for name in ["server.crt", "server.key"] {
        std::fs::copy(folder.path().join(name), server.data().join(name)).expect("the folder of a server");
    }
    server.own("server.key");
    server.own("server.crt");
    let root = |name: &str| {
        format!(
            "&sslrootcert={}",
            folder.path().join(name).display().to_string().replace('/', "%2F")
        )
    };

    // Without TLS.
    server.resume();
    server.administer("postgres", &["CREATE DATABASE chat"]).await;
    let at = |host: &str, parameters: &str| format!("postgres://postgres@{host}:{port}/chat?sslmode={parameters}");
    for mode in ["disable", "prefer"] {
        let outcome = migrate(&at("localhost", mode)).await;
        assert_eq!(outcome.status, Some(0), "{mode}: {outcome:?}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let outcome = migrate(&(at("localhost", mode) + &root("ca.pem"))).await;
        assert!(
            outcome.status == Some(1) && outcome.stderr.contains("does not offer TLS: turn it on (ssl = on)"),
            "{mode}: {outcome:?}"
        );
    }

    // With TLS, and nobody is let in without it.
    std::fs::write(
        server.data().join("pg_hba.conf"),
        "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
    )
    .expect("the rules of a server");
    server.restart_with("ssl=on");
    let (ca, other) = (root("ca.pem"), root("other.pem"));
    for (host, parameters, is_accepted) in [
        ("localhost", "disable".to_owned(), false),
        ("localhost", "prefer".to_owned(), true),
        ("localhost", "require".to_owned(), true),
        ("localhost", format!("require{ca}"), true),
        ("localhost", format!("require{other}"), false),
        ("127.0.0.1", format!("verify-ca{ca}"), true),
        ("127.0.0.1", format!("verify-ca{other}"), false),
        ("localhost", format!("verify-full{ca}"), true),
        ("127.0.0.1", format!("verify-full{ca}"), false),
        ("localhost", format!("verify-full{other}"), false),
    ] {
        let outcome = migrate(&at(host, &parameters)).await;
        assert_eq!(outcome.status == Some(0), is_accepted, "{host} {parameters}: {outcome:?}");
        if !is_accepted && parameters != "disable" {
            let sentence = "no TLS connection to the PostgreSQL server: check its certificate, and sslmode and sslrootcert";
            assert!(outcome.stderr.contains(sentence), "{host} {parameters}: {outcome:?}");
        }
    }
    let missing = migrate(&at("localhost", "verify-full&sslrootcert=nowhere.pem")).await;
    assert!(missing.stderr.contains("sslrootcert: nowhere.pem cannot be read"), "{missing:?}");
}
