//! Uploads in parts that were never finished. A bucket keeps their parts, and no list of objects shows them.

use domain::{ports::BlobResult, time::Timestamp};
use object_store::{
    Error,
    client::{HttpRequest, HttpRequestBody},
    multipart::MultipartStore as _,
    path::Path,
};
use serde::Deserialize;

use super::{Bucket, boxed};
use crate::blobs::{failed, is_key};

/// `ListMultipartUploadsResult` of S3.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    #[serde(default)]
    upload: Vec<Unfinished>,
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unfinished {
    key: String,
    upload_id: String,
    /// RFC 3339.
    initiated: String,
}

/// An answer other than a list.
#[derive(Debug, thiserror::Error)]
#[error("the S3 server does not list unfinished uploads: {status} {body}")]
struct Refused {
    status: u16,
    body: String,
}

impl Bucket {
    /// Aborts the uploads below the prefix that began before this time, and returns their number.
    pub(in crate::blobs) async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        let (mut cleared, mut after) = (0, None);
        loop {
            let listing = self.unfinished(after).await?;
            for upload in listing.upload {
                // A key that is no path is somebody else's.
                let Ok(path) = Path::parse(&upload.key) else { continue };
                let began = chrono::DateTime::parse_from_rfc3339(&upload.initiated).map_err(boxed)?;
                let is_ours = path
                    .prefix_match(&self.prefix)
                    .is_some_and(|parts| is_key(parts.collect::<Path>().as_ref()));
                if !is_ours || Timestamp::from_utc(began.to_utc()) >= before {
                    continue;
                }
                match self.s3.abort_multipart(&path, &upload.upload_id).await {
                    Ok(()) => cleared += 1,
                    // Finished or aborted meanwhile.
                    Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(failed("abort")(error)),
                }
            }
            match (listing.is_truncated, listing.next_key_marker, listing.next_upload_id_marker) {
                (true, Some(key), Some(id)) => after = Some((key, id)),
                _ => return Ok(cleared),
            }
        }
    }

    /// A page of the list, after this key and upload.
    async fn unfinished(&self, after: Option<(String, String)>) -> BlobResult<Listing> {
        let prefix = match self.prefix.as_ref() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let mut query = vec![("uploads", ""), ("prefix", prefix.as_str())];
        if let Some((key, id)) = &after {
            query.extend([("key-marker", key.as_str()), ("upload-id-marker", id.as_str())]);
        }
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = self.request_url(query).await?.parse().map_err(boxed)?;
        let response = self.http.execute(request).await.map_err(boxed)?;
        let status = response.status();
        let body = response.into_body().bytes().await.map_err(boxed)?;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(boxed(Refused {
                status: status.as_u16(),
                body,
            }));
        }
        quick_xml::de::from_reader(&body[..]).map_err(boxed)
    }
}
