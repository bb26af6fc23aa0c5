//! `database.*`, `bus.*`, `objects.*` and `directory.*`: the services and files that Suhbat depends on.

use realtime::redis::RedisAddress;
use secrecy::{ExposeSecret as _, SecretString};
use storage::{
    BadUrl, DirectorySource, StoreUrl,
    blobs::{Addressing, S3Config, S3Keys},
};

use super::{
    Config,
    address::{self, BusUrl, ObjectsUrl, WebUrl},
    aws::AwsVariables,
    reader::{Read, Reader},
    section::{Words, as_it_is, number, optional, section, text, word},
};

section! {
    /// The address of the store.
    #[derive(Clone, Debug)]
    pub struct DatabaseConfig in "database" {
        /// The scheme chooses the adapter.
        pub url: StoreUrl = text(|text| text.parse().map_err(|bad: BadUrl| bad.to_string())),
        /// Connections held open at most.
        pub pool_size: usize = number(1..=1000),
    }
}

section! {
    /// The bus between the nodes.
    #[derive(Clone, Debug)]
    pub struct BusConfig in "bus" {
        /// The scheme chooses the adapter.
        pub url: BusUrl = text(BusUrl::parse),
        /// Goes before the names of all keys and channels in Redis.
        pub prefix: String = text(address::bus_prefix),
        /// A file with the certificate of the authority that is trusted instead of those of the operating system.
        pub ca_file: Option<String> = optional(as_it_is),
    }
}

impl BusConfig {
    /// Whether several nodes can share the bus.
    pub fn is_shared(&self) -> bool {
        matches!(self.url, BusUrl::Redis(_))
    }

    /// The address of the server with its certificate; `None` if the bus is in this process. The error is a sentence without secrets.
    pub fn address(&self) -> Result<Option<RedisAddress>, String> {
        let BusUrl::Redis(url) = &self.url else { return Ok(None) };
        let read = |path: &String| std::fs::read(path).map_err(|error| format!("bus.ca_file {path} cannot be read: {error}"));
        let authority = self.ca_file.as_ref().map(read).transpose()?;
        let address = RedisAddress::parse(url.expose(), authority);
        address.map(Some).map_err(|error| format!("bus.url {error}"))
    }
}

/// The address is checked as a whole, with the file that belongs to it.
pub(super) fn check_bus(config: &BusConfig, reader: &mut Reader) {
    if let Err(error) = config.address() {
        let (setting, reason) = error.split_once(' ').unwrap_or(("bus.url", &error));
        let setting = if setting == "bus.ca_file" { "bus.ca_file" } else { "bus.url" };
        reader.problem(setting, reason);
    }
}

section! {
    /// The index of the search.
    #[derive(Clone, Debug)]
    pub struct SearchConfig in "search" {
        /// Its file; beside the database if it is not given.
        pub path: Option<String> = optional(as_it_is),
    }
}

/// Only an embedded database has its index in a file.
pub(super) fn check_search(config: &Config, reader: &mut Reader) {
    if config.search.path.is_some() && !matches!(config.database.url, StoreUrl::Sqlite(_)) {
        reader.problem(
            "search.path",
            "is set, but only an SQLite database has its index in a file: remove the setting",
        );
    }
}

section! {
    /// The address of the object store, and the credentials of S3.
    #[derive(Clone, Debug)]
    pub struct ObjectsConfig in "objects" {
        /// The scheme chooses the adapter.
        pub url: ObjectsUrl = text(ObjectsUrl::parse),
        /// An S3 endpoint other than Amazon's.
        pub endpoint: Option<WebUrl> = optional(address::endpoint),
        /// The region that signs the requests to S3.
        pub region: Option<String> = optional(as_it_is),
        /// Where the bucket stands in the URLs of S3.
        pub addressing: Option<Addressing> = optional(word),
        /// A file with the certificate of the authority that is trusted for S3 instead of those of the operating system.
        pub ca_file: Option<String> = optional(as_it_is),
        /// The name of the S3 key.
        pub access_key: Option<SecretString> = Reader::secret,
        /// The secret half of the S3 credentials.
        pub secret_key: Option<SecretString> = Reader::secret,
        /// Remove metadata from stored images, and overwrite it in videos.
        pub strip_metadata: bool = Reader::flag,
        /// Answer downloads with a redirect to the S3 store.
        pub redirect: bool = Reader::flag,
        /// The place of files that the platform's older messaging service stored; they are only read.
        pub legacy_url: Option<ObjectsUrl> = optional(ObjectsUrl::parse),
        /// With less room than this uploads are refused; 0 is never.
        pub min_free_bytes: u64 = number(0..=i64::MAX),
    }
    then keys_belong_together(access_key, secret_key)
}

fn keys_belong_together(reader: &mut Reader, access_key: &Read<Option<SecretString>>, secret_key: &Read<Option<SecretString>>) -> Read<()> {
    match (access_key, secret_key) {
        (Ok(Some(_)), Ok(None)) => Err(reader.problem("objects.access_key", "is set, but not objects.secret_key, which belongs to it")),
        (Ok(None), Ok(Some(_))) => Err(reader.problem("objects.secret_key", "is set, but not objects.access_key, which belongs to it")),
        _ => Ok(()),
    }
}

impl ObjectsConfig {
    /// The bucket that a URL of this section names; `None` if it names a folder. The error is a sentence without secrets.
    pub fn bucket(&self, url: &ObjectsUrl, aws: &AwsVariables) -> Result<Option<S3Config>, String> {
        let ObjectsUrl::S3 { bucket, prefix } = url else { return Ok(None) };
        let read = |path: &String| std::fs::read(path).map_err(|error| format!("objects.ca_file {path} cannot be read: {error}"));
        Ok(Some(S3Config {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            endpoint: self.endpoint.as_ref().map(|endpoint| endpoint.expose().to_string()),
            region: self.region.clone(),
            addressing: self.addressing,
            keys: self
                .access_key
                .as_ref()
                .zip(self.secret_key.as_ref())
                .map(|(access_key, secret_key)| S3Keys {
                    access_key: access_key.expose_secret().to_owned(),
                    secret_key: secret_key.expose_secret().to_owned(),
                }),
            environment: aws.expose().to_vec(),
            authority: self.ca_file.as_ref().map(read).transpose()?,
            redirects: self.redirect,
        }))
    }

    /// The places of files: that of the service, and that of the older service if there is one.
    pub fn urls(&self) -> impl Iterator<Item = &ObjectsUrl> {
        std::iter::once(&self.url).chain(&self.legacy_url)
    }
}

/// The settings of S3 are checked together, with the file that belongs to them.
pub(super) fn check_objects(config: &ObjectsConfig, aws: &AwsVariables, reader: &mut Reader) {
    for url in config.urls() {
        if let Err(error) = config.bucket(url, aws) {
            let reason = error.strip_prefix("objects.ca_file ").unwrap_or(&error);
            reader.problem("objects.ca_file", reason);
            return;
        }
    }
}

impl Words for Addressing {
    const ALL: &'static [Self] = &[Self::Path, Self::Host];

    fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Host => "host",
        }
    }
}

section! {
    /// The source of the directory: accounts, confessions and subscriptions.
    #[derive(Clone, Debug)]
    pub struct DirectoryConfig in "directory" {
        /// One of two places.
        pub mode: DirectoryMode = text(word),
        /// Goes before the stored paths of the platform's pictures; ends with a slash.
        pub media_url: String = text(address::media_url),
    }
}

impl DirectoryConfig {
    /// As the store takes it.
    pub fn source(&self) -> DirectorySource {
        match self.mode {
            DirectoryMode::Own => DirectorySource::Own,
            DirectoryMode::Platform => DirectorySource::Platform {
                media_url: self.media_url.clone(),
            },
        }
    }
}

/// The owner of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryMode {
    /// The service: fed by `suhbat import` and `/api/directory/`.
    Own,
    /// The platform, whose tables are read in the same database.
    Platform,
}

impl Words for DirectoryMode {
    const ALL: &'static [Self] = &[Self::Own, Self::Platform];

    fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Platform => "platform",
        }
    }
}
