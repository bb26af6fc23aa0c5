//! The command line: the commands of the program, and the code that runs them.
//!
//! # How to add a …
//! - **command**: a variant of [`Command`], whose doc comment is its help, and an arm in `run`.

mod commands;
mod copies;
mod descriptors;
mod health;
mod manager;
mod objects;
mod signals;
mod transfer;

use std::{path::PathBuf, process::ExitCode};

use clap::{
    Parser, Subcommand,
    builder::{OsStringValueParser, TypedValueParser as _},
};
use domain::id::UserId;

use crate::causes::with_causes;

/// Suhbat: direct messages between the members of faith communities and those who administer them.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "suhbat", version)]
pub struct Arguments {
    /// A file with settings, which go before the defaults; environment variables go before the file
    #[arg(long, global = true, env = "SUHBAT_CONFIG", value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub config: Option<PathBuf>,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of the program.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Start the service
    Serve {
        /// Fill an empty embedded database with a made-up community, and let anybody be anybody in it
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database's schema up to date
    Migrate,
    /// Take people, confessions and subscriptions from a JSON document into the database; all of it or nothing
    Import {
        /// The document
        file: PathBuf,
    },
    /// Copy the embedded database into a file, whole and checked; the service may run meanwhile
    Backup {
        /// The file to make, which must not exist yet
        file: PathBuf,
    },
    /// Put a backup in the place of the embedded database, which is kept under another name; the service must not run
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Copy the embedded database into an empty database of a PostgreSQL server, whole and checked; the service must not run
    Transfer {
        /// The database to fill; a URL on the command line can be seen by other users of the machine, one in the environment cannot
        #[arg(long, value_name = "URL", env = "SUHBAT_TRANSFER_TO", hide_env_values = true)]
        to: String,
    },
    /// Work on the object store, which holds the files that people sent
    Objects {
        /// What to do with it
        #[command(subcommand)]
        command: ObjectsCommand,
    },
    /// Print an access token, for development and tests
    Token {
        /// The id of the user
        #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
        user: i64,
        /// How long it is good for
        #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..))]
        ttl: i64,
        /// Words for the scope claim, such as "directory"
        #[arg(long, value_name = "SCOPE")]
        scope: Option<String>,
    },
    /// Print the description of the HTTP interface (OpenAPI 3.1, JSON)
    Openapi,
    /// Check all settings and show what is in force, without secrets
    CheckConfig,
    /// Ask the running service whether it is ready; fails if it is not, or if nobody answers
    Health {
        /// Ask only whether the process answers
        #[arg(long)]
        alive: bool,
    },
}

/// The commands of `suhbat objects`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ObjectsCommand {
    /// Copy all files into another object store, and check each; repeated, it copies what is missing. The service may run meanwhile
    Copy {
        /// The object store to fill: `s3://BUCKET/PREFIX` or `file://FOLDER`. A bucket is reached by the other settings of the section `objects`
        #[arg(long, value_name = "URL")]
        to: String,
    },
}

/// The arguments of this process. Help, version and misuse are answered here, and end it.
pub fn parse() -> Arguments {
    Arguments::parse()
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    let Arguments { config, command } = parse();
    keep_private();
    match run(command, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// Why a command failed, with everything that caused it.
fn sentence(error: &commands::Error) -> String {
    let mut text = with_causes(error);
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Makes all files and folders that the program creates private to its user: modes 0600 and 0700.
fn keep_private() {
    #[cfg(unix)]
    {
        use rustix::{fs::Mode, process::umask};
        umask(Mode::RWXG | Mode::RWXO);
    }
}

fn run(command: Command, file: Option<PathBuf>) -> Result<(), commands::Error> {
    // An empty variable is how some environments say "not set".
    let file = file.filter(|file| !file.as_os_str().is_empty());
    let file = file.as_deref();
    match command {
        Command::Serve { demo } => commands::serve(file, demo),
        Command::Migrate => commands::migrate(file),
        Command::Import { file: document } => commands::import(file, &document),
        Command::Backup { file: into } => copies::backup(file, &into),
        Command::Restore { file: from } => copies::restore(file, &from),
        Command::Transfer { to } => transfer::transfer(file, &to),
        Command::Objects {
            command: ObjectsCommand::Copy { to },
        } => objects::copy(file, &to),
        Command::Token { user, ttl, scope } => commands::token(file, UserId(user), ttl, scope.as_deref()),
        Command::Openapi => commands::openapi(),
        Command::CheckConfig => commands::check_config(file),
        Command::Health { alive } => health::health(file, alive),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parsed(line: &str) -> Result<Command, clap::Error> {
        Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.command)
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_commands_of_the_contract_are_understood() {
        let token = |user, ttl, scope: Option<&str>| Command::Token {
            user,
            ttl,
            scope: scope.map(str::to_owned),
        };
        let table = [
            ("suhbat serve", Command::Serve { demo: false }),
            ("suhbat serve --demo", Command::Serve { demo: true }),
            ("suhbat migrate", Command::Migrate),
            (
                "suhbat import people.json",
                Command::Import {
                    file: "people.json".into(),
                },
            ),
            ("suhbat backup copy.db", Command::Backup { file: "copy.db".into() }),
            ("suhbat restore copy.db", Command::Restore { file: "copy.db".into() }),
            (
                "suhbat transfer --to postgres://db/chat",
                Command::Transfer {
                    to: "postgres://db/chat".to_owned(),
                },
            ),
            (
                "suhbat objects copy --to s3://files/chat",
                Command::Objects {
                    command: ObjectsCommand::Copy {
                        to: "s3://files/chat".to_owned(),
                    },
                },
            ),
            ("suhbat token --user 5", token(5, 3600, None)),
            ("suhbat token --user 5 --ttl 60 --scope directory", token(5, 60, Some("directory"))),
            ("suhbat openapi", Command::Openapi),
            ("suhbat check-config", Command::CheckConfig),
            ("suhbat health", Command::Health { alive: false }),
            ("suhbat health --alive", Command::Health { alive: true }),
        ];
        for (line, command) in table {
            assert_eq!(parsed(line).ok(), Some(command), "{line}");
        }
        for line in [
            "suhbat",
            "suhbat dance",
            "suhbat token",
            "suhbat token --user 0",
            "suhbat token --user 5 --ttl 0",
            "suhbat import",
            "suhbat backup",
            "suhbat restore",
            "suhbat transfer",
            "suhbat objects",
            "suhbat objects copy",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_file_can_be_named_before_and_after_the_command() {
        for line in [
            "suhbat --config a.toml serve",
            "suhbat serve --config a.toml",
            "suhbat serve --config=a.toml --demo",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(arguments.config, Some("a.toml".into()), "{line}");
        }
    }
}
