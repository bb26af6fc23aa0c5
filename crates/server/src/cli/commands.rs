//! What each command does.

use std::{fmt::Write as _, io::Write as _, path::Path};

use domain::{
    id::UserId,
    people::Role,
    ports::{Clock as _, RosterEntry, StoreError},
};

use crate::{
    auth,
    clock::SystemClock,
    config::{AuthConfig, Config, ConfigError, MissingSecret, Sources, TelemetryConfig},
    http, telemetry,
    wiring::{self, Options, Running},
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
    #[error("The people of the demo cannot be read: {0}.")]
    Roster(#[from] StoreError),
    #[error("Signals cannot be listened to: {0}.")]
    Signals(#[source] std::io::Error),
    #[error("The answer cannot be written: {0}.")]
    Output(#[source] std::io::Error),
}

/// Runs the service until it is told to end.
pub(super) fn serve(file: Option<&Path>, demo: bool) -> Result<(), Error> {
    let missing_secret = if demo { MissingSecret::MadeUp } else { MissingSecret::Refused };
    let config = Config::load(&Sources::of_process(file), missing_secret)?;
    let telemetry = telemetry::init(&config.log, &config.telemetry)?;
    for (setting, value) in config.summary() {
        tracing::debug!(setting, value, "configured");
    }
    let served = block_on(async {
        let ended = told_to_end().map_err(Error::Signals)?;
        let (database, bus, objects) = (
            config.database.url.to_string(),
            config.bus.url.to_string(),
            config.objects.url.to_string(),
        );
        let auth = config.auth.clone();
        let options = Options {
            demo,
            ..Options::default()
        };
        let running = wiring::start(config, options).await?;
        tracing::info!(server.addr = %running.addr(), database, bus, objects, "the service is up at http://{}", running.addr());
        if demo {
            answer(&greeting(&running, &auth).await?)?;
        }
        let signal = ended.await;
        tracing::info!(signal, "the service ends");
        running.stop().await;
        tracing::info!("the service has ended");
        Ok(())
    });
    telemetry.finish();
    served
}

/// Where the demo is, who one can be there, and a line to try at once.
async fn greeting(running: &Running, auth: &AuthConfig) -> Result<String, Error> {
    let roster = running.roster().await?;
    let address = format!("http://{}", running.addr());
    let mut text = format!("\nSuhbat is at {address}/ and can be tried out at {address}/api/docs/\n\nYou can be\n");
    for RosterEntry { person, confessions } in &roster {
        let names: Vec<&str> = confessions.iter().map(|confession| confession.name.as_str()).collect();
        let name = format!("{} {}", person.first_name, person.last_name);
        let _ = writeln!(
            text,
            "  {:>3}  {:<11} {name:<20} {}",
            person.id,
            person.role.as_str(),
            names.join(", ")
        );
    }
    if let Some(somebody) = roster.iter().find(|entry| entry.person.role == Role::User) {
        let token = auth::mint(auth, somebody.person.id, 86_400, None, SystemClock.now())?;
        let name = &somebody.person.first_name;
        let _ = write!(
            text,
            "\nAs {name}:\n\n  curl -s {address}/api/messaging/conversations/ -H 'Authorization: Bearer {token}'\n"
        );
    }
    Ok(text)
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
    // Nobody traces a command; the log needs no ending.
    let _ = telemetry::init(&config.log, &TelemetryConfig::default())?;
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
