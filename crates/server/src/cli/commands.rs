//! The code of each command.

use std::{fmt::Write as _, io::Write as _, path::Path};

use domain::{
    id::UserId,
    people::Role,
    ports::{Clock as _, RosterEntry, StoreError},
};
use storage::{StoreUrl, TakeoverProgress, blobs::ObjectsCopyError};

use super::{descriptors, manager, signals::Signals};
use crate::{
    auth,
    clock::SystemClock,
    config::{AuthConfig, Config, ConfigError, DirectoryMode, MissingSecret, ObjectsUrl, Sources, TelemetryConfig},
    http,
    telemetry::{self, Lines},
    wiring::{self, Options, Running},
};

/// The exit status after a second signal; as of a program that was interrupted.
const IMPATIENT: i32 = 130;

/// The failures of a command. The causes are printed after it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("The configuration cannot be used:\n{0}")]
    Config(#[from] ConfigError),
    #[error("The log cannot be set up")]
    Log(#[from] telemetry::LogError),
    #[error("The service cannot start")]
    Start(#[from] wiring::StartError),
    #[error("The database cannot be used")]
    Database(#[from] storage::OpenError),
    #[error("The import failed")]
    Import(#[from] wiring::ImportError),
    #[error("No backup was made")]
    Backup(#[source] storage::sqlite::CopyError),
    #[error("Nothing was restored")]
    Restore(#[source] storage::sqlite::CopyError),
    #[error("`backup` and `restore` copy the file of an embedded database, and {0} is none; use the tools of its server")]
    NoFile(StoreUrl),
    #[error("Nothing was transferred")]
    Transfer(#[source] storage::transfer::TransferError),
    #[error("`transfer` copies an embedded database, and database.url is {0}")]
    NotEmbedded(StoreUrl),
    #[error("`--to` must be postgres://USER:PASSWORD@HOST/NAME")]
    NoServer,
    #[error("`--to` {0}")]
    NoObjectsUrl(String),
    #[error("`--to` names the object store of objects.url itself, {0}")]
    SameObjects(ObjectsUrl),
    #[error("{0} (objects.url) cannot be read: {1}")]
    NoObjects(ObjectsUrl, std::io::Error),
    #[error("The files were not all copied")]
    CopyObjects(#[source] ObjectsCopyError),
    #[error("{0} does not answer: {1}")]
    NoAnswer(String, String),
    #[error("The service is not ready: {0} answers {1}")]
    NotReady(String, u16),
    #[error("The keys of auth cannot be used")]
    Keys(#[from] auth::KeyError),
    #[error("No token was made")]
    Token(#[from] auth::MintError),
    #[error("The description cannot be written")]
    Openapi(#[from] serde_json::Error),
    #[error("The people of the demo cannot be read")]
    Roster(#[from] StoreError),
    #[error("Signals cannot be listened to")]
    Signals(#[source] std::io::Error),
    #[error("The answer cannot be written")]
    Output(#[source] std::io::Error),
}

/// Runs the service until a signal ends it.
pub(super) fn serve(file: Option<&Path>, demo: bool) -> Result<(), Error> {
    let missing_secret = if demo { MissingSecret::MadeUp } else { MissingSecret::Refused };
    let config = Config::load(&Sources::of_process(file), missing_secret)?;
    let telemetry = telemetry::init(&config.log, &config.telemetry, Lines::Queued)?;
    for (setting, value) in config.summary() {
        tracing::debug!(setting, value, "configured");
    }
    log_panics();
    descriptors::raise();
    let served = block_on(async {
        let mut signals = Signals::listen().map_err(Error::Signals)?;
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
        manager::tell_ready();
        if demo {
            answer(&greeting(&running, &auth).await?)?;
        }
        let signal = signals.shutdown_signal().await;
        tracing::info!(signal, "the service ends");
        manager::tell_stopping();
        let again = tokio::select! {
            () = running.stop() => None,
            signal = signals.shutdown_signal() => Some(signal),
        };
        match again {
            None => tracing::info!("the service has ended"),
            Some(signal) => tracing::warn!(signal, "a second signal: the service ends at once; what was acknowledged is stored"),
        }
        Ok::<_, Error>(again.is_some())
    });
    telemetry.finish();
    if served? {
        // Threads may still be waiting for a disk or for the network. What they do needs no end in order: it survives a kill.
        std::process::exit(IMPATIENT);
    }
    Ok(())
}

/// A panic is a line of the log like others: the standard way writes to standard error in the thread that panics, and waits for its reader.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, reason = panic.payload_as_str(), "a thread panicked");
    }));
}

/// The address of the demo, its users, and a command to try at once.
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
    block_on(wiring::migrate(&config, &mut told()))?;
    let url = &config.database.url;
    answer(&match config.directory.mode {
        DirectoryMode::Own => format!("The schema of {url} is up to date."),
        DirectoryMode::Platform => format!(
            "The messages in {url} are taken over. Changes by the platform's older messaging service are noted until the first `suhbat serve`: stop that \
             service before."
        ),
    })
}

/// Prints how far the takeover of the platform's messages has come: each tenth of a step, and each wait.
fn told() -> impl FnMut(TakeoverProgress) {
    let mut last = None;
    move |progress: TakeoverProgress| {
        let tenths = progress.done.saturating_mul(10).checked_div(progress.of).unwrap_or(0);
        let now = (progress.step, tenths, progress.is_waiting);
        if last != Some(now) && (progress.of > 0 || progress.done > 0) {
            last = Some(now);
            eprintln!("{progress}");
        }
    }
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

/// Prints the settings in force, unless the configuration has faults.
pub(super) fn check_config(file: Option<&Path>) -> Result<(), Error> {
    let config = Config::load(&Sources::of_process(file), MissingSecret::Refused)?;
    block_on(auth::check_keys(&config.auth))?;
    answer(&format!("{config}The configuration is in order."))
}

/// Prints the result of a command. The reader of a pipe may stop early.
pub(super) fn answer(text: &str) -> Result<(), Error> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// For commands that sign nothing.
pub(super) fn quiet_config(file: Option<&Path>) -> Result<Config, Error> {
    let config = Config::load(&Sources::of_process(file), MissingSecret::MadeUp)?;
    // Nobody traces a command; the log needs no ending.
    let _ = telemetry::init(&config.log, &TelemetryConfig::default(), Lines::AtOnce)?;
    Ok(config)
}

pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}
