use crate::time::Timestamp;

/// Tells the time of the wall clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
