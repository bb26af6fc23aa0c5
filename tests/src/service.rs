use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{
    id::UserId,
    ports::Clock as _,
    testing::{
        builders::{AZIZ, DILNOZA},
        fakes::FixedClock,
    },
    time::Timestamp,
};
use realtime::timings::Timings;
use server::{
    config::{Config, MissingSecret, Sources},
    wiring::{self, Options, Running},
};
use tempfile::TempDir;

use crate::{Client, Database, S3Server, SECRET, Token, WriteLock, community};

/// The whole service in this process: at a free port, with a database of its own, and a clock that stands still.
pub struct Service {
    /// The service's wall clock. What runs on intervals has its own time, which passes.
    pub clock: FixedClock,
    running: Running,
    base: String,
    place: Place,
    database: Database,
    settings: Settings,
    tune: Tune,
}

/// Where a service keeps its files: in a folder, or, if `SUHBAT_OBJECTS` is `s3`, in a bucket of its own.
struct Place {
    folder: TempDir,
    bucket: Option<S3Server>,
}

impl Place {
    #[expect(clippy::disallowed_methods, reason = "the object store of all tests is no setting of the service")]
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            bucket: std::env::var("SUHBAT_OBJECTS").is_ok_and(|kind| kind == "s3").then(S3Server::start),
        }
    }

    /// The folder of the objects. In a bucket they are files too.
    fn objects(&self) -> PathBuf {
        match &self.bucket {
            Some(server) => server.objects(),
            None => self.folder.path().join("objects"),
        }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        match &self.bucket {
            Some(server) => server.settings(""),
            None => vec![("objects.url", format!("file://{}", self.objects().display()))],
        }
    }
}

/// Changes the options that are no settings of the configuration.
type Tune = Arc<dyn Fn(&mut Options) + Send + Sync>;

type Settings = Vec<(String, String)>;

fn owned(settings: &[(&str, &str)]) -> Settings {
    settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The intervals of services under test: short, so that tests are.
pub const TIMINGS: Timings = Timings {
    heartbeat: Duration::from_secs(2),
    slow: Duration::from_secs(10),
    typing_expiry: Duration::from_millis(700),
    typing_throttle: Duration::from_millis(100),
    grace: Duration::from_millis(800),
    delivery_gather: Duration::from_millis(5),
    // Disks of test machines may be slow, and tests look at once whether fetched messages are delivered.
    fetch_patience: Duration::from_secs(10),
    ping_spacing: Duration::from_millis(20),
    node_lease: Duration::from_secs(10),
    frame_gap: None,
};

impl Service {
    /// With the standard community.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With the standard community and these settings, named as in the configuration file.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::tuned(settings, |_| ()).await
    }

    /// With the standard community, these settings and these intervals.
    pub async fn timed(settings: &[(&str, &str)], timings: Timings) -> Self {
        Self::tuned(settings, move |options| options.timings = timings).await
    }

    /// With the standard community, these settings, and these options.
    pub async fn tuned(settings: &[(&str, &str)], tune: impl Fn(&mut Options) + Send + Sync + 'static) -> Self {
        Self::boot(
            Place::new(),
            Database::inhabited().await,
            FixedClock::default(),
            owned(settings),
            Arc::new(tune),
            true,
        )
        .await
    }

    /// With the standard community, and a conversation of Aziz, a member, with Dilnoza, the admin whom he may write to:
    /// the service, their two clients, and the conversation's id.
    pub async fn with_conversation() -> (Self, Client, Client, i64) {
        Self::with_conversation_and(&[]).await
    }

    /// [`Self::with_conversation`], with these settings.
    pub async fn with_conversation_and(settings: &[(&str, &str)]) -> (Self, Client, Client, i64) {
        let service = Self::with(settings).await;
        let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
        let id = aziz.open(DILNOZA).await;
        (service, aziz, dilnoza, id)
    }

    /// With these settings, and an empty directory.
    pub async fn empty(settings: &[(&str, &str)]) -> Self {
        Self::boot(
            Place::new(),
            Database::fresh().await,
            FixedClock::default(),
            owned(settings),
            Arc::new(|_: &mut Options| ()),
            false,
        )
        .await
    }

    /// With these settings, on a database whose directory is the platform's, and with these options.
    pub async fn beside_platform(settings: &[(&str, &str)], tune: impl Fn(&mut Options) + Send + Sync + 'static) -> Self {
        Self::boot(
            Place::new(),
            Database::fresh().await,
            FixedClock::default(),
            owned(settings),
            Arc::new(tune),
            false,
        )
        .await
    }

    async fn boot(place: Place, database: Database, clock: FixedClock, settings: Settings, tune: Tune, inhabited: bool) -> Self {
        let mut sources = Sources::none()
            .with_setting("server.bind", "127.0.0.1:0")
            .with_setting("server.workers", "2")
            .with_setting("auth.secret", SECRET)
            .with_setting("database.url", database.url(place.folder.path()))
            // Few, since many tests share a server.
            .with_setting("database.pool_size", "4");
        for (name, value) in place.settings() {
            sources = sources.with_setting(name, value);
        }
        // A clock that stands still never refills the rate limits, so they are off; tests of limits set them.
        for limit in ["messages", "uploads", "requests", "searches"] {
            sources = sources.with_setting(&format!("rate.{limit}_per_minute"), "0");
        }
        for (name, value) in &settings {
            sources = sources.with_setting(name, value);
        }
        let config = Config::load(&sources, MissingSecret::Refused).unwrap_or_else(|error| panic!("{error}"));
        if inhabited && !database.is_inhabited() {
            let document = place.folder.path().join("community.json");
            std::fs::write(&document, community().to_string()).expect("a folder that can be written to");
            wiring::import(&config, &document).await.unwrap_or_else(|error| panic!("{error}"));
        }
        let mut options = Options {
            clock: Arc::new(clock.clone()),
            timings: TIMINGS,
            ..Options::default()
        };
        tune(&mut options);
        let running = wiring::start(config, options)
            .await
            .unwrap_or_else(|error| panic!("the service did not start: {error}"));
        let base = format!("http://{}", running.addr());
        Self {
            clock,
            running,
            base,
            place,
            database,
            settings,
            tune,
        }
    }

    /// The base URL, `http://host:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The folder of the objects.
    pub fn objects(&self) -> PathBuf {
        self.place.objects()
    }

    /// Keeps the service from writing people, confessions and subscriptions, until the lock is dropped.
    pub async fn lock_directory(&self) -> WriteLock {
        self.database.lock(self.place.folder.path()).await
    }

    /// The time of the service's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody's client, with a token that lasts for a year.
    pub fn client(&self, user: UserId) -> Client {
        let token = Token::access(user, self.now())
            .claim("exp", self.now().seconds() + 31_536_000)
            .mint();
        Client::new(&self.base, user, Some(token))
    }

    /// The platform's client, which may feed the directory. It needs no account.
    pub fn directory_client(&self) -> Client {
        self.client(UserId(1)).with_token(
            Token::access(UserId(1), self.now())
                .claim("scope", "directory")
                .claim("exp", self.now().seconds() + 31_536_000)
                .mint(),
        )
    }

    /// Stops it in order.
    pub async fn stop(self) {
        self.running.stop().await;
    }

    /// Stops it in order and starts it again, on the same database, with these settings instead of those that it had.
    #[must_use]
    pub async fn restart_with(self, settings: &[(&str, &str)]) -> Self {
        self.running.stop().await;
        Self::boot(self.place, self.database, self.clock, owned(settings), self.tune, false).await
    }

    /// Stops it in order and starts it again, on the same database.
    #[must_use]
    pub async fn restart(self) -> Self {
        self.running.stop().await;
        Self::boot(self.place, self.database, self.clock, self.settings, self.tune, false).await
    }
}
