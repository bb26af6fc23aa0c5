use super::{
    actors::{Actor, Administrator, Scene},
    combinations::{Answer, Case, combination},
};
use crate::{denial::Denial, rules::deleting as rules};

combination! {
    Deleting { actor: Actor, takes_part: Answer, is_sender: Answer, is_deleted: Answer, administrator: Administrator }
}

impl Deleting {
    pub(super) fn decide(self) -> Result<(), Denial> {
        let scene = Scene {
            actor: self.actor,
            takes_part: self.takes_part.is_yes(),
            is_sender: self.is_sender.is_yes(),
            is_deleted: self.is_deleted.is_yes(),
            administrator: self.administrator,
        };
        rules::may_delete(&scene.facts())
    }
}

impl Case for Deleting {
    const TITLE: &'static str = "Deleting a message (R7, R9)";
    const INTRO: &'static str = "Only the sender may delete a message, at any time. Deleting it again succeeds, and changes nothing.";
    const HEADS: &'static [&'static str] = &["actor", "takes part", "is the sender", "deleted already", "admin of the confession"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        self.takes_part.is_yes() || !self.is_sender.is_yes()
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.actor.label(),
            self.takes_part.label(),
            self.is_sender.label(),
            self.is_deleted.label(),
            self.administrator.label(),
        ]
    }

    fn outcome(self) -> String {
        self.decide()
            .map_or_else(|denial| format!("`{}`", denial.code()), |()| "**deleted**".to_owned())
    }
}
