//! The stream of a connection, in which the codes of errors are noted as they pass by. Diesel passes on the texts of errors, which are in the language of the
//! server, but not their codes (SQLSTATE); see `docs/decisions/013-error-codes-from-the-stream.md`.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::error::SqlState;

/// The longest error that is looked at. Its code stands near its beginning.
const LONGEST_ERROR: usize = 4096;

/// The code of the last error that a connection received. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LastError(Arc<Mutex<Option<SqlState>>>);

impl LastError {
    /// Takes the code away, if there was an error since the last call.
    pub(super) fn take(&self) -> Option<SqlState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, code: SqlState) {
        // It says only that an earlier statement failed, whose code says why.
        if code != SqlState::IN_FAILED_SQL_TRANSACTION {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
        }
    }
}

/// A stream from the server, after the negotiation of TLS.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    scanner: Scanner,
    last_error: LastError,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, last_error: LastError) -> Self {
        Self {
            stream,
            scanner: Scanner::default(),
            last_error,
        }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = &mut *self;
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let last_error = &this.last_error;
            this.scanner.scan(&buffer.filled()[before..], |code| last_error.note(code));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Finds errors in the messages of the server: each has a letter, its length without the letter in four bytes, and its content
/// (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).
#[derive(Debug, Default)]
struct Scanner {
    head: Vec<u8>,
    /// How much of the message is still to come.
    left: usize,
    error: Option<Vec<u8>>,
}

impl Scanner {
    fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(SqlState)) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let (head, rest) = bytes.split_at(bytes.len().min(5 - self.head.len()));
                self.head.extend_from_slice(head);
                bytes = rest;
                let [letter, a, b, c, d] = self.head[..] else { return };
                self.head.clear();
                self.left = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                self.error = (letter == b'E').then(Vec::new);
            } else {
                let (content, rest) = bytes.split_at(bytes.len().min(self.left));
                bytes = rest;
                self.left -= content.len();
                if let Some(error) = &mut self.error {
                    let room = LONGEST_ERROR - error.len();
                    error.extend_from_slice(&content[..content.len().min(room)]);
                }
            }
            if self.left == 0
                && let Some(code) = self.error.take().as_deref().and_then(code)
            {
                found(code);
            }
        }
    }
}

/// The code among the fields of an error: each has a letter and a text that ends with a zero.
fn code(error: &[u8]) -> Option<SqlState> {
    let field = error.split(|byte| *byte == 0).find(|field| field.first() == Some(&b'C'))?;
    Some(SqlState::from_code(std::str::from_utf8(&field[1..]).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(letter: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 4).unwrap();
        [&[letter][..], &length.to_be_bytes(), content].concat()
    }

    fn error(code: &str, text: &str) -> Vec<u8> {
        message(b'E', format!("SFEHLER\0VERROR\0C{code}\0M{text}\0\0").as_bytes())
    }

    #[test]
    fn codes_are_found_wherever_the_stream_is_cut() {
        let stream = [
            message(b'1', b""),
            message(b'D', b"EC00000\0E"),
            error("40P01", "Verklemmung entdeckt"),
            message(b'Z', b"E"),
            message(b'N', b"SNOTICE\0C00000\0Mhi\0\0"),
            error("57014", &"x".repeat(10_000)),
            message(b'Z', b"I"),
        ]
        .concat();
        for length in [1, 2, 3, 5, 7, 64, stream.len()] {
            let (mut scanner, mut codes) = (Scanner::default(), Vec::new());
            for part in stream.chunks(length) {
                scanner.scan(part, |code| codes.push(code.code().to_owned()));
            }
            assert_eq!(codes, ["40P01", "57014"], "in parts of {length}");
        }
    }

    #[test]
    fn the_first_cause_is_kept_until_it_is_taken() {
        let last = LastError::default();
        last.note(SqlState::T_R_DEADLOCK_DETECTED);
        last.note(SqlState::IN_FAILED_SQL_TRANSACTION);
        assert_eq!(last.take(), Some(SqlState::T_R_DEADLOCK_DETECTED));
        assert_eq!(last.take(), None);
    }
}
