use reqwest::{Response, header::HeaderMap};
use serde_json::Value;

/// The response to a request.
#[derive(Debug)]
pub struct Answer {
    /// The status of the response.
    pub status: u16,
    /// All response headers; a name may occur more than once.
    pub headers: HeaderMap,
    /// The body, as text.
    pub text: String,
    /// The body as it is.
    pub bytes: Vec<u8>,
    /// Method and path of the request, for assertion messages.
    asked: String,
}

impl Answer {
    pub(crate) async fn of(asked: String, response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a body that can be read").to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self {
            status,
            headers,
            text,
            bytes,
            asked,
        }
    }

    /// The body as JSON; null if there is none.
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: no JSON ({error}): {}", self.asked, self.text))
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self.json()
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200)
    }

    /// The body of a refusal, which must have this status and code, a sentence for people and the request's id.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!(
            (self.status, body["code"].as_str()),
            (status, Some(code)),
            "{}: {}",
            self.asked,
            self.text
        );
        assert!(
            body["error"].as_str().is_some_and(|sentence| sentence.len() > 3),
            "{}: no sentence: {body}",
            self.asked
        );
        assert_eq!(
            body["details"]["request_id"].as_str(),
            self.header("x-request-id"),
            "{}: {body}",
            self.asked
        );
        body
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Answers to repeats of one message: one of them has stored it, and all name it.
#[track_caller]
pub fn assert_stored_once(answers: &[Answer]) {
    let ids: Vec<(u16, Value)> = answers.iter().map(|answer| (answer.status, answer.json()["id"].clone())).collect();
    assert_eq!(ids.iter().filter(|(status, _)| *status == 201).count(), 1, "{ids:?}");
    let same = |(status, id): &(u16, Value)| matches!(status, 200 | 201) && id.is_i64() && *id == ids[0].1;
    assert!(ids.iter().all(same), "{ids:?}");
}
