//! What a device asks for over REST, of any node.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Device, Pending};
use crate::{
    Failure,
    feed::{Change, Page, Seq},
    ledger::{ConversationId, Number, State, client_id, first_content},
    violation::Kind,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// An answer, or none.
pub(super) enum Reply {
    /// Asked on the connection of this number.
    Changes(u64, ConversationId, Option<Page<String, State>>),
    /// Asked at this time.
    List(std::time::Instant, Option<Value>),
    /// The status, and the body where there is one.
    Sent(Number, Option<(u16, Value)>),
}

/// The service, behind the proxies in front of its nodes.
#[derive(Clone, Debug)]
pub struct Service {
    http: reqwest::Client,
    ports: Arc<[u16]>,
    token: String,
}

impl Service {
    /// The service as a person with this token reaches it.
    pub fn new(ports: Arc<[u16]>, token: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap_or_default();
        Self { http, ports, token }
    }

    /// Asks the node of this number, and returns the status and the body.
    pub async fn ask(&self, node: usize, path: &str, body: Option<Value>) -> Result<(u16, Value), Failure> {
        let url = format!("http://127.0.0.1:{}/api/messaging/{path}", self.ports[node % self.ports.len()]);
        let request = match body {
            Some(body) => self.http.post(url).json(&body),
            None => self.http.get(url),
        };
        let answer = request.bearer_auth(&self.token).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    async fn changes(&self, node: usize, conversation: ConversationId, after: Seq) -> Option<Page<String, State>> {
        let path = format!("conversations/{conversation}/changes/?after={after}&limit=100");
        match self.ask(node, &path, None).await {
            Ok((200, body)) => page(&body),
            _ => None,
        }
    }
}

/// A number in an answer.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn page(body: &Value) -> Option<Page<String, State>> {
    let changes = body["changes"].as_array()?.iter().map(|change| {
        let message = &change["message"];
        let id = number(&message["id"]).or_else(|| number(&change["message_id"]))?;
        Some(Change {
            seq: number(&change["seq"])?,
            message: id,
            state: if message.is_object() { State::of(message) } else { State::DELETED },
        })
    });
    Some(Page {
        epoch: body["epoch"].as_str()?.to_owned(),
        changes: changes.collect::<Option<_>>()?,
        last_seq: number(&body["last_seq"])?,
        has_more: body["has_more"] == true,
        reset: body["reset"] == true,
    })
}

impl Device {
    fn any_node(&mut self) -> usize {
        self.chance.below(self.shared.ports.len())
    }

    /// Asks for all changes that are due.
    pub(super) fn ask(&mut self) {
        let due: Vec<_> = self.feeds.iter_mut().filter_map(|(id, feed)| Some((*id, feed.ask()?))).collect();
        for (conversation, after) in due {
            let (service, node, session) = (self.service.clone(), self.any_node(), self.session);
            self.replies.spawn(async move {
                let page = service.changes(node, conversation, after).await;
                if page.is_none() {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                Reply::Changes(session, conversation, page)
            });
        }
    }

    /// Asks for the list of conversations, which has the unread counts.
    pub(super) fn fetch_list(&mut self) {
        if self.plan.is_chat {
            return;
        }
        let (service, node) = (self.service.clone(), self.any_node());
        self.replies.spawn(async move {
            let asked = std::time::Instant::now();
            let answer = service.ask(node, "conversations/?page_size=100", None).await;
            if let Ok((200, list)) = answer {
                return Reply::List(asked, Some(list));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            Reply::List(asked, None)
        });
    }

    /// Sends a message over REST.
    pub(super) fn post(&mut self, message: Number) {
        let Some(conversation) = self.conversation_of(message) else {
            return;
        };
        let body = json!({ "conversation": conversation, "content": first_content(message), "client_id": client_id(message) });
        let (service, node) = (self.service.clone(), self.any_node());
        self.replies.spawn(async move {
            let answer = service.ask(node, "messages/", Some(body)).await.ok();
            if !matches!(answer, Some((200 | 201, _))) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Reply::Sent(message, answer)
        });
    }

    pub(super) fn conversation_of(&self, message: Number) -> Option<ConversationId> {
        Some(self.shared.ledger.lock().sendings.get(message)?.conversation)
    }

    pub(super) fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Changes(session, conversation, page) if session == self.session => self.changes(conversation, page),
            // Its connection is gone, and the feed may have begun anew.
            Reply::Changes(..) => {}
            Reply::List(asked, Some(list)) => {
                for item in list["results"].as_array().into_iter().flatten() {
                    let (Some(id), Some(unread)) = (number(&item["id"]), number(&item["unread_count"])) else {
                        continue;
                    };
                    // A frame that arrived after the question may be newer than the answer, and later changes bring frames.
                    if self.unread.get(&id).is_none_or(|(_, at)| *at < asked) {
                        self.unread.insert(id, (unread, asked));
                    }
                }
            }
            Reply::List(_, None) => self.fetch_list(),
            Reply::Sent(message, Some((200 | 201, body))) => self.acknowledged(message, number(&body["id"]), None),
            Reply::Sent(message, answer) => {
                if let Some((status, body)) = answer
                    && !matches!(status, 503 | 429 | 408)
                {
                    let what = format!("POST messages/: {status} {body}");
                    self.shared.ledger.lock().violated(Kind::UnexpectedAnswer, what);
                }
                self.doubt(Pending::Send(message));
            }
        }
    }

    fn changes(&mut self, conversation: ConversationId, page: Option<Page<String, State>>) {
        let Some(feed) = self.feeds.get_mut(&conversation) else { return };
        let Some(page) = page else { return feed.failed() };
        let mut ledger = self.shared.ledger.lock();
        for change in &page.changes {
            ledger.see(conversation, change.seq, change.message, change.state);
        }
        drop(ledger);
        let known = feed.known();
        let effects = feed.answer(page);
        self.note(conversation, known, &effects);
    }

    pub(super) fn acknowledged(&mut self, message: Number, id: Option<u64>, seq: Option<Seq>) {
        let Some(id) = id else { return };
        let mut ledger = self.shared.ledger.lock();
        ledger.acknowledge(message, id, seq);
        let conversation = ledger.sendings.get(message).map(|sending| sending.conversation);
        drop(ledger);
        if let Some(conversation) = conversation {
            self.own.push_back((conversation, id));
            if self.own.len() > 40 {
                self.own.pop_front();
            }
        }
    }
}
