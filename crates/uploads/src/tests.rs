use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    identity::StoreId,
    messaging::StoredObjects as _,
    ports::{Blob, BlobEntries, BlobResult, BlobWriter, Blobs, LinkHeaders},
    testing::fakes::FakeBlobs,
    time::Timestamp,
};
use tokio::sync::Semaphore;

use super::*;

const AZIZ: UserId = UserId(5);

fn uploads(blobs: Arc<dyn Blobs>) -> Uploads {
    let config = UploadConfig {
        file_bytes: 1024 * 1024,
        image_pixels: 64_000_000,
        strip_metadata: true,
        workers: 1,
        spool_dir: std::env::temp_dir(),
        random: || 0xFEED,
    };
    Uploads::new(blobs, config).unwrap()
}

/// An object store that finishes an object only when a test permits it.
struct GatedBlobs {
    objects: FakeBlobs,
    signals: Arc<Signals>,
}

struct GatedWriter {
    writer: Box<dyn BlobWriter>,
    signals: Arc<Signals>,
}

struct Signals {
    /// A permit for each object whose writer was asked to finish.
    finishing: Semaphore,
    /// A permit for each object that may be finished.
    permitted: Semaphore,
    /// A permit for each finished object.
    finished: Semaphore,
}

#[async_trait]
impl Blobs for GatedBlobs {
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        Ok(Box::new(GatedWriter {
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
    async fn link(&self, key: &str, headers: &LinkHeaders<'_>) -> BlobResult<Option<String>> {
        self.objects.link(key, headers).await
    }
    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        self.objects.delete(keys).await
    }
    async fn owner(&self) -> BlobResult<Option<StoreId>> {
        self.objects.owner().await
    }
    async fn claim(&self) -> BlobResult<()> {
        self.objects.claim().await
    }
    fn list(&self) -> BlobEntries {
        self.objects.list()
    }
    async fn set_aside(&self, keys: &[String]) -> BlobResult<()> {
        self.objects.set_aside(keys).await
    }
    async fn put_back(&self, keys: &[String]) -> BlobResult<()> {
        self.objects.put_back(keys).await
    }
    fn list_set_aside(&self) -> BlobEntries {
        self.objects.list_set_aside()
    }
    async fn delete_set_aside(&self, keys: &[String]) -> BlobResult<()> {
        self.objects.delete_set_aside(keys).await
    }
    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        self.objects.clear_unfinished(before).await
    }
    async fn ping(&self) -> BlobResult<()> {
        self.objects.ping().await
    }
}

#[async_trait]
impl BlobWriter for GatedWriter {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        self.writer.write(bytes).await
    }
    async fn finish(self: Box<Self>) -> BlobResult<u64> {
        self.signals.finishing.add_permits(1);
        let _permit = self.signals.permitted.acquire().await;
        let size = self.writer.finish().await;
        self.signals.finished.add_permits(1);
        size
    }
}

#[tokio::test]
async fn an_object_finished_after_its_request_is_gone_is_deleted() {
    let signals = Arc::new(Signals {
        finishing: Semaphore::new(0),
        permitted: Semaphore::new(0),
        finished: Semaphore::new(0),
    });
    let objects = FakeBlobs::default();
    let uploads = uploads(Arc::new(GatedBlobs {
        objects: objects.clone(),
        signals: signals.clone(),
    }));
    let slot = Arc::new(());
    let mut upload = uploads.start(AZIZ, "a.txt", None, slot.clone());
    upload.write(Bytes::from_static(b"text")).await.unwrap();
    {
        let mut request = Box::pin(upload.finish());
        tokio::select! {
            _ = &mut request => panic!("the object is not permitted to finish yet"),
            finishing = signals.finishing.acquire() => finishing.unwrap().forget(),
        }
    }
    assert_eq!(Arc::strong_count(&slot), 2, "the object is not finished, so it holds the slot");

    signals.permitted.add_permits(1);
    signals.finished.acquire().await.unwrap().forget();
    uploads.drain(Duration::from_secs(20)).await;
    assert_eq!(Arc::strong_count(&slot), 1);
    assert_eq!(objects.size(&uploads.0.new_key()).await.unwrap(), None);
}

#[tokio::test]
async fn the_type_does_not_depend_on_the_size_of_the_pieces() {
    let markup_after_the_head = [b"\xFF\xD8\xFF\xE0".as_slice(), &[0; 9000], b"<script>alert(1)</script>"].concat();
    for pieces in [1, 7, 1000, markup_after_the_head.len()] {
        let uploads = uploads(Arc::new(FakeBlobs::default()));
        let mut upload = uploads.start(AZIZ, "a.jpg", None, Arc::new(()));
        for piece in markup_after_the_head.chunks(markup_after_the_head.len().div_ceil(pieces)) {
            upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let (stored, objects) = upload.finish().await.unwrap();
        assert_eq!((stored.mime_type.as_str(), stored.file_size), ("image/jpeg", 9029));
        drop(objects);
        uploads.drain(Duration::from_secs(20)).await;
    }
}

/// The position in `fixtures/turned.heic` of `media`; see the README there.
const POSITION: &[u8] = b"59.9386N 30.3141E";

async fn stored(objects: &FakeBlobs, uploads: &Uploads, name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut upload = uploads.start(AZIZ, name, None, Arc::new(()));
    upload.write(Bytes::copy_from_slice(bytes)).await.unwrap();
    let (file, guard) = upload.finish().await.unwrap();
    let blob = objects.read(&file.key, None).await.unwrap().unwrap();
    let pieces: Vec<Bytes> = futures_util::TryStreamExt::try_collect(blob.bytes).await.unwrap();
    Box::new(guard).claim();
    pieces.concat()
}

#[tokio::test]
async fn videos_and_photos_of_phones_are_stored_without_their_position() {
    let photo = include_bytes!("../../media/fixtures/turned.heic").as_slice();
    let video = [
        include_bytes!("../../media/fixtures/video.mp4").as_slice(),
        b"\0\0\0\x29moov\0\0\0\x21udta\0\0\0\x19\xA9xyz",
        POSITION,
    ]
    .concat();
    for strip_metadata in [true, false] {
        let objects = FakeBlobs::default();
        let config = UploadConfig {
            strip_metadata,
            ..uploads(Arc::new(objects.clone())).0.config.clone()
        };
        let uploads = Uploads::new(Arc::new(objects.clone()), config).unwrap();
        for (name, bytes) in [("photo.heic", photo), ("video.mp4", &video), ("video.mov", &video)] {
            let kept = stored(&objects, &uploads, name, bytes).await;
            let has_position = kept.windows(POSITION.len()).any(|window| window == POSITION);
            assert_eq!((kept.len(), has_position), (bytes.len(), !strip_metadata), "{name}");
            assert!(strip_metadata || kept == bytes, "{name}");
            // The fixed random number gives the next file the same key.
            objects.delete(&[uploads.0.new_key()]).await.unwrap();
        }
    }
}
