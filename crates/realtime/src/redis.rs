//! The connection to Redis, or to a server that speaks its protocol, which all adapters of this kind share.
//!
//! Redis carries events and counts; everything that must last is in the database. So each adapter says what it does while Redis is away.

mod address;
mod link;

pub use address::{AddressError, RedisAddress};
pub(crate) use link::{Away, Connection, lengthened, random_name};
pub use link::{OpenError, RedisLink};
