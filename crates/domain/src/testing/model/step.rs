/// An act that a person attempts. The numbers are indices, modulo the number of people, conversations, messages and so on of the moment; of the people who
/// act in a conversation, most take part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Opens a conversation with one person or two.
    Open {
        /// Index of the actor among all people.
        by: u16,
        /// Index of the first target among all people.
        with: u16,
        /// Decides whether a confession is named, which one, and whether there is a second target.
        about: u16,
    },
    /// Sends a message; the detail decides about text, files and `client_id`.
    Send {
        /// Index of the conversation.
        conversation: u16,
        /// Index of the sender, mostly among the participants.
        by: u16,
        /// Decides about text, files and `client_id`.
        detail: u16,
    },
    /// Answers a message, perhaps one of another conversation.
    Reply {
        /// Index of the answered message.
        to: u16,
        /// Index of the sender, mostly among the participants.
        by: u16,
        /// Decides about text, files and `client_id`.
        detail: u16,
    },
    /// Edits a message of any conversation.
    Edit {
        /// Index of the message.
        message: u16,
        /// Index of the actor, mostly among the participants.
        by: u16,
    },
    /// Deletes a message of any conversation.
    Delete {
        /// Index of the message.
        message: u16,
        /// Index of the actor, mostly among the participants.
        by: u16,
    },
    /// Pins or unpins a message of any conversation.
    Pin {
        /// Index of the message.
        message: u16,
        /// Index of the actor, mostly among the participants.
        by: u16,
        /// True to pin, false to unpin.
        pinned: bool,
    },
    /// Reads one message of any conversation.
    ReadOne {
        /// Index of the message.
        message: u16,
        /// Index of the reader, mostly among the participants.
        by: u16,
    },
    /// Reads up to a message, perhaps one of another conversation.
    ReadUpTo {
        /// Index of the conversation.
        conversation: u16,
        /// Index of the reader, mostly among the participants.
        by: u16,
        /// Index of the message among all messages.
        message: u16,
    },
    /// Reads all messages of a conversation.
    ReadAll {
        /// Index of the conversation.
        conversation: u16,
        /// Index of the reader, mostly among the participants.
        by: u16,
    },
    /// A device has everything up to a message, perhaps one of another conversation.
    Deliver {
        /// Index of the conversation.
        conversation: u16,
        /// Index of the owner of the device.
        to: u16,
        /// Index of the message among all messages.
        message: u16,
    },
    /// Fetches a few messages, which counts as delivery.
    Fetch {
        /// Index of the message in the middle.
        message: u16,
        /// Index of the viewer, mostly among the participants.
        by: u16,
    },
    /// Adds a subscription to a confession.
    Follow {
        /// Index of the follower among all people.
        who: u16,
        /// Index of the confession.
        confession: u16,
    },
    /// Ends a subscription to a confession.
    Unfollow {
        /// Index of the follower among all people.
        who: u16,
        /// Index of the confession.
        confession: u16,
    },
    /// Changes the row of a conversation.
    Arrange {
        /// Index of the conversation.
        conversation: u16,
        /// Index of the actor, mostly among the participants.
        by: u16,
        /// Decides about the act and its time.
        detail: u16,
    },
    /// Lets time pass, so that edit windows close.
    Wait {
        /// Seconds to wait, taken modulo 300.
        seconds: u16,
    },
}

/// Turns a generator of numbers into a generator of steps, which shrink as numbers do.
impl From<[u16; 4]> for Step {
    fn from([kind, a, b, c]: [u16; 4]) -> Self {
        match kind % 23 {
            0..=4 => Self::Send {
                conversation: a,
                by: b,
                detail: c,
            },
            5 | 6 => Self::Reply { to: a, by: b, detail: c },
            7 => Self::Open { by: a, with: b, about: c },
            8 => Self::Edit { message: a, by: b },
            9 | 10 => Self::Delete { message: a, by: b },
            11 => Self::Pin {
                message: a,
                by: b,
                pinned: !c.is_multiple_of(3),
            },
            12 | 13 => Self::ReadOne { message: a, by: b },
            14 => Self::ReadUpTo {
                conversation: a,
                by: b,
                message: c,
            },
            15 => Self::ReadAll { conversation: a, by: b },
            16 => Self::Deliver {
                conversation: a,
                to: b,
                message: c,
            },
            17 => Self::Fetch { message: a, by: b },
            18 if c.is_multiple_of(2) => Self::Follow { who: a, confession: b },
            18 => Self::Unfollow { who: a, confession: b },
            19 => Self::Wait { seconds: a },
            _ => Self::Arrange {
                conversation: a,
                by: b,
                detail: c,
            },
        }
    }
}
