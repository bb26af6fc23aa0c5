use super::{
    cast::{Actor, Administrator, HERE, OTHER, conversation, message},
    grid::{Answer, Case, axis, combination},
};
use crate::{
    denial::Denial,
    facts::{ConversationFacts, SendingFacts},
    id::{ConversationId, MessageId},
    message::Message,
    people::Role,
    policy::Policy,
    rules::sending::{self as rules, Sending as Decision, Wish},
    testing::builders::{a_file, at, client_id, person},
};

combination! {
    /// The gate that every sending passes.
    Gate { actor: Actor, opened_by_staff: Answer, follows: Answer, administrator: Administrator }
}

impl Gate {
    pub(super) fn facts(self) -> ConversationFacts {
        let actor = self.actor.person();
        let participants = vec![actor.clone(), person(OTHER.0, "other", Role::Admin)];
        ConversationFacts {
            actor,
            conversation: conversation(participants, self.administrator.confession(), self.opened_by_staff.is_yes()),
            actor_follows: self.follows.is_yes(),
        }
    }

    fn code(self) -> &'static str {
        rules::may_send(&self.facts()).map_or_else(|denial| denial.code(), |()| "open")
    }
}

impl Case for Gate {
    const TITLE: &'static str = "The gate of sending (R3, R6)";
    const INTRO: &'static str = "A member sends while they follow the conversation's confession and the other side still administers it, or where the admin side \
        opened the conversation. Everybody here takes part: for others there is no such conversation (R7). This is also `can_send` and `cannot_send_reason`.";
    const HEADS: &'static [&'static str] = &["actor", "opened by staff", "actor follows the confession", "its admin now"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        self.follows == Answer::No || self.administrator != Administrator::NoConfession
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.actor.label(),
            self.opened_by_staff.label(),
            self.follows.label(),
            self.administrator.label(),
        ]
    }

    fn outcome(self) -> String {
        match rules::may_send(&self.facts()) {
            Ok(()) => "**open**".to_owned(),
            Err(denial) => format!("`{}`", denial.code()),
        }
    }
}

axis! {
    /// Whether the sender has used the `client_id` before.
    Named { Not = "none", New = "new", UsedHere = "used here", UsedElsewhere = "used elsewhere" }
}

axis! {
    /// What is to be said.
    Text {
        Absent = "none",
        Empty = "empty",
        Blank = "blank",
        Some = "some",
        Longest = "10,000 characters",
        TooLong = "10,001 characters",
        Nul = "with NUL",
    }
}

impl Text {
    pub(super) fn text(self, policy: &Policy) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Empty => Some(String::new()),
            Self::Blank => Some(" \t\u{a0}\u{2003}\n".to_owned()),
            Self::Some => Some(" Rahmat! ".to_owned()),
            Self::Longest => Some("ў".repeat(policy.content_chars)),
            Self::TooLong => Some("ў".repeat(policy.content_chars + 1)),
            Self::Nul => Some("Rah\0mat".to_owned()),
        }
    }
}

axis! {
    /// What the message answers.
    Reply { Nothing = "nothing", Message = "a message here", Deleted = "a deleted one", Elsewhere = "none that is here" }
}

combination! {
    /// Sending a message.
    Sending {
        actor: Actor,
        opened_by_staff: Answer,
        follows: Answer,
        administrator: Administrator,
        named: Named,
        text: Text,
        files: Answer,
        reply: Reply,
    }
}

/// The message that is answered.
pub(super) const ANSWERED: MessageId = MessageId(100);
/// The message that took the `client_id` before.
pub(super) const FIRST: MessageId = MessageId(90);

impl Sending {
    pub(super) const fn gate(self) -> Gate {
        Gate {
            actor: self.actor,
            opened_by_staff: self.opened_by_staff,
            follows: self.follows,
            administrator: self.administrator,
        }
    }

    pub(super) fn facts(self) -> SendingFacts {
        let answered = message(&person(OTHER.0, "other", Role::Admin));
        SendingFacts {
            gate: self.gate().facts(),
            reply_to: match self.reply {
                Reply::Nothing | Reply::Elsewhere => None,
                Reply::Message => Some(answered.as_reply()),
                Reply::Deleted => Some(
                    Message {
                        is_deleted: true,
                        content: None,
                        ..answered
                    }
                    .as_reply(),
                ),
            },
            already: match self.named {
                Named::Not | Named::New => None,
                Named::UsedHere => Some((HERE, FIRST)),
                Named::UsedElsewhere => Some((ConversationId(HERE.0 + 1), FIRST)),
            },
        }
    }

    pub(super) fn wish(self, policy: &Policy) -> Wish {
        Wish {
            content: self.text.text(policy),
            reply_to: (self.reply != Reply::Nothing).then_some(ANSWERED),
            client_id: (self.named != Named::Not).then(|| client_id("c1")),
            attachments: if self.files.is_yes() { vec![a_file("key")] } else { Vec::new() },
        }
    }

    pub(super) fn decide(self) -> Result<Decision, Denial> {
        let policy = Policy::default();
        rules::decide(self.facts(), self.wish(&policy), &policy, at(0))
    }
}

impl Case for Sending {
    const TITLE: &'static str = "Sending a message (R6, R11, R12, idempotency)";
    const INTRO: &'static str = "`gate` is the decision of the table before. A repeat succeeds whatever has changed since.";
    const HEADS: &'static [&'static str] = &["client_id", "gate", "content", "files", "answers"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        self.gate().makes_sense()
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.named.label(),
            self.gate().code(),
            self.text.label(),
            self.files.label(),
            self.reply.label(),
        ]
    }

    fn outcome(self) -> String {
        match self.decide() {
            Ok(Decision::Already(_)) => "**the first message**".to_owned(),
            Ok(Decision::New(_)) => "**sent**".to_owned(),
            Err(denial) => format!("`{}`", denial.code()),
        }
    }
}
