//! TCP connections between the kernel and the HTTP library.
//!
//! [`Connection`] adds the parts that the library lacks or does in the wrong order:
//! - It reads before it judges. The library's own timers for request heads and idle connections are asked before the connection is read, and begin at a
//!   time that the library reads from a clock of its own only twice a second; so after a pause of the process (a stopped or moved machine) they answered
//!   408 to requests that had arrived complete. Those timers are switched off, and the same waits are bounded here.
//! - It bounds the bytes that are read from a WebSocket and not yet taken by its task. The library alone reads up to 128 KiB and keeps a buffer of that size.
//! - It reports to the task of a WebSocket whether the peer reads ([`Traffic::blocked_since`], [`Traffic::poll_sendable`]).

use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use actix_web::{HttpRequest, rt::net::TcpStream};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take},
    time::{Instant, Sleep, sleep_until},
};

use crate::http::body::timeout::BodyTimeouts;

/// A peer that acknowledges nothing for so long is dropped: the kernel closes the connection and discards its data.
const STALLED: Duration = Duration::from_mins(1);
/// A deadline that is found so far behind shows that the process itself stood still; its peer gets as much time for the bytes that arrived meanwhile to be read.
const LATE: Duration = Duration::from_secs(1);
/// Bytes that the kernel takes beyond those it has sent. A larger queue in the kernel would hide for many seconds whether a peer still reads: the connection
/// counts as writable again only when a third of that queue is empty.
const UNSENT_IN_KERNEL: u32 = 32 * 1024;
/// Bytes that are read from a WebSocket before its task has taken them. The library's buffer of 8 KiB grows as soon as it has less than 1 KiB of room left, and
/// does not shrink while the connection lasts.
const MAX_UNREAD: usize = 7 * 1024;
/// Bytes handed to a WebSocket's connection before the kernel has taken them. Further frames wait in the outbox, where sockets share them.
const MAX_UNSENT: usize = 128 * 1024;

#[derive(Debug)]
pub(crate) struct Connection<T = TcpStream> {
    /// Limited anew before each read, so that the library's buffer is not initialised beyond the bytes read: a socket would hold all of it otherwise.
    stream: Take<T>,
    traffic: Rc<Traffic>,
    /// `None` for a WebSocket, whose session watches its peer.
    patience: Option<Box<Patience>>,
}

/// How long the peer is waited for.
#[derive(Debug)]
struct Patience {
    timeouts: BodyTimeouts,
    /// A deadline that was found far behind, and until when its peer has time instead.
    excused: Option<(Instant, Instant)>,
    /// Wakes the connection when its peer was waited for long enough.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Sets a new connection up: small frames leave at once, and a peer that has stopped acknowledging does not hold its connection for ever.
    pub(crate) fn new(stream: TcpStream, timeouts: BodyTimeouts) -> Self {
        let tuned = stream.set_nodelay(true);
        #[cfg(target_os = "linux")]
        let tuned = tuned.and_then(|()| {
            let socket = SockRef::from(&stream);
            socket.set_tcp_user_timeout(Some(STALLED))?;
            socket.set_tcp_notsent_lowat(UNSENT_IN_KERNEL)
        });
        if let Err(error) = tuned {
            tracing::debug!(error = %error, "a connection could not be set up; it closed meanwhile");
        }
        Self::over(stream, timeouts)
    }
}

impl<T: AsyncRead> Connection<T> {
    fn over(stream: T, timeouts: BodyTimeouts) -> Self {
        Self {
            stream: stream.take(u64::MAX),
            traffic: Rc::new(Traffic::new(Instant::now())),
            patience: Some(Box::new(Patience {
                timeouts,
                excused: None,
                timer: None,
            })),
        }
    }

    /// The state that the connection shares with its requests and with the task of its WebSocket.
    pub(crate) fn traffic(&self) -> Rc<Traffic> {
        self.traffic.clone()
    }

    /// There is nothing to read now, as far as is known. Ready once the peer was waited for long enough.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(patience) = &mut self.patience else {
                return Poll::Pending;
            };
            let Some(deadline) = self.traffic.deadline(&patience.timeouts) else {
                if self.traffic.is_socket.get() {
                    self.patience = None;
                }
                return Poll::Pending;
            };
            let excused = patience.excused.filter(|(of, _)| *of == deadline).map(|(_, until)| until);
            let end = excused.unwrap_or(deadline);
            let timer = patience.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
            if timer.deadline() > end {
                timer.as_mut().reset(end);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now < end {
                timer.as_mut().reset(end);
            } else if excused.is_none() && now >= deadline + LATE {
                // Waking up from a pause, the runtime asks its timers before it polls the sockets.
                patience.excused = Some((deadline, now + LATE));
            } else {
                return Poll::Ready(());
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let room = ready!(this.traffic.poll_readable(context));
        let before = buffer.filled().len();
        this.stream.set_limit(room as u64);
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        match &read {
            Poll::Ready(Ok(())) => this.traffic.read(buffer.filled().len() - before),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if this.poll_patience(context).is_ready() {
                    // As if the peer had closed its side: the library ends the connection in order.
                    return Poll::Ready(Ok(()));
                }
            }
        }
        read
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(this.stream.get_mut()).poll_write(context, bytes);
        match &written {
            Poll::Ready(Ok(length)) => this.traffic.wrote(*length),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => this.traffic.block(),
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().stream.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().stream.get_mut()).poll_shutdown(context)
    }
}

/// The traffic of a connection. Shared by the connection, its requests and the task of its WebSocket, which all run on the thread of one worker.
#[derive(Debug)]
pub(crate) struct Traffic {
    /// Requests that are being answered.
    requests: Cell<usize>,
    /// The next thing to arrive while no request is being answered.
    awaits: Cell<Awaited>,
    is_socket: Cell<bool>,
    /// Read, and not taken by the WebSocket's task.
    unread: Cell<usize>,
    /// Handed over by the WebSocket's task, and not taken by the kernel.
    unsent: Cell<usize>,
    blocked_since: Cell<Option<Instant>>,
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
}

/// The next thing that a connection without a request waits for, and the time since when.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// The rest of a request's head: also on a new connection, on which no head has begun.
    Head(Instant),
    Request(Instant),
}

impl Traffic {
    fn new(now: Instant) -> Self {
        Self {
            requests: Cell::new(0),
            awaits: Cell::new(Awaited::Head(now)),
            is_socket: Cell::new(false),
            unread: Cell::new(0),
            unsent: Cell::new(0),
            blocked_since: Cell::new(None),
            reader: RefCell::default(),
            writer: RefCell::default(),
        }
    }

    /// Of the connection that this request came by; none in tests without a server.
    pub(crate) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.conn_data::<Rc<Self>>().cloned()
    }

    /// A request has arrived; it is over when the result is dropped.
    pub(crate) fn begin(self: Rc<Self>) -> InProgress {
        self.requests.set(self.requests.get() + 1);
        InProgress(self)
    }

    /// From now on the connection carries a WebSocket.
    pub(crate) fn becomes_socket(&self) {
        self.is_socket.set(true);
    }

    /// Until when the peer may take its time; for ever while it waits for us.
    fn deadline(&self, timeouts: &BodyTimeouts) -> Option<Instant> {
        if self.requests.get() > 0 {
            return None;
        }
        Some(match self.awaits.get() {
            Awaited::Head(since) => since + timeouts.head,
            Awaited::Request(since) => since + timeouts.idle,
        })
    }

    /// Ready with how much may be read.
    fn poll_readable(&self, context: &Context<'_>) -> Poll<usize> {
        if !self.is_socket.get() {
            return Poll::Ready(usize::MAX);
        }
        let room = MAX_UNREAD.saturating_sub(self.unread.get());
        if room > 0 {
            return Poll::Ready(room);
        }
        *self.reader.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }

    fn read(&self, length: usize) {
        if self.is_socket.get() {
            self.unread.set(self.unread.get() + length);
        } else if let Awaited::Request(_) = self.awaits.get()
            && self.requests.get() == 0
        {
            self.awaits.set(Awaited::Head(Instant::now()));
        }
    }

    /// The WebSocket's task has taken so many bytes.
    pub(crate) fn took(&self, length: usize) {
        // Bytes that came along with the handshake were read before they counted.
        self.unread.set(self.unread.get().saturating_sub(length));
        if self.unread.get() < MAX_UNREAD
            && let Some(reader) = self.reader.borrow_mut().take()
        {
            reader.wake();
        }
    }

    fn wrote(&self, length: usize) {
        self.blocked_since.set(None);
        self.unsent.set(self.unsent.get().saturating_sub(length));
        if self.unsent.get() < MAX_UNSENT
            && let Some(writer) = self.writer.borrow_mut().take()
        {
            writer.wake();
        }
    }

    fn block(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(Instant::now()));
        }
    }

    /// The time since when the kernel has taken none of the waiting bytes; `None` while nothing waits.
    pub(crate) fn blocked_since(&self) -> Option<Instant> {
        self.blocked_since.get()
    }

    /// The WebSocket's task has handed so much over to be written.
    pub(crate) fn handed(&self, length: usize) {
        self.unsent.set(self.unsent.get() + length);
    }

    /// Ready while the WebSocket's task may hand more over. One task at a time.
    pub(crate) fn poll_sendable(&self, context: &Context<'_>) -> Poll<()> {
        if self.unsent.get() < MAX_UNSENT {
            return Poll::Ready(());
        }
        *self.writer.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct InProgress(Rc<Traffic>);

impl Drop for InProgress {
    fn drop(&mut self) {
        let left = self.0.requests.get().saturating_sub(1);
        self.0.requests.set(left);
        if left == 0 {
            self.0.awaits.set(Awaited::Request(Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn connection(room: usize) -> (Connection<DuplexStream>, DuplexStream) {
        let (stream, peer) = duplex(room);
        (Connection::over(stream, BodyTimeouts::default()), peer)
    }

    /// The time until the connection counts as ended by its peer.
    async fn ends_after(connection: &mut Connection<DuplexStream>) -> Duration {
        let since = Instant::now();
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 0);
        since.elapsed()
    }

    /// Milliseconds of tokio's timers are whole, and rounded up.
    fn close_to(measured: Duration, expected: Duration) -> bool {
        (expected..expected + SECOND / 100).contains(&measured)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_ten_seconds_from_the_start_however_it_drips() {
        let (mut connection, mut peer) = connection(1024);
        let since = Instant::now();
        for _ in 0..9 {
            peer.write_all(b"G").await.unwrap();
            assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 1);
            tokio::time::advance(SECOND).await;
        }
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 0);
        assert!(close_to(since.elapsed(), 10 * SECOND), "{:?}", since.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_connection_waits_for_the_next_request_and_then_for_its_head() {
        let (mut connection, mut peer) = connection(1024);
        drop(connection.traffic().begin());
        assert!(close_to(ends_after(&mut connection).await, 75 * SECOND));
        drop(connection.traffic().begin());
        tokio::time::advance(70 * SECOND).await;
        peer.write_all(b"G").await.unwrap();
        assert_eq!(connection.read(&mut [0; 16]).await.unwrap(), 1);
        assert!(close_to(ends_after(&mut connection).await, 10 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_request_is_answered_the_peer_is_not_waited_for() {
        let (mut connection, _peer) = connection(1024);
        let request = connection.traffic().begin();
        let mut byte = [0];
        let reading = tokio::time::timeout(1000 * SECOND, connection.read(&mut byte)).await;
        assert!(reading.is_err());
        drop(request);
        assert!(close_to(ends_after(&mut connection).await, 75 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn input_that_arrived_during_a_pause_is_read_before_timeouts_apply() {
        let (mut connection, mut peer) = connection(1024);
        for is_new in [true, false] {
            if !is_new {
                drop(connection.traffic().begin());
            }
            let mut byte = [0];
            // The timer is set, and then nothing runs for two minutes in which a request arrives.
            assert!(futures_util::FutureExt::now_or_never(connection.read(&mut byte)).is_none());
            peer.write_all(b"G").await.unwrap();
            tokio::time::advance(120 * SECOND).await;
            assert_eq!(connection.read(&mut byte).await.unwrap(), 1, "new: {is_new}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_timeouts_apply_only_once_waiting_input_is_read() {
        for arrives in [true, false] {
            let (mut connection, mut peer) = connection(1024);
            let mut byte = [0];
            assert!(futures_util::FutureExt::now_or_never(connection.read(&mut byte)).is_none());
            tokio::time::advance(120 * SECOND).await;
            // The timer is asked before the kernel was: nothing seems to be there.
            assert!(futures_util::FutureExt::now_or_never(connection.read(&mut byte)).is_none());
            if arrives {
                peer.write_all(b"G").await.unwrap();
                assert_eq!(connection.read(&mut byte).await.unwrap(), 1);
            } else {
                assert!(close_to(ends_after(&mut connection).await, LATE));
            }
        }
    }

    #[tokio::test]
    async fn a_socket_is_read_only_as_fast_as_its_task_takes_frames() {
        let (mut connection, mut peer) = connection(1 << 20);
        let traffic = connection.traffic();
        let _request = traffic.clone().begin();
        traffic.becomes_socket();
        peer.write_all(&vec![0; 1 << 20]).await.unwrap();
        let mut buffer = vec![0; 8 * 1024];
        let mut read = 0;
        while let Some(length) = futures_util::FutureExt::now_or_never(connection.read(&mut buffer)) {
            read += length.unwrap();
        }
        assert_eq!(read, MAX_UNREAD);
        traffic.took(5);
        assert_eq!(connection.read(&mut buffer).await.unwrap(), 5);
        traffic.took(MAX_UNREAD);
        assert_eq!(connection.read(&mut buffer).await.unwrap(), MAX_UNREAD);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_seen_and_one_that_takes_a_little_has_begun_anew() {
        let (mut connection, mut peer) = connection(10);
        let traffic = connection.traffic();
        assert_eq!(traffic.blocked_since(), None);
        traffic.handed(MAX_UNSENT);
        let begun = Instant::now();
        assert_eq!(connection.write(&[0; 20]).await.unwrap(), 10);
        assert!(futures_util::FutureExt::now_or_never(connection.write(&[0; 10])).is_none());
        tokio::time::advance(3 * SECOND).await;
        assert!(futures_util::FutureExt::now_or_never(connection.write(&[0; 10])).is_none());
        assert_eq!(traffic.blocked_since(), Some(begun));
        peer.read_exact(&mut [0; 4]).await.unwrap();
        assert_eq!(connection.write(&[0; 10]).await.unwrap(), 4);
        assert_eq!(traffic.blocked_since(), None);
        std::future::poll_fn(|context| traffic.poll_sendable(context)).await;
    }
}
