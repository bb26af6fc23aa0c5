use super::{
    cast::{Actor, Administrator, Scene},
    grid::{Answer, Case, combination},
};
use crate::{denial::Denial, rules::reading as rules};

combination! {
    /// Reading a message.
    Reading { actor: Actor, takes_part: Answer, administrator: Administrator, is_deleted: Answer }
}

impl Reading {
    pub(super) fn decide(self) -> Result<(), Denial> {
        let scene = Scene {
            actor: self.actor,
            takes_part: self.takes_part.is_yes(),
            is_sender: false,
            is_deleted: self.is_deleted.is_yes(),
            administrator: self.administrator,
        };
        rules::may_see(&scene.facts())
    }
}

impl Case for Reading {
    const TITLE: &'static str = "Reading a message (R7)";
    const INTRO: &'static str = "Only participants; to everybody else it does not exist. A deleted one reads as a tombstone. Conversations have their door in loading: \
        `conversation_not_found` for whoever does not take part.";
    const HEADS: &'static [&'static str] = &["actor", "takes part", "admin of the confession", "deleted"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.actor.label(),
            self.takes_part.label(),
            self.administrator.label(),
            self.is_deleted.label(),
        ]
    }

    fn outcome(self) -> String {
        self.decide()
            .map_or_else(|denial| format!("`{}`", denial.code()), |()| "**shown**".to_owned())
    }
}
