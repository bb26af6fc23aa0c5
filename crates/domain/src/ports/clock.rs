use crate::time::Timestamp;

/// The wall clock of the service.
pub trait Clock: Send + Sync {
    /// The present time, to the microsecond.
    fn now(&self) -> Timestamp;
}
