//! Puts the parts together: which adapters, which routes, and how it all starts and stops.

mod files;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_cors::Cors;
use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    http::header::HeaderName,
    middleware::{Compress, from_fn},
    web,
};
use domain::{
    messaging::Messaging,
    policy::Policy,
    ports::{Clock, DirectoryFeed as _, Fed, Presence, RosterEntry, StoreError},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use realtime::{bus::MemoryBus, hub::Hub, limiter::MemoryLimiter, presence::MemoryPresence, tickets::MemoryTickets, timings::Timings};
use storage::{
    intake::Intake,
    sqlite::{Sqlite, SqliteConfig},
};
use tokio::task::JoinHandle;

use files::Files;

use crate::{
    auth::{TicketIssuer, Verifier},
    clock::SystemClock,
    config::Config,
    demo::{self, Demo},
    health::{Health, Probe},
    http::{self, incoming::Patience, links::PublicUrl, page::Page, places::Places, signature::LinkSigner, state::State},
    sweep, ws,
};

/// How many requests may bring files at once; each holds up to half a megabyte.
const UPLOADS_AT_ONCE: usize = 256;
/// … and how many of them may be one person's: more than any client sends, and few enough that it takes many people to fill all.
const UPLOADS_OF_ONE: usize = 16;

/// What the configuration does not say.
pub struct Options {
    /// Fill an empty database with a made-up community, and let anybody be anybody of it.
    pub demo: bool,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The intervals of the realtime side.
    pub timings: Timings,
    /// How long request bodies are waited for.
    pub patience: Patience,
    /// How often the object store is swept.
    pub sweep_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            demo: false,
            clock: Arc::new(SystemClock),
            timings: Timings::default(),
            patience: Patience::default(),
            sweep_every: Duration::from_mins(15),
        }
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("the database cannot be used: {0}")]
    Database(#[from] storage::error::OpenError),
    /// The store of files.
    #[error("the object store cannot be used: {0}")]
    Objects(#[from] storage::blobs::ObjectsError),
    /// The keys that tokens are checked with.
    #[error("the keys of auth cannot be used: {0}")]
    Auth(#[from] crate::auth::KeyError),
    /// The address.
    #[error("cannot listen at {0} (server.bind): {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// Opening the database or the object store was cut off.
    #[error("opening the database or the object store was cut off; the log says more")]
    Interrupted,
    /// Threads that look at files.
    #[error("the threads that look at files cannot be started: {0}")]
    Threads(#[source] storage::intake::ThreadPoolBuildError),
    /// What `/metrics` shows.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
}

/// A service that runs.
pub struct Running {
    addr: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    tasks: Vec<JoinHandle<()>>,
    hub: Hub,
    store: Sqlite,
    intake: Intake,
    grace: Duration,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Everybody in the directory who is active.
    pub async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.store.roster().await
    }

    /// Stops in order: no new connections, sockets told to come back (1012), requests finished, tasks ended, database closed.
    pub async fn stop(self) {
        let stopped = self.handle.stop(true);
        self.hub.shutdown();
        let (drained, ()) = tokio::join!(tokio::time::timeout(self.grace, self.hub.drained()), stopped);
        if drained.is_err() {
            tracing::warn!(sockets = self.hub.sockets(), "some sockets did not close in time");
        }
        if let Ok(Err(error)) = self.server.await {
            tracing::error!(%error, "the server ended badly");
        }
        self.intake.settle(self.grace).await;
        for task in self.tasks {
            task.abort();
        }
        let store = self.store;
        if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
            tracing::error!("the database was not closed in order");
        }
    }
}

/// Starts the service: opens what it stands on, then listens.
pub async fn start(config: Config, options: Options) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let Options {
        demo,
        clock,
        timings,
        patience,
        sweep_every,
    } = options;
    let timings = Timings {
        frame_gap: config.rate.frame_gap(),
        ..timings
    };
    let metrics = metrics_recorder()?;

    let sqlite = SqliteConfig::at(config.database.sqlite_path());
    let store = tokio::task::spawn_blocking(move || Sqlite::open(sqlite))
        .await
        .map_err(|_| StartError::Interrupted)??;
    let ports = Arc::new(store.clone());
    let files = files::open(&config).await?;
    let (bus, events) = MemoryBus::new(MemoryBus::CAPACITY);
    let presence: Arc<dyn Presence> = Arc::new(MemoryPresence::new(&timings));
    let messaging = Messaging {
        directory: ports.clone(),
        conversations: ports.clone(),
        messages: ports.clone(),
        receipts: ports.clone(),
        blobs: Arc::new(files.objects.clone()),
        presence,
        bus: Arc::new(bus),
        limiter: Arc::new(MemoryLimiter::new(config.rate.rates())),
        clock: clock.clone(),
        policy: Arc::new(Policy {
            edit_window_seconds: config.policy.edit_window_seconds,
            admin_outreach: config.policy.admin_outreach,
            content_chars: config.limits.content_chars,
            ..Policy::default()
        }),
    };
    if demo && demo::fill(&messaging, &*ports, &files.intake).await? {
        tracing::info!("filled the empty database with the demo's community");
    }

    let verifier = Arc::new(Verifier::new(&config.auth, clock.clone()).await?);
    let tickets = Arc::new(TicketIssuer::new(&config.auth, clock.clone(), Arc::new(MemoryTickets::default())));
    let public_url = PublicUrl::new(config.server.public_url.as_deref());
    let link_signer = LinkSigner::new(&config.auth, clock.clone(), config.limits.link_seconds);
    let hub = Hub::new(
        0,
        messaging.clone(),
        Arc::new(public_url.file_links(link_signer.clone())),
        timings,
        config.limits.sockets_per_user,
    );
    let mut tasks = hub.start(events);
    tasks.push(tokio::spawn(upkeep(metrics.clone())));
    tasks.push(tokio::spawn(sweep::run(messaging.clone(), sweep_every)));

    let state = web::Data::new(State {
        messaging: messaging.clone(),
        feed: Some(ports.clone()),
        verifier: verifier.clone(),
        tickets: tickets.clone(),
        intake: files.intake.clone(),
        uploads: Places::new(UPLOADS_AT_ONCE, UPLOADS_OF_ONE),
        link_signer,
        health: health(&store, &files),
        client_config: http::state::client_config(&config, &timings),
        public_url,
        clock: clock.clone(),
        metrics,
        demo: demo.then(|| Demo::new(&config.auth)),
    });
    let sockets = web::Data::new(ws::WsState::new(hub.clone(), verifier, tickets, clock, &config));
    let page = web::Data::new(Page::embedded(&config));
    if !page.is_there() {
        tracing::info!("this program was built without its web page; / says how to get it");
    }

    let (server, addr) = listen(state, sockets, page, patience, &config)?;
    let grace = Duration::from_secs(config.server.shutdown_grace_seconds);
    Ok(Running {
        addr,
        handle: server.handle(),
        server: tokio::spawn(server),
        tasks,
        hub,
        store,
        intake: files.intake,
        grace,
    })
}

/// Takes connections from now on; the server runs when it is polled.
fn listen(
    state: web::Data<State>,
    sockets: web::Data<ws::WsState>,
    page: web::Data<Page>,
    patience: Patience,
    config: &Config,
) -> Result<(Server, SocketAddr), StartError> {
    let origins = config.cors.allowed_origins.clone();
    let app = move || {
        App::new()
            .app_data(state.clone())
            .app_data(sockets.clone())
            .app_data(web::Data::new(patience))
            .app_data(page.clone())
            .configure(ws::configure)
            .configure(http::configure)
            .wrap(Compress::default())
            .wrap(cors(&origins))
            .wrap(from_fn(http::error::shape))
            .wrap(from_fn(http::request_id::track))
            .wrap(from_fn(http::incoming::watch))
    };
    let bind = config.server.bind;
    let server = HttpServer::new(app)
        .workers(config.server.workers)
        .backlog(4096)
        .disable_signals()
        .on_connect(ws::tune)
        .client_request_timeout(Duration::from_secs(10))
        // Otherwise the library waits, after a socket's last frame, for the end of a request body that never ends.
        .client_disconnect_timeout(Duration::ZERO)
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(config.server.shutdown_grace_seconds)
        .bind(bind)
        .map_err(|error| StartError::Listen(bind, error))?;
    let addr = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), addr))
}

/// Which pages of other origins may ask.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers(["x-request-id", "retry-after", "content-disposition", "content-range", "etag"].map(HeaderName::from_static))
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

fn health(store: &Sqlite, files: &Files) -> Health {
    let store = store.clone();
    let storage: Probe = Arc::new(move || {
        let store = store.clone();
        Box::pin(async move { store.ping().await.is_ok() })
    });
    // The bus is in process: it answers while the process lives.
    let bus: Probe = Arc::new(|| Box::pin(async { true }));
    // Without its files the service goes on, except for uploads and downloads.
    Health::new(vec![("storage", storage), ("bus", bus)], vec![("objects", files.probe())])
}

/// One recorder for the process, however many services a test starts in it.
fn metrics_recorder() -> Result<PrometheusHandle, StartError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    const SECONDS: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
    const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let recorder = RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES))
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
            .inspect(|_| {
                crate::measure::describe();
                realtime::measure::describe();
                storage::measure::describe();
            })
    });
    recorder.clone().map_err(StartError::Metrics)
}

/// The exporter keeps every value of a histogram until it is drained: under load that is some megabytes a second.
async fn upkeep(metrics: PrometheusHandle) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

/// Brings the schema of the configured database up to date, and does nothing else.
pub fn migrate(config: &Config) -> Result<(), storage::error::OpenError> {
    Sqlite::open(SqliteConfig::at(config.database.sqlite_path())).map(|store| store.close())
}

/// Opens the configured database and takes a directory document into it.
pub async fn import(config: &Config, file: &Path) -> Result<String, ImportError> {
    let bytes = tokio::fs::read(file)
        .await
        .map_err(|error| ImportError::File(file.display().to_string(), error))?;
    let document = crate::directory::parse(&bytes).map_err(ImportError::Document)?;
    let summary = format!(
        "{} users, {} confessions, {} subscriptions imported",
        document.users.len(),
        document.confessions.len(),
        document.subscriptions.len()
    );
    let store = Sqlite::open(SqliteConfig::at(config.database.sqlite_path()))?;
    let fed = store.import(document).await?;
    store.close();
    match fed {
        Fed::Done => Ok(summary),
        Fed::Rejected { row, reason } => Err(ImportError::Document(format!("{row}: {reason}"))),
    }
}

/// Why a document was not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error("{0} cannot be read: {1}")]
    File(String, #[source] std::io::Error),
    /// A row of it.
    #[error("nothing was imported: {0}")]
    Document(String),
    /// The database.
    #[error("the database cannot be used: {0}")]
    Database(#[from] storage::error::OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
