//! Objects in a bucket of an S3 server.

mod config;
mod unfinished;
mod writing;

use std::{sync::Arc, time::Duration};

use domain::ports::{BlobError, BlobResult, LinkHeaders};
use object_store::{
    ObjectStore,
    aws::AmazonS3,
    client::HttpClient,
    path::Path,
    prefix::PrefixStore,
    signer::{Method, SignedUrlOptions, Signer as _},
};
use tokio::sync::Semaphore;

use super::{ObjectsError, failed};

pub use config::{Addressing, S3Config, S3Keys};
pub(super) use writing::Writer;

/// The size of the parts of an object in bytes: the least that S3 takes, since each part in flight is held in memory.
const PART: usize = 5 * 1024 * 1024;
/// Parts of all uploads that are in flight at once. With [`PART`] they take 40 MiB.
const PARTS_AT_ONCE: usize = 8;
/// How long a signed URL works. It is followed at once, so this covers slow networks and clocks that differ.
const LINK: Duration = Duration::from_mins(1);

/// A bucket, or the part of it below a prefix. Clones share its connections.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    s3: AmazonS3,
    prefix: Path,
    /// For the requests that the library does not offer.
    http: HttpClient,
    parts: Arc<Semaphore>,
    has_links: bool,
}

impl Bucket {
    /// Does no I/O: whether the server answers is seen with the first request.
    pub(super) fn open(config: &S3Config) -> Result<Self, ObjectsError> {
        let unusable = |error| ObjectsError::Bucket(config.bucket.clone(), Box::new(error));
        let (s3, http) = config.connect().map_err(unusable)?;
        Ok(Self {
            s3,
            prefix: Path::parse(&config.prefix).map_err(|error| unusable(error.into()))?,
            http,
            parts: Arc::new(Semaphore::new(PARTS_AT_ONCE)),
            has_links: config.redirects,
        })
    }

    /// The objects below the prefix, by their paths without it.
    pub(super) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(PrefixStore::new(self.s3.clone(), self.prefix.clone()))
    }

    /// The right to have a part in memory. Held until the part has been sent.
    fn parts(&self) -> Arc<Semaphore> {
        self.parts.clone()
    }

    /// The path of an object in the bucket.
    fn full(&self, path: &Path) -> Path {
        self.prefix.parts().chain(path.parts()).collect()
    }

    /// A URL under which the server itself serves the object with these headers; `None` if downloads are not redirected.
    pub(super) async fn link(&self, path: &Path, headers: &LinkHeaders<'_>) -> BlobResult<Option<String>> {
        if !self.has_links {
            return Ok(None);
        }
        let options = SignedUrlOptions::new().with_query([
            ("response-content-type", headers.content_type),
            ("response-content-disposition", headers.content_disposition),
            ("response-cache-control", "private, no-store"),
        ]);
        let url = self.s3.signed_url_opts(Method::GET, &self.full(path), LINK, &options).await;
        Ok(Some(url.map_err(failed("sign"))?.into()))
    }

    /// A URL for a request on the bucket itself.
    async fn request_url(&self, query: Vec<(&str, &str)>) -> BlobResult<String> {
        let options = SignedUrlOptions::new().with_query(query);
        let url = self.s3.signed_url_opts(Method::GET, &Path::default(), LINK, &options).await;
        Ok(url.map_err(failed("sign"))?.into())
    }
}

fn boxed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BlobError {
    BlobError(error.into())
}
