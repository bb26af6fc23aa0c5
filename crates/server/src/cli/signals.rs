//! The signals that end the service, and those that do not.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the service in order: `SIGTERM`, `SIGINT` (Ctrl-C), `SIGQUIT`, and `SIGHUP`, which a terminal sends when it is closed. `SIGUSR1` and
/// `SIGUSR2`, which would end it on the spot, are only logged; so is `SIGHUP` where it was ignored at the start (`nohup`).
#[cfg(unix)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    hangup: Signal,
    hangup_ends: bool,
    user: [Signal; 2],
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        // Asked first: from the first wait on, the process listens to it.
        let hangup_ends = !ignores_hangup();
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            hangup_ends,
            user: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        })
    }

    /// The next signal that ends the service.
    pub(super) async fn shutdown_signal(&mut self) -> &'static str {
        let [first, second] = &mut self.user;
        loop {
            let ignored = tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.quit.recv() => return "SIGQUIT",
                _ = self.hangup.recv() => if self.hangup_ends { return "SIGHUP" } else { "SIGHUP" },
                _ = first.recv() => "SIGUSR1",
                _ = second.recv() => "SIGUSR2",
            };
            tracing::info!(signal = ignored, "a signal was ignored");
        }
    }
}

/// Whether this process ignores SIGHUP, from `/proc`; `false` if that cannot be read.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl-C, where there are no signals.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listening begins with the first wait.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn shutdown_signal(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            tracing::error!("signals cannot be listened to; the service runs until it is killed");
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
