//! Made-up people, their tokens, and REST on their behalf.

use std::time::{Duration, Instant};

use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use crate::Failure;

/// The first id of made-up people and confessions, far above real ones.
pub(crate) const FIRST: i64 = 1_000_000;

/// The server and the key to it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) server: String,
    key: EncodingKey,
    http: reqwest::Client,
}

/// A member, the admin of the confession that the member follows, and their conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) member: i64,
    pub(crate) admin: i64,
    pub(crate) conversation: i64,
}

impl World {
    pub(crate) fn new(server: String, secret: &str) -> Self {
        Self {
            server,
            key: EncodingKey::from_secret(secret.as_bytes()),
            http: reqwest::Client::new(),
        }
    }

    /// An access token, valid for two hours.
    pub(crate) fn token(&self, user: i64) -> Result<String, Failure> {
        let now = std::time::UNIX_EPOCH.elapsed()?;
        let claims =
            json!({"user_id": user, "token_type": "access", "scope": "directory", "exp": (now + Duration::from_hours(2)).as_secs()});
        Ok(jsonwebtoken::encode(&Header::default(), &claims, &self.key)?)
    }

    pub(crate) async fn post(&self, user: i64, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answered(path, self.request(user, path)?.json(body)).await
    }

    pub(crate) async fn post_form(&self, user: i64, path: &str, form: reqwest::multipart::Form) -> Result<Value, Failure> {
        self.answered(path, self.request(user, path)?.multipart(form)).await
    }

    fn request(&self, user: i64, path: &str) -> Result<reqwest::RequestBuilder, Failure> {
        let request = self.http.post(format!("http://{}{path}", self.server));
        Ok(request.bearer_auth(self.token(user)?))
    }

    async fn answered(&self, path: &str, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let answer = request.send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(format!("{path} answered {status}: {body}").into())
        }
    }

    /// Fetches, and returns the time until the last byte; `None` if it was refused by a limit.
    pub(crate) async fn try_get(&self, token: &str, path: &str) -> Result<Option<Duration>, Failure> {
        let started = Instant::now();
        let answer = self
            .http
            .get(format!("http://{}{path}", self.server))
            .bearer_auth(token)
            .send()
            .await?;
        if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return Ok(None);
        }
        answer.error_for_status()?.bytes().await?;
        Ok(Some(started.elapsed()))
    }

    /// Fetches, and returns the time until the last byte.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Result<Duration, Failure> {
        let started = Instant::now();
        let answer = self
            .http
            .get(format!("http://{}{path}", self.server))
            .bearer_auth(token)
            .send()
            .await?
            .error_for_status()?;
        answer.bytes().await?;
        Ok(started.elapsed())
    }

    /// Fetches, and returns the answer.
    pub(crate) async fn answer(&self, token: &str, path: &str) -> Result<Value, Failure> {
        let request = self.http.get(format!("http://{}{path}", self.server)).bearer_auth(token);
        self.answered(path, request).await
    }

    /// So many members, each with a confession and an admin of their own, from this offset on, and their conversations.
    pub(crate) async fn pairs(&self, offset: i64, count: usize) -> Result<Vec<Pair>, Failure> {
        let numbers: Vec<i64> = (0..i64::try_from(count)?).map(|number| FIRST + offset + 2 * number).collect();
        let users: Vec<Value> = numbers
            .iter()
            .flat_map(|id| {
                [
                    json!({"id": id, "username": format!("bench-{id}"), "role": "user"}),
                    json!({"id": id + 1, "username": format!("bench-{}", id + 1), "role": "admin"}),
                ]
            })
            .collect();
        let confessions: Vec<Value> = numbers
            .iter()
            .map(|id| json!({"id": id, "name": format!("Bench {id}"), "slug": format!("bench-{id}"), "admin_id": id + 1}))
            .collect();
        let subscriptions: Vec<Value> = numbers.iter().map(|id| json!({"user_id": id, "confession_id": id})).collect();
        self.import(&json!({"users": users, "confessions": confessions, "subscriptions": subscriptions}))
            .await?;
        let mut pairs = Vec::with_capacity(count);
        for member in numbers {
            pairs.push(Pair {
                member,
                admin: member + 1,
                conversation: self.conversation(member, member + 1).await?,
            });
        }
        Ok(pairs)
    }

    /// One admin and so many members who follow the confession, each with a conversation; ids from this offset on. Answers with the admin.
    pub(crate) async fn busy_admin(&self, offset: i64, count: usize) -> Result<(i64, Vec<Pair>), Failure> {
        let admin = FIRST + offset;
        let members: Vec<i64> = (1..=i64::try_from(count)?).map(|number| admin + number).collect();
        let mut users = vec![json!({"id": admin, "username": format!("bench-{admin}"), "role": "admin"})];
        users.extend(
            members
                .iter()
                .map(|id| json!({"id": id, "username": format!("bench-{id}"), "role": "user"})),
        );
        let confessions = json!([{"id": admin, "name": format!("Bench {admin}"), "slug": format!("bench-{admin}"), "admin_id": admin}]);
        let subscriptions: Vec<Value> = members.iter().map(|id| json!({"user_id": id, "confession_id": admin})).collect();
        self.import(&json!({"users": users, "confessions": confessions, "subscriptions": subscriptions}))
            .await?;
        let mut pairs = Vec::with_capacity(count);
        for some in members.chunks(32) {
            let opened = some.iter().map(|member| self.conversation(*member, admin));
            for (member, conversation) in some.iter().zip(futures_util::future::join_all(opened).await) {
                pairs.push(Pair {
                    member: *member,
                    admin,
                    conversation: conversation?,
                });
            }
        }
        Ok((admin, pairs))
    }

    /// Imports a directory document, and returns the time that it took.
    pub(crate) async fn import(&self, document: &Value) -> Result<Duration, Failure> {
        let started = Instant::now();
        self.post(FIRST, "/api/directory/import/", document).await?;
        Ok(started.elapsed())
    }

    pub(crate) async fn conversation(&self, member: i64, admin: i64) -> Result<i64, Failure> {
        let body = self
            .post(
                member,
                "/api/messaging/conversations/get_or_create/",
                &json!({"target_user_id": admin}),
            )
            .await?;
        body["id"].as_i64().ok_or_else(|| "the conversation has no id".into())
    }
}
