//! Messages to the service manager: systemd with `Type=notify`, or another one that sets `NOTIFY_SOCKET`. Without one nothing is sent.

/// Tells the manager that the service takes requests.
pub(super) fn tell_ready() {
    tell("READY=1");
}

/// Tells the manager that the service stops in order.
pub(super) fn tell_stopping() {
    tell("STOPPING=1");
}

#[cfg(unix)]
fn tell(state: &'static str) {
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Custom(state)]) {
        tracing::warn!(%error, state, "the service manager could not be reached");
    }
}

#[cfg(not(unix))]
fn tell(_: &'static str) {}
