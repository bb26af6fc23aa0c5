use std::process::ExitCode;

use domain::seeded::SeededFault;

/// The program `suhbat`, built for tests. The environment variable `SUHBAT_SEEDED_FAULT` gives it a fault that the chaos suite has to find.
#[expect(clippy::disallowed_methods, reason = "a fault is no setting of the service, which knows none")]
pub fn program() -> ExitCode {
    if let Ok(name) = std::env::var("SUHBAT_SEEDED_FAULT") {
        let fault = SeededFault::ALL.into_iter().find(|fault| fault.name() == name);
        fault.unwrap_or_else(|| panic!("there is no fault {name}")).choose();
    }
    server::cli::main()
}
