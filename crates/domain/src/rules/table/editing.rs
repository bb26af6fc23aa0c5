use super::{
    actors::{Actor, Administrator, Scene, a_stored_file},
    combinations::{Answer, Case, axis, combination},
    sending::Text,
};
use crate::{
    denial::Denial, facts::MessageFacts, message::Update, policy::Policy, rules::editing as rules, testing::builders::at, time::Timestamp,
};

axis! {
    /// The age of the message, compared with the edit window.
    Age {
        Unborn = "before it was sent",
        New = "0:00.000000",
        Before = "9:59.999999",
        Deadline = "10:00.000000",
        After = "10:00.000001",
        Old = "a year",
    }
}

impl Age {
    pub(super) const fn now(self) -> Timestamp {
        match self {
            Self::Unborn => at(-1),
            Self::New => at(0),
            Self::Before => at(600).plus_micros(-1),
            Self::Deadline => at(600),
            Self::After => at(600).plus_micros(1),
            Self::Old => at(365 * 24 * 3600),
        }
    }
}

combination! {
    Editing { actor: Actor, takes_part: Answer, is_sender: Answer, is_deleted: Answer, age: Age, text: Text, files: Answer }
}

impl Editing {
    pub(super) fn facts(self) -> MessageFacts {
        let scene = Scene {
            actor: self.actor,
            takes_part: self.takes_part.is_yes(),
            is_sender: self.is_sender.is_yes(),
            is_deleted: self.is_deleted.is_yes(),
            administrator: Administrator::Actor,
        };
        let mut facts = scene.facts();
        if self.files.is_yes() {
            facts.message.attachments.push(a_stored_file());
        }
        facts
    }

    pub(super) fn decide(self) -> Result<Update, Denial> {
        let policy = Policy::default();
        let content = self.text.text(&policy).unwrap_or_default();
        rules::decide(&self.facts(), &content, &policy, self.age.now())
    }
}

impl Case for Editing {
    const TITLE: &'static str = "Editing a message (R7, R8, R12)";
    const INTRO: &'static str = "Only the sender may edit a message, within the edit window (here 10 minutes, its last instant included), and never a deleted one. The new text \
        must obey the same rules as the first.";
    const HEADS: &'static [&'static str] = &["actor", "takes part", "is the sender", "deleted", "age", "new content", "has files"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        self.text != Text::Absent && (self.takes_part.is_yes() || !self.is_sender.is_yes())
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.actor.label(),
            self.takes_part.label(),
            self.is_sender.label(),
            self.is_deleted.label(),
            self.age.label(),
            self.text.label(),
            self.files.label(),
        ]
    }

    fn outcome(self) -> String {
        self.decide()
            .map_or_else(|denial| format!("`{}`", denial.code()), |_| "**edited**".to_owned())
    }
}
