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
    identity::StoreId,
    ports::{Blob, BlobEntries, BlobEntry, BlobError, BlobResult, BlobWriter, Blobs, Clock as _, LinkHeaders},
    testing::builders::store_id,
    time::Timestamp,
};

/// An object store in memory, which belongs to the database of the fakes. Clones share it.
#[derive(Clone, Debug)]
pub struct FakeBlobs {
    clock: FixedClock,
    database: StoreId,
    state: Arc<Mutex<State>>,
}

impl Default for FakeBlobs {
    fn default() -> Self {
        Self::new(FixedClock::default())
    }
}

#[derive(Debug)]
struct State {
    broken: bool,
    owner: Option<StoreId>,
    finished: BTreeMap<String, (Timestamp, Vec<u8>)>,
    set_aside: BTreeMap<String, (Timestamp, Vec<u8>)>,
    /// The times at which writers began that crashed.
    left: Vec<Timestamp>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            broken: false,
            owner: Some(store_id()),
            finished: BTreeMap::new(),
            set_aside: BTreeMap::new(),
            left: Vec::new(),
        }
    }
}

impl FakeBlobs {
    /// An empty store, dated by this clock.
    pub fn new(clock: FixedClock) -> Self {
        Self {
            clock,
            database: store_id(),
            state: Arc::default(),
        }
    }

    /// The same store, opened for another database.
    #[must_use]
    pub fn opened_for(&self, database: StoreId) -> Self {
        Self { database, ..self.clone() }
    }

    /// Makes everything fail from now on, or work again.
    pub fn fail(&self, broken: bool) {
        self.lock().broken = broken;
    }

    /// Replaces the id that the store carries.
    pub fn carry(&self, owner: Option<StoreId>) {
        self.lock().owner = owner;
    }

    /// The keys of all objects that were set aside.
    pub fn keys_set_aside(&self) -> Vec<String> {
        self.lock().set_aside.keys().cloned().collect()
    }

    /// The keys of all finished objects that were not set aside.
    pub fn keys(&self) -> Vec<String> {
        self.lock().finished.keys().cloned().collect()
    }

    /// Leaves the remains of a writer that begins now and crashes.
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

    /// The state; an error if the store carries another id.
    fn ours(&self) -> BlobResult<MutexGuard<'_, State>> {
        let state = self.state()?;
        if state.owner.as_ref() == Some(&self.database) {
            Ok(state)
        } else {
            Err(BlobError("the fake carries another id".into()))
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream of values that are ready.
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
        drop(self.to.ours()?);
        self.written.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> BlobResult<u64> {
        let Self { to, key, written } = *self;
        let (size, now) = (written.len() as u64, to.clock.now());
        to.ours()?.finished.insert(key, (now, written));
        Ok(size)
    }
}

#[async_trait]
impl Blobs for FakeBlobs {
    async fn owner(&self) -> BlobResult<Option<StoreId>> {
        Ok(self.state()?.owner.clone())
    }

    async fn claim(&self) -> BlobResult<()> {
        self.state()?.owner.get_or_insert_with(|| self.database.clone());
        Ok(())
    }

    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        drop(self.ours()?);
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

    async fn link(&self, _: &str, _: &LinkHeaders<'_>) -> BlobResult<Option<String>> {
        Ok(None)
    }

    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        let mut state = self.state()?;
        for key in keys {
            state.finished.remove(key);
        }
        Ok(())
    }

    fn list(&self) -> BlobEntries {
        match self.state() {
            Ok(state) => entries(&state.finished),
            Err(error) => Ready::stream([Err(error)]),
        }
    }

    async fn set_aside(&self, keys: &[String]) -> BlobResult<()> {
        let (mut state, now) = (self.ours()?, self.clock.now());
        for key in keys {
            if let Some((key, (_, bytes))) = state.finished.remove_entry(key) {
                state.set_aside.insert(key, (now, bytes));
            }
        }
        Ok(())
    }

    async fn put_back(&self, keys: &[String]) -> BlobResult<()> {
        let (mut state, now) = (self.ours()?, self.clock.now());
        for key in keys {
            if let Some((key, (_, bytes))) = state.set_aside.remove_entry(key) {
                state.finished.insert(key, (now, bytes));
            }
        }
        Ok(())
    }

    fn list_set_aside(&self) -> BlobEntries {
        match self.state() {
            Ok(state) => entries(&state.set_aside),
            Err(error) => Ready::stream([Err(error)]),
        }
    }

    async fn delete_set_aside(&self, keys: &[String]) -> BlobResult<()> {
        let mut state = self.ours()?;
        for key in keys {
            state.set_aside.remove(key);
        }
        Ok(())
    }

    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        let mut state = self.state()?;
        let there = state.left.len();
        state.left.retain(|began| *began >= before);
        Ok((there - state.left.len()) as u64)
    }

    async fn ping(&self) -> BlobResult<()> {
        self.ours().map(drop)
    }
}

fn entries(blobs: &BTreeMap<String, (Timestamp, Vec<u8>)>) -> BlobEntries {
    Ready::stream(blobs.iter().map(|(key, (since, _))| {
        Ok(BlobEntry {
            key: key.clone(),
            since: *since,
        })
    }))
}
