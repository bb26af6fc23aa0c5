//! One run from the start of the servers to the report.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::{
    Failure,
    chance::Chance,
    checker::{DeviceEnd, check},
    cluster::{Cluster, Shape},
    device::{Device, Phase, Plan, Shared, Window, requests::Service},
    faults::{Fault, Faults},
    ledger::{ConversationId, SharedLedger, UserId},
    people::People,
    report::Report,
    stored::Stored,
    violation::{Kind, Violation},
};

/// How long everything may take to heal after the last fault, before what is wrong counts.
pub const HEALING: Duration = Duration::from_secs(40);
/// How long the devices may take to finish what they began, as long as the service answers them: a busy machine breaks no promise.
const FINISHING: Duration = Duration::from_mins(5);
/// How long presence may take to be right.
const PRESENCE: Duration = Duration::from_mins(1);
/// How long the clients act while the last fault happens.
const LAST_ACTS: Duration = Duration::from_millis(500);
/// The interval between two lines that show the progress: of a short run, and of one of many minutes.
const PROGRESS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// The runs that last longer have many minutes.
const SHORT: Duration = Duration::from_mins(5);
/// Devices of each person.
const DEVICES: usize = 2;

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The parts.
    pub shape: Shape,
    /// For all choices.
    pub seed: u64,
    /// How long the clients act.
    pub seconds: u64,
    /// The kinds of faults that may happen.
    pub faults: Vec<Fault>,
    /// The mean time between two acts of a device.
    pub pace: Duration,
    /// The number of members; each has two conversations.
    pub members: u64,
    /// How long everything may take to heal, usually [`HEALING`].
    pub healing: Duration,
}

impl Settings {
    fn shape_in_words(&self) -> String {
        let database = if self.shape.on_server { "PostgreSQL" } else { "SQLite" };
        match self.shape.nodes {
            1 => format!("1 node on {database}"),
            nodes => format!("{nodes} nodes on {database} and Redis"),
        }
    }
}

/// The devices of all people.
struct Crowd {
    phase: watch::Sender<Phase>,
    windows: Vec<Window>,
    tasks: JoinSet<()>,
    reports: usize,
}

/// Runs everything, and reports. An error says that the run could not be carried out.
pub async fn run(settings: &Settings) -> Result<Report, Failure> {
    let people = People::new(settings.members);
    let mut chance = Chance::new(settings.seed);
    let mut cluster = Cluster::start(&settings.shape, &people).await?;
    let ran = run_on(&cluster, settings, &people, &mut chance).await;
    match &ran {
        Ok(report) if report.violations.is_empty() => {}
        _ if settings.shape.seeded_fault.is_some() => {}
        _ => {
            cluster.keep_folder();
            println!("the logs of the nodes are kept in {}", cluster.folder().display());
        }
    }
    ran
}

async fn run_on(cluster: &Cluster, settings: &Settings, people: &People, chance: &mut Chance) -> Result<Report, Failure> {
    let ledger = SharedLedger::default();
    let ports: std::sync::Arc<[u16]> = cluster.to_nodes.iter().map(crate::proxy::Proxy::port).collect();
    let tokens = tokens(cluster, people).await?;
    let conversations = open_conversations(people, &ports, &tokens).await?;
    let mut faults = Faults::new(cluster, &settings.faults, chance.fork());
    let (phase, watched) = watch::channel(Phase::Act);
    let shared = Shared {
        ledger: ledger.clone(),
        ports: ports.clone(),
        phase: watched,
        pace: settings.pace,
    };
    let mut crowd = Crowd::gather(&shared, phase, people, &tokens, &conversations, chance);
    act(cluster, settings, &ledger, &mut faults).await?;
    // The last changes fall into a fault, so that no later change shows what was lost.
    let calm = async {
        tokio::time::sleep(LAST_ACTS).await;
        crowd.phase.send_replace(Phase::Quiet);
    };
    let (last, ()) = tokio::join!(faults.next(cluster), calm);
    last?;
    let mut violations = crowd.settle(cluster, &ledger, settings.healing).await?;
    if violations.is_empty() {
        violations.extend(presence(&crowd, people, &ports, &tokens, &conversations).await);
    }
    crowd.phase.send_replace(Phase::Stop);
    crowd.tasks.join_all().await;
    for node in &cluster.nodes {
        let mut node = node.lock().await;
        if !node.is_running() {
            violations.push(Violation::new(
                Kind::UnexpectedAnswer,
                format!("node {} ended by itself", node.number),
            ));
        }
    }
    let counts = ledger.lock().counts.clone();
    Ok(Report {
        shape: settings.shape_in_words(),
        seed: settings.seed,
        seconds: settings.seconds,
        counts,
        faults: faults.counts,
        violations,
    })
}

/// Lets the devices act while faults happen, and shows how far it is.
async fn act(cluster: &Cluster, settings: &Settings, ledger: &SharedLedger, faults: &mut Faults) -> Result<(), Failure> {
    let (began, mut shown, mut before) = (Instant::now(), Instant::now(), 0);
    let lasting = Duration::from_secs(settings.seconds);
    let progress = PROGRESS[usize::from(lasting > SHORT)];
    while began.elapsed() < lasting {
        if settings.faults.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        } else {
            faults.next(cluster).await?;
        }
        if shown.elapsed() >= progress {
            let ledger = ledger.lock();
            let messages = ledger.acknowledged();
            println!(
                "{:>5} s: {messages} messages, {} a second lately, {} faults, {} violations so far",
                began.elapsed().as_secs(),
                u128::from((messages - before) as u64) * 1000 / shown.elapsed().as_millis().max(1),
                faults.total(),
                ledger.violations.len()
            );
            (shown, before) = (Instant::now(), messages);
        }
    }
    Ok(())
}

async fn tokens(cluster: &Cluster, people: &People) -> Result<HashMap<UserId, String>, Failure> {
    let node = cluster.nodes[0].lock().await;
    let mut tokens = HashMap::new();
    for user in people.all() {
        let output = node
            .command(&["token", "--user", &user.to_string(), "--ttl", "86400"])
            .output()
            .await?;
        tokens.insert(user, String::from_utf8(output.stdout)?.trim().to_owned());
    }
    Ok(tokens)
}

/// The conversations of each person.
async fn open_conversations(
    people: &People,
    ports: &std::sync::Arc<[u16]>,
    tokens: &HashMap<UserId, String>,
) -> Result<BTreeMap<UserId, Vec<ConversationId>>, Failure> {
    let mut conversations: BTreeMap<UserId, Vec<ConversationId>> = BTreeMap::new();
    for (member, admin) in people.pairs() {
        let service = Service::new(ports.clone(), tokens.get(&member).cloned().unwrap_or_default());
        let (status, body) = service
            .ask(0, "conversations/get_or_create/", Some(json!({ "target_user_id": admin })))
            .await?;
        let id = body["id"].as_u64().ok_or_else(|| format!("no conversation but {status} {body}"))?;
        for user in [member, admin] {
            conversations.entry(user).or_default().push(id);
        }
    }
    Ok(conversations)
}

impl Crowd {
    fn gather(
        shared: &Shared,
        phase: watch::Sender<Phase>,
        people: &People,
        tokens: &HashMap<UserId, String>,
        conversations: &BTreeMap<UserId, Vec<ConversationId>>,
        chance: &mut Chance,
    ) -> Self {
        let (mut windows, mut tasks) = (Vec::new(), JoinSet::new());
        for user in people.all() {
            for number in 0..DEVICES {
                let mut own = conversations.get(&user).cloned().unwrap_or_default();
                // The first device of everybody follows everything, so that no conversation is without a witness.
                let is_chat = number > 0 && chance.percent(40);
                if is_chat {
                    own = chance.pick(&own).copied().into_iter().collect();
                }
                let plan = Plan {
                    device: windows.len(),
                    user,
                    token: tokens.get(&user).cloned().unwrap_or_default(),
                    conversations: own,
                    is_chat,
                };
                let (device, window) = Device::new(shared, plan, chance.fork());
                windows.push(window);
                tasks.spawn(device.run());
            }
        }
        Self {
            phase,
            windows,
            tasks,
            reports: 0,
        }
    }

    /// Waits until everything has healed or was given the time to, and returns what is wrong then.
    async fn settle(&mut self, cluster: &Cluster, ledger: &SharedLedger, healing: Duration) -> Result<Vec<Violation>, Failure> {
        let mut deadline = Instant::now() + healing;
        loop {
            deadline = self.finish(deadline, ledger, healing).await;
            if Instant::now() > deadline {
                // What they hold and what is stored still changes: comparing it would say nothing.
                let stuck = self.windows.iter().filter(|window| !window.is_idle()).count();
                let what = format!("{stuck} devices still wait for something, and for {healing:?} nothing was acknowledged");
                let mut found = ledger.lock().violations.clone();
                found.push(Violation::new(Kind::Behind, what));
                return Ok(found);
            }
            let ends = self.report().await;
            let stored = Stored::read(&cluster.source).await?;
            let mut found = check(&ledger.lock(), &stored, &ends);
            if ends.len() < self.windows.len() {
                let what = format!("{} of {} devices are connected", ends.len(), self.windows.len());
                found.push(Violation::new(Kind::Behind, what));
            }
            if found.is_empty() || Instant::now() > deadline {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Waits until all devices have finished what they began. The deadline moves on as long as something is acknowledged; returns the last one.
    async fn finish(&self, mut deadline: Instant, ledger: &SharedLedger, healing: Duration) -> Instant {
        let (last, mut acknowledged) = (Instant::now() + FINISHING, ledger.lock().acknowledged());
        while !self.windows.iter().all(Window::is_idle) && Instant::now() <= deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = ledger.lock().acknowledged();
            if now > acknowledged && Instant::now() < last {
                acknowledged = now;
                deadline = Instant::now() + healing;
            }
        }
        deadline
    }

    /// What all devices hold at this moment.
    async fn report(&mut self) -> Vec<DeviceEnd> {
        self.reports += 1;
        self.phase.send_replace(Phase::Report(self.reports));
        let all = async {
            while self.windows.iter().any(|window| window.report(self.reports).is_none()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // A device that is not connected does not report.
        let _ = timeout(Duration::from_secs(5), all).await;
        self.windows.iter().filter_map(|window| window.report(self.reports)).collect()
    }
}

/// Everybody is there, and then half of them leave: within a minute all others see that.
async fn presence(
    crowd: &Crowd,
    people: &People,
    ports: &std::sync::Arc<[u16]>,
    tokens: &HashMap<UserId, String>,
    conversations: &BTreeMap<UserId, Vec<ConversationId>>,
) -> Vec<Violation> {
    let mut wrong = BTreeSet::new();
    for phase in [Phase::Quiet, Phase::HalfLeave] {
        crowd.phase.send_replace(phase);
        let is_online = |user: UserId| phase == Phase::Quiet || user.is_multiple_of(2);
        let deadline = Instant::now() + PRESENCE;
        loop {
            wrong.clear();
            for user in people.all() {
                let service = Service::new(ports.clone(), tokens.get(&user).cloned().unwrap_or_default());
                for id in conversations.get(&user).into_iter().flatten() {
                    let answer = service.ask(0, &format!("conversations/{id}/"), None).await;
                    let shown = answer.ok().and_then(|(_, body)| {
                        let other = &body["presence"][0];
                        Some((other["user_id"].as_u64()?, other["status"] == "online"))
                    });
                    if shown.is_none_or(|(other, online)| online != is_online(other)) {
                        wrong.insert(format!("{phase:?}: user {user} is shown {shown:?} in conversation {id}"));
                    }
                }
            }
            if wrong.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                return wrong.into_iter().map(|what| Violation::new(Kind::WrongPresence, what)).collect();
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Vec::new()
}
