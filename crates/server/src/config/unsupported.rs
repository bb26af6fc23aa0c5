//! Valid settings for which this version has no adapter yet. The change that adds the adapter deletes the line.

use super::{Config, ObjectsUrl, reader::Reader};

pub(super) fn check(config: &Config, reader: &mut Reader) {
    if let ObjectsUrl::S3 { .. } = config.objects.url {
        reader.problem(
            "objects.url",
            "names an S3 bucket, which this version cannot use yet; file://FOLDER works",
        );
    }
    if let Some(ObjectsUrl::S3 { .. }) = config.objects.legacy_url {
        reader.problem(
            "objects.legacy_url",
            "names an S3 bucket, which this version cannot use yet; file://FOLDER works",
        );
    }
}
