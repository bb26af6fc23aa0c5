//! A socket of a made-up person.

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::{Failure, people::World};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The write half of a socket.
pub(crate) struct Mouth(SplitSink<Stream, Message>);

/// Reads frames; answers pings while it is asked.
pub(crate) struct Ear(SplitStream<Stream>);

/// Opens a socket and waits for `ready`.
pub(crate) async fn connect(world: &World, user: i64, path: &str) -> Result<(Mouth, Ear), Failure> {
    let url = format!("ws://{}{path}?token={}", world.server, world.token(user)?);
    let (stream, _) = tokio_tungstenite::connect_async(url).await?;
    let (mouth, ear) = stream.split();
    let mut ear = Ear(ear);
    match ear.next().await? {
        Some(frame) if frame.contains("\"ready\"") => Ok((Mouth(mouth), ear)),
        other => Err(format!("no ready but {other:?}").into()),
    }
}

impl Mouth {
    pub(crate) async fn say(&mut self, frame: String) -> Result<(), Failure> {
        Ok(self.0.send(Message::text(frame)).await?)
    }
}

impl Ear {
    /// The next text frame; `None` once the socket is closed.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Failure> {
        while let Some(message) = self.0.next().await {
            match message? {
                Message::Text(text) => return Ok(Some(text.to_string())),
                Message::Close(_) => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }
}

/// The digits after this text in a frame: cheaper than reading all of it.
pub(crate) fn number_after(frame: &str, text: &str) -> Option<u64> {
    let start = frame.find(text)? + text.len();
    let digits = frame[start..].bytes().take_while(u8::is_ascii_digit).count();
    frame[start..start + digits].parse().ok()
}
