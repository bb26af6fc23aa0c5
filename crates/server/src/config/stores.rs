//! `database.*`, `bus.*`, `objects.*` and `directory.*`: what the service stands on.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::{
    address::{self, BusUrl, DatabaseUrl, ObjectsUrl},
    reader::{Read, Reader},
};

/// Where rows are kept.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// Chooses the adapter.
    pub url: DatabaseUrl,
    /// Connections held open at most.
    pub pool_size: usize,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let url = reader.text("database.url", DatabaseUrl::parse);
        let pool_size = reader.number("database.pool_size", 1..=1000);
        Ok(Self {
            url: url?,
            pool_size: pool_size?,
        })
    }

    /// The file of the embedded database.
    ///
    /// # Panics
    /// With another database, which a configuration that was loaded does not have as long as this version has no adapter for one.
    pub fn sqlite_path(&self) -> PathBuf {
        match &self.url {
            DatabaseUrl::Sqlite(path) => path.clone(),
            DatabaseUrl::Postgres(_) => unreachable!("config::support refuses it"),
        }
    }
}

/// How nodes tell each other what happened.
#[derive(Clone, Debug)]
pub struct BusConfig {
    /// Chooses the adapter.
    pub url: BusUrl,
}

impl BusConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        Ok(Self {
            url: reader.text("bus.url", BusUrl::parse)?,
        })
    }
}

/// Where files are kept.
#[derive(Clone, Debug)]
pub struct ObjectsConfig {
    /// Chooses the adapter.
    pub url: ObjectsUrl,
    /// An S3 endpoint other than Amazon's.
    pub endpoint: Option<Url>,
    /// The S3 region.
    pub region: Option<String>,
    /// The name of the S3 key.
    pub access_key: Option<String>,
    /// The S3 key.
    pub secret_key: Option<SecretString>,
    /// Take metadata out of stored images.
    pub strip_metadata: bool,
    /// Answer downloads with a redirect to the S3 store.
    pub redirect: bool,
}

impl ObjectsConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let url = reader.text("objects.url", ObjectsUrl::parse);
        let endpoint = reader.optional_text("objects.endpoint", address::endpoint);
        let region = reader.optional_text("objects.region", |text| Ok(text.to_owned()));
        let access_key = reader.optional_text("objects.access_key", |text| Ok(text.to_owned()));
        let secret_key = reader.secret("objects.secret_key");
        let strip_metadata = reader.flag("objects.strip_metadata");
        let redirect = reader.flag("objects.redirect");
        match (&access_key, &secret_key) {
            (Ok(Some(_)), Ok(None)) => Err(reader.problem("objects.access_key", "is set, but not objects.secret_key, which belongs to it")),
            (Ok(None), Ok(Some(_))) => Err(reader.problem("objects.secret_key", "is set, but not objects.access_key, which belongs to it")),
            _ => Ok(()),
        }?;
        Ok(Self {
            url: url?,
            endpoint: endpoint?,
            region: region?,
            access_key: access_key?,
            secret_key: secret_key?,
            strip_metadata: strip_metadata?,
            redirect: redirect?,
        })
    }

    /// The folder of the files.
    ///
    /// # Panics
    /// With another store, which a configuration that was loaded does not have as long as this version has no adapter for one.
    pub fn folder(&self) -> PathBuf {
        match &self.url {
            ObjectsUrl::File(folder) => folder.clone(),
            ObjectsUrl::S3 { .. } => unreachable!("config::support refuses it"),
        }
    }
}

/// Where people, confessions and subscriptions come from.
#[derive(Clone, Debug)]
pub struct DirectoryConfig {
    /// One of two places.
    pub mode: DirectoryMode,
}

/// Who owns the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryMode {
    /// The service: fed by `suhbat import` and `/api/directory/`.
    Own,
    /// The platform, whose tables are read in the same database.
    Platform,
}

impl DirectoryConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let mode = reader.text("directory.mode", |text| match text {
            "own" => Ok(DirectoryMode::Own),
            "platform" => Ok(DirectoryMode::Platform),
            _ => Err(format!("must be own or platform, not {text:?}")),
        });
        Ok(Self { mode: mode? })
    }
}
