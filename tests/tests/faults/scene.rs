//! The program with a conversation of two people, and the checks that must hold while it cannot store anything.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::{Value, json};
use suhbat_tests::{Answer, Binary, Client, SECRET, Served, Socket, Upload, community, eventually};

/// The program, with the secret that the tests sign tokens with, and without limits to how often one may ask.
pub(crate) fn binary() -> Binary {
    ["messages", "uploads", "requests"]
        .iter()
        .fold(Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")), |binary, limit| {
            binary.with(&format!("rate.{limit}_per_minute"), "0")
        })
        .with("auth.secret", SECRET)
}

/// Aziz and Dilnoza talk; Dilnoza has a socket open.
pub(crate) struct Scene {
    pub(crate) served: Served,
    pub(crate) aziz: Client,
    pub(crate) dilnoza: Client,
    pub(crate) conversation: i64,
    pub(crate) socket: Socket,
    /// The contents of all messages that were acknowledged.
    acknowledged: Vec<String>,
    tried: usize,
}

impl Scene {
    /// With the standard community in an empty database.
    pub(crate) async fn new(binary: Binary) -> Self {
        let document = binary.folder().join("community.json");
        std::fs::write(&document, community().to_string()).expect("a folder that can be written to");
        let imported = binary.run(&["import", &document.display().to_string()]).await;
        assert_eq!(imported.status, Some(0), "{imported:?}");
        let served = binary.serve(&[]).await;
        let mut clients = Vec::new();
        for person in [AZIZ, DILNOZA] {
            let token = served.token(&["--user", &person.0.to_string(), "--ttl", "86400"]).await;
            clients.push(served.client().with_token(token));
        }
        let [aziz, dilnoza]: [Client; 2] = clients.try_into().expect("two clients");
        let conversation = aziz.open(DILNOZA).await;
        let socket = aziz.chat(conversation).await;
        let mut scene = Self {
            served,
            aziz,
            dilnoza,
            conversation,
            socket,
            acknowledged: Vec::new(),
            tried: 0,
        };
        for _ in 0..3 {
            assert_eq!(scene.send(100).await.status, 201);
        }
        scene.is_ready(&json!([])).await;
        scene
    }

    /// Sends a message of so many characters, and remembers it if it is acknowledged.
    pub(crate) async fn send(&mut self, length: usize) -> Answer {
        self.tried += 1;
        let content = format!("{:x<length$}", format!("{} ", self.tried));
        let body = json!({ "conversation": self.conversation, "content": content });
        let answer = self.aziz.post("messages/", body).await;
        if answer.status == 201 {
            self.acknowledged.push(content);
        }
        answer
    }

    /// Sends until the answer has this status.
    pub(crate) async fn send_until(&mut self, status: u16) -> Answer {
        for _ in 0..2_000 {
            let answer = self.send(9_000).await;
            if answer.status == status {
                return answer;
            }
        }
        panic!("no message was answered with {status}");
    }

    /// Nothing can be stored: senders get this refusal, by REST and by socket; readers are answered; sockets stay and open.
    pub(crate) async fn cannot_store(&mut self, status: u16, code: &str) {
        self.send_until(status).await.refused(status, code);
        self.socket
            .send("chat_message", json!({ "content": "x".repeat(9_000), "request_id": "refused" }))
            .await;
        let error = self.socket.expect_that("error", |frame| frame["request_id"] == "refused").await;
        assert_eq!(error["code"], code, "{error}");
        self.is_not_ready().await;
        self.can_read().await;
    }

    /// All reads, and acts that change nothing, are answered, though Dilnoza has never fetched what Aziz has sent.
    pub(crate) async fn can_read(&mut self) {
        let id = self.conversation;
        let page = self.dilnoza.get(&format!("messages/?conversation={id}")).await.ok();
        let newest = page["results"].as_array().and_then(|all| all.last()).expect("a message")["id"].clone();
        for path in [
            format!("conversations/{id}/changes/?after=0"),
            format!("conversations/{id}/"),
            format!("messages/{newest}/"),
            "conversations/".to_owned(),
            "conversations/unread_count/".to_owned(),
            "contacts/".to_owned(),
        ] {
            self.dilnoza.get(&path).await.ok();
        }
        // Acts that are refused or change nothing need no writer either.
        let to_aziz = json!({ "target_user_id": AZIZ.0 });
        self.dilnoza.post("conversations/get_or_create/", to_aziz).await.expect(200);
        let edit = json!({ "content": "not hers" });
        self.dilnoza
            .patch(&format!("messages/{newest}/"), edit)
            .await
            .refused(403, "not_sender");
        self.dilnoza.post_empty("ws_ticket/").await.ok();
        self.socket.settle().await;
        // `ready` comes first.
        drop(self.dilnoza.chat(id).await);
        drop(self.dilnoza.all().await);
    }

    /// The fault is over: the same process goes on, and stores the marks that it could not store.
    pub(crate) async fn goes_on(&mut self) {
        for _ in 0..200 {
            if self.send(100).await.status == 201 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let newest = self.acknowledged.last().cloned().expect("something was acknowledged");
        self.socket
            .expect_that("chat_message", |frame| frame["message"]["content"] == newest)
            .await;
        self.is_ready(&json!([])).await;
        let page = self
            .dilnoza
            .get(&format!("messages/?conversation={}", self.conversation))
            .await
            .ok();
        let id = page["results"].as_array().and_then(|all| all.last()).expect("a message")["id"]
            .as_i64()
            .expect("an id");
        eventually("it is noted as delivered", async || {
            (self.aziz.message(id).await["status"] == "delivered").then_some(())
        })
        .await;
    }

    /// Killed and started again, the program still has everything that it has acknowledged.
    pub(crate) async fn keeps_what_it_acknowledged(self) {
        let Self {
            served,
            aziz,
            conversation,
            acknowledged,
            ..
        } = self;
        let served = served.kill().await.serve(&[]).await;
        let aziz = served.client().with_token(aziz.token.clone().expect("a token"));
        let (mut stored, mut after) = (Vec::new(), 0);
        loop {
            let page = aziz
                .get(&format!("conversations/{conversation}/changes/?after={after}&limit=100"))
                .await
                .ok();
            for change in page["changes"].as_array().expect("a list") {
                after = change["seq"].as_i64().expect("a seq");
                // Messages with files have none.
                stored.extend(change["message"]["content"].as_str().map(str::to_owned));
            }
            if page["has_more"] == false {
                break;
            }
        }
        for content in &acknowledged {
            assert!(stored.contains(content), "it was acknowledged and is lost: {}", &content[..10]);
        }
        assert_eq!(served.stop().await.status, Some(0));
    }

    pub(crate) async fn upload(&self, name: &str) -> Answer {
        self.aziz.upload(self.conversation, &[Upload::text(name, 20_000)]).await
    }

    /// `readyz` reports that storage does not work.
    pub(crate) async fn is_not_ready(&self) {
        let answer = eventually("it is not ready", async || {
            Some(self.aziz.anonymous().get("/readyz").await).filter(|answer| answer.status == 503)
        })
        .await;
        let refused = answer.refused(503, "unavailable");
        assert_eq!(refused["details"]["part"], "storage", "{refused}");
    }

    /// `readyz` reports that all parts but these work.
    pub(crate) async fn is_ready(&self, degraded: &Value) {
        eventually("it is ready", async || {
            let answer = self.aziz.anonymous().get("/readyz").await;
            (answer.status == 200 && answer.json()["degraded"] == *degraded).then_some(())
        })
        .await;
    }
}
