//! The credentials of S3 that the environment offers, by the names that all tools for S3 know.

use std::{ffi::OsString, fmt};

/// The variables of the environment whose names begin with `AWS_`. They are shown without their values.
#[derive(Clone, Default)]
pub struct AwsVariables(Vec<(String, String)>);

impl AwsVariables {
    /// Variables that are empty or no text are left out.
    pub(super) fn of(variables: &[(OsString, OsString)]) -> Self {
        let texts = variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
        let ours = texts.filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty());
        Self(ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// With their values, for the adapter that connects.
    pub(super) fn expose(&self) -> &[(String, String)] {
        &self.0
    }
}

impl fmt::Debug for AwsVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
