use super::{
    actors::{Actor, Administrator, HERE, OTHER, conversation, message},
    combinations::{Answer, Case, axis, combination},
};
use crate::{
    denial::Denial,
    facts::{ConversationFacts, SendingFacts},
    id::{ConversationId, MessageId},
    message::{Message, NewMessage},
    people::Role,
    policy::Policy,
    rules::sending::{self as rules, Sending as Decision},
    testing::builders::{a_file, at, client_id, person},
};

combination! {
    /// Whether the participant may send any message.
    MaySend { actor: Actor, opened_by_staff: Answer, follows: Answer, administrator: Administrator }
}

impl MaySend {
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
        rules::may_send(&self.facts()).map_or_else(|denial| denial.code().as_str(), |()| "open")
    }
}

impl Case for MaySend {
    const TITLE: &'static str = "Who may send (R3, R6)";
    const INTRO: &'static str = "A member sends while they follow the conversation's confession and another participant administers it, or if an admin or superadmin \
        opened the conversation. All actors of the table are participants; others get `conversation_not_found` (R7). The decision is also `can_send` and `cannot_send_reason`.";
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
    /// The content of the message.
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
    /// The message that the new one answers.
    Reply { Nothing = "nothing", Message = "a message here", Deleted = "a deleted one", Elsewhere = "none that is here" }
}

combination! {
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
    pub(super) const fn may_send(self) -> MaySend {
        MaySend {
            actor: self.actor,
            opened_by_staff: self.opened_by_staff,
            follows: self.follows,
            administrator: self.administrator,
        }
    }

    pub(super) fn facts(self) -> SendingFacts {
        let answered = message(&person(OTHER.0, "other", Role::Admin));
        SendingFacts {
            base: self.may_send().facts(),
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

    pub(super) fn new_message(self, policy: &Policy) -> NewMessage {
        NewMessage {
            content: self.text.text(policy),
            reply_to: (self.reply != Reply::Nothing).then_some(ANSWERED),
            client_id: (self.named != Named::Not).then(|| client_id("c1")),
            attachments: if self.files.is_yes() { vec![a_file("key")] } else { Vec::new() },
            ..NewMessage::empty(self.may_send().facts().actor.id, HERE)
        }
    }

    pub(super) fn decide(self) -> Result<Decision, Denial> {
        let policy = Policy::default();
        rules::decide(Some(self.facts()), &self.new_message(&policy), &policy, at(0))
    }
}

impl Case for Sending {
    const TITLE: &'static str = "Sending a message (R6, R11, R12, idempotency)";
    const INTRO: &'static str = "`may send` is the decision of the table before. A repeat succeeds whatever has changed since.";
    const HEADS: &'static [&'static str] = &["client_id", "may send", "content", "files", "answers"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        self.may_send().makes_sense()
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.named.label(),
            self.may_send().code(),
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
