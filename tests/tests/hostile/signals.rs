//! Signals that others send.

use crate::program::binary;

/// Whether these tests, and so the programs that they start, were told to ignore SIGHUP, as `nohup` does.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("a running process");
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .expect("a mask of signals");
    u64::from_str_radix(mask.trim(), 16).expect("hexadecimal digits") & 1 == 1
}

#[tokio::test]
async fn terminating_signals_stop_the_service_in_order() {
    let ending: &[&str] = if hangup_is_ignored() {
        &["QUIT", "INT", "TERM"]
    } else {
        &["HUP", "QUIT", "INT", "TERM"]
    };
    for &signal in ending {
        let served = binary().serve(&[]).await;
        let outcome = served.stop_by(signal).await;
        assert_eq!(outcome.status, Some(0), "{signal}: {outcome:?}");
        for line in [format!("SIG{signal}"), "the service has ended".to_owned()] {
            assert!(outcome.stderr.contains(&line), "{signal}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn user_defined_signals_and_an_ignored_hangup_do_nothing() {
    let served = binary().serve(&[]).await;
    let nothing: &[&str] = if hangup_is_ignored() {
        &["USR1", "USR2", "HUP"]
    } else {
        &["USR1", "USR2"]
    };
    for &signal in nothing {
        served.signal(signal).await;
        served.shown(&format!("SIG{signal}")).await;
    }
    assert_eq!(served.client().get("/healthz").await.status, 200);
    assert_eq!(served.stop().await.status, Some(0));
}
