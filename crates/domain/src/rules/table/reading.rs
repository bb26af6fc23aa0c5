use super::{
    actors::{Actor, Administrator, Scene},
    combinations::{Answer, Case, combination},
};
use crate::{denial::Denial, rules::reading as rules};

combination! {
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
    const INTRO: &'static str = "Only participants may read a message; everybody else gets `message_not_found`. A deleted message reads as a tombstone. \
        Everybody who does not take part in a conversation gets `conversation_not_found` for it.";
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
