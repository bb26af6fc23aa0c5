//! The program of the chaos suite: breaks the parts of a running service for a while, and reports which promises were broken. It ends with 1 if any was, and
//! with 2 if the run could not be carried out.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use chaos::{
    Failure,
    cluster::Shape,
    faults::Fault,
    run::{HEALING, Settings, run},
};
use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// Breaks the parts of a running service, and checks that its clients lose nothing.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program `suhbat`.
    #[arg(long)]
    program: PathBuf,
    /// The database.
    #[arg(long, value_enum, default_value = "postgres")]
    on: Database,
    /// The number of nodes; more than one need PostgreSQL, and have Redis.
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// How long the clients act.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// The seed of all choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The mean time between two acts of a device, in milliseconds.
    #[arg(long, default_value_t = 100)]
    pace: u64,
    /// The number of members; each has two conversations.
    #[arg(long, default_value_t = 12)]
    members: u64,
    /// The kinds of faults, with commas between; all without it, and none with "none".
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
    /// A fault for the program, which must be built for tests.
    #[arg(long)]
    seeded_fault: Option<String>,
    /// Where the report is written as JSON.
    #[arg(long)]
    report: Option<PathBuf>,
}

impl Arguments {
    fn settings(&self) -> Result<Settings, Failure> {
        let all = Fault::all();
        let mut faults = Vec::new();
        for name in self.faults.iter().filter(|name| *name != "none") {
            let known: Vec<String> = all.iter().map(|fault| fault.name()).collect();
            let fault = all.iter().find(|fault| fault.name() == *name);
            faults.push(*fault.ok_or_else(|| format!("there is no fault {name}; there are: {}", known.join(", ")))?);
        }
        if self.faults.is_empty() {
            faults = all;
        }
        if self.nodes > 1 && self.on == Database::Sqlite {
            return Err("several nodes need PostgreSQL".into());
        }
        Ok(Settings {
            shape: Shape {
                program: std::path::absolute(&self.program)?,
                on_server: self.on == Database::Postgres,
                nodes: self.nodes,
                seeded_fault: self.seeded_fault.clone(),
            },
            seed: self.seed,
            seconds: self.seconds,
            faults,
            pace: Duration::from_millis(self.pace.max(1)),
            members: self.members,
            healing: HEALING,
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("the run could not be carried out: {error}");
            ExitCode::from(2)
        }
    }
}

async fn carry_out(arguments: &Arguments) -> Result<bool, Failure> {
    let report = run(&arguments.settings()?).await?;
    print!("{report}");
    if let Some(file) = &arguments.report {
        std::fs::write(file, format!("{:#}\n", report.to_json()))?;
    }
    Ok(report.violations.is_empty())
}
