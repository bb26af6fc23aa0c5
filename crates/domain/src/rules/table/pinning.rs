use super::{
    actors::{Actor, Administrator, Scene},
    combinations::{Answer, Case, axis, combination},
};
use crate::{denial::Denial, rules::pinning as rules};

axis! {
    Act { Pin = "pin", Unpin = "unpin" }
}

combination! {
    Pinning { actor: Actor, takes_part: Answer, administrator: Administrator, is_sender: Answer, act: Act, is_deleted: Answer }
}

impl Pinning {
    pub(super) fn decide(self) -> Result<(), Denial> {
        let scene = Scene {
            actor: self.actor,
            takes_part: self.takes_part.is_yes(),
            is_sender: self.is_sender.is_yes(),
            is_deleted: self.is_deleted.is_yes(),
            administrator: self.administrator,
        };
        rules::may_pin(&scene.facts(), self.act == Act::Pin)
    }
}

impl Case for Pinning {
    const TITLE: &'static str = "Pinning a message (R7, R10)";
    const INTRO: &'static str = "The present admin of the conversation's confession may pin if they take part; a superadmin may pin anywhere. Sending a message gives no right to pin \
        it. A deleted message cannot be pinned; unpinning it changes nothing, since deleting unpinned it.";
    const HEADS: &'static [&'static str] = &["actor", "takes part", "admin of the confession", "is the sender", "act", "deleted"];

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
            self.administrator.label(),
            self.is_sender.label(),
            self.act.label(),
            self.is_deleted.label(),
        ]
    }

    fn outcome(self) -> String {
        self.decide()
            .map_or_else(|denial| format!("`{}`", denial.code()), |()| "**allowed**".to_owned())
    }
}
