/// Something that somebody tries. The numbers stand for people, conversations, messages and so on of the moment, modulo how many there are; of those who
/// act in a conversation, most take part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Opens a conversation with one person or two.
    Open {
        /// Who.
        by: u16,
        /// With whom.
        with: u16,
        /// About which confession, if any, and with somebody else besides?
        about: u16,
    },
    /// Sends a message; the detail decides about text, files and `client_id`.
    Send {
        /// Where.
        conversation: u16,
        /// Who.
        by: u16,
        /// What it is like.
        detail: u16,
    },
    /// Answers a message, perhaps one of another conversation.
    Reply {
        /// Which message.
        to: u16,
        /// Who.
        by: u16,
        /// What it is like.
        detail: u16,
    },
    /// Edits.
    Edit {
        /// Which message.
        message: u16,
        /// Who.
        by: u16,
    },
    /// Deletes.
    Delete {
        /// Which message.
        message: u16,
        /// Who.
        by: u16,
    },
    /// Pins or unpins.
    Pin {
        /// Which message.
        message: u16,
        /// Who.
        by: u16,
        /// Pins?
        pinned: bool,
    },
    /// Reads one message.
    ReadOne {
        /// Which message.
        message: u16,
        /// Who.
        by: u16,
    },
    /// Reads up to a message, perhaps one of another conversation.
    ReadUpTo {
        /// Where.
        conversation: u16,
        /// Who.
        by: u16,
        /// Which message.
        message: u16,
    },
    /// Reads a conversation.
    ReadAll {
        /// Where.
        conversation: u16,
        /// Who.
        by: u16,
    },
    /// A device has everything up to a message, perhaps one of another conversation.
    Deliver {
        /// Where.
        conversation: u16,
        /// Whose device.
        to: u16,
        /// Which message.
        message: u16,
    },
    /// Looks at a few messages, which counts as delivery.
    Fetch {
        /// Around which message.
        message: u16,
        /// Who.
        by: u16,
    },
    /// Follows a confession.
    Follow {
        /// Who.
        who: u16,
        /// What.
        confession: u16,
    },
    /// Unfollows a confession.
    Unfollow {
        /// Who.
        who: u16,
        /// What.
        confession: u16,
    },
    /// Time passes; edit windows close.
    Wait {
        /// Up to five minutes.
        seconds: u16,
    },
}

/// So that a generator of numbers is a generator of steps, which shrink as numbers do.
impl From<[u16; 4]> for Step {
    fn from([kind, a, b, c]: [u16; 4]) -> Self {
        match kind % 20 {
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
            _ => Self::Wait { seconds: a },
        }
    }
}
