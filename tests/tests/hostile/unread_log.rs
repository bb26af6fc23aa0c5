//! A log that is not read.

use crate::program::binary;

/// The pipe holds 64 KiB, which is some two hundred requests at this level.
#[tokio::test]
async fn a_log_that_nobody_reads_does_not_stop_the_service() {
    let served = binary().with("log.level", "debug").serve_unread(&[]).await;
    let client = served.client();
    for number in 0..1_500 {
        let answer = client.get("/healthz").await;
        assert_eq!(answer.status, 200, "{number}");
    }
    let metrics = client.get("/metrics").await;
    assert!(metrics.text.contains("suhbat_http_requests_total"), "{}", metrics.text);
    assert_eq!(served.stop().await.status, Some(0), "nor keeps it from ending");
}
