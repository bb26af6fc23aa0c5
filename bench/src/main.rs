//! A load generator for any server that speaks Suhbat's protocol: prints one JSON line for each run.
//!
//! It makes its own people (ids from 1,000,000) through `/api/directory/import/`, so point it at a database that may be thrown away.

mod cluster;
mod contacts;
mod figures;
mod hostile;
mod idle;
mod people;
mod reads;
mod search;
mod sending;
mod soak;
mod socket;
mod start;
mod uploads;

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

/// Any failure that stops a run, printed for the operator.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(about = "Drives a Suhbat server and prints one JSON line for each run")]
struct Arguments {
    /// Address and port of the server.
    #[arg(long, default_value = "127.0.0.1:8000")]
    server: String,
    /// The server's auth.secret, with which the tokens of the made-up people are signed.
    #[arg(long, env = "SUHBAT_BENCH_SECRET")]
    secret: String,
    /// The server's process, whose memory and CPU time are read where the run is about them.
    #[arg(long)]
    pid: Option<u32>,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// Each conversation keeps `depth` messages under way: the most the server can take.
    Closed {
        #[arg(long, default_value_t = 64)]
        conversations: usize,
        #[arg(long, default_value_t = 1)]
        depth: usize,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// A fixed number of messages each second, whatever the server does; latency counts from the intended time.
    Open {
        #[arg(long, default_value_t = 64)]
        conversations: usize,
        #[arg(long, default_value_t = 1000)]
        rate: u64,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Members on this server, admins on another one of the same service: how events cross, and what idle sockets take in Redis.
    Cluster {
        /// Address and port of the other server.
        #[arg(long)]
        other: String,
        /// The other server's process.
        #[arg(long)]
        other_pid: u32,
        /// Address and port of Redis.
        #[arg(long)]
        redis: String,
        #[arg(long, default_value_t = 64)]
        conversations: usize,
        /// Messages a second of the run with a fixed rate.
        #[arg(long, default_value_t = 500)]
        rate: u64,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        #[arg(long, default_value_t = 10_000)]
        sockets: usize,
    },
    /// So many sockets that do nothing; needs --pid.
    Idle {
        #[arg(long, default_value_t = 15_000)]
        sockets: usize,
    },
    /// The effect of hostile clients on the others; the server must have its default limits.
    Hostile {
        #[arg(long, default_value_t = 2)]
        rounds: usize,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// A steady mixed load for many minutes, with a line of figures each half minute: memory, open files, sizes of tables and log, latencies; needs --pid.
    Soak {
        /// The file of the server's embedded database, or the URL of its PostgreSQL database.
        #[arg(long)]
        database: String,
        #[arg(long, default_value_t = 20)]
        minutes: u64,
        /// Seconds between two lines of figures.
        #[arg(long, default_value_t = 30)]
        every: u64,
        #[arg(long, default_value_t = 50)]
        conversations: usize,
        /// Messages each second.
        #[arg(long, default_value_t = 200)]
        rate: u64,
        /// Lists, histories and changes each second.
        #[arg(long, default_value_t = 50)]
        reads: u64,
        /// Files each second.
        #[arg(long, default_value_t = 2)]
        files: u64,
    },
    /// From the start of the program to its first `readyz`; its settings come from the environment.
    Start {
        #[arg(long)]
        program: PathBuf,
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// Files sent at once, and what memory they take; needs --pid.
    Uploads {
        /// The kind of content to send.
        #[arg(long, value_enum, default_value = "text")]
        content: uploads::Content,
        /// Uploads that run at once, each from another person.
        #[arg(long, default_value_t = 10)]
        parallel: usize,
        /// Size of each file in MiB.
        #[arg(long, default_value_t = 25)]
        mib: usize,
        /// Repetitions. By default the server lets each person send five at once and then one each two seconds.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Contacts in a large directory, for admins of 1, 10 and 300 confessions and a superadmin, and searches of an admin's conversations with each tenth
    /// of the accounts, without rate limits; with --attack, what a member's list
    /// and sends take while one admin searches over many connections, with the usual limits.
    Contacts {
        #[arg(long, default_value_t = 100_000)]
        accounts: usize,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Only the attack, on a directory that an earlier run has made.
        #[arg(long)]
        attack: bool,
        /// Connections of the attacker.
        #[arg(long, default_value_t = 40)]
        connections: usize,
    },
    /// The search of messages, by a member and by an admin who has 40 % of them.
    Search {
        /// Seconds for each kind of query.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[arg(long, default_value_t = 1_000_000)]
        messages: usize,
        /// Only how long it takes to build an index that was removed before the server was started.
        #[arg(long)]
        rebuild: bool,
    },
    /// Conversation list, history page and unread count, for people and conversations of two sizes.
    Reads {
        #[arg(long, default_value_t = 8)]
        concurrency: usize,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Conversations of the busy person; the other one has 10.
        #[arg(long, default_value_t = 10_000)]
        conversations: usize,
        /// Messages of the long conversation; the other one has 100.
        #[arg(long, default_value_t = 1_000_000)]
        messages: usize,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let Arguments { server, secret, pid, run } = Arguments::parse();
    let world = people::World::new(server, &secret);
    match run {
        Run::Closed {
            conversations,
            depth,
            seconds,
        } => sending::closed(&world, pid, conversations, depth, Duration::from_secs(seconds)).await,
        Run::Open {
            conversations,
            rate,
            seconds,
        } => sending::open(&world, pid, conversations, rate, Duration::from_secs(seconds)).await,
        Run::Cluster {
            other,
            other_pid,
            redis,
            conversations,
            rate,
            seconds,
            sockets,
        } => {
            let pid = pid.ok_or("cluster needs --pid, to read the server's CPU time")?;
            let cluster = cluster::Cluster {
                admins: people::World::new(other, &secret),
                members: world,
                pids: vec![pid, other_pid],
                redis,
            };
            let time = Duration::from_secs(seconds);
            let gap = sending::gap(conversations, rate)?;
            cluster.crossing(conversations, sending::Pace::Every(gap), time).await?;
            for depth in [1, 3] {
                cluster.crossing(conversations, sending::Pace::Depth(depth), time).await?;
            }
            cluster.idle(sockets).await
        }
        Run::Idle { sockets } => idle::run(&world, pid.ok_or("idle needs --pid, to read the server's memory")?, sockets).await,
        Run::Hostile { rounds, seconds } => hostile::run(&world, pid, rounds, Duration::from_secs(seconds)).await,
        Run::Soak {
            database,
            minutes,
            every,
            conversations,
            rate,
            reads,
            files,
        } => {
            let pid = pid.ok_or("soak needs --pid, to read the server's memory")?;
            let database = match database.strip_prefix("sqlite://") {
                Some(file) => soak::Database::File(file.into()),
                None => soak::Database::Server(database),
            };
            let load = soak::Load {
                time: Duration::from_mins(minutes),
                every: Duration::from_secs(every),
                conversations,
                rate,
                reads,
                files,
            };
            soak::run(&world, pid, &database, &load).await
        }
        Run::Start { program, rounds } => start::run(&world.server, &program, rounds).await,
        Run::Uploads {
            content,
            parallel,
            mib,
            rounds,
        } => {
            let pid = pid.ok_or("uploads needs --pid, to read the server's memory")?;
            uploads::run(&world, pid, content, parallel, mib, rounds).await
        }
        Run::Contacts {
            accounts,
            seconds,
            attack,
            connections,
        } => {
            let time = Duration::from_secs(seconds);
            if attack {
                contacts::attack(&world, accounts, connections, time).await
            } else {
                contacts::run(&world, accounts, time).await
            }
        }
        Run::Search { rebuild: true, .. } => search::rebuild(&world).await,
        Run::Search { seconds, messages, .. } => search::run(&world, pid, Duration::from_secs(seconds), messages).await,
        Run::Reads {
            concurrency,
            seconds,
            conversations,
            messages,
        } => reads::run(&world, concurrency, Duration::from_secs(seconds), conversations, messages).await,
    }
}
