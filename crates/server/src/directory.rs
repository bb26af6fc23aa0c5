//! Directory documents outside of HTTP: the file of `suhbat import`, and the demo's. Their faults are reported in the same sentences as over HTTP.

use domain::{
    feeding::{BadRow, MOST_BAD_ROWS},
    people::DirectoryDocument,
};
use protocol::{error::ErrorBody, fields::Rejection, rest::directory};

/// The faults of a document, one sentence each; the sentence about a row names the row.
#[derive(Debug, thiserror::Error)]
#[error("{}", listed(.0))]
pub struct Faults(Vec<String>);

pub(crate) fn parse(bytes: &[u8]) -> Result<DirectoryDocument, Faults> {
    directory::parse(bytes).map_err(Faults::from)
}

/// The faults of rows that the store rejected.
pub(crate) fn rejected(rows: &[BadRow]) -> Faults {
    directory::rejected(rows).into()
}

impl From<Rejection> for Faults {
    fn from(rejection: Rejection) -> Self {
        match &rejection {
            Rejection::Invalid(errors) if !errors.rows().is_empty() => Self(errors.rows().to_vec()),
            _ => Self(vec![ErrorBody::from(rejection).error.into_owned()]),
        }
    }
}

/// One fault in the same line, several in a line each.
fn listed(faults: &[String]) -> String {
    match faults {
        [fault] => fault.clone(),
        faults if faults.len() >= MOST_BAD_ROWS => {
            format!("there is more wrong with it than is listed here:\n  {}", faults.join("\n  "))
        }
        faults => format!("{} faults:\n  {}", faults.len(), faults.join("\n  ")),
    }
}
