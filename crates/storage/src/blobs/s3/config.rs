//! The address of a bucket, and the credentials for it.

use std::{fmt, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, Result, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{Certificate, HttpClient, HttpConnector as _, ReqwestConnector},
};

/// The region where neither a setting nor the environment names one. Servers other than Amazon's mostly take any.
const REGION: &str = "us-east-1";

/// Requests are short, so that an upload is refused rather than stuck while the server is away.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(1),
        base: 2.0,
    },
    max_retries: 3,
    retry_timeout: Duration::from_secs(5),
};
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The server may be silent for this long, also while it takes a part. There is no limit of the whole request: a client may read a large file slowly.
const SILENCE: Duration = Duration::from_secs(30);

/// Where the name of the bucket stands in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// In the path: `https://HOST/BUCKET/KEY`.
    Path,
    /// In the host: `https://BUCKET.HOST/KEY`.
    Host,
}

/// The two halves of S3 credentials.
#[derive(Clone)]
pub struct S3Keys {
    /// The name of the key.
    pub access_key: String,
    /// The secret that signs.
    pub secret_key: String,
}

/// A bucket and how it is reached.
#[derive(Clone)]
pub struct S3Config {
    /// The name of the bucket.
    pub bucket: String,
    /// The prefix of all keys, without a slash at either end; may be empty.
    pub prefix: String,
    /// The server if it is not Amazon's: `https://HOST:PORT`, maybe with a path.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: Option<String>,
    /// Where the bucket stands in URLs. By default in the path behind an endpoint, and in the host at Amazon's.
    pub addressing: Option<Addressing>,
    /// If not set, the credentials come from `environment`, and if there are none, from the machine (the metadata service of cloud machines).
    pub keys: Option<S3Keys>,
    /// The variables of the environment whose names begin with `AWS_`.
    pub environment: Vec<(String, String)>,
    /// The certificate (PEM) of the authority that is trusted instead of those of the operating system.
    pub authority: Option<Vec<u8>>,
    /// Whether downloads are redirected to URLs of the server.
    pub redirects: bool,
}

/// Without secrets.
impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Config").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl S3Config {
    /// The URL of the bucket, without a slash at its end.
    pub fn url(&self) -> String {
        let bucket = &self.bucket;
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://s3.{}.amazonaws.com", self.region()),
        };
        let addressing = self.addressing.unwrap_or(match &self.endpoint {
            None if !bucket.contains('.') => Addressing::Host,
            // A certificate for *.HOST does not cover a name with more dots.
            _ => Addressing::Path,
        });
        match (addressing, endpoint.split_once("://")) {
            (Addressing::Host, Some((scheme, host))) => format!("{scheme}://{bucket}.{host}"),
            _ => format!("{endpoint}/{bucket}"),
        }
    }

    fn region(&self) -> &str {
        let variable = |name| self.environment.iter().find(|(variable, _)| variable == name);
        let variable = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        self.region
            .as_deref()
            .or(variable.map(|(_, region)| region.as_str()))
            .unwrap_or(REGION)
    }

    /// The client of the library, and the one for other requests.
    pub(super) fn connect(&self) -> Result<(AmazonS3, HttpClient)> {
        let mut options = ClientOptions::new()
            .with_allow_http(self.url().starts_with("http://"))
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout_disabled()
            .with_read_timeout(SILENCE);
        if let Some(authority) = &self.authority {
            options = options.with_no_system_certificates(true);
            for certificate in Certificate::from_pem_bundle(authority)? {
                options = options.with_root_certificate(certificate);
            }
        }
        let http = ReqwestConnector::default().connect(&options)?;
        let mut builder = AmazonS3Builder::new();
        match &self.keys {
            Some(keys) => {
                builder = builder
                    .with_access_key_id(&keys.access_key)
                    .with_secret_access_key(&keys.secret_key);
            }
            None => {
                for (name, value) in &self.environment {
                    if is_of_credentials(name)
                        && let Ok(key) = name.to_ascii_lowercase().parse()
                    {
                        builder = builder.with_config(key, value);
                    }
                }
            }
        }
        let s3 = builder
            .with_bucket_name(&self.bucket)
            .with_region(self.region())
            // With this the library takes the endpoint for the URL of the bucket, whatever form it has.
            .with_endpoint(self.url())
            .with_virtual_hosted_style_request(true)
            .with_retry(RETRY)
            .with_client_options(options)
            .build()?;
        Ok((s3, http))
    }
}

/// The variables that all tools for S3 take credentials from. Others, such as an endpoint, would override settings.
pub(super) fn is_of_credentials(variable: &str) -> bool {
    matches!(
        variable,
        "AWS_ACCESS_KEY_ID"
            | "AWS_SECRET_ACCESS_KEY"
            | "AWS_SESSION_TOKEN"
            | "AWS_WEB_IDENTITY_TOKEN_FILE"
            | "AWS_ROLE_ARN"
            | "AWS_ROLE_SESSION_NAME"
            | "AWS_ENDPOINT_URL_STS"
            | "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
            | "AWS_CONTAINER_CREDENTIALS_FULL_URI"
            | "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(bucket: &str, endpoint: Option<&str>, addressing: Option<Addressing>) -> S3Config {
        S3Config {
            bucket: bucket.to_owned(),
            prefix: String::new(),
            endpoint: endpoint.map(str::to_owned),
            region: Some("eu-central-1".to_owned()),
            addressing,
            keys: Some(S3Keys {
                access_key: "the-access-s3cret".to_owned(),
                secret_key: "the-s3cret".to_owned(),
            }),
            environment: Vec::new(),
            authority: None,
            redirects: false,
        }
    }

    #[test]
    fn the_bucket_stands_in_the_host_or_in_the_path() {
        let (path, host) = (Some(Addressing::Path), Some(Addressing::Host));
        let minio = Some("http://minio:9000");
        for (bucket, endpoint, addressing, url) in [
            ("files", None, None, "https://files.s3.eu-central-1.amazonaws.com"),
            ("files", None, path, "https://s3.eu-central-1.amazonaws.com/files"),
            ("my.files", None, None, "https://s3.eu-central-1.amazonaws.com/my.files"),
            ("files", minio, None, "http://minio:9000/files"),
            ("files", minio, host, "http://files.minio:9000"),
            ("files", Some("https://a.example/s3/"), None, "https://a.example/s3/files"),
        ] {
            assert_eq!(config(bucket, endpoint, addressing).url(), url);
        }
    }

    #[test]
    fn the_region_is_that_of_the_setting_or_of_the_environment() {
        let variables = [("AWS_DEFAULT_REGION", "second"), ("AWS_REGION", "first")];
        let environment: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let of = |region: Option<&str>, environment: &[(String, String)]| {
            let config = S3Config {
                region: region.map(str::to_owned),
                environment: environment.to_vec(),
                ..config("files", None, None)
            };
            config.region().to_owned()
        };
        assert_eq!(of(Some("set"), &environment), "set");
        assert_eq!(of(None, &environment), "first");
        assert_eq!(of(None, &environment[..1]), "second");
        assert_eq!(of(None, &[]), "us-east-1");
    }

    #[test]
    fn credentials_are_shown_nowhere() {
        let config = config("files", None, None);
        let shown = format!("{config:?}{:?}", config.connect().unwrap().0);
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        assert!(!shown.contains("\"the-s3cret\""), "{shown}");
    }
}
