//! What must hold in every state, and what must happen in some so that the first says something.

use std::collections::BTreeMap;

use stateright::Property;

use super::state::{Client, Limits, Resume, State};

pub(crate) const STORED_ONCE: &str = "an acknowledged message is stored exactly once, and no message twice";
pub(crate) const CAUGHT_UP: &str = "a client that has caught up holds exactly what is stored";
pub(crate) const APPLIED_ONCE: &str = "no change is applied twice";
pub(crate) const NEVER_AHEAD: &str = "no client sees a change that is not stored";
pub(crate) const AT_REST: &str = "when nothing is under way, all clients have caught up and all messages are acknowledged";

pub(crate) fn all(limits: &Limits) -> Vec<Property<Resume>> {
    let mut properties = vec![
        Property::always(STORED_ONCE, |_, state| stored_once(state)),
        Property::always(CAUGHT_UP, |_, state: &State| {
            state
                .clients
                .iter()
                .all(|client| !has_caught_up(state, client) || holds_all(state, client))
        }),
        Property::always(APPLIED_ONCE, |_, state: &State| !state.was_applied_twice),
        Property::always(NEVER_AHEAD, |_, state: &State| !state.was_ahead),
        Property::always(AT_REST, |_, state: &State| !is_at_rest(state) || everything_arrived(state)),
        Property::sometimes("sometimes everything arrived", |_, state: &State| {
            is_at_rest(state) && everything_arrived(state)
        }),
    ];
    if limits.restores > 0 {
        properties.push(Property::sometimes(
            "sometimes a client goes on in another epoch",
            |_, state: &State| state.epoch > 1 && is_at_rest(state) && state.stored.last_seq > 0,
        ));
    }
    if limits.losses > 0 {
        properties.push(Property::sometimes("sometimes a node has a gap", |_, state: &State| {
            state.nodes.iter().any(|node| node.has_gap)
        }));
    }
    properties
}

fn stored_once(state: &State) -> bool {
    let mut counts = BTreeMap::new();
    for (_, shown) in &state.stored.messages {
        *counts.entry(shown.client_id).or_insert(0) += 1;
    }
    counts.values().all(|count| *count == 1) && state.promised.iter().all(|client_id| counts.contains_key(client_id))
}

/// Whether the client believes that it holds the newest state of the living epoch.
fn has_caught_up(state: &State, client: &Client) -> bool {
    client.socket.is_some() && client.frames.is_empty() && client.feed.is_settled() && client.feed.known() == state.stored.last_seq
}

fn holds_all(state: &State, client: &Client) -> bool {
    *client.feed.messages() == state.stored.as_held()
}

fn is_at_rest(state: &State) -> bool {
    state.progress().is_empty()
}

fn everything_arrived(state: &State) -> bool {
    state
        .clients
        .iter()
        .all(|client| client.unacknowledged.is_empty() && client.feed.known() == state.stored.last_seq && holds_all(state, client))
}
