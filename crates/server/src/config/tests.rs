use std::{collections::BTreeSet, io::Write as _, path::PathBuf};

use domain::policy::AdminOutreach;
use secrecy::ExposeSecret as _;

use super::{source::DEFAULTS, *};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn sources() -> Sources {
    Sources::none().with_setting("auth.secret", SECRET)
}

fn load(sources: &Sources) -> Result<Config, ConfigError> {
    Config::load(sources, MissingSecret::Refused)
}

fn with(settings: &[(&str, &str)]) -> Sources {
    settings
        .iter()
        .fold(sources(), |sources, (setting, value)| sources.with_setting(setting, *value))
}

fn problems(sources: &Sources) -> Vec<String> {
    load(sources).map_or_else(|error| error.problems, |_| Vec::new())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn smaller_requests_have_smaller_files() {
    let limits = load(&with(&[("limits.request_bytes", "1000")])).unwrap().limits;
    assert_eq!((limits.file_bytes, limits.request_bytes), (1_000, 1_000));
}

#[test]
fn without_settings_the_defaults_of_the_contract_hold() {
    let config = load(&sources()).unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.server.workers, std::thread::available_parallelism().unwrap().get());
    assert_eq!(config.server.shutdown_grace_seconds, 20);
    assert_eq!(config.database.url.to_string(), "sqlite://data/suhbat.db");
    assert_eq!(config.database.pool_size, 16);
    assert!(matches!(config.bus.url, BusUrl::Memory));
    assert_eq!(config.objects.url, ObjectsUrl::File("data/objects".into()));
    assert!(config.objects.strip_metadata);
    assert!(!config.objects.redirect);
    assert_eq!(config.directory.mode, DirectoryMode::Own);
    assert_eq!(config.search.path, None);
    assert_eq!((config.auth.algorithm, config.auth.keys()), (Algorithm::Hs256, &KeySource::Secret));
    assert_eq!((config.auth.issuer, config.auth.audience), (None, None));
    assert_eq!(
        (config.policy.edit_window_seconds, config.policy.admin_outreach),
        (600, AdminOutreach::Anyone)
    );
    assert_eq!((config.limits.content_chars, config.limits.files_per_message), (10_000, 10));
    assert_eq!((config.limits.file_bytes, config.limits.request_bytes), (26_214_400, 52_428_800));
    assert_eq!(config.limits.image_pixels, 64_000_000);
    assert_eq!((config.limits.sockets_per_user, config.limits.link_seconds), (20, 3600));
    assert_eq!(
        (config.limits.upload_bytes_per_day, config.objects.min_free_bytes),
        (2_147_483_648, 268_435_456)
    );
    let rate = config.rate;
    assert_eq!(
        (rate.messages_per_minute, rate.uploads_per_minute, rate.requests_per_minute),
        (120, 30, 1200)
    );
    assert!(config.cors.allowed_origins.is_empty());
    assert_eq!((config.log.format, config.log.level.as_str()), (None, "info"));
    assert!(config.telemetry.otlp_endpoint.is_none());
}

/// Settings without a default stand in the reference behind a single #.
#[test]
fn the_reference_names_exactly_the_existing_settings() {
    let mut section = "";
    let mut named = BTreeSet::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ")
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            assert!(named.insert(format!("{section}.{key}")), "{section}.{key} stands there twice");
        }
    }
    let config = load(&sources()).unwrap();
    let shown: BTreeSet<String> = config.summary().into_iter().map(|(setting, _)| setting.to_owned()).collect();
    assert_eq!(named, shown);
    for setting in named {
        let reported = problems(&with(&[(&setting, "")]));
        assert!(
            reported.iter().all(|problem| !problem.contains("is not a setting")),
            "{setting}: {reported:?}"
        );
    }
}

#[test]
fn the_example_for_production_is_accepted() {
    let example = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/production.example.toml"));
    let config = load(&sources().with_file(example)).unwrap();
    assert_eq!(config.database.url.to_string(), "sqlite:///var/lib/suhbat/suhbat.db");
}

#[test]
fn the_example_for_several_nodes_is_accepted() {
    let example = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/cluster.example.toml"));
    let config = load(&sources().with_file(example)).unwrap();
    assert_eq!(config.database.url.to_string(), "postgres://suhbat@postgres/suhbat");
    assert!(config.bus.is_shared());
    let bucket = config.objects.bucket(&config.objects.url, &config.aws).unwrap().unwrap();
    assert_eq!(bucket.url(), "http://s3:8333/suhbat-files");
}

#[test]
fn later_files_win_and_the_environment_wins_over_files() {
    let first = file("[server]\nbind = \"1.1.1.1:1\"\nworkers = 1\nshutdown_grace_seconds = 1\n");
    let second = file("[server]\nworkers = 2\nshutdown_grace_seconds = 2\n");
    let sources = with(&[("server.shutdown_grace_seconds", "3")])
        .with_file(first.path())
        .with_file(second.path());
    let server = load(&sources).unwrap().server;
    assert_eq!(
        (server.bind.to_string().as_str(), server.workers, server.shutdown_grace_seconds),
        ("1.1.1.1:1", 2, 3)
    );
}

#[test]
fn commas_separate_lists_in_the_environment() {
    let config = load(&with(&[("cors.allowed_origins", "https://a.example, http://b.example:8080,")])).unwrap();
    assert_eq!(config.cors.allowed_origins, ["https://a.example", "http://b.example:8080"]);
    let config = load(&with(&[("cors.allowed_origins", "")])).unwrap();
    assert!(config.cors.allowed_origins.is_empty());
    let list = file("[cors]\nallowed_origins = [\"https://a.example\", \"https://b.example\"]\n");
    assert_eq!(load(&sources().with_file(list.path())).unwrap().cors.allowed_origins.len(), 2);
}

#[test]
fn a_secret_of_digits_stays_a_text() {
    let digits = "12345678901234567890123456789012";
    let config = load(&Sources::none().with_setting("auth.secret", digits)).unwrap();
    assert_eq!(config.auth.secret.expose_secret(), digits);
}

#[test]
fn unknown_settings_stop_the_start_wherever_they_come_from() {
    let wrong = file("top = 1\n[server]\nbnd = \"x\"\n[sever]\nbind = \"x\"\n");
    let path = wrong.path().display();
    let sources = with(&[("limits.contentchars", "1"), ("nothing.here", "1")])
        .with_file(wrong.path())
        .with_variable("SUHBAT__BIND", "x")
        .with_variable("SUHBAT__SERVER__BIND__X", "x")
        .with_variable("SUHBAT_CONFIG", "not ours")
        .with_variable("HOME", "/");
    let sections = "auth, bus, cors, database, directory, limits, log, objects, policy, rate, search, server, telemetry";
    let server = "bind, public_url, shutdown_grace_seconds, workers";
    let limits =
        "content_chars, file_bytes, files_per_message, image_pixels, link_seconds, request_bytes, sockets_per_user, upload_bytes_per_day";
    let mut expected = vec![
        "SUHBAT__BIND in the environment is not a setting; the names are SUHBAT__SECTION__KEY.".to_owned(),
        format!("limits.contentchars (SUHBAT__LIMITS__CONTENTCHARS in the environment) is not a setting; limits has {limits}."),
        format!("nothing.here (SUHBAT__NOTHING__HERE in the environment) is not a setting; the sections are {sections}."),
        format!("server.bind__x (SUHBAT__SERVER__BIND__X in the environment) is not a setting; server has {server}."),
        format!("server.bnd ({path}) is not a setting; server has {server}."),
        format!("sever.bind ({path}) is not a setting; the sections are {sections}."),
        format!("top ({path}) is not a setting; the sections are {sections}."),
    ];
    let mut found = problems(&sources);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

/// A setting, a value, and why not.
const NONSENSE: [(&str, &str, &str); 41] = [
    (
        "server.bind",
        "localhost",
        "must be an address and a port such as 127.0.0.1:8000 or [::]:8000, not \"localhost\"",
    ),
    (
        "server.bind",
        "127.0.0.1:70000",
        "must be an address and a port such as 127.0.0.1:8000 or [::]:8000, not \"127.0.0.1:70000\"",
    ),
    (
        "server.public_url",
        "/chat",
        "must be an absolute http or https URL such as https://chat.example.org, without a query or a user name",
    ),
    ("server.workers", "0", "must be a whole number from 1 to 1024"),
    ("server.workers", "four", "must be a whole number from 1 to 1024"),
    ("server.shutdown_grace_seconds", "-1", "must be a whole number from 0 to 3600"),
    (
        "database.url",
        "mysql://x",
        "must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME",
    ),
    (
        "database.url",
        "sqlite://",
        "must name a file after sqlite://, such as sqlite://data/suhbat.db (sqlite:///… for an absolute path)",
    ),
    ("database.pool_size", "0", "must be a whole number from 1 to 1000"),
    ("bus.url", "memory", "must be memory: or redis://HOST (rediss://HOST with TLS)"),
    (
        "bus.url",
        "redis+sentinel://:s3cret@cache",
        "must name the service that the sentinels watch: redis+sentinel://HOST,HOST/SERVICE",
    ),
    (
        "bus.prefix",
        "a{b}",
        "must be at most 64 letters, digits and signs other than {}[]*?\\",
    ),
    ("objects.url", "data/objects", "must be file://FOLDER or s3://BUCKET/PREFIX"),
    (
        "objects.url",
        "s3://A",
        "must name a bucket of 3 to 63 small letters, digits, dots and hyphens after s3://",
    ),
    (
        "objects.endpoint",
        "s3.example.org",
        "must be an absolute http or https URL without a user name",
    ),
    ("objects.strip_metadata", "yes", "must be true or false"),
    (
        "objects.access_key",
        "AKIA",
        "is set, but not objects.secret_key, which belongs to it",
    ),
    (
        "objects.secret_key",
        "s3cret",
        "is set, but not objects.access_key, which belongs to it",
    ),
    ("directory.mode", "theirs", "must be own or platform, not \"theirs\""),
    ("auth.algorithm", "none", "must be HS256, RS256, ES256 or EdDSA, not \"none\""),
    ("auth.algorithm", "HS512", "must be HS256, RS256, ES256 or EdDSA, not \"HS512\""),
    ("auth.algorithm", "RS256", "is RS256, which needs auth.public_key or auth.jwks"),
    ("auth.secret", "too short, s3cret", "is shorter than 32 bytes and could be guessed"),
    ("auth.secret", "", "is empty; to do without it, leave it out"),
    (
        "auth.public_key",
        "key.pem",
        "is set, but auth.algorithm is HS256, which checks signatures with auth.secret",
    ),
    (
        "auth.public_key",
        "-----BEGIN PRIVATE KEY-----",
        "holds a private key; the service needs, and should have, the public one only",
    ),
    (
        "auth.jwks",
        "jwks.json",
        "is set, but auth.algorithm is HS256, which checks signatures with auth.secret",
    ),
    (
        "auth.jwks",
        "ftp://x/jwks.json",
        "must be an absolute http or https URL without a user name",
    ),
    ("auth.issuer", "", "is empty; to do without it, leave it out"),
    ("auth.audience", "", "is empty; to do without it, leave it out"),
    ("policy.edit_window_seconds", "-1", "must be a whole number from 0 to 316224000"),
    (
        "policy.admin_outreach",
        "nobody",
        "must be anyone, own_subscribers or reply_only, not \"nobody\"",
    ),
    ("limits.content_chars", "0", "must be a whole number from 1 to 1000000"),
    ("limits.image_pixels", "0", "must be a whole number from 1 to 10000000000"),
    ("limits.sockets_per_user", "0", "must be a whole number from 1 to 100000"),
    ("rate.messages_per_minute", "-5", "must be a whole number from 0 to 10000000"),
    (
        "cors.allowed_origins",
        "*",
        "must name each origin; with * every page could act for whoever visits it",
    ),
    (
        "cors.allowed_origins",
        "a.example",
        "must hold origins such as https://platform.example.org, without a path; \"a.example\" is none",
    ),
    ("log.format", "xml", "must be pretty or json, not \"xml\""),
    (
        "log.level",
        "inof",
        "must be error, warn, info, debug, trace or off, or directives such as info,storage=debug, not \"inof\"",
    ),
    (
        "telemetry.otlp_endpoint",
        "localhost:4317",
        "must be an absolute http or https URL without a user name",
    ),
];

#[test]
fn invalid_values_are_named_with_the_source_that_set_them() {
    for (setting, value, reason) in NONSENSE {
        let place = source::variable_of(setting);
        assert_eq!(
            problems(&with(&[(setting, value)])),
            [format!("{setting} ({place} in the environment) {reason}.")]
        );
    }
}

#[test]
fn only_an_embedded_database_has_its_index_in_a_file() {
    let path = ("search.path", "/var/cache/suhbat.search");
    assert_eq!(load(&with(&[path])).unwrap().search.path.as_deref(), Some(path.1));
    let [problem] = &problems(&with(&[path, ("database.url", "postgres://suhbat@db/suhbat")]))[..] else {
        panic!("one problem is expected")
    };
    assert!(problem.contains("only an SQLite database has its index in a file"), "{problem}");
}

#[test]
fn the_platforms_directory_needs_the_platforms_database() {
    let place = source::variable_of("directory.mode");
    assert_eq!(
        problems(&with(&[("directory.mode", "platform")])),
        [format!(
            "directory.mode ({place} in the environment) is platform, which needs the platform's own database: database.url must be \
             postgres://USER:PASSWORD@HOST/NAME."
        )]
    );
    let beside = |setting, value| {
        let database = ("database.url", "postgres://suhbat@db/platform");
        with(&[
            ("directory.mode", "platform"),
            database,
            ("limits.request_bytes", "3000000000"),
            (setting, value),
        ])
    };
    let place = source::variable_of("limits.file_bytes");
    assert_eq!(
        problems(&beside("limits.file_bytes", "2147483648")),
        [format!(
            "limits.file_bytes ({place} in the environment) can be at most 2147483647 with directory.mode = platform, since the platform's table has no \
             room for more."
        )]
    );
    let config = load(&beside("directory.media_url", "https://platform.example.org/files")).unwrap();
    assert_eq!(
        config.directory.source(),
        storage::DirectorySource::Platform {
            media_url: "https://platform.example.org/files/".to_owned()
        }
    );
}

#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_reference() {
    let wrong = file("[server]\nbind = 8000\n[limits]\ncontent_chars = 1.5\n");
    let path = wrong.path().display();
    let found = problems(
        &Sources::none()
            .with_file(wrong.path())
            .with_setting("log.level", "loud")
            .with_setting("auth.algorithm", "ES256"),
    );
    assert_eq!(found.len(), 5, "{found:#?}");
    assert_eq!(found[0], format!("server.bind ({path}) must be a text, in quotes."));
    assert_eq!(
        found[1],
        "auth.secret is missing: set a text of at least 32 bytes (only the demo, --demo, makes one up)."
    );
    assert_eq!(
        found[2],
        "auth.algorithm (SUHBAT__AUTH__ALGORITHM in the environment) is ES256, which needs auth.public_key or auth.jwks."
    );
    assert_eq!(
        found[3],
        format!("limits.content_chars ({path}) must be a whole number from 1 to 1000000.")
    );
    assert!(found[4].starts_with("log.level (SUHBAT__LOG__LEVEL in the environment) must be "));
}

#[test]
fn a_section_that_is_no_table_is_reported_once() {
    let wrong = file("server = 5\n");
    assert_eq!(
        problems(&sources().with_file(wrong.path())),
        [format!("server ({}) must be a section, [server].", wrong.path().display())]
    );
}

#[test]
fn a_file_that_is_not_there_or_no_toml_is_named() {
    let missing = problems(&sources().with_file("/nowhere/suhbat.toml"));
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with("/nowhere/suhbat.toml cannot be read: "), "{missing:?}");

    let wrong = file("[auth]\nsecret = \"s3cret\n");
    let found = problems(&sources().with_file(wrong.path()));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(&format!("{} cannot be read: line 2: ", wrong.path().display())),
        "{found:?}"
    );
    assert!(!found[0].contains("s3cret"), "{found:?}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = std::ffi::OsString::from_vec(vec![0xff]);
    assert_eq!(
        problems(&sources().with_variable("SUHBAT__SERVER__BIND", value)),
        ["SUHBAT__SERVER__BIND in the environment is not UTF-8."]
    );
}

#[test]
fn a_missing_secret_is_made_up_on_demand_and_never_twice_the_same() {
    let load = || Config::load(&Sources::none(), MissingSecret::MadeUp).unwrap().auth.secret;
    let (one, other) = (load(), load());
    assert_eq!(one.expose_secret().len(), 64);
    assert_ne!(one.expose_secret(), other.expose_secret());
    let short = Sources::none().with_setting("auth.secret", "short");
    assert!(
        Config::load(&short, MissingSecret::MadeUp).is_err(),
        "a secret that is set must be a good one"
    );
}

#[test]
fn public_keys_come_from_files_from_text_and_from_key_sets() {
    let keys = |setting: &str, value: &str| {
        load(&with(&[("auth.algorithm", "ES256"), (setting, value)]))
            .unwrap()
            .auth
            .keys()
            .clone()
    };
    assert_eq!(keys("auth.public_key", "keys/a.pem"), KeySource::PemFile("keys/a.pem".into()));
    assert_eq!(
        keys("auth.public_key", "-----BEGIN PUBLIC KEY-----\\nAB\\n"),
        KeySource::Pem("-----BEGIN PUBLIC KEY-----\nAB\n".to_owned())
    );
    assert_eq!(keys("auth.jwks", "keys/jwks.json"), KeySource::JwksFile("keys/jwks.json".into()));
    assert!(
        matches!(keys("auth.jwks", "https://a.example/jwks"), KeySource::JwksUrl(url) if url.expose().as_str() == "https://a.example/jwks")
    );
    let both = problems(&with(&[
        ("auth.algorithm", "ES256"),
        ("auth.public_key", "a.pem"),
        ("auth.jwks", "b.json"),
    ]));
    assert_eq!(
        both,
        ["auth.jwks (SUHBAT__AUTH__JWKS in the environment) and auth.public_key are both set; choose one."]
    );
}

#[test]
fn queries_of_service_urls_are_shown_nowhere() {
    let settings = with(&[
        ("auth.algorithm", "ES256"),
        ("auth.jwks", "https://a.example/jwks?code=the-s3cret#s3cret"),
        ("objects.endpoint", "https://s3.example/?sig=s3cret"),
        ("telemetry.otlp_endpoint", "https://otel.example/v1?api-key=s3cret"),
    ]);
    let config = load(&settings).unwrap();
    let shown = format!("{config} {config:?} {config:#?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    for line in [
        "auth.jwks = https://a.example/jwks?***",
        "objects.endpoint = https://s3.example/?***",
        "telemetry.otlp_endpoint = https://otel.example/v1?***",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

#[test]
fn secrets_are_shown_nowhere() {
    let settings = with(&[("objects.access_key", "the-access-s3cret"), ("objects.secret_key", "the-s3cret")])
        .with_setting("auth.secret", "a-long-s3cret-of-more-than-32-bytes");
    let config = load(&settings).unwrap();
    let shown = format!("{config} {config:?} {config:#?}");
    assert!(!shown.contains("of-more-than"), "{shown}");
    assert!(!format!("{config}").contains("s3cret"), "{config}");
    assert!(!shown.contains("\"the-s3cret\""), "{shown}");
    assert!(format!("{config}").contains("auth.secret = (set, not shown)\n"));
}
