use std::sync::Arc;

use domain::id::UserId;

use super::Workers;
use crate::error::UploadError;

const AZIZ: UserId = UserId(5);
const DILNOZA: UserId = UserId(6);

#[tokio::test]
async fn a_turn_ends_with_its_work_even_if_the_request_is_gone() {
    let workers = Arc::new(Workers::start(1).unwrap());
    let (started, starts) = tokio::sync::oneshot::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn({
        let workers = workers.clone();
        async move {
            let work = move || {
                started.send(()).ok();
                held.recv().ok();
                Ok(())
            };
            workers.run(AZIZ, work).await
        }
    });
    starts.await.unwrap();
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(workers.free(), 0, "the thread is busy");
    release.send(()).unwrap();
    workers.run(AZIZ, || Ok(())).await.unwrap();

    let panicked = workers.run(AZIZ, || -> Result<(), _> { panic!("on purpose") }).await;
    assert!(matches!(panicked, Err(UploadError::Type(_))), "the file is refused");
    workers.run(AZIZ, || Ok(())).await.unwrap();
}

/// Workers of which one thread is busy for Aziz until the returned sender sends or is dropped.
async fn busy_workers(
    threads: usize,
) -> (
    Arc<Workers>,
    std::sync::mpsc::Sender<()>,
    tokio::task::JoinHandle<Result<(), UploadError>>,
) {
    let workers = Arc::new(Workers::start(threads).unwrap());
    let (started, starts) = tokio::sync::oneshot::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn({
        let workers = workers.clone();
        async move {
            let work = move || {
                started.send(()).ok();
                held.recv().ok();
                Ok(())
            };
            workers.run(AZIZ, work).await
        }
    });
    starts.await.unwrap();
    (workers, release, first)
}

/// Queues work of this user, by polling it once. The work appends its name to `order`.
async fn queue_work<'a>(
    workers: &'a Workers,
    user: UserId,
    name: &'static str,
    order: &Arc<std::sync::Mutex<Vec<&'static str>>>,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), UploadError>> + 'a>> {
    let order = order.clone();
    let mut waiting = Box::pin(workers.run(user, move || {
        order.lock().unwrap().push(name);
        Ok(())
    }));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    waiting
}

#[tokio::test]
async fn users_take_turns_in_any_order_of_requests() {
    let (workers, release, first) = busy_workers(1).await;
    let order = Arc::default();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(queue_work(&workers, AZIZ, "Aziz", &order).await);
    }
    waiting.push(queue_work(&workers, DILNOZA, "Dilnoza", &order).await);
    waiting.push(queue_work(&workers, DILNOZA, "Dilnoza", &order).await);
    assert_eq!(workers.waiting(), 12);
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    futures_util::future::try_join_all(waiting).await.unwrap();
    let order = order.lock().unwrap();
    assert_eq!(order[..5], ["Aziz", "Dilnoza", "Aziz", "Dilnoza", "Aziz"]);
    assert_eq!((order.len(), workers.waiting(), workers.free()), (12, 0, 1));
}

#[tokio::test]
async fn one_user_does_not_hold_all_threads() {
    let (workers, release, first) = busy_workers(2).await;
    let order = Arc::default();
    let second = queue_work(&workers, AZIZ, "Aziz", &order).await;
    assert_eq!(
        (workers.free(), workers.waiting()),
        (1, 1),
        "the second file of Aziz waits although a thread is idle"
    );
    workers.run(DILNOZA, || Ok(())).await.unwrap();
    drop(release);
    first.await.unwrap().unwrap();
    second.await.unwrap();
}

#[tokio::test]
async fn a_dropped_request_gets_no_turn() {
    let (workers, release, first) = busy_workers(1).await;
    let order = Arc::default();
    let gone = queue_work(&workers, DILNOZA, "gone", &order).await;
    let stays = queue_work(&workers, DILNOZA, "stays", &order).await;
    drop(gone);
    assert_eq!(workers.waiting(), 1);
    drop(release);
    first.await.unwrap().unwrap();
    stays.await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["stays"]);

    // Nor does one that was dropped after its turn was granted.
    let (workers, release, first) = busy_workers(1).await;
    let gone = queue_work(&workers, DILNOZA, "gone", &order).await;
    drop(release);
    first.await.unwrap().unwrap();
    drop(gone);
    workers.run(DILNOZA, || Ok(())).await.unwrap();
}
