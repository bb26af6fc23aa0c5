//! The limit of open files, which is that of sockets too.

/// With fewer than this a busy evening meets the limit.
#[cfg(unix)]
const FEW: u64 = 4096;

/// Raises the limit as far as the system allows, and logs it.
#[cfg(unix)]
pub(super) fn raise() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let mut raised = limit;
        raised.current = raised.maximum;
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit = raised,
            Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
        }
    }
    // No limit is as good as a large one.
    let open_files = limit.current.unwrap_or(u64::MAX);
    tracing::info!(open_files, "so many files and sockets may be open at once");
    if open_files < FEW {
        tracing::warn!(
            open_files,
            "few files and sockets may be open at once; raise the limit of the process (LimitNOFILE, ulimit -n)"
        );
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(super) fn raise() {}
