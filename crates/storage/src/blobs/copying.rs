//! Copies all objects of a store to another one, for instance from a folder to a bucket.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use domain::ports::{BlobError, Blobs as _};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{Attribute, Attributes, GetOptions, ObjectMeta, ObjectStoreExt as _, buffered::BufWriter, path::Path};
use tokio::io::AsyncWriteExt as _;

use super::{Objects, Parts, SET_ASIDE, failed, is_absent, is_key, key_folders, reading};

/// Objects that are copied at once. Each takes up to two parts of memory (10 MiB).
const AT_ONCE: usize = 8;
/// The metadata of a copied object that holds its SHA-256 in hexadecimal digits. It is how a repeated command finds out cheaply what is there.
const CHECKSUM: &str = "sha256";

/// Why the objects were not copied. Those that were copied stay, and a repeated command goes on.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsCopyError {
    /// The source carries no store id.
    #[error("the object store to copy carries no id of a database: no service has used it yet, or its volume is not mounted")]
    NoSource,
    /// The target carries another store id.
    #[error("the object store to fill belongs to another database, {0}")]
    Foreign(String),
    /// An object that was read back from the target differs.
    #[error("the copy of {0} differs from the original; it was removed")]
    Differs(String),
    /// One of the two stores failed.
    #[error(transparent)]
    Failed(#[from] BlobError),
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectsCopied {
    /// Objects that are in both stores now.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Those of them that were in the target before.
    pub present: u64,
}

impl Objects {
    /// Copies all objects to a store that is empty, or holds a part of them. Each is read back and compared. Objects set aside are copied too. The target carries
    /// the store id of the source afterwards; before, no service uses it. `report` is called with each step and with the total.
    ///
    /// A service may use the source meanwhile; a repeated copy takes what it has added.
    pub async fn copy_to(
        &self,
        target: &Self,
        report: &mut (dyn FnMut(ObjectsCopied, ObjectsCopied) + Send),
    ) -> Result<ObjectsCopied, ObjectsCopyError> {
        // Check that they belong together
        let source_id = self.owner().await?.ok_or(ObjectsCopyError::NoSource)?;
        let target = target.opened_for(source_id.clone());
        if let Some(other) = target.owner().await?.filter(|id| *id != source_id) {
            return Err(ObjectsCopyError::Foreign(other.as_str().to_owned()));
        }

        // Count what there is
        let mut total = ObjectsCopied::default();
        let mut all = self.all();
        while let Some(object) = all.next().await.transpose()? {
            total.objects += 1;
            total.bytes += object.size;
        }

        // Copy what is missing
        let mut copied = ObjectsCopied::default();
        let target = &target;
        let copying = self.all().map_ok(|object| async move {
            let is_present = self.copy_object(&object, target).await?;
            Ok((object.size, is_present))
        });
        let mut copying = copying.try_buffer_unordered(AT_ONCE);
        while let Some((size, is_present)) = copying.next().await.transpose()? {
            copied.objects += 1;
            copied.bytes += size;
            copied.present += u64::from(is_present);
            report(copied, total);
        }

        // Let services use it
        target.claim().await?;
        Ok(copied)
    }

    /// All objects, those set aside included, by their paths.
    fn all(&self) -> stream::BoxStream<'static, Result<ObjectMeta, ObjectsCopyError>> {
        let mut places: Vec<Option<Path>> = vec![Some(SET_ASIDE.into())];
        match &self.folder {
            Some(_) => places.extend(key_folders().map(|folder| Some(folder.into()))),
            None => places = vec![None],
        }
        let store = self.store.clone();
        let aside = format!("{SET_ASIDE}/");
        stream::iter(places)
            .flat_map(move |place| store.list(place.as_ref()))
            .map_err(|error| failed("list")(error).into())
            .try_filter(move |object| {
                let path = object.location.as_ref();
                std::future::ready(is_key(path.strip_prefix(&aside).unwrap_or(path)))
            })
            .boxed()
    }

    /// Copies an object unless it is there, and returns whether it was. An object that was deleted meanwhile counts as there.
    async fn copy_object(&self, object: &ObjectMeta, target: &Self) -> Result<bool, ObjectsCopyError> {
        let path = &object.location;
        let Some(checksum) = self.checksum(path).await? else {
            return Ok(true);
        };
        if target.has(path, object.size, &checksum).await? {
            return Ok(true);
        }
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(true),
            Err(error) => return Err(failed("read")(error).into()),
        };
        let mut writer = BufWriter::with_capacity(target.store.clone(), path.clone(), Parts::OF_NETWORK.bytes).with_max_concurrency(1);
        if target.is_remote() {
            let mut attributes = Attributes::new();
            attributes.insert(Attribute::Metadata(CHECKSUM.into()), checksum.clone().into());
            writer = writer.with_attributes(attributes);
        }
        let written = write(&mut writer, found).await;
        if let Err(error) = written {
            // What this cannot abort, the sweep of the service finds.
            let _ = writer.abort().await;
            return Err(error.into());
        }
        if target.checksum(path).await?.as_ref() == Some(&checksum) {
            return Ok(false);
        }
        target.store.delete(path).await.map_err(failed("delete"))?;
        Err(ObjectsCopyError::Differs(path.to_string()))
    }

    /// Whether an object is there with this size and checksum. Where no checksum is noted with it, its bytes are read.
    async fn has(&self, path: &Path, size: u64, checksum: &str) -> Result<bool, ObjectsCopyError> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let found = match self.store.get_opts(path, options).await {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(failed("size")(error).into()),
        };
        if found.meta.size != size {
            return Ok(false);
        }
        match found.attributes.get(&Attribute::Metadata(CHECKSUM.into())) {
            Some(noted) => Ok(noted.as_ref() == checksum),
            None => Ok(self.checksum(path).await?.as_deref() == Some(checksum)),
        }
    }

    /// The SHA-256 of an object in hexadecimal digits; `None` if there is none.
    async fn checksum(&self, path: &Path) -> Result<Option<String>, ObjectsCopyError> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed("read")(error).into()),
        };
        let mut bytes = reading::stream(found);
        let mut sum = Context::new(&SHA256);
        while let Some(piece) = bytes.next().await.transpose()? {
            sum.update(&piece);
        }
        let digits = sum.finish().as_ref().iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        Ok(Some(digits))
    }
}

async fn write(writer: &mut BufWriter, found: object_store::GetResult) -> Result<(), BlobError> {
    let mut bytes = reading::stream(found);
    while let Some(piece) = bytes.next().await.transpose()? {
        writer.write_all(&piece).await.map_err(|error| BlobError(Box::new(error)))?;
    }
    writer.shutdown().await.map_err(|error| BlobError(Box::new(error)))
}
