use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

use super::FixedClock;
use crate::{
    ports::{Blob, BlobError, BlobKeys, BlobResult, BlobWriter, Blobs, Clock as _},
    time::Timestamp,
};

/// Files in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct FakeBlobs {
    clock: FixedClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    broken: bool,
    finished: BTreeMap<String, (Timestamp, Vec<u8>)>,
    /// Keys of writers that crashed, and when they began.
    left: Vec<Timestamp>,
}

impl FakeBlobs {
    /// None yet; the clock says when they are stored.
    pub fn new(clock: FixedClock) -> Self {
        Self {
            clock,
            state: Arc::default(),
        }
    }

    /// From now on everything fails, or works again.
    pub fn fail(&self, broken: bool) {
        self.lock().broken = broken;
    }

    /// The keys of all that is there.
    pub fn keys(&self) -> Vec<String> {
        self.lock().finished.keys().cloned().collect()
    }

    /// Leaves what a writer leaves that begins now and crashes.
    pub fn crash_midway(&self) {
        let now = self.clock.now();
        self.lock().left.push(now);
    }

    fn state(&self) -> BlobResult<MutexGuard<'_, State>> {
        let state = self.lock();
        if state.broken {
            Err(BlobError("the fake is to fail".into()))
        } else {
            Ok(state)
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is ready, one after the other.
struct Ready<T>(VecDeque<BlobResult<T>>);

impl<T> Ready<T> {
    fn stream(items: impl IntoIterator<Item = BlobResult<T>>) -> Pin<Box<Self>> {
        Box::pin(Self(items.into_iter().collect()))
    }
}

impl<T> Unpin for Ready<T> {}

impl<T> Stream for Ready<T> {
    type Item = BlobResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<BlobResult<T>>> {
        Poll::Ready(self.0.pop_front())
    }
}

struct Writer {
    to: FakeBlobs,
    key: String,
    written: Vec<u8>,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        drop(self.to.state()?);
        self.written.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> BlobResult<u64> {
        let Self { to, key, written } = *self;
        let (size, now) = (written.len() as u64, to.clock.now());
        to.state()?.finished.insert(key, (now, written));
        Ok(size)
    }
}

#[async_trait]
impl Blobs for FakeBlobs {
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        drop(self.state()?);
        Ok(Box::new(Writer {
            to: self.clone(),
            key: key.to_owned(),
            written: Vec::new(),
        }))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        let state = self.state()?;
        let Some((_, bytes)) = state.finished.get(key) else {
            return Ok(None);
        };
        let size = bytes.len() as u64;
        let Range { start, end } = range.unwrap_or(0..size);
        let piece = usize::try_from(start)
            .ok()
            .zip(usize::try_from(end).ok())
            .and_then(|(start, end)| bytes.get(start..end));
        let piece = piece.ok_or_else(|| BlobError("no such range".into()))?;
        Ok(Some(Blob {
            size,
            bytes: Ready::stream([Ok(Bytes::copy_from_slice(piece))]),
        }))
    }

    async fn size(&self, key: &str) -> BlobResult<Option<u64>> {
        Ok(self.state()?.finished.get(key).map(|(_, bytes)| bytes.len() as u64))
    }

    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        let mut state = self.state()?;
        for key in keys {
            state.finished.remove(key);
        }
        Ok(())
    }

    fn older_than(&self, before: Timestamp) -> BlobKeys {
        match self.state() {
            Ok(state) => {
                let old = state.finished.iter().filter(|(_, (at, _))| *at < before);
                Ready::stream(old.map(|(key, _)| Ok(key.clone())))
            }
            Err(error) => Ready::stream([Err(error)]),
        }
    }

    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        let mut state = self.state()?;
        let there = state.left.len();
        state.left.retain(|began| *began >= before);
        Ok((there - state.left.len()) as u64)
    }

    async fn ping(&self) -> BlobResult<()> {
        self.state().map(drop)
    }
}
