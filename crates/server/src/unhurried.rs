use std::{pin::pin, time::Duration};

use tokio::time::timeout;

/// Into how many waits a wait is divided.
const SLICES: u32 = 10;

/// The output of the future, unless that takes longer than this. A pause of the process in between, however long, costs the future no more than a tenth
/// of its time: work that has become ready during the pause still gets its turn.
pub(crate) async fn unhurried<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..SLICES {
        if let Ok(output) = timeout(limit / SLICES, &mut future).await {
            return Some(output);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, time::Instant};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn exports_that_take_too_long_are_abandoned() {
        let since = Instant::now();
        assert_eq!(unhurried(10 * SECOND, tokio::time::sleep(9 * SECOND)).await, Some(()));
        assert_eq!(unhurried(10 * SECOND, std::future::pending::<()>()).await, None);
        assert!(since.elapsed() >= 19 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_service_does_not_count_against_the_peer() {
        let (tell, told) = oneshot::channel();
        let waiting = tokio::spawn(unhurried(10 * SECOND, told));
        tokio::task::yield_now().await;
        tokio::time::advance(1000 * SECOND).await;
        tokio::task::yield_now().await;
        tell.send(5).unwrap();
        assert_eq!(waiting.await.unwrap(), Some(Ok(5)));
    }
}
