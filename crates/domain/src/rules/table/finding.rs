use super::{
    actors::{Actor, Administrator, Scene},
    combinations::{Answer, Case, combination},
};
use crate::rules::reading as rules;

combination! {
    Finding { actor: Actor, takes_part: Answer, is_sender: Answer, administrator: Administrator, is_deleted: Answer }
}

impl Finding {
    pub(super) fn decide(self) -> bool {
        let scene = Scene {
            actor: self.actor,
            takes_part: self.takes_part.is_yes(),
            is_sender: self.is_sender.is_yes(),
            is_deleted: self.is_deleted.is_yes(),
            administrator: self.administrator,
        };
        let facts = scene.facts();
        rules::may_find(facts.actor.id, &facts.conversation, &facts.message)
    }
}

impl Case for Finding {
    const TITLE: &'static str = "Finding a message (R14)";
    const INTRO: &'static str = "A search finds the messages that its reader may read and that are not deleted, by their present text. A superadmin finds no more than \
        others.";
    const HEADS: &'static [&'static str] = &["actor", "takes part", "is the sender", "admin of the confession", "deleted"];

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
            self.administrator.label(),
            self.is_deleted.label(),
        ]
    }

    fn outcome(self) -> String {
        (if self.decide() { "**found**" } else { "not found" }).to_owned()
    }
}
