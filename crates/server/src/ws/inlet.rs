use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    dev::Payload,
    error::PayloadError,
    web::{self, Bytes},
};
use futures_util::{Stream, StreamExt as _};

use super::frames::{Frames, Refusal, Stop};
use crate::connection::Traffic;

/// So many frames are handed to the library's parser at once; it turns all of them into messages before it gives out the first.
const FRAMES_AT_ONCE: u32 = 16;

/// The bytes that come in on a WebSocket, in front of the library's parser, which gets them only as far as their headers are within the limits
/// ([`Checked`]). Once we have closed the socket it is read past the parser ([`Inlet::poll_goodbye`]).
pub(super) struct Inlet {
    payload: Payload,
    traffic: Option<Rc<Traffic>>,
    frames: Frames,
    /// Taken from the payload, and not handed on.
    rest: Bytes,
    /// Frames that were handed on since the parser last had to wait.
    handed_on: u32,
    refusal: Option<Refusal>,
    has_closed: bool,
    has_ended: bool,
}

impl Inlet {
    pub(super) fn new(payload: web::Payload, traffic: Option<Rc<Traffic>>) -> Self {
        Self {
            payload: payload.into_inner(),
            traffic,
            frames: Frames::new(),
            rest: Bytes::new(),
            handed_on: 0,
            refusal: None,
            has_closed: false,
            has_ended: false,
        }
    }

    /// Why nothing more is handed on, if that is so.
    pub(super) const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Checks the headers of the frames that have arrived, of a socket whose frames will not be handled.
    pub(super) fn look(&mut self, context: &mut Context<'_>) -> Option<Refusal> {
        while let Poll::Ready(Some(Ok(_))) = self.poll_checked(context) {}
        self.refusal
    }

    fn poll_checked(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        if self.refusal.is_some() {
            return Poll::Ready(None);
        }
        if self.rest.is_empty() {
            match self.poll_bytes(context) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                Poll::Ready(end) => return Poll::Ready(end),
                Poll::Pending => {
                    self.handed_on = 0;
                    return Poll::Pending;
                }
            }
        }
        if self.handed_on >= FRAMES_AT_ONCE {
            self.handed_on = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut passed = 0;
        while self.handed_on < FRAMES_AT_ONCE {
            let (length, stop) = self.frames.follow(&self.rest[passed..]);
            passed += length;
            match stop {
                Stop::Within => break,
                Stop::Complete { is_close } => {
                    self.handed_on += 1;
                    self.has_closed |= is_close;
                }
                Stop::Refused(refusal) => {
                    self.refusal = Some(refusal);
                    break;
                }
            }
        }
        let checked = self.rest.split_to(passed);
        if checked.is_empty() {
            Poll::Ready(None)
        } else {
            Poll::Ready(Some(Ok(checked)))
        }
    }

    /// Reads on and keeps nothing, until the peer has sent its close frame, has closed the connection, or has sent more than so many bytes.
    pub(super) fn poll_goodbye(&mut self, context: &mut Context<'_>, left: &mut usize) -> Poll<()> {
        self.frames.stop_checking();
        loop {
            while !self.rest.is_empty() {
                let (length, stop) = self.frames.follow(&self.rest);
                let _ = self.rest.split_to(length);
                self.has_closed |= stop == Stop::Complete { is_close: true };
            }
            if self.has_closed {
                return Poll::Ready(());
            }
            match ready!(self.poll_bytes(context)) {
                Some(Ok(bytes)) if bytes.len() <= *left => {
                    *left -= bytes.len();
                    self.rest = bytes;
                }
                _ => return Poll::Ready(()),
            }
        }
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let next = ready!(self.payload.poll_next_unpin(context));
        match (&next, &self.traffic) {
            (Some(Ok(bytes)), Some(traffic)) => traffic.took(bytes.len()),
            (Some(Ok(_)), None) => {}
            (Some(Err(_)) | None, _) => self.has_ended = true,
        }
        Poll::Ready(next)
    }
}

/// The stream of checked bytes that the library's parser reads.
pub(super) struct Checked(pub(super) Rc<RefCell<Inlet>>);

impl Stream for Checked {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_checked(context)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest as _, test::TestRequest};
    use futures_util::{FutureExt as _, stream};
    use proptest::prelude::*;

    use super::*;

    /// An inlet that receives these chunks, and then nothing more for ever.
    fn inlet(chunks: Vec<Vec<u8>>) -> Rc<RefCell<Inlet>> {
        let chunks = chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk)));
        let mut payload = Payload::Stream {
            payload: stream::iter(chunks).chain(stream::pending()).boxed_local(),
        };
        let request = TestRequest::default().to_http_request();
        let payload = web::Payload::from_request(&request, &mut payload).now_or_never().unwrap().unwrap();
        Rc::new(RefCell::new(Inlet::new(payload, None)))
    }

    /// All bytes that the parser gets, checked to hold only so many frames at once; `true` if the stream ended.
    fn passed(inlet: &Rc<RefCell<Inlet>>) -> (Vec<u8>, bool) {
        let (mut checked, mut bytes, mut waits) = (Checked(inlet.clone()), Vec::new(), 0);
        while waits < 2 {
            match checked.next().now_or_never() {
                Some(Some(chunk)) => {
                    waits = 0;
                    bytes.extend(chunk.unwrap());
                }
                Some(None) => return (bytes, true),
                // It may only have had enough for once.
                None => waits += 1,
            }
        }
        (bytes, false)
    }

    fn ping() -> Vec<u8> {
        vec![0x89, 0x81, 0, 0, 0, 0, b'?']
    }

    #[test]
    fn frames_pass_up_to_the_first_that_is_refused() {
        let announced = [vec![0x82, 0xFF], (1_u64 << 40).to_be_bytes().to_vec(), vec![0; 100]].concat();
        let inlet = inlet(vec![[ping(), announced].concat(), ping()]);
        let (bytes, has_ended) = passed(&inlet);
        assert_eq!((&bytes[..7], bytes.len(), has_ended), (&ping()[..], 7 + 9, true));
        assert_eq!(inlet.borrow().refusal(), Some(Refusal::TooBig));
    }

    #[test]
    fn the_parser_gets_a_few_frames_at_once() {
        let inlet = inlet(vec![ping().repeat(100)]);
        let mut checked = Checked(inlet);
        let first = checked.next().now_or_never().flatten().unwrap().unwrap();
        assert_eq!(first.len(), 16 * ping().len());
        assert!(checked.next().now_or_never().is_none(), "what it has comes first");
        let second = checked.next().now_or_never().flatten().unwrap().unwrap();
        assert_eq!(second.len(), first.len());
    }

    /// Reads until the closing handshake ends: the rest of the byte limit, once the peer has sent a close frame or exceeded the limit.
    fn goodbye(inlet: &Rc<RefCell<Inlet>>, most: usize) -> Option<usize> {
        let mut left = most;
        std::future::poll_fn(|context| inlet.borrow_mut().poll_goodbye(context, &mut left))
            .now_or_never()
            .map(|()| left)
    }

    #[test]
    fn a_closing_handshake_ends_with_the_peer_s_close_frame_or_at_the_byte_limit() {
        let close = vec![0x88, 0x80, 0, 0, 0, 0];
        assert_eq!(goodbye(&inlet(vec![ping(), close.clone()]), 100), Some(100 - 13));
        assert_eq!(goodbye(&inlet(vec![ping()]), 100), None);
        assert_eq!(goodbye(&inlet(vec![vec![0x82, 0xFF], vec![0xFF; 200]]), 100), Some(98));
        // The close frame may be the last that the parser got, or come after a frame that was refused.
        let closed = inlet(vec![close.clone()]);
        passed(&closed);
        assert_eq!(goodbye(&closed, 0), Some(0));
        let refused = inlet(vec![[vec![0x82, 0xFE, 0, 3, 0, 0, 0, 0, 1, 2, 3, 0xF2, 0x00], close].concat()]);
        passed(&refused);
        assert_eq!(refused.borrow().refusal(), Some(Refusal::Protocol));
        assert_eq!(goodbye(&refused, 0), Some(0));
    }

    proptest! {
        #[test]
        fn well_formed_streams_pass_unchanged_in_chunks_of_any_size(
            lengths in prop::collection::vec(0..2_000_u16, 0..40),
            chunks in prop::collection::vec(1..1_000_usize, 1..50),
        ) {
            let frames = lengths.iter().map(|length| {
                let [high, low] = length.to_be_bytes();
                [vec![0x82, 0xFE, high, low, 1, 2, 3, 4], vec![7; usize::from(*length)]].concat()
            });
            let bytes: Vec<u8> = frames.flatten().collect();
            let (mut rest, mut pieces) = (&bytes[..], Vec::new());
            for length in chunks.into_iter().cycle() {
                let (piece, later) = rest.split_at(length.min(rest.len()));
                pieces.push(piece.to_vec());
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            pieces.retain(|piece| !piece.is_empty());
            let inlet = inlet(pieces);
            prop_assert_eq!(passed(&inlet), (bytes, false));
            prop_assert_eq!(inlet.borrow().refusal(), None);
        }
    }
}
