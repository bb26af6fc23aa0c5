//! The chaos suite can fail: programs with a deliberate fault are caught, each by the promise that it breaks.

use std::{path::PathBuf, time::Duration};

use chaos::{
    cluster::Shape,
    faults::{Fault, Part},
    run::{Settings, run},
    violation::Kind,
};

/// Short runs of a program with this fault, with one seed after another, until a promise of this kind is broken. Most faults show in the first run; a lost event
/// shows only where it was the last one of its conversation.
async fn caught(fault: &str, nodes: usize, faults: &[Fault], kind: Kind) -> bool {
    for seed in 1..=10 {
        let settings = Settings {
            shape: Shape {
                program: PathBuf::from(env!("CARGO_BIN_EXE_suhbat-for-chaos")),
                on_server: true,
                nodes,
                seeded_fault: Some(fault.to_owned()),
            },
            seed,
            seconds: 6,
            faults: faults.to_vec(),
            pace: Duration::from_millis(150),
            members: 4,
            healing: Duration::from_secs(10),
        };
        let report = run(&settings).await.expect("a run that can be carried out");
        println!("{report}");
        if report.has(kind) {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_before_the_commit_is_caught() {
    let faults = [Fault::TerminateBackends, Fault::Cut(Part::Database)];
    assert!(caught("publish-before-commit", 1, &faults, Kind::SeenAndNotStored).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_of_the_client_id_outside_the_transaction_is_caught() {
    assert!(caught("client-id-outside-transaction", 2, &[], Kind::Doubled).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resync_that_is_not_sent_is_caught() {
    assert!(caught("lost-resync", 2, &[Fault::HalfOpen(Part::Redis)], Kind::Behind).await);
}
