//! The resume protocol as a model: every order of events within stated limits, on two nodes and two clients of one conversation.
//!
//! Shared with the code: the clients are [`chaos::feed::Feed`], which the clients of the chaos suite follow too; the server decides about a message by
//! `domain::rules::sending::decide`, and about `reset` by `domain::change::ChangePage`. Only modelled: the transaction (a step that nothing interrupts), the
//! bus (which loses and reorders), nodes, sockets, and the restore of a backup.

mod properties;
mod server;
mod state;
mod steps;

use std::collections::BTreeSet;

use state::{Fault, Limits, Resume};
use stateright::{Checker as _, HasDiscoveries, Model as _};

/// The limits of one exploration, and the number of states that it must find at least, so that it cannot become empty unnoticed.
struct Exploration {
    name: &'static str,
    limits: Limits,
    states: usize,
}

const BASE: Limits = Limits {
    messages: [1, 1],
    repeats: 0,
    edits: 0,
    losses: 0,
    node_crashes: 0,
    lost_answers: 0,
    client_crashes: 0,
    disconnects: 0,
    restores: 0,
};

const EXPLORATIONS: [Exploration; 8] = [
    Exploration {
        name: "a bus that loses and reorders",
        limits: Limits {
            messages: [2, 1],
            losses: 2,
            ..BASE
        },
        states: 200_000,
    },
    Exploration {
        name: "repeated sends, and clients that lose their state",
        limits: Limits {
            messages: [1, 0],
            repeats: 1,
            client_crashes: 1,
            disconnects: 1,
            ..BASE
        },
        states: 30_000,
    },
    Exploration {
        name: "two senders who lose their connection",
        limits: Limits { disconnects: 1, ..BASE },
        states: 50_000,
    },
    Exploration {
        name: "nodes that crash before and after the commit",
        limits: Limits {
            messages: [1, 0],
            node_crashes: 1,
            losses: 1,
            ..BASE
        },
        states: 20_000,
    },
    Exploration {
        name: "answers of the database that are lost, and nodes that crash",
        limits: Limits {
            messages: [1, 0],
            node_crashes: 1,
            lost_answers: 1,
            ..BASE
        },
        states: 40_000,
    },
    Exploration {
        name: "edits that are lost or overtaken",
        limits: Limits {
            edits: 1,
            losses: 1,
            ..BASE
        },
        states: 30_000,
    },
    Exploration {
        name: "a backup that is put back",
        limits: Limits { restores: 1, ..BASE },
        states: 100_000,
    },
    Exploration {
        name: "a backup that is put back, and edits",
        limits: Limits {
            messages: [1, 0],
            edits: 1,
            repeats: 1,
            restores: 1,
            ..BASE
        },
        states: 150_000,
    },
];

#[test]
fn no_order_of_events_breaks_a_promise() {
    for Exploration { name, limits, states } in EXPLORATIONS {
        let began = std::time::Instant::now();
        let explored = Resume { limits, fault: None }.checker().threads(2).spawn_bfs().join();
        println!(
            "{name}: {} states, at most {} steps deep, {} ms",
            explored.unique_state_count(),
            explored.max_depth(),
            began.elapsed().as_millis()
        );
        explored.assert_properties();
        assert!(explored.unique_state_count() >= states, "{name}");
    }
}

/// Explores the model with a fault until a property fails.
fn broken_by(fault: Fault, limits: Limits) -> BTreeSet<&'static str> {
    let explored = Resume {
        limits,
        fault: Some(fault),
    }
    .checker()
    .threads(2)
    .finish_when(HasDiscoveries::AllFailures)
    .spawn_bfs()
    .join();
    explored.discoveries().into_keys().collect()
}

#[test]
fn a_client_that_ignores_the_epoch_is_found() {
    let limits = Limits { restores: 1, ..BASE };
    assert!(broken_by(Fault::EpochIgnored, limits).contains(properties::CAUGHT_UP));
}

#[test]
fn a_check_of_the_client_id_outside_the_transaction_is_found() {
    let limits = Limits {
        messages: [1, 0],
        repeats: 1,
        ..BASE
    };
    assert!(broken_by(Fault::CheckOutsideTransaction, limits).contains(properties::STORED_ONCE));
}

#[test]
fn a_resync_that_is_not_sent_is_found() {
    let limits = Limits {
        messages: [1, 0],
        losses: 1,
        ..BASE
    };
    assert!(broken_by(Fault::LostResync, limits).contains(properties::AT_REST));
}

#[test]
fn an_acknowledgement_before_the_commit_is_found() {
    let limits = Limits {
        messages: [1, 0],
        node_crashes: 1,
        ..BASE
    };
    assert!(broken_by(Fault::EarlyAcknowledgement, limits).contains(properties::STORED_ONCE));
}

#[test]
fn a_publication_before_the_commit_is_found() {
    let limits = Limits {
        messages: [1, 0],
        node_crashes: 1,
        ..BASE
    };
    assert!(broken_by(Fault::EarlyPublication, limits).contains(properties::NEVER_AHEAD));
}

#[test]
fn a_crash_that_the_other_nodes_do_not_notice_is_found() {
    let limits = Limits {
        messages: [1, 0],
        node_crashes: 1,
        ..BASE
    };
    assert!(broken_by(Fault::UnnoticedCrash, limits).contains(properties::AT_REST));
}

#[test]
fn an_act_whose_answer_was_lost_and_that_nobody_is_told_of_is_found() {
    let limits = Limits {
        messages: [1, 0],
        lost_answers: 1,
        ..BASE
    };
    assert!(broken_by(Fault::ForgottenAct, limits).contains(properties::AT_REST));
}
