//! The service on a PostgreSQL server that refuses it, ends, or takes no writes. Each test has a server of its own, which `scripts/postgres-server` makes.

mod backups;
mod outage;
mod sentences;
mod tls;
