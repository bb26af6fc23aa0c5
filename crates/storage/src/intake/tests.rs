use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    ports::{Blob, BlobKeys, BlobResult, BlobWriter, Blobs},
    time::Timestamp,
};
use tokio::sync::Semaphore;

use super::*;
use crate::blobs::Objects;

fn intake(blobs: Arc<dyn Blobs>) -> Intake {
    let config = IntakeConfig {
        file_bytes: 1024 * 1024,
        strip_metadata: true,
        workers: 1,
        waiting_room: std::env::temp_dir(),
        random: || 0xFEED,
    };
    Intake::new(blobs, config).unwrap()
}

/// A store whose objects are there only when they are let in.
struct Slow {
    objects: Objects,
    signals: Arc<Signals>,
}

struct SlowWriter {
    writer: Box<dyn BlobWriter>,
    signals: Arc<Signals>,
}

struct Signals {
    asked: Semaphore,
    let_in: Semaphore,
    finished: Semaphore,
}

#[async_trait]
impl Blobs for Slow {
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        Ok(Box::new(SlowWriter {
            writer: self.objects.create(key).await?,
            signals: self.signals.clone(),
        }))
    }
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        self.objects.read(key, range).await
    }
    async fn size(&self, key: &str) -> BlobResult<Option<u64>> {
        self.objects.size(key).await
    }
    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        self.objects.delete(keys).await
    }
    fn older_than(&self, before: Timestamp) -> BlobKeys {
        self.objects.older_than(before)
    }
    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        self.objects.clear_unfinished(before).await
    }
    async fn ping(&self) -> BlobResult<()> {
        self.objects.ping().await
    }
}

#[async_trait]
impl BlobWriter for SlowWriter {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        self.writer.write(bytes).await
    }
    async fn finish(self: Box<Self>) -> BlobResult<u64> {
        self.signals.asked.add_permits(1);
        let _turn = self.signals.let_in.acquire().await;
        let size = self.writer.finish().await;
        self.signals.finished.add_permits(1);
        size
    }
}

#[tokio::test]
async fn an_object_that_is_finished_after_its_request_has_gone_is_deleted() {
    let signals = Arc::new(Signals {
        asked: Semaphore::new(0),
        let_in: Semaphore::new(0),
        finished: Semaphore::new(0),
    });
    let objects = Objects::in_memory();
    let intake = intake(Arc::new(Slow {
        objects: objects.clone(),
        signals: signals.clone(),
    }));
    let place = Arc::new(());
    let mut receiving = intake.receive("a.txt", None, place.clone());
    receiving.write(Bytes::from_static(b"words")).await.unwrap();
    {
        let mut request = Box::pin(receiving.finish());
        tokio::select! {
            _ = &mut request => panic!("the object was not let in yet"),
            begun = signals.asked.acquire() => begun.unwrap().forget(),
        }
    }
    assert_eq!(Arc::strong_count(&place), 2, "the store is not done with it");

    signals.let_in.add_permits(1);
    signals.finished.acquire().await.unwrap().forget();
    intake.settle(Duration::from_secs(20)).await;
    assert_eq!(Arc::strong_count(&place), 1);
    assert_eq!(objects.size(&intake.key("")).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_file_is_does_not_hang_on_how_much_of_it_comes_at_once() {
    let markup_behind_the_head = [b"\xFF\xD8\xFF\xE0".as_slice(), &[0; 9000], b"<script>alert(1)</script>"].concat();
    for pieces in [1, 7, 1000, markup_behind_the_head.len()] {
        let intake = intake(Arc::new(Objects::in_memory()));
        let mut receiving = intake.receive("a.jpg", None, Arc::new(()));
        for piece in markup_behind_the_head.chunks(markup_behind_the_head.len().div_ceil(pieces)) {
            receiving.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let (stored, objects) = receiving.finish().await.unwrap();
        assert_eq!((stored.mime_type.as_str(), stored.file_size), ("image/jpeg", 9029));
        drop(objects);
        intake.settle(Duration::from_secs(20)).await;
    }
}

#[tokio::test]
async fn a_turn_is_over_when_the_work_is_even_if_nobody_waits() {
    let workers = Arc::new(Workers::start(1).unwrap());
    let (started, starts) = tokio::sync::oneshot::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn({
        let workers = workers.clone();
        async move {
            let work = move || {
                started.send(()).ok();
                held.recv().ok();
                Ok(())
            };
            workers.run(work).await
        }
    });
    starts.await.unwrap();
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(workers.free(), 0, "the thread is busy");
    release.send(()).unwrap();
    workers.run(|| Ok(())).await.unwrap();

    let panicked = workers.run(|| -> Result<(), _> { panic!("on purpose") }).await;
    assert!(matches!(panicked, Err(IntakeError::Type(_))), "the file is at fault");
    workers.run(|| Ok(())).await.unwrap();
}
