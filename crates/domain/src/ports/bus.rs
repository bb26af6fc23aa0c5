use crate::event::Event;

/// Carries events to the sockets of the people they concern, on this node and on others.
///
/// Delivery is at most once: an event can be lost (which the adapter counts), and is never duplicated by the bus. Events published by one node
/// arrive in the order in which it published them.
pub trait Bus: Send + Sync {
    /// Publishes the event. Never waits and cannot fail the act that caused the event.
    fn publish(&self, event: Event);
}
