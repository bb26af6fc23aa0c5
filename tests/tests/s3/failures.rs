//! What the operator is told when a bucket cannot be used.

use std::{error::Error, path::Path, process::Command};

use domain::{
    ports::{BlobResult, Blobs as _},
    testing::builders::store_id,
};
use storage::blobs::{Objects, S3Config, S3Keys};
use suhbat_tests::S3Server;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// The sentence of a failure, which stands above the server's own words.
#[track_caller]
fn sentence<T>(outcome: BlobResult<T>) -> String {
    let error = outcome.err().expect("a failure");
    error.source().expect("a cause").to_string()
}

fn objects(config: &S3Config) -> Objects {
    Objects::bucket(config, store_id()).expect("a configuration")
}

/// A server that refuses every request with this status and error code.
async fn refusing(status: &'static str, code: &'static str) -> S3Config {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let config = S3Config {
        endpoint: Some(format!("http://{}", listener.local_addr().expect("a bound socket"))),
        ..S3Server::start().config("chat")
    };
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.expect("a connection");
            let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            // A GET has no body, so it ends with its head.
            let mut head = [0; 16_384];
            let _ = connection.read(&mut head).await;
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    config
}

#[tokio::test]
async fn wrong_keys_are_told_apart() {
    let server = S3Server::start();
    let with = |access_key: &str, secret_key: &str| S3Config {
        keys: Some(S3Keys {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
        }),
        ..server.config("chat")
    };
    let wrong_secret = objects(&with("the-access-key", "another"));
    assert_eq!(
        sentence(wrong_secret.owner().await),
        "the secret key does not belong to the access key: check objects.secret_key"
    );
    assert!(wrong_secret.size("ab/1").await.is_err() && wrong_secret.create("ab/1").await.is_err());
    let unknown = objects(&with("another", "the-secret-key"));
    // This server has a code of its own for it.
    assert_eq!(
        sentence(unknown.owner().await),
        "the S3 server refuses the credentials, or they do not allow this operation"
    );
}

#[tokio::test]
async fn credentials_of_the_environment_are_used_without_keys_in_the_settings() {
    let server = S3Server::start();
    let with = |secret: &str| S3Config {
        keys: None,
        environment: [("AWS_ACCESS_KEY_ID", "the-access-key"), ("AWS_SECRET_ACCESS_KEY", secret)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..server.config("chat")
    };
    assert_eq!(objects(&with("the-secret-key")).owner().await.unwrap(), None);
    assert!(objects(&with("another")).owner().await.is_err());
}

/// A bucket that does not exist is not one without files: those would count as lost.
#[tokio::test]
async fn a_missing_bucket_is_a_failure_of_every_operation() {
    let server = S3Server::start();
    let objects = objects(&S3Config {
        bucket: "nowhere".to_owned(),
        ..server.config("chat")
    });
    let expected = "the bucket does not exist: check objects.url and objects.endpoint";
    assert_eq!(sentence(objects.owner().await), expected);
    assert_eq!(sentence(objects.claim().await), expected);
    assert_eq!(sentence(objects.read("ab/1", None).await), expected);
    assert_eq!(sentence(objects.size("ab/1").await), expected);
    assert_eq!(sentence(objects.create("ab/1").await), expected);
    assert_eq!(sentence(objects.ping().await), expected);
}

#[tokio::test]
async fn a_server_that_is_away_is_named_and_used_again_when_it_is_back() {
    let mut server = S3Server::start();
    let objects = objects(&server.config("chat"));
    objects.claim().await.unwrap();
    server.stop();
    assert_eq!(
        sentence(objects.create("ab/1").await),
        "the S3 server cannot be reached: check objects.endpoint, objects.region and the network"
    );
    assert!(objects.is_doubted() && objects.ping().await.is_err());
    server.resume();
    objects.ping().await.unwrap();
    assert!(!objects.is_doubted());
    let writer = objects.create("ab/1").await.unwrap();
    assert_eq!(writer.finish().await.unwrap(), 0);
}

/// After a failed write, a store counts as working only once it takes a write.
#[tokio::test]
async fn a_bucket_that_takes_no_writes_stays_in_doubt() {
    let config = refusing("403 Forbidden", "AccessDenied").await;
    let objects = objects(&config);
    assert_eq!(
        sentence(objects.create("ab/1").await),
        "the credentials do not allow this operation on the bucket"
    );
    assert!(objects.is_doubted());
    assert!(objects.ping().await.is_err());
}

#[tokio::test]
async fn the_error_codes_of_s3_are_translated() {
    for (status, code, expected) in [
        (
            "301 Moved Permanently",
            "PermanentRedirect",
            "the bucket is in another region than objects.region says, or behind another objects.endpoint",
        ),
        (
            "400 Bad Request",
            "AuthorizationHeaderMalformed",
            "the bucket is in another region than objects.region says, or behind another objects.endpoint",
        ),
        (
            "403 Forbidden",
            "RequestTimeTooSkewed",
            "the clock of this machine differs too much from the clock of the S3 server",
        ),
        (
            "400 Bad Request",
            "ExpiredToken",
            "the session token of the credentials is not valid any more",
        ),
        (
            "403 Forbidden",
            "InvalidAccessKeyId",
            "the S3 server does not know the access key: check objects.access_key",
        ),
        ("503 Slow Down", "SlowDown", "the S3 server takes no more requests at the moment"),
    ] {
        let objects = objects(&refusing(status, code).await);
        assert_eq!(sentence(objects.owner().await), expected, "{code}");
    }
}

/// Runs openssl in a folder.
fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_server_is_trusted_by_the_authority_of_the_settings_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("names.cnf"), "subjectAltName = IP:127.0.0.1\n").unwrap();
    for name in ["ca", "other"] {
        let made = format!("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem");
        openssl(folder.path(), &made);
    }
    openssl(
        folder.path(),
        "req -newkey rsa:2048 -nodes -subj /CN=s3 -keyout server.key -out server.csr",
    );
    openssl(
        folder.path(),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.cnf -out server.crt",
    );
    let server = S3Server::start_with_certificate(&at("server.crt"), &at("server.key"));
    let with = |authority: Option<&str>| S3Config {
        authority: authority.map(|name| std::fs::read(at(name)).unwrap()),
        ..server.config("chat")
    };
    let trusted = objects(&with(Some("ca.pem")));
    trusted.claim().await.unwrap();
    assert_eq!(trusted.owner().await.unwrap(), Some(store_id()));
    for authority in [None, Some("other.pem")] {
        assert_eq!(
            sentence(objects(&with(authority)).owner().await),
            "the certificate of the S3 server is not trusted: see objects.ca_file",
            "{authority:?}"
        );
    }
}
