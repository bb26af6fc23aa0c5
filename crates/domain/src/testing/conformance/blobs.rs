//! [`crate::ports::Blobs`].

use std::{future::poll_fn, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    ports::{BlobKeys, BlobResult, BlobStream, BlobWriter, Blobs},
    testing::{
        fakes::{FakeBlobs, FixedClock},
        join::join_all,
    },
    time::Timestamp,
};

/// A store of files under test, and the clock by which it dates them.
#[async_trait]
pub trait BlobsFixture: Send + Sync {
    /// The store.
    fn blobs(&self) -> &dyn Blobs;

    /// A time after everything finished so far, and not after anything that is finished from now on.
    async fn between(&self) -> Timestamp;

    /// Leaves behind what a writer leaves whose process is killed.
    async fn crash_midway(&self, key: &str);
}

/// The fake and its clock.
pub struct FakeBlobsFixture {
    blobs: FakeBlobs,
    clock: FixedClock,
}

impl Default for FakeBlobsFixture {
    fn default() -> Self {
        let clock = FixedClock::default();
        Self {
            blobs: FakeBlobs::new(clock.clone()),
            clock,
        }
    }
}

#[async_trait]
impl BlobsFixture for FakeBlobsFixture {
    fn blobs(&self) -> &dyn Blobs {
        &self.blobs
    }

    async fn between(&self) -> Timestamp {
        use crate::ports::Clock as _;
        self.clock.advance(1);
        self.clock.now()
    }

    async fn crash_midway(&self, _: &str) {
        self.blobs.crash_midway();
    }
}

/// Runs the suite of [`crate::ports::Blobs`] on what an `async fn` makes: `(fixture, guard)`, see [`BlobsFixture`](crate::testing::conformance::blobs::BlobsFixture).
#[macro_export]
macro_rules! blobs_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            blobs: what_was_written_is_read_in_order,
            a_big_blob_comes_back_whole,
            an_empty_blob_is_one,
            ranges_are_exact,
            a_blob_is_not_there_before_it_is_finished,
            a_dropped_writer_leaves_nothing,
            there_is_nothing_under_another_key,
            deleting_takes_what_is_there_and_misses_nothing,
            only_what_was_finished_before_is_old,
            what_a_crash_left_is_cleared_and_nothing_else,
            many_writers_at_once_do_not_mix,
            a_store_that_works_answers,
        );
    };
}

/// What a store that works gives.
trait Works<T> {
    fn works(self) -> T;
}

impl<T> Works<T> for BlobResult<T> {
    #[track_caller]
    fn works(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("the store failed: {error:?}"),
        }
    }
}

async fn collect(mut stream: BlobStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        all.extend_from_slice(&bytes.works());
    }
    all
}

async fn keys(mut stream: BlobKeys) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(key) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        all.push(key.works());
    }
    all.sort();
    all
}

async fn begin(blobs: &dyn Blobs, key: &str) -> Box<dyn BlobWriter> {
    blobs.create(key).await.works()
}

async fn put(blobs: &dyn Blobs, key: &str, bytes: impl Into<Bytes>) -> u64 {
    let mut writer = begin(blobs, key).await;
    writer.write(bytes.into()).await.works();
    writer.finish().await.works()
}

async fn get(blobs: &dyn Blobs, key: &str, range: Option<Range<u64>>) -> Option<(u64, Vec<u8>)> {
    match blobs.read(key, range).await.works() {
        Some(blob) => Some((blob.size, collect(blob.bytes).await)),
        None => None,
    }
}

/// Bytes that differ by their place.
fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from((index / 7 + usize::from(seed)) % 251).unwrap_or(0))
        .collect()
}

/// In as many pieces as one likes.
pub async fn what_was_written_is_read_in_order(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let mut writer = begin(blobs, "aa/1").await;
    for piece in ["salom", "", ", ", "dunyo"] {
        writer.write(Bytes::from_static(piece.as_bytes())).await.works();
    }
    assert_eq!(writer.finish().await.works(), 12);
    assert_eq!(get(blobs, "aa/1", None).await, Some((12, b"salom, dunyo".to_vec())));
    assert_eq!(blobs.size("aa/1").await.works(), Some(12));
}

/// Many times larger than what adapters hold at once.
pub async fn a_big_blob_comes_back_whole(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let all = pattern(3_000_017, 3);
    let mut writer = begin(blobs, "aa/big").await;
    for piece in all.chunks(100_003) {
        writer.write(Bytes::copy_from_slice(piece)).await.works();
    }
    assert_eq!(writer.finish().await.works(), all.len() as u64);
    assert!(get(blobs, "aa/big", None).await == Some((all.len() as u64, all)), "it differs");
}

/// Nothing was written, and it is there.
pub async fn an_empty_blob_is_one(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    assert_eq!(begin(blobs, "aa/empty").await.finish().await.works(), 0);
    assert_eq!(blobs.size("aa/empty").await.works(), Some(0));
    assert_eq!(get(blobs, "aa/empty", None).await, Some((0, Vec::new())));
}

/// From the first byte, to the last, across pieces.
pub async fn ranges_are_exact(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let all = pattern(700_001, 1);
    put(blobs, "aa/1", all.clone()).await;
    for range in [0..1, 0..700_001, 700_000..700_001, 5..6, 131_071..262_145, 1..700_000] {
        let (from, to) = (usize::try_from(range.start).unwrap_or(0), usize::try_from(range.end).unwrap_or(0));
        let (size, piece) = get(blobs, "aa/1", Some(range.clone())).await.expect("it is there");
        assert_eq!(size, 700_001, "{range:?}");
        assert!(piece == all[from..to], "{range:?}");
    }
}

/// Not even a part of it.
pub async fn a_blob_is_not_there_before_it_is_finished(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let mut writer = begin(blobs, "aa/1").await;
    writer.write(pattern(3_000_000, 0).into()).await.works();
    assert_eq!(blobs.size("aa/1").await.works(), None);
    assert!(get(blobs, "aa/1", None).await.is_none());
    assert_eq!(keys(blobs.older_than(fixture.between().await)).await, Vec::<String>::new());
    writer.finish().await.works();
    assert_eq!(blobs.size("aa/1").await.works(), Some(3_000_000));
}

/// Whether it has written much or nothing.
pub async fn a_dropped_writer_leaves_nothing(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    drop(begin(blobs, "aa/1").await);
    let mut writer = begin(blobs, "aa/2").await;
    writer.write(pattern(3_000_000, 0).into()).await.works();
    drop(writer);
    assert_eq!((blobs.size("aa/1").await.works(), blobs.size("aa/2").await.works()), (None, None));
    assert_eq!(keys(blobs.older_than(fixture.between().await)).await, Vec::<String>::new());
}

/// Neither a beginning nor a folder.
pub async fn there_is_nothing_under_another_key(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    put(blobs, "aa/12", "x").await;
    for key in ["aa/1", "aa", "ab/12", "aa/123"] {
        assert_eq!(blobs.size(key).await.works(), None, "{key}");
        assert!(get(blobs, key, None).await.is_none(), "{key}");
    }
}

/// Once, twice, and before it was there.
pub async fn deleting_takes_what_is_there_and_misses_nothing(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    for key in ["aa/1", "aa/2", "aa/3"] {
        put(blobs, key, "x").await;
    }
    let gone = ["aa/1", "aa/never", "aa/3"].map(str::to_owned);
    blobs.delete(&gone).await.works();
    blobs.delete(&gone).await.works();
    blobs.delete(&[]).await.works();
    assert_eq!(keys(blobs.older_than(fixture.between().await)).await, ["aa/2"]);
}

/// Whatever its key.
pub async fn only_what_was_finished_before_is_old(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let start = fixture.between().await;
    put(blobs, "bb/old", "x").await;
    put(blobs, "aa/old", "x").await;
    let between = fixture.between().await;
    put(blobs, "aa/new", "x").await;
    assert_eq!(keys(blobs.older_than(start)).await, Vec::<String>::new());
    assert_eq!(keys(blobs.older_than(between)).await, ["aa/old", "bb/old"]);
    assert_eq!(
        keys(blobs.older_than(fixture.between().await)).await,
        ["aa/new", "aa/old", "bb/old"]
    );
}

/// Neither what is finished, nor what is still being written.
pub async fn what_a_crash_left_is_cleared_and_nothing_else(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    put(blobs, "aa/1", "x").await;
    fixture.crash_midway("aa/2").await;
    let between = fixture.between().await;
    let mut running = begin(blobs, "aa/3").await;
    running.write(pattern(3_000_000, 0).into()).await.works();
    // Some stores clear away by themselves.
    assert!(blobs.clear_unfinished(between).await.works() <= 1);
    assert_eq!(blobs.clear_unfinished(between).await.works(), 0);
    running.finish().await.works();
    assert_eq!(keys(blobs.older_than(fixture.between().await)).await, ["aa/1", "aa/3"]);
}

/// Each gets what it was given.
pub async fn many_writers_at_once_do_not_mix(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let write = async |number: u8| {
        let mut writer = begin(blobs, &format!("aa/{number}")).await;
        for piece in pattern(400_000, number).chunks(50_000) {
            writer.write(Bytes::copy_from_slice(piece)).await.works();
        }
        writer.finish().await.works()
    };
    let sizes = join_all((0..8).map(write)).await;
    assert_eq!(sizes, vec![400_000; 8]);
    for number in 0..8 {
        let found = get(blobs, &format!("aa/{number}"), None).await;
        assert!(found == Some((400_000, pattern(400_000, number))), "{number} differs");
    }
}

/// And says so.
pub async fn a_store_that_works_answers(fixture: &impl BlobsFixture) {
    fixture.blobs().ping().await.works();
}
