//! Puts the parts together: which adapters, which routes, and how it all starts and stops.

mod database;
mod files;
mod importing;
mod migrating;
mod nodes;
mod recorder;
mod running;

use std::{
    future::ready,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_cors::Cors;
use actix_http::{HttpServiceBuilder, KeepAlive};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server},
    http::header::HeaderName,
    middleware::{Compress, from_fn},
    rt::net::TcpStream,
    web,
};
use domain::{
    messaging::{DirectoryFeeding, Indexing, Messaging, Ports},
    policy::Policy,
    ports::{Clock, StoreError},
};
use realtime::{
    delivery::DeliveryGathering,
    hub::{Hub, LinksBelow},
    observed::Observed,
    timings::Timings,
    unconfirmed::UnconfirmedActs,
};
use socket2::{Domain, Protocol, Socket, Type};
use storage::{DirectoryTurns, Store, blobs::Objects};
use tokio::task::JoinHandle;

use files::Files;
pub(crate) use files::open_objects;
pub use importing::{ImportError, import};
pub use migrating::migrate;
use recorder::{metrics_recorder, upkeep};
pub use running::Running;

use crate::{
    auth::{TicketIssuer, Verifier},
    causes::with_causes,
    clock::SystemClock,
    config::{Config, DirectoryMode, ServerConfig},
    connection::Connection,
    consumers::{Follow, Following},
    demo::{self, Demo},
    feeding::FeedingTasks,
    health::{Health, Part, Probe},
    http::{
        self,
        body::timeout::BodyTimeouts,
        links::{FileLinks, PublicUrl},
        page::Page,
        routes::{descriptions::Descriptions, directory::Documents},
        signature::LinkSigner,
        state::State,
        turns::Turns,
        upload_slots::UploadSlots,
    },
    indexing::{self, Measured},
    sweep, ws,
};

/// Requests that may bring files at once; each holds up to half a megabyte.
const UPLOADS_AT_ONCE: usize = 256;
/// … and how many of them may be one person's: more than any client sends, and few enough that it takes many people to fill all.
const UPLOADS_OF_ONE: usize = 16;

/// Connections that may wait until a worker takes them.
const BACKLOG: i32 = 4096;
/// Answers that may be on their way to one person at once (section 3 of the contract).
const ANSWERS_OF_ONE: usize = 16;
/// Searches of one person that run at once.
const SEARCHES_OF_ONE: usize = 1;
/// The time that a search waits for the one before it.
const SEARCH_WAIT: Duration = Duration::from_secs(2);

/// Settings that the configuration does not hold.
pub struct Options {
    /// Fill an empty database with a made-up community, and let anybody be anybody of it.
    pub demo: bool,
    /// The time of all acts; tests replace it.
    pub clock: Arc<dyn Clock>,
    /// The intervals of the realtime side.
    pub timings: Timings,
    /// The timeouts of request bodies and heads.
    pub patience: BodyTimeouts,
    /// The interval between two sweeps of the object store.
    pub sweep_every: Duration,
    /// The interval in which the service looks for changes of the directory by `suhbat import`.
    pub announce_imports_every: Duration,
    /// The interval in which the service looks for names that the platform has changed.
    pub follow_names_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            demo: false,
            clock: Arc::new(SystemClock),
            timings: Timings::default(),
            patience: BodyTimeouts::default(),
            sweep_every: Duration::from_mins(15),
            announce_imports_every: Duration::from_secs(1),
            follow_names_every: Duration::from_secs(30),
        }
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened; the source gives the reason.
    #[error("the database cannot be used: {0}")]
    Database(#[from] storage::OpenError),
    /// The store of files.
    #[error("the object store cannot be used: {0}")]
    Objects(#[from] storage::blobs::ObjectsError),
    /// The keys that tokens are checked with.
    #[error("the keys of auth cannot be used: {0}")]
    Auth(#[from] crate::auth::KeyError),
    /// The address could not be bound.
    #[error("cannot listen at {0} (server.bind): {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database failed while it was opened.
    #[error("the database cannot be read: {0}")]
    Store(#[from] StoreError),
    /// The demo community could not be created.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// The thread that opened the object store panicked.
    #[error("opening the object store was cut off; the log says more")]
    Interrupted,
    /// The demo would write into the platform's tables.
    #[error("--demo fills the directory, which is the platform's (directory.mode = platform)")]
    DemoOnPlatform,
    /// The settings of a bucket; the text gives the reason.
    #[error("the object store cannot be used: {0}")]
    Bucket(String),
    /// The bus between the nodes; the text gives the reason.
    #[error("the bus cannot be used (bus.url): {0}")]
    Bus(String),
    /// Threads that look at files.
    #[error("the threads that look at files cannot be started: {0}")]
    Threads(#[source] std::io::Error),
    /// The recorder of `/metrics` could not be installed.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
}

/// Starts the service: opens the database, the bus and the object store, then listens.
pub async fn start(config: Config, options: Options) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let Options {
        demo,
        clock: wall,
        timings,
        patience,
        sweep_every,
        announce_imports_every,
        follow_names_every,
    } = options;
    let timings = Timings {
        frame_gap: config.rate.frame_gap(),
        ..timings
    };
    let metrics = metrics_recorder()?;

    let since = wall.now();
    let store = database::open(&config, demo, since).await?;
    // Stored times, and times that are compared with them, come from a clock that never runs backwards.
    let clock = database::clock(&store, &wall);
    let files = files::open(&config, store.identity().store.clone()).await?;
    let shared = Box::pin(nodes::open(&config, &wall, &timings)).await?;
    let delivery = Arc::new(DeliveryGathering::new(timings.fetch_patience));
    let ports = ports(&store, &shared, files.objects.clone(), &delivery, &clock, &config);
    let messaging = Observed::new(Messaging::new(ports.clone()));
    let (takes_files, claiming) = files::claim(&messaging, &files.objects).await;
    if demo {
        database::show_demo(&ports, &store, takes_files.then_some(&files.uploads), &config).await?;
    } else {
        database::warn_of_demo(&store).await?;
    }

    let verifier = Arc::new(Verifier::new(&config.auth, wall.clone()).await?);
    let tickets = Arc::new(TicketIssuer::new(&config.auth, wall.clone(), shared.tickets));
    let link_signer = LinkSigner::new(&config.auth, wall.clone(), config.limits.link_seconds);
    let hub = Hub::new(
        shared.number,
        messaging.clone(),
        shared.subscriber,
        delivery,
        file_links(&link_signer),
        timings,
        config.limits.sockets_per_user,
    );
    let mut tasks: Vec<_> = hub.start().into_iter().chain(claiming).collect();
    tasks.push(tokio::spawn(tell_unconfirmed(shared.unconfirmed, messaging.clone())));
    tasks.push(tokio::spawn(upkeep(metrics.clone())));
    tasks.push(tokio::spawn(sweep::run(sweeping(&ports, &wall), sweep_every)));
    let (feeding, watching) = follow_directory(&config, &store, &messaging, [announce_imports_every, follow_names_every]);
    tasks.push(watching);

    let indexing = Indexing {
        searchable: store.searchable.clone(),
        index: store.index.clone(),
    };
    tasks.push(tokio::spawn(indexing::measure_lag(indexing.clone())));
    let mut following = follow_outbox(&store, &clock, indexing);

    let state = web::Data::new(State {
        messaging: messaging.clone(),
        feeding,
        verifier: verifier.clone(),
        tickets: tickets.clone(),
        uploads: files.uploads.clone(),
        answers: Turns::new(ANSWERS_OF_ONE, patience.turn),
        documents: Documents::new(patience.turn),
        upload_slots: UploadSlots::new(UPLOADS_AT_ONCE, UPLOADS_OF_ONE),
        searches: Turns::new(SEARCHES_OF_ONE, SEARCH_WAIT),
        room: files.room.clone(),
        link_signer,
        health: health(&store, &files, shared.bus_part, shared.others_part, following.take_parts()),
        client_config: http::state::client_config(&config, &timings),
        descriptions: Descriptions::new(config.server.public_url.clone()),
        public_url: PublicUrl::new(config.server.public_url.as_deref()),
        clock: wall.clone(),
        metrics,
        demo: demo.then(|| Demo::new(&config.auth)),
    });
    let sockets = web::Data::new(ws::WsState::new(hub.clone(), verifier, tickets, wall, &config));
    let page = web::Data::new(Page::embedded(&config));
    tell_what_is_missing(&page, &config.server);
    let (server, addr) = listen(state, sockets, page, patience, &config)?;
    database::announce(&store, addr, since);
    Ok(Running {
        addr,
        handle: server.handle(),
        server: tokio::spawn(server),
        tasks,
        following,
        carrying: shared.carrying,
        hub,
        store,
        uploads: files.uploads,
        grace: Duration::from_secs(config.server.shutdown_grace_seconds),
    })
}

async fn tell_unconfirmed(acts: Arc<UnconfirmedActs>, messaging: Observed) {
    acts.run(&messaging).await;
}

/// Starts the tasks that follow the outbox.
fn follow_outbox(store: &Store, clock: &Arc<dyn Clock>, indexing: Indexing) -> Following {
    let indexer = indexing::Indexer::new(indexing);
    let follow = Follow {
        outbox: store.outbox.clone(),
        jobs: store.jobs.clone(),
        clock: clock.clone(),
    };
    follow.start(vec![Arc::new(indexer)])
}

/// The use cases of the service, before they are measured.
fn ports(
    store: &Store,
    shared: &nodes::Shared,
    objects: Objects,
    delivery: &Arc<DeliveryGathering>,
    clock: &Arc<dyn Clock>,
    config: &Config,
) -> Ports {
    Ports {
        directory: store.directory.clone(),
        conversations: store.conversations.clone(),
        messages: store.messages.clone(),
        receipts: store.receipts.clone(),
        searchable: Arc::new(Measured(store.searchable.clone())),
        index: Arc::new(Measured(store.index.clone())),
        settings: store.settings.clone(),
        deliveries: delivery.clone(),
        blobs: Arc::new(objects),
        presence: shared.presence.clone(),
        bus: shared.bus.clone(),
        unconfirmed: shared.unconfirmed.clone(),
        limiter: shared.limiter.clone(),
        clock: clock.clone(),
        policy: Arc::new(policy(config)),
        epoch: store.identity().epoch.clone(),
        store: store.identity().store.clone(),
    }
}

/// Starts the task that follows changes of the directory by others: imports into Suhbat's own, or new names in the platform's. Only the former can be fed.
fn follow_directory(
    config: &Config,
    store: &Store,
    messaging: &Messaging,
    [imports_every, names_every]: [Duration; 2],
) -> (Option<FeedingTasks>, JoinHandle<()>) {
    match config.directory.mode {
        DirectoryMode::Own => {
            let feeding = DirectoryFeeding::new(store.directory_writer.clone(), messaging.clone());
            let feeding = FeedingTasks::new(feeding, DirectoryTurns::on(&config.database.url));
            let following = tokio::spawn(feeding.clone().announce_imports(imports_every));
            (Some(feeding), following)
        }
        DirectoryMode::Platform => (None, tokio::spawn(database::follow_names(store.clone(), names_every))),
    }
}

/// The use cases for the sweep. The age of a file is measured by the clock that dates files: a clock ahead of it would make files look older than they are.
fn sweeping(ports: &Ports, wall: &Arc<dyn Clock>) -> Messaging {
    Messaging::new(Ports {
        clock: wall.clone(),
        ..ports.clone()
    })
}

/// Other machines can reach the service, and the configuration does not name its host.
fn is_reached_by_any_name(server: &ServerConfig) -> bool {
    server.public_url.is_none() && !server.bind.ip().is_loopback()
}

/// Warns about parts of the program or the configuration that are missing, without which the service goes on.
fn tell_what_is_missing(page: &Page, server: &ServerConfig) {
    if !page.is_there() {
        tracing::info!("this program was built without its web page; / says how to get it");
    }
    if is_reached_by_any_name(server) {
        tracing::warn!("server.public_url is not set; the links in answers go wherever each request says that it came to");
    }
}

/// Takes connections from now on; the server runs when it is polled.
fn listen(
    state: web::Data<State>,
    sockets: web::Data<ws::WsState>,
    page: web::Data<Page>,
    patience: BodyTimeouts,
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
            .wrap(from_fn(http::routes::files::strip_identity_encoding))
            .wrap(cors(&origins))
            .wrap(from_fn(http::error::shape))
            .wrap(from_fn(http::privacy::guard))
            .wrap(from_fn(http::request_id::track))
            .wrap(from_fn(http::answers::hold))
            .wrap(from_fn(http::old_clients::unchunk))
            .wrap(from_fn(http::body::timeout::watch))
    };
    let bind = config.server.bind;
    let listening = |error| StartError::Listen(bind, error);
    let listener = listener(bind).map_err(listening)?;
    let addr = listener.local_addr().map_err(listening)?;
    let server = Server::build()
        .workers(config.server.workers)
        .disable_signals()
        .shutdown_timeout(config.server.shutdown_grace_seconds);
    let stopping = server.graceful_shutdown_signal();
    // As `actix_web::HttpServer` does, but over our own connections.
    let server = server
        .listen("http", listener, move || {
            let stopping = stopping.clone();
            let http = HttpServiceBuilder::<Connection, _>::default()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                // `Connection` waits for heads and next requests, and reads before it judges.
                .client_request_timeout(Duration::ZERO)
                .keep_alive(KeepAlive::Os)
                // Otherwise the library waits, after a socket's last frame, for the end of a request body that never ends.
                .client_disconnect_timeout(Duration::ZERO)
                // A client that closes its connection, or only its sending side, has left: its running requests end.
                .h1_allow_half_closed(false)
                .local_addr(addr)
                .on_connect_ext(|connection: &Connection, data| {
                    data.insert(connection.traffic());
                })
                .h1(map_config(
                    app().into_factory().map_err(|error: actix_web::Error| error.error_response()),
                    |()| AppConfig::default(),
                ));
            fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                ready(Ok((Connection::new(stream, patience), peer)))
            })
            .and_then(http)
        })
        .map_err(listening)?;
    Ok((server.run(), addr))
}

fn listener(bind: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted service gets its port at once.
    socket.set_reuse_address(true)?;
    socket.bind(&bind.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The origins whose pages may use the API.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers(["x-request-id", "retry-after", "content-disposition", "content-range", "etag"].map(HeaderName::from_static))
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

fn policy(config: &Config) -> Policy {
    Policy {
        edit_window_seconds: config.policy.edit_window_seconds,
        admin_outreach: config.policy.admin_outreach,
        content_chars: config.limits.content_chars,
        ..Policy::default()
    }
}

fn file_links(signer: &LinkSigner) -> Arc<LinksBelow> {
    let signer = signer.clone();
    Arc::new(move |base| Box::new(FileLinks::new(base.to_owned(), signer.clone())))
}

fn health(store: &Store, files: &Files, bus: Part, nodes: Part, consumers: Vec<Part>) -> Health {
    let (probed, doubted) = (store.clone(), store.clone());
    let storage: Probe = Arc::new(move || {
        let store = probed.clone();
        Box::pin(async move { store.ping().await.map_err(|error| with_causes(&error)) })
    });
    let storage = Part::new("storage", storage).doubted(Arc::new(move || doubted.last_write_failed()));
    // Without its files the service goes on, except for uploads and downloads.
    let written = files.objects.clone();
    let objects = Part::new("objects", files.probe()).doubted(Arc::new(move || written.is_doubted()));
    let helpful = [objects, nodes, indexing::part(store.index.clone())];
    Health::new(vec![storage, bus], helpful.into_iter().chain(consumers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_open_to_the_network_is_warned_that_its_public_url_is_not_set() {
        for (bind, public_url, warned) in [
            ("127.0.0.1:8000", None, false),
            ("[::1]:8000", None, false),
            ("0.0.0.0:8000", None, true),
            ("[::]:8000", None, true),
            ("10.0.0.7:80", None, true),
            ("0.0.0.0:8000", Some("https://chat.example.org"), false),
        ] {
            let server = ServerConfig {
                bind: bind.parse().unwrap(),
                public_url: public_url.map(str::to_owned),
                workers: 1,
                shutdown_grace_seconds: 1,
            };
            assert_eq!(is_reached_by_any_name(&server), warned, "{bind} {public_url:?}");
        }
    }
}
