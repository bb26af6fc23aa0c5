//! The services that run on one database server. Each holds an advisory lock for as long as it is connected, by which all can count each other.

use diesel::{
    QueryableByName, sql_query,
    sql_types::{BigInt, Integer},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tokio::sync::Mutex;

use crate::{
    error::{AdapterError, OpenError},
    postgres,
    url::{ServerUrl, StoreUrl},
};

/// The first half of the keys of these locks: "suhb" in ASCII.
const LOCKS: i32 = 0x7375_6862;
/// The second half, by whether the service tells others of changes.
const ALONE: i32 = 0;
const ON_A_BUS: i32 = 1;

/// The place of this service among those on its database.
pub struct NodeRegister {
    url: ServerUrl,
    shares_bus: bool,
    /// Holds the lock. It is made again when it breaks.
    connection: Mutex<Option<AsyncPgConnection>>,
}

/// The other services on the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherNodes {
    /// Services that tell only their own sockets of changes.
    pub alone: u64,
    /// Services on a bus for several nodes.
    pub on_a_bus: u64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    bus: i32,
    #[diesel(sql_type = BigInt)]
    nodes: i64,
}

fn failed(error: diesel::result::Error) -> OpenError {
    postgres::OpenError::from(AdapterError::from(error)).into()
}

impl NodeRegister {
    /// For a service on this database; `None` if it is an embedded one, which has one service only. `shares_bus` tells whether the service is on a bus for several
    /// nodes.
    pub fn on(url: &StoreUrl, shares_bus: bool) -> Option<Self> {
        match url {
            StoreUrl::Postgres(url) => Some(Self {
                url: url.clone(),
                shares_bus,
                connection: Mutex::new(None),
            }),
            _ => None,
        }
    }

    /// Counts the other services, and makes sure that they count this one. The connection belongs to the runtime of the first call.
    pub async fn others(&self) -> Result<OtherNodes, OpenError> {
        let mut kept = self.connection.lock().await;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.enter().await?,
        };
        let counts: Vec<Count> = sql_query(format!(
            "SELECT objid::bigint::integer AS bus, count(*) AS nodes FROM pg_locks \
             WHERE locktype = 'advisory' AND classid::bigint = {LOCKS} AND objsubid = 2 AND granted \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY 1"
        ))
        .load(&mut connection)
        .await
        .map_err(failed)?;
        *kept = Some(connection);
        let of = |bus: i32| {
            let nodes = counts.iter().filter(|count| count.bus == bus).map(|count| count.nodes).sum::<i64>();
            let own = i64::from(self.bus() == bus);
            u64::try_from(nodes - own).unwrap_or(0)
        };
        Ok(OtherNodes {
            alone: of(ALONE),
            on_a_bus: of(ON_A_BUS),
        })
    }

    fn bus(&self) -> i32 {
        if self.shares_bus { ON_A_BUS } else { ALONE }
    }

    async fn enter(&self) -> Result<AsyncPgConnection, OpenError> {
        let mut connection = Box::pin(postgres::connect(self.url.expose())).await?;
        sql_query(format!("SELECT pg_advisory_lock_shared({LOCKS}, {})", self.bus()))
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        Ok(connection)
    }
}
