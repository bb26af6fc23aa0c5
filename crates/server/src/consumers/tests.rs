use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use domain::{
    id::MessageId,
    ports::{OutboxEntry, OutboxPlace, OutboxStart},
    testing::{
        builders::{AZIZ, at},
        conformance::{Scene, Works as _},
        fakes::FakeStore,
    },
    time::Timestamp,
};

use super::*;
use crate::health::Health;

/// A clock that goes with the paused time of the test.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        at(0).plus_micros(i64::try_from(self.0.elapsed().as_micros()).unwrap())
    }
}

/// Notes what it is given, and fails or hangs as the test wants it.
#[derive(Default)]
struct Recorder {
    name: &'static str,
    taken: Mutex<Vec<MessageId>>,
    fails: AtomicBool,
    panics: AtomicBool,
    hangs: AtomicBool,
}

impl Recorder {
    fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, ..Self::default() })
    }

    fn taken(&self) -> Vec<MessageId> {
        self.taken.lock().unwrap().clone()
    }

    /// Waits until it was given so many entries.
    async fn took(&self, count: usize) -> Vec<MessageId> {
        while self.taken().len() < count {
            sleep(Duration::from_millis(1)).await;
        }
        self.taken()
    }
}

#[async_trait]
impl Consumer for Recorder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn start(&self) -> OutboxStart {
        OutboxStart::Beginning
    }

    async fn take(&self, entries: &[OutboxEntry]) -> Result<OutboxPlace, ConsumerError> {
        assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(ConsumerError("on purpose".into()));
        }
        self.taken.lock().unwrap().extend(entries.iter().map(|entry| entry.message));
        Ok(entries.last().map_or_else(OutboxPlace::default, |last| last.place))
    }
}

fn node(store: &FakeStore, clock: &Arc<TestClock>, consumers: &[&Arc<Recorder>]) -> Following {
    let follow = Follow {
        outbox: Arc::new(store.clone()),
        jobs: Arc::new(store.clone()),
        clock: clock.clone(),
    };
    let consumer = |consumer: &&Arc<Recorder>| -> Arc<dyn Consumer> { (*consumer).clone() };
    follow.start(consumers.iter().map(consumer).collect())
}

fn scene() -> (FakeStore, Arc<TestClock>) {
    (FakeStore::default(), Arc::new(TestClock(Instant::now())))
}

#[tokio::test(start_paused = true)]
async fn a_consumer_is_given_each_entry_once_and_soon_and_old_ones_are_removed() {
    let (store, clock) = scene();
    let (scene, chat) = Scene::with_chat(&store).await;
    let search = Recorder::new("search");
    let following = node(&store, &clock, &[&search]);
    let mut sent = scene.say_many(chat, AZIZ, 300).await;
    search.took(300).await;
    sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    sent.push(scene.say(chat, AZIZ, "yana").await.id);
    assert_eq!(search.took(301).await, sent);
    assert!(began.elapsed() <= GAP * 2, "{:?}", began.elapsed());
    sleep(TRIM * 2).await;
    assert_eq!(store.lag().await.works()[0].entries, 0);
    let left = Outbox::read(&store, OutboxPlace::default(), 10).await.works();
    assert_eq!(
        left.iter().map(|entry| entry.message).collect::<Vec<_>>(),
        sent[300..],
        "only the newest"
    );
    following.stop().await;
    assert_eq!(search.taken().len(), 301);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_or_panics_holds_up_no_other_and_goes_on_later() {
    let (store, clock) = scene();
    let (scene, chat) = Scene::with_chat(&store).await;
    let (bad, worse, good) = (Recorder::new("bad"), Recorder::new("worse"), Recorder::new("good"));
    bad.fails.store(true, Ordering::SeqCst);
    worse.panics.store(true, Ordering::SeqCst);
    let _following = node(&store, &clock, &[&bad, &worse, &good]);
    let sent = scene.say_many(chat, AZIZ, 5).await;
    assert_eq!(good.took(5).await, sent);
    sleep(Duration::from_mins(2)).await;
    assert_eq!((bad.taken(), worse.taken()), (vec![], vec![]));
    bad.fails.store(false, Ordering::SeqCst);
    worse.panics.store(false, Ordering::SeqCst);
    let mended = Instant::now();
    assert_eq!(bad.took(5).await, sent);
    assert_eq!(worse.took(5).await, sent);
    assert!(mended.elapsed() <= LONGEST_PAUSE + ASK, "{:?}", mended.elapsed());
    assert_eq!(good.taken(), sent);
}

#[tokio::test(start_paused = true)]
async fn another_node_takes_over_at_once_after_a_stop_and_within_15_seconds_after_a_crash() {
    let (store, clock) = scene();
    let (scene, chat) = Scene::with_chat(&store).await;
    let nodes = ["search"; 3].map(Recorder::new);
    let first = node(&store, &clock, &[&nodes[0]]);
    let one = scene.say(chat, AZIZ, "bir").await.id;
    assert_eq!(nodes[0].took(1).await, [one]);
    let second = node(&store, &clock, &[&nodes[1]]);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(nodes[1].taken(), [], "one node at a time runs it");
    first.stop().await;
    let two = scene.say(chat, AZIZ, "ikki").await.id;
    let stopped = Instant::now();
    assert_eq!(nodes[1].took(1).await, [two]);
    assert!(stopped.elapsed() <= ASK + POLL, "{:?}", stopped.elapsed());

    sleep(Duration::from_secs(20)).await;
    let _third = node(&store, &clock, &[&nodes[2]]);
    sleep(Duration::from_secs(5)).await;
    second.consumers.iter().for_each(JoinHandle::abort);
    let three = scene.say(chat, AZIZ, "uch").await.id;
    let crashed = Instant::now();
    assert_eq!(nodes[2].took(1).await, [three]);
    assert!(crashed.elapsed() <= Duration::from_secs(15), "{:?}", crashed.elapsed());
    assert_eq!(nodes[1].taken().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_hangs_is_named_until_it_goes_on() {
    let (store, clock) = scene();
    let (scene, chat) = Scene::with_chat(&store).await;
    let (stuck, idle) = (Recorder::new("stuck"), Recorder::new("idle"));
    let mut following = node(&store, &clock, &[&stuck, &idle]);
    let health = Health::new(vec![], following.take_parts());
    sleep(STUCK * 2).await;
    assert_eq!(health.missed().await, Vec::<&str>::new(), "nothing waits");
    stuck.hangs.store(true, Ordering::SeqCst);
    scene.say(chat, AZIZ, "salom").await;
    idle.took(1).await;
    sleep(STUCK / 2).await;
    assert_eq!(health.missed().await, Vec::<&str>::new());
    sleep(STUCK).await;
    assert_eq!(health.missed().await, ["stuck"]);
    following.stop().await;
}
