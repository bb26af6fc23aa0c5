//! What each command does.

use std::{io::Write as _, path::Path};

use domain::{id::UserId, ports::Clock as _};

use crate::{
    auth,
    clock::SystemClock,
    config::{Config, ConfigError, MissingSecret, Sources},
    http, telemetry,
    wiring::{self, Options},
};

/// Why a command failed, for whoever gave it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("The configuration cannot be used:\n{0}")]
    Config(#[from] ConfigError),
    #[error("The log cannot be set up: {0}.")]
    Log(#[from] telemetry::LogError),
    #[error("The service cannot start: {0}.")]
    Start(#[from] wiring::StartError),
    #[error("The database cannot be used: {0}.")]
    Database(#[from] storage::error::OpenError),
    #[error("{0}")]
    Import(#[from] wiring::ImportError),
    #[error("The configuration cannot be used:\n{0}.")]
    Keys(#[from] auth::KeyError),
    #[error("No token: {0}.")]
    Token(#[from] auth::MintError),
    #[error("The description cannot be written: {0}.")]
    Openapi(#[from] serde_json::Error),
    #[error("Signals cannot be listened to: {0}.")]
    Signals(#[source] std::io::Error),
    #[error("The answer cannot be written: {0}.")]
    Output(#[source] std::io::Error),
}

/// Runs the service until it is told to end.
pub(super) fn serve(file: Option<&Path>, demo: bool) -> Result<(), Error> {
    let missing_secret = if demo { MissingSecret::MadeUp } else { MissingSecret::Refused };
    let config = Config::load(&Sources::of_process(file), missing_secret)?;
    telemetry::init(&config.log)?;
    for (setting, value) in config.summary() {
        tracing::debug!(setting, value, "configured");
    }
    block_on(async {
        let ended = told_to_end().map_err(Error::Signals)?;
        let (database, bus, objects) = (
            config.database.url.to_string(),
            config.bus.url.to_string(),
            config.objects.url.to_string(),
        );
        let running = wiring::start(
            config,
            Options {
                demo,
                ..Options::default()
            },
        )
        .await?;
        tracing::info!(server.addr = %running.addr(), database, bus, objects, "the service is up at http://{}", running.addr());
        let signal = ended.await;
        tracing::info!(signal, "the service ends");
        running.stop().await;
        tracing::info!("the service has ended");
        Ok(())
    })
}

/// Brings the schema up to date.
pub(super) fn migrate(file: Option<&Path>) -> Result<(), Error> {
    let config = quiet_config(file)?;
    wiring::migrate(&config)?;
    answer(&format!("The schema of {} is up to date.", config.database.url))
}

/// Takes a directory document into the database.
pub(super) fn import(file: Option<&Path>, document: &Path) -> Result<(), Error> {
    let config = quiet_config(file)?;
    answer(&format!("{}.", block_on(wiring::import(&config, document))?))
}

/// Prints a token and nothing else.
pub(super) fn token(file: Option<&Path>, user: UserId, ttl_seconds: i64, scope: Option<&str>) -> Result<(), Error> {
    let config = Config::load(&Sources::of_process(file), MissingSecret::Refused)?;
    answer(&auth::mint(&config.auth, user, ttl_seconds, scope, SystemClock.now())?)
}

/// Prints the document and nothing else; needs no configuration.
pub(super) fn openapi() -> Result<(), Error> {
    answer(&http::openapi::document().to_pretty_json()?)
}

/// Shows what is in force, unless something is wrong with it.
pub(super) fn check_config(file: Option<&Path>) -> Result<(), Error> {
    let config = Config::load(&Sources::of_process(file), MissingSecret::Refused)?;
    block_on(auth::check_keys(&config.auth))?;
    answer(&format!("{config}The configuration is in order."))
}

/// Prints what was asked for. Whoever reads it may stop early.
fn answer(text: &str) -> Result<(), Error> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// For commands that sign nothing.
fn quiet_config(file: Option<&Path>) -> Result<Config, Error> {
    let config = Config::load(&Sources::of_process(file), MissingSecret::MadeUp)?;
    telemetry::init(&config.log)?;
    Ok(config)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// Listens from now on, and tells which signal came first.
#[cfg(unix)]
fn told_to_end() -> std::io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Listens from now on.
#[cfg(not(unix))]
fn told_to_end() -> std::io::Result<impl Future<Output = &'static str>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            tracing::error!("signals cannot be listened to; the service runs until it is killed");
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    })
}
