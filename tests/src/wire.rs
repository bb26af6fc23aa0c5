use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::PATIENCE;

/// A connection whose requests are written by hand, and whose answers are read byte for byte.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct WireAnswer {
    /// Status line and headers.
    pub head: String,
    /// The body: as many bytes as `Content-Length` declares, else all up to the end of the connection.
    pub body: Vec<u8>,
}

impl Wire {
    /// A connection to `http://host:port`.
    pub async fn open(base: &str) -> Self {
        let address = base.trim_start_matches("http://");
        Self {
            stream: TcpStream::connect(address).await.expect("a connection"),
            read: Vec::new(),
        }
    }

    /// Writes the next bytes of the request.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("a connection that is open");
    }

    /// The next answer, to a request of another method than HEAD.
    pub async fn answer(&mut self) -> WireAnswer {
        let head = self.head().await;
        let mut answer = WireAnswer { head, body: Vec::new() };
        let length = answer.header("content-length").map(|length| length.parse().expect("a length"));
        let is_without = matches!(answer.status(), 204 | 304);
        while !is_without && length.is_none_or(|length: usize| self.read.len() < length) {
            if !self.more().await {
                assert!(length.is_none(), "cut off: {answer:?}");
                break;
            }
        }
        let end = if is_without { 0 } else { length.unwrap_or(self.read.len()) };
        answer.body = self.read.drain(..end).collect();
        answer
    }

    /// The next answer, to a request of the method HEAD.
    pub async fn answer_to_head(&mut self) -> WireAnswer {
        let head = self.head().await;
        WireAnswer { head, body: Vec::new() }
    }

    async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..end + 4).collect();
                return String::from_utf8(head).expect("a head is text");
            }
            assert!(self.more().await, "no answer: {}", String::from_utf8_lossy(&self.read));
        }
    }

    /// Nothing more arrives: the service has closed the connection.
    pub async fn has_ended(&mut self) -> bool {
        self.read.is_empty() && !self.more().await
    }

    async fn more(&mut self) -> bool {
        let mut chunk = [0; 4 * 1024];
        let length = timeout(PATIENCE, self.stream.read(&mut chunk))
            .await
            .expect("bytes, or the end, in time")
            .expect("a connection that is not reset");
        self.read.extend_from_slice(&chunk[..length]);
        length > 0
    }
}

impl WireAnswer {
    /// The status code of the response's first line.
    pub fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status: {}", self.head))
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
