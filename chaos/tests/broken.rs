//! The chaos suite can fail: programs with a deliberate fault are caught, each by the promise that it breaks.

use std::{path::PathBuf, time::Duration};

use chaos::{
    cluster::Shape,
    faults::{Fault, Part},
    report::Report,
    run::{Settings, run},
    violation::Kind,
};

/// A short run of a program with this fault.
async fn run_with(fault: &str, nodes: usize, faults: &[Fault]) -> Report {
    let settings = Settings {
        shape: Shape {
            program: PathBuf::from(env!("CARGO_BIN_EXE_suhbat-for-chaos")),
            on_server: true,
            nodes,
            seeded_fault: Some(fault.to_owned()),
        },
        seed: 1,
        seconds: 12,
        faults: faults.to_vec(),
        pace: Duration::from_millis(200),
        members: 4,
        healing: Duration::from_secs(10),
    };
    let report = run(&settings).await.unwrap();
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_before_the_commit_is_caught() {
    let report = run_with("publish-before-commit", 1, &[Fault::TerminateBackends, Fault::Cut(Part::Database)]).await;
    assert!(report.has(Kind::SeenAndNotStored), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_of_the_client_id_outside_the_transaction_is_caught() {
    let report = run_with("client-id-outside-transaction", 2, &[]).await;
    assert!(report.has(Kind::Doubled), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resync_that_is_not_sent_is_caught() {
    let report = run_with("lost-resync", 2, &[Fault::RestartRedis]).await;
    assert!(report.has(Kind::Behind), "{report}");
}
