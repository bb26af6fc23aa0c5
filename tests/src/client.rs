use domain::id::UserId;
use reqwest::{Method, RequestBuilder, multipart::Form};
use serde_json::{Value, json};

use crate::{Answer, Socket, socket::UnreadSocket};

/// A client of the service, with or without a token. Paths are those under `/api/messaging/`, or whole ones if they begin with a slash.
#[derive(Clone, Debug)]
pub struct Client {
    /// The user whom the requests authenticate.
    pub id: UserId,
    /// The bearer token of the requests; none for anonymous requests.
    pub token: Option<String>,
    /// The base URL, `http://host:port`.
    pub base: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(base: &str, id: UserId, token: Option<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without TLS");
        Self {
            id,
            token,
            base: base.to_owned(),
            http,
        }
    }

    /// The same person without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    /// The same person with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same person at another address of the service, such as that of a proxy.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// The whole URL of a path.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/api/messaging/{path}", self.base)
        }
    }

    /// A request that carries the token, to be completed and given to [`Self::run`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the whole response.
    pub async fn run(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request that makes sense");
        let asked = format!("{} {} by {}", request.method(), request.url().path(), self.id);
        let response = self
            .http
            .execute(request)
            .await
            .unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        Answer::of(asked, response).await
    }

    /// GET with the client's token.
    pub async fn get(&self, path: &str) -> Answer {
        self.run(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.run(self.request(Method::POST, path).json(&body)).await
    }

    /// POST without a body
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.run(self.request(Method::POST, path)).await
    }

    /// POST of a form with parts
    pub async fn post_form(&self, path: &str, form: Form) -> Answer {
        self.run(self.request(Method::POST, path).multipart(form)).await
    }

    /// POST of bytes as they are, declared as JSON
    pub async fn post_raw(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.run(
            self.request(Method::POST, path)
                .header("content-type", "application/json")
                .body(body),
        )
        .await
    }

    /// PATCH with a JSON body
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.run(self.request(Method::PATCH, path).json(&body)).await
    }

    /// PUT with a JSON body
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.run(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE with the client's token.
    pub async fn delete(&self, path: &str) -> Answer {
        self.run(self.request(Method::DELETE, path)).await
    }
}

/// Shorthands for requests that must succeed.
impl Client {
    /// Opens a conversation with one other, or finds it; its id.
    pub async fn open(&self, with: UserId) -> i64 {
        let answer = self.post("conversations/get_or_create/", json!({ "target_user_id": with.0 })).await;
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer.json()["id"].as_i64().expect("an id")
    }

    /// Sends a text; the Message.
    pub async fn say(&self, conversation: i64, text: &str) -> Value {
        self.post("messages/", json!({ "conversation": conversation, "content": text }))
            .await
            .expect(201)
    }

    /// Sends a text; the message's id.
    pub async fn says(&self, conversation: i64, text: &str) -> i64 {
        self.say(conversation, text).await["id"].as_i64().expect("an id")
    }

    /// One message as this person sees it.
    pub async fn message(&self, id: i64) -> Value {
        self.get(&format!("messages/{id}/")).await.ok()
    }

    /// One conversation as this person sees it.
    pub async fn conversation(&self, id: i64) -> Value {
        self.get(&format!("conversations/{id}/")).await.ok()
    }

    /// The contents of a list of messages, with this query.
    pub async fn contents(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("messages/?{query}")).await.ok();
        let results = page["results"].as_array().expect("a list");
        results
            .iter()
            .map(|message| message["content"].as_str().unwrap_or("(none)").to_owned())
            .collect()
    }

    /// The answer to `changes/` after this `seq`.
    pub async fn changes(&self, conversation: i64, after: i64) -> Value {
        self.get(&format!("conversations/{conversation}/changes/?after={after}")).await.ok()
    }

    /// Opens `/ws/chat/{conversation}/` and waits for `ready`.
    pub async fn chat(&self, conversation: i64) -> Socket {
        let mut socket = Socket::open(&self.socket_url(&format!("/ws/chat/{conversation}/"))).await;
        socket.expect("ready").await;
        socket
    }

    /// Opens `/ws/` and waits for `ready`.
    pub async fn all(&self) -> Socket {
        let mut socket = Socket::open(&self.socket_url("/ws/")).await;
        socket.expect("ready").await;
        socket
    }

    /// Opens a socket that is never read from.
    pub async fn unread_socket(&self, path: &str) -> UnreadSocket {
        UnreadSocket::open(&self.socket_url(path)).await
    }

    /// The URL of a socket with this person's token.
    pub fn socket_url(&self, path: &str) -> String {
        let base = self.base.replacen("http", "ws", 1);
        match &self.token {
            Some(token) => format!("{base}{path}?token={token}"),
            None => format!("{base}{path}"),
        }
    }
}
