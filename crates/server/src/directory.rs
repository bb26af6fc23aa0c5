//! Directory documents outside of HTTP: the file of `suhbat import`, and the demo's.

use domain::people::DirectoryDocument;
use protocol::{
    error::ErrorBody,
    fields::{Fields, Rejection},
    rest::directory::DirectoryImport,
};

/// Reads a document; what is wrong with it names the row.
pub(crate) fn parse(bytes: &[u8]) -> Result<DirectoryDocument, String> {
    let read = || -> Result<DirectoryDocument, Rejection> { Ok(DirectoryImport::read(Fields::parse(bytes)?)?.into()) };
    read().map_err(|rejection| ErrorBody::from(rejection).error.into_owned())
}
