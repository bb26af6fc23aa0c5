//! The parts that nodes share: the bus, presence, limits and used tickets. In the memory of this process, or in Redis.

use std::{sync::Arc, time::Duration};

use domain::ports::{Bus, Clock, Limiter, Presence, Rates, Tickets};
use realtime::{
    bus::{Events, MemoryBus, RedisBus, redis_bus},
    limiter::{MemoryLimiter, RedisLimiter},
    presence::{MemoryPresence, RedisPresence},
    redis::RedisLink,
    tickets::{MemoryTickets, RedisTickets},
    timings::Timings,
    unconfirmed::UnconfirmedActs,
};
use storage::{NodeRegister, OtherNodes, StoreUrl};
use tokio::{sync::watch, task::JoinHandle};

use super::StartError;
use crate::{
    causes::with_causes,
    clock::WallLimiter,
    config::Config,
    health::{Part, Probe},
    random,
};

/// The interval in which services on one database are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// How long a service that stops waits until its last events are sent to the other nodes.
const LEAVING: Duration = Duration::from_secs(2);

/// What this node shares with others.
pub(super) struct Shared {
    /// Tells this node from all others.
    pub(super) number: u64,
    pub(super) bus: Arc<dyn Bus>,
    /// The acts that nobody was told of.
    pub(super) unconfirmed: Arc<UnconfirmedActs>,
    pub(super) subscriber: Arc<Events>,
    pub(super) presence: Arc<dyn Presence>,
    pub(super) limiter: Arc<dyn Limiter>,
    pub(super) tickets: Arc<dyn Tickets>,
    pub(super) carrying: Carrying,
    /// Whether the bus works.
    pub(super) bus_part: Part,
    /// Whether all services on the database share the bus.
    pub(super) others_part: Part,
}

/// Carries events to the other nodes, and ends after everything that publishes.
pub(super) struct Carrying {
    tasks: Vec<JoinHandle<()>>,
    /// The bus that the node has to leave, if it is shared with others.
    bus: Option<Arc<RedisBus>>,
    unconfirmed: Arc<UnconfirmedActs>,
}

impl Carrying {
    /// Leaves the bus. If something could not be told to the other nodes, they are left to notice that this one is gone.
    pub(super) async fn stop(self) {
        if let Some(bus) = self.bus {
            let is_everything_told = self.unconfirmed.is_empty();
            if !is_everything_told || tokio::time::timeout(LEAVING, bus.leave()).await.is_err() {
                tracing::warn!("some changes could not be told to the other nodes; their sockets get resync soon");
            }
        }
        for task in self.tasks {
            task.abort();
        }
    }
}

/// Connects this node to the bus that the configuration names.
pub(super) async fn open(config: &Config, wall: &Arc<dyn Clock>, timings: &Timings) -> Result<Shared, StartError> {
    #[expect(clippy::cast_possible_truncation, reason = "half of the random bits are enough")]
    let number = random::bits() as u64;
    let rates = Rates {
        upload_bytes_per_day: config.limits.upload_bytes_per_day,
        ..config.rate.rates()
    };
    let (others_part, counting) = count_services(config).await;
    let unconfirmed = Arc::new(UnconfirmedActs::default());
    let Some(address) = config.bus.address().map_err(StartError::Bus)? else {
        let (bus, subscriber) = MemoryBus::new(MemoryBus::CAPACITY);
        return Ok(Shared {
            number,
            bus: Arc::new(bus),
            subscriber: Arc::new(subscriber),
            presence: Arc::new(MemoryPresence::new(timings)),
            limiter: measured_by(wall, MemoryLimiter::new(rates)),
            tickets: Arc::new(MemoryTickets::default()),
            carrying: Carrying {
                tasks: counting.into_iter().collect(),
                bus: None,
                unconfirmed: unconfirmed.clone(),
            },
            unconfirmed,
            // The bus is in process: it answers while the process lives.
            bus_part: Part::new("bus", Arc::new(|| Box::pin(async { Ok(()) }))),
            others_part,
        });
    };
    if !matches!(config.database.url, StoreUrl::Postgres(_)) {
        tracing::warn!("bus.url names a Redis server, but only one service can run on an embedded database; memory: is enough for it");
    }
    let (link, keeping) = RedisLink::open(address, config.bus.prefix.clone())
        .await
        .map_err(|error| StartError::Bus(error.to_string()))?;
    let (bus, subscriber, mut tasks) = redis_bus(link.clone(), number, wall.clone(), timings);
    let bus = Arc::new(bus);
    tasks.push(keeping);
    tasks.extend(counting);
    let bus_part = Part::new("bus", redis_probe(link.clone(), subscriber.is_subscribed()));
    Ok(Shared {
        number,
        bus: bus.clone(),
        subscriber: Arc::new(subscriber),
        presence: Arc::new(RedisPresence::new(link.clone(), timings)),
        limiter: measured_by(wall, RedisLimiter::new(link.clone(), rates)),
        tickets: Arc::new(RedisTickets::new(link)),
        carrying: Carrying {
            tasks,
            bus: Some(bus),
            unconfirmed: unconfirmed.clone(),
        },
        unconfirmed,
        bus_part,
        others_part,
    })
}

/// Limits use the machine's clock, which runs at full speed while the clock of stored times waits for it.
fn measured_by(wall: &Arc<dyn Clock>, limiter: impl Limiter + 'static) -> Arc<dyn Limiter> {
    Arc::new(WallLimiter {
        limiter,
        wall: wall.clone(),
    })
}

/// Redis answers, and the events of other nodes are received.
fn redis_probe(link: Arc<RedisLink>, subscribed: watch::Receiver<bool>) -> Probe {
    Arc::new(move || {
        let (link, is_subscribed) = (link.clone(), *subscribed.borrow());
        Box::pin(async move {
            link.ping().await?;
            if is_subscribed {
                Ok(())
            } else {
                Err("the events of other nodes are not received".to_owned())
            }
        })
    })
}

/// Counts the services on the database, at once and then at intervals, and warns about those that do not share the bus. Returns the part that `readyz` shows as
/// degraded while there are such services, and the task that counts.
async fn count_services(config: &Config) -> (Part, Option<JoinHandle<()>>) {
    let shares_bus = config.bus.is_shared();
    let (unheard, known) = watch::channel(0);
    let probe: Probe = Arc::new(move || {
        let unheard = *known.borrow();
        Box::pin(async move {
            if unheard == 0 {
                return Ok(());
            }
            Err(format!("{unheard} other services on the database do not share the bus"))
        })
    });
    let part = Part::new("nodes", probe);
    let Some(register) = NodeRegister::on(&config.database.url, shares_bus) else {
        return (part, None);
    };
    count(&register, shares_bus, &unheard).await;
    let task = tokio::spawn(async move {
        loop {
            tokio::time::sleep(COUNT_EVERY).await;
            count(&register, shares_bus, &unheard).await;
        }
    });
    (part, Some(task))
}

async fn count(register: &NodeRegister, shares_bus: bool, unheard: &watch::Sender<u64>) {
    let others = match register.others().await {
        Ok(others) => others,
        Err(error) => {
            // What is known stays; the health check of the database says more.
            tracing::debug!(error = with_causes(&error), "the services on the database cannot be counted");
            return;
        }
    };
    let now = unheard_of(others, shares_bus);
    let before = unheard.send_replace(now);
    if now > 0 && before == 0 {
        tracing::warn!(
            services = now,
            "other services run on this database without sharing a bus with this one: each tells only its own sockets of changes; set bus.url to the same Redis server for all of them"
        );
    } else if now == 0 && before > 0 {
        tracing::info!("no service without a shared bus runs on this database any more");
    }
}

/// Services on a bus hear each other; one without a bus hears nobody.
fn unheard_of(others: OtherNodes, shares_bus: bool) -> u64 {
    if shares_bus { others.alone } else { others.alone + others.on_a_bus }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_shared_bus_hears_nobody() {
        let others = OtherNodes { alone: 2, on_a_bus: 3 };
        assert_eq!((unheard_of(others, false), unheard_of(others, true)), (5, 2));
        assert_eq!(unheard_of(OtherNodes::default(), false), 0);
    }
}
