//! The suite of [`crate::ports::Blobs`].

use std::{future::poll_fn, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    identity::StoreId,
    ports::{BlobEntries, BlobResult, BlobStream, BlobWriter, Blobs},
    testing::{
        builders::store_id,
        fakes::{FakeBlobs, FixedClock},
        join_all,
    },
    time::Timestamp,
};

/// An object store under test, which belongs to the database of the builders, and the clock by which it dates its blobs.
#[async_trait]
pub trait BlobsFixture: Send + Sync {
    /// The store under test, opened for the database of the builders.
    fn blobs(&self) -> &dyn Blobs;

    /// The same store, opened for another database.
    fn opened_for(&self, database: StoreId) -> Box<dyn Blobs>;

    /// An empty store that carries no id yet, opened for the database of the builders.
    fn unclaimed(&self) -> Box<dyn Blobs>;

    /// A time after all blobs finished so far, and not after any blob that is finished from now on.
    async fn between(&self) -> Timestamp;

    /// Leaves the remains of a writer whose process was killed.
    async fn crash_midway(&self, key: &str);
}

/// The fixture of the fake: the fake and its clock.
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

    fn opened_for(&self, database: StoreId) -> Box<dyn Blobs> {
        Box::new(self.blobs.opened_for(database))
    }

    fn unclaimed(&self) -> Box<dyn Blobs> {
        let blobs = FakeBlobs::default();
        blobs.carry(None);
        Box::new(blobs)
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
            blobs: written_pieces_are_read_in_order,
            a_big_blob_comes_back_whole,
            an_empty_blob_exists,
            ranges_are_exact,
            a_blob_does_not_exist_before_it_is_finished,
            a_dropped_writer_leaves_nothing,
            a_blob_is_found_under_its_key_only,
            deleting_removes_existing_objects_and_ignores_missing_ones,
            a_list_has_the_times_at_which_blobs_were_finished,
            blobs_set_aside_cannot_be_read_and_can_be_put_back,
            blobs_set_aside_are_dated_by_their_setting_aside,
            blobs_set_aside_can_be_deleted,
            a_store_without_an_id_takes_nothing_until_it_is_claimed,
            a_claimed_store_keeps_its_id,
            a_store_of_another_database_takes_nothing_and_loses_nothing,
            leftovers_of_a_crash_are_cleared_and_nothing_else,
            many_writers_at_once_do_not_mix,
            ping_of_a_working_store_succeeds,
        );
    };
}

/// Unwraps results of a store that is expected to work.
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

async fn entries(mut stream: BlobEntries) -> Vec<(String, Timestamp)> {
    let mut all = Vec::new();
    while let Some(entry) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let entry = entry.works();
        all.push((entry.key, entry.since));
    }
    all.sort();
    all
}

async fn keys(stream: BlobEntries) -> Vec<String> {
    entries(stream).await.into_iter().map(|(key, _)| key).collect()
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

/// Bytes whose values depend on their place.
fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from((index / 7 + usize::from(seed)) % 251).unwrap_or(0))
        .collect()
}

/// The number and size of the pieces do not matter.
pub async fn written_pieces_are_read_in_order(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let mut writer = begin(blobs, "aa/1").await;
    for piece in ["salom", "", ", ", "dunyo"] {
        writer.write(Bytes::from_static(piece.as_bytes())).await.works();
    }
    assert_eq!(writer.finish().await.works(), 12);
    assert_eq!(get(blobs, "aa/1", None).await, Some((12, b"salom, dunyo".to_vec())));
    assert_eq!(blobs.size("aa/1").await.works(), Some(12));
}

/// The blob is many times larger than the buffers of adapters.
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

/// A writer that finishes without writing makes an empty blob.
pub async fn an_empty_blob_exists(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    assert_eq!(begin(blobs, "aa/empty").await.finish().await.works(), 0);
    assert_eq!(blobs.size("aa/empty").await.works(), Some(0));
    assert_eq!(get(blobs, "aa/empty", None).await, Some((0, Vec::new())));
}

/// Ranges may begin at the first byte, end at the last, and cross pieces.
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

/// No part of the blob can be read, listed or measured.
pub async fn a_blob_does_not_exist_before_it_is_finished(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let mut writer = begin(blobs, "aa/1").await;
    writer.write(pattern(3_000_000, 0).into()).await.works();
    assert_eq!(blobs.size("aa/1").await.works(), None);
    assert!(get(blobs, "aa/1", None).await.is_none());
    assert_eq!(keys(blobs.list()).await, Vec::<String>::new());
    writer.finish().await.works();
    assert_eq!(blobs.size("aa/1").await.works(), Some(3_000_000));
}

/// It does not matter whether the writer has written much or nothing.
pub async fn a_dropped_writer_leaves_nothing(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    drop(begin(blobs, "aa/1").await);
    let mut writer = begin(blobs, "aa/2").await;
    writer.write(pattern(3_000_000, 0).into()).await.works();
    drop(writer);
    assert_eq!((blobs.size("aa/1").await.works(), blobs.size("aa/2").await.works()), (None, None));
    assert_eq!(keys(blobs.list()).await, Vec::<String>::new());
}

/// Neither the beginning of a key nor a folder of it finds the blob.
pub async fn a_blob_is_found_under_its_key_only(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    put(blobs, "aa/12", "x").await;
    for key in ["aa/1", "aa", "ab/12", "aa/123"] {
        assert_eq!(blobs.size(key).await.works(), None, "{key}");
        assert!(get(blobs, key, None).await.is_none(), "{key}");
    }
}

/// A blob is deleted once, twice, and before it existed.
pub async fn deleting_removes_existing_objects_and_ignores_missing_ones(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    for key in ["aa/1", "aa/2", "aa/3"] {
        put(blobs, key, "x").await;
    }
    let gone = ["aa/1", "aa/never", "aa/3"].map(str::to_owned);
    blobs.delete(&gone).await.works();
    blobs.delete(&gone).await.works();
    blobs.delete(&[]).await.works();
    assert_eq!(keys(blobs.list()).await, ["aa/2"]);
}

/// The times are those of the store's clock.
pub async fn a_list_has_the_times_at_which_blobs_were_finished(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    let start = fixture.between().await;
    put(blobs, "bb/old", "x").await;
    put(blobs, "aa/old", "x").await;
    let between = fixture.between().await;
    put(blobs, "aa/new", "x").await;
    let end = fixture.between().await;
    let listed = entries(blobs.list()).await;
    assert_eq!(listed.len(), 3);
    for (key, since) in listed {
        let expected = if key == "aa/new" { between..end } else { start..between };
        assert!(expected.contains(&since), "{key}: {since} is not in {expected:?}");
    }
}

/// A blob that was put back has all its bytes.
pub async fn blobs_set_aside_cannot_be_read_and_can_be_put_back(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    for key in ["aa/1", "aa/2", "bb/3.jpg"] {
        put(blobs, key, key.to_owned()).await;
    }
    let taken = ["aa/1", "aa/never", "bb/3.jpg"].map(str::to_owned);
    for _ in 0..2 {
        blobs.set_aside(&taken).await.works();
        assert_eq!(keys(blobs.list()).await, ["aa/2"]);
        assert_eq!(keys(blobs.list_set_aside()).await, ["aa/1", "bb/3.jpg"]);
        assert_eq!((blobs.size("aa/1").await.works(), get(blobs, "bb/3.jpg", None).await), (None, None));
    }
    for _ in 0..2 {
        blobs.put_back(&["aa/1", "aa/2", "aa/never"].map(str::to_owned)).await.works();
        assert_eq!(keys(blobs.list()).await, ["aa/1", "aa/2"]);
        assert_eq!(keys(blobs.list_set_aside()).await, ["bb/3.jpg"]);
        assert_eq!(get(blobs, "aa/1", None).await, Some((4, b"aa/1".to_vec())));
    }
}

/// The date is not that of finishing, which may have been years ago.
pub async fn blobs_set_aside_are_dated_by_their_setting_aside(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    put(blobs, "aa/1", "x").await;
    let before = fixture.between().await;
    blobs.set_aside(&["aa/1".to_owned()]).await.works();
    let after = fixture.between().await;
    let aside = entries(blobs.list_set_aside()).await;
    assert!(
        matches!(aside.as_slice(), [(_, since)] if (before..after).contains(since)),
        "{aside:?}"
    );
}

/// Blobs that are not set aside stay, even if their keys are given.
pub async fn blobs_set_aside_can_be_deleted(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    for key in ["aa/1", "aa/2", "aa/3"] {
        put(blobs, key, "x").await;
    }
    blobs.set_aside(&["aa/1", "aa/2"].map(str::to_owned)).await.works();
    for _ in 0..2 {
        blobs
            .delete_set_aside(&["aa/1", "aa/3", "aa/never"].map(str::to_owned))
            .await
            .works();
        assert_eq!(keys(blobs.list_set_aside()).await, ["aa/2"]);
        assert_eq!(keys(blobs.list()).await, ["aa/3"]);
    }
}

/// A store without an id could be a mount point without its volume.
pub async fn a_store_without_an_id_takes_nothing_until_it_is_claimed(fixture: &impl BlobsFixture) {
    let blobs = &*fixture.unclaimed();
    assert_eq!(blobs.owner().await.works(), None);
    assert!(blobs.create("aa/1").await.is_err());
    assert!(blobs.ping().await.is_err());
    assert_eq!(keys(blobs.list()).await, Vec::<String>::new());
    blobs.claim().await.works();
    assert_eq!(blobs.owner().await.works(), Some(store_id()));
    put(blobs, "aa/1", "x").await;
    blobs.ping().await.works();
    assert_eq!(keys(blobs.list()).await, ["aa/1"]);
}

/// A claim for another database does not change the id.
pub async fn a_claimed_store_keeps_its_id(fixture: &impl BlobsFixture) {
    let other = fixture.opened_for(StoreId::new("theirs"));
    for blobs in [fixture.blobs(), &*other] {
        blobs.claim().await.works();
        assert_eq!(blobs.owner().await.works(), Some(store_id()));
    }
}

/// Its blobs can still be read.
pub async fn a_store_of_another_database_takes_nothing_and_loses_nothing(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    for key in ["aa/1", "aa/2"] {
        put(blobs, key, "x").await;
    }
    let aside = ["aa/2".to_owned()];
    blobs.set_aside(&aside).await.works();
    let other = &*fixture.opened_for(StoreId::new("theirs"));
    assert!(other.create("aa/3").await.is_err());
    assert!(other.ping().await.is_err());
    assert!(other.set_aside(&["aa/1".to_owned()]).await.is_err());
    assert!(other.put_back(&aside).await.is_err());
    assert!(other.delete_set_aside(&aside).await.is_err());
    assert_eq!(get(other, "aa/1", None).await, Some((1, b"x".to_vec())));
    assert_eq!(keys(blobs.list()).await, ["aa/1"]);
    assert_eq!(keys(blobs.list_set_aside()).await, ["aa/2"]);
}

/// Finished blobs and blobs that are being written stay.
pub async fn leftovers_of_a_crash_are_cleared_and_nothing_else(fixture: &impl BlobsFixture) {
    let blobs = fixture.blobs();
    put(blobs, "aa/1", "x").await;
    fixture.crash_midway("aa/2").await;
    let between = fixture.between().await;
    let mut running = begin(blobs, "aa/3").await;
    running.write(pattern(3_000_000, 0).into()).await.works();
    // Some stores remove such remains by themselves.
    assert!(blobs.clear_unfinished(between).await.works() <= 1);
    assert_eq!(blobs.clear_unfinished(between).await.works(), 0);
    running.finish().await.works();
    assert_eq!(keys(blobs.list()).await, ["aa/1", "aa/3"]);
}

/// Each blob has the bytes of its own writer.
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

/// A ping of a working store succeeds.
pub async fn ping_of_a_working_store_succeeds(fixture: &impl BlobsFixture) {
    fixture.blobs().ping().await.works();
}
