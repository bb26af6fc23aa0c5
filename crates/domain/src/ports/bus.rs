use crate::event::Event;

/// Carries events to the sockets of the people they concern, on this node and on others.
///
/// Delivery is at most once: an event can be lost (which the adapter counts), never doubled by the bus. Events published one after another by one
/// node arrive in that order.
pub trait Bus: Send + Sync {
    /// Hands the event over. Never waits and cannot fail the act that caused the event.
    fn publish(&self, event: Event);
}
