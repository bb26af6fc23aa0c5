//! Signals that others send.

use crate::program::binary;

#[tokio::test]
async fn terminating_signals_stop_the_service_in_order() {
    for signal in ["HUP", "QUIT", "INT", "TERM"] {
        let served = binary().serve(&[]).await;
        let outcome = served.stop_by(signal).await;
        assert_eq!(outcome.status, Some(0), "{signal}: {outcome:?}");
        for line in [format!("SIG{signal}"), "the service has ended".to_owned()] {
            assert!(outcome.stderr.contains(&line), "{signal}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn user_defined_signals_do_nothing() {
    let served = binary().serve(&[]).await;
    for signal in ["USR1", "USR2"] {
        served.signal(signal).await;
        served.shown(&format!("SIG{signal}")).await;
    }
    assert_eq!(served.client().get("/healthz").await.status, 200);
    assert_eq!(served.stop().await.status, Some(0));
}
