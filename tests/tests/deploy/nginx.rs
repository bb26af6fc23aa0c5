//! The example for nginx in front of a running service.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use suhbat_tests::{Binary, Client, SECRET, eventually};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{replaced, text};

/// What is around the example: everything that nginx writes is in the folder.
pub(super) fn main_file(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "daemon off; pid {folder}/nginx.pid; error_log stderr;
         events {{ }}
         http {{
             access_log off;
             client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
             uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
             include {folder}/suhbat.conf;
         }}"
    )
}

struct Nginx {
    process: Child,
    base: String,
    _folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It removes its own workers when it is asked to end.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// The example without TLS, in front of these nodes.
async fn nginx(nodes: &[&str]) -> Nginx {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = free_port();
    let servers = format!("server {};", nodes.join("; server "));
    let mut example = text("deploy/nginx/suhbat.conf");
    for (part, by) in [
        ("server 127.0.0.1:8000;", servers.as_str()),
        ("listen 443 ssl;", &format!("listen 127.0.0.1:{port};")),
        ("listen [::]:443 ssl;", ""),
        ("ssl_certificate     /etc/ssl/chat.example.org/fullchain.pem;", ""),
        ("ssl_certificate_key /etc/ssl/chat.example.org/privkey.pem;", ""),
        ("listen 80;", &format!("listen 127.0.0.1:{};", free_port())),
        ("listen [::]:80;", ""),
    ] {
        example = replaced(&example, part, by);
    }
    std::fs::write(folder.path().join("suhbat.conf"), example).expect("our folder");
    let main = folder.path().join("nginx.conf");
    std::fs::write(&main, main_file(folder.path())).expect("our folder");
    let process = Command::new("nginx")
        .args(["-e", "stderr", "-p"])
        .arg(folder.path())
        .arg("-c")
        .arg(&main)
        .stdin(Stdio::null())
        .spawn()
        .expect("nginx; scripts/deploy-programs installs it");
    let nginx = Nginx {
        process,
        base: format!("http://127.0.0.1:{port}"),
        _folder: folder,
    };
    eventually("nginx answers", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    nginx
}

async fn demo() -> suhbat_tests::Served {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .embedded()
        .with("auth.secret", SECRET)
        .serve(&["--demo"])
        .await
}

/// A member of the demo, behind nginx.
async fn member(service: &suhbat_tests::Served, nginx: &Nginx) -> Client {
    service.client().with_token(service.token(&["--user", "10"]).await).at(&nginx.base)
}

#[tokio::test]
async fn requests_sockets_and_large_files_pass_through_nginx() {
    let service = demo().await;
    let node = service.base().trim_start_matches("http://").to_owned();
    let nginx = nginx(&[&node]).await;
    let client = member(&service, &nginx).await;

    let conversation = client.get("conversations/").await.expect(200)["results"][0]["id"]
        .as_i64()
        .expect("a conversation of the demo");
    let mut socket = client.all().await;
    // Larger than nginx takes by default, and than it keeps in memory.
    let form = Form::new()
        .text("conversation", conversation.to_string())
        .part("attachment_files", Part::bytes(vec![b'a'; 8 << 20]).file_name("long.txt"));
    let sent = client
        .run(client.request(Method::POST, "messages/").multipart(form))
        .await
        .expect(201);
    let frame = socket.expect("chat_message").await;
    assert_eq!(frame["message"]["id"], sent["id"]);

    // Links lead to where the client is, not to the node behind the proxy.
    let link = sent["attachments"][0]["file"].as_str().expect("a link");
    assert!(link.starts_with("http://127.0.0.1"), "{link}");
    assert_eq!(client.get("/metrics").await.status, 403, "metrics are not for everybody");
    assert_eq!(client.get("/healthz").await.status, 200);
    drop(nginx);
    service.stop().await;
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_with_413() {
    let service = demo().await;
    let node = service.base().trim_start_matches("http://").to_owned();
    let nginx = nginx(&[&node]).await;
    let mut connection = TcpStream::connect(nginx.base.trim_start_matches("http://"))
        .await
        .expect("a connection");
    let head = format!(
        "POST /api/messaging/messages/ HTTP/1.1\r\nHost: chat.example.org\r\nContent-Length: {}\r\n\r\n",
        52 << 20
    );
    connection.write_all(head.as_bytes()).await.expect("an open connection");
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 413");
    drop(nginx);
    service.stop().await;
}

#[tokio::test]
async fn reads_go_on_while_one_of_two_nodes_is_gone() {
    let service = demo().await;
    let node = service.base().trim_start_matches("http://").to_owned();
    let gone = format!("127.0.0.1:{}", free_port());
    let nginx = nginx(&[&gone, &node]).await;
    let client = member(&service, &nginx).await;
    for _ in 0..10 {
        client.get("conversations/").await.expect(200);
    }
    drop(nginx);
    service.stop().await;
}
