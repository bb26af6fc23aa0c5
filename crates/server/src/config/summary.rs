//! The settings in force, for `check-config` and the log of the start. Secrets are only said to be there.

use std::fmt;

use domain::policy::AdminOutreach;
use secrecy::SecretString;

use super::{AuthConfig, Config, DirectoryMode, KeySource, LogFormat, ObjectsConfig};

const NOT_SET: &str = "(not set)";
const HIDDEN: &str = "(set, not shown)";

impl Config {
    /// Every setting with its value, in the order of the reference.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let Self {
            server,
            database,
            bus,
            objects,
            directory,
            auth,
            policy,
            limits,
            rate,
            cors,
            log,
            telemetry,
        } = self;
        let mut lines = vec![
            ("server.bind", server.bind.to_string()),
            ("server.public_url", shown(server.public_url.as_ref())),
            ("server.workers", server.workers.to_string()),
            ("server.shutdown_grace_seconds", server.shutdown_grace_seconds.to_string()),
            ("database.url", database.url.to_string()),
            ("database.pool_size", database.pool_size.to_string()),
            ("bus.url", bus.url.to_string()),
        ];
        lines.extend(objects_lines(objects));
        lines.push(("directory.mode", directory_mode(directory.mode).to_owned()));
        lines.extend(auth_lines(auth));
        lines.extend([
            ("policy.edit_window_seconds", policy.edit_window_seconds.to_string()),
            ("policy.admin_outreach", outreach(policy.admin_outreach).to_owned()),
            ("limits.content_chars", limits.content_chars.to_string()),
            ("limits.files_per_message", limits.files_per_message.to_string()),
            ("limits.file_bytes", limits.file_bytes.to_string()),
            ("limits.request_bytes", limits.request_bytes.to_string()),
            ("limits.sockets_per_user", limits.sockets_per_user.to_string()),
            ("limits.link_seconds", limits.link_seconds.to_string()),
            ("rate.messages_per_minute", rate.messages_per_minute.to_string()),
            ("rate.uploads_per_minute", rate.uploads_per_minute.to_string()),
            ("rate.requests_per_minute", rate.requests_per_minute.to_string()),
            (
                "cors.allowed_origins",
                if cors.allowed_origins.is_empty() {
                    NOT_SET.to_owned()
                } else {
                    cors.allowed_origins.join(", ")
                },
            ),
            (
                "log.format",
                log.format.map_or("(pretty on a terminal, else json)", format_name).to_owned(),
            ),
            ("log.level", log.level.clone()),
            ("telemetry.otlp_endpoint", shown(telemetry.otlp_endpoint.as_ref())),
        ]);
        lines
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (setting, value) in self.summary() {
            writeln!(f, "{setting} = {value}")?;
        }
        Ok(())
    }
}

fn objects_lines(objects: &ObjectsConfig) -> [(&'static str, String); 7] {
    [
        ("objects.url", objects.url.to_string()),
        ("objects.endpoint", shown(objects.endpoint.as_ref())),
        ("objects.region", shown(objects.region.as_ref())),
        ("objects.access_key", shown(objects.access_key.as_ref().map(|_| HIDDEN))),
        ("objects.secret_key", hidden(objects.secret_key.as_ref())),
        ("objects.strip_metadata", objects.strip_metadata.to_string()),
        ("objects.redirect", objects.redirect.to_string()),
    ]
}

fn auth_lines(auth: &AuthConfig) -> [(&'static str, String); 6] {
    let (public_key, jwks) = match &auth.keys {
        KeySource::Secret => (None, None),
        KeySource::Pem(_) => (Some("(inline)".to_owned()), None),
        KeySource::PemFile(path) => (Some(path.display().to_string()), None),
        KeySource::JwksFile(path) => (None, Some(path.display().to_string())),
        KeySource::JwksUrl(url) => (None, Some(url.to_string())),
    };
    [
        ("auth.algorithm", auth.algorithm.to_string()),
        ("auth.secret", hidden(Some(&auth.secret))),
        ("auth.public_key", shown(public_key)),
        ("auth.jwks", shown(jwks)),
        ("auth.issuer", shown(auth.issuer.as_ref())),
        ("auth.audience", shown(auth.audience.as_ref())),
    ]
}

fn shown(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| NOT_SET.to_owned(), |value| value.to_string())
}

fn hidden(secret: Option<&SecretString>) -> String {
    shown(secret.map(|_| HIDDEN))
}

const fn directory_mode(mode: DirectoryMode) -> &'static str {
    match mode {
        DirectoryMode::Own => "own",
        DirectoryMode::Platform => "platform",
    }
}

const fn outreach(outreach: AdminOutreach) -> &'static str {
    match outreach {
        AdminOutreach::Anyone => "anyone",
        AdminOutreach::OwnSubscribers => "own_subscribers",
        AdminOutreach::ReplyOnly => "reply_only",
    }
}

const fn format_name(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Pretty => "pretty",
        LogFormat::Json => "json",
    }
}
