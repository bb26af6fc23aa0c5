//! A broken promise.

use std::fmt;

/// The promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An acknowledged message is not stored as it was acknowledged.
    Lost,
    /// A message is stored twice.
    Doubled,
    /// A message is stored that nobody sent.
    Unknown,
    /// A client saw a change that is not stored.
    SeenAndNotStored,
    /// A number of a conversation belongs to no change.
    Hole,
    /// Ids do not grow with `seq`, or two messages have one number.
    Numbering,
    /// Two clients saw different changes under one number.
    Disagreement,
    /// A socket received the changes of a conversation in another order than that of `seq`.
    OutOfOrder,
    /// A client applied a change twice.
    AppliedTwice,
    /// An acknowledged edit, deletion or pin is not stored.
    LostChange,
    /// A client that had the time to resume does not know the newest changes.
    Behind,
    /// A client that resumed holds something other than what is stored.
    WrongState,
    /// An unread count does not follow from the messages and marks, or a client shows another.
    WrongUnread,
    /// An acknowledged read mark is not stored.
    WrongMark,
    /// Somebody is shown online who is gone, or offline who is there.
    WrongPresence,
    /// The service answered in a way that it must not.
    UnexpectedAnswer,
}

impl Kind {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "acknowledged message lost",
            Self::Doubled => "message doubled",
            Self::Unknown => "message that nobody sent",
            Self::SeenAndNotStored => "change seen and not stored",
            Self::Hole => "hole in seq",
            Self::Numbering => "wrong numbering",
            Self::Disagreement => "clients disagree about a change",
            Self::OutOfOrder => "changes out of order on a socket",
            Self::AppliedTwice => "change applied twice",
            Self::LostChange => "acknowledged change lost",
            Self::Behind => "client has not caught up",
            Self::WrongState => "client holds a wrong state",
            Self::WrongUnread => "wrong unread count",
            Self::WrongMark => "acknowledged read mark lost",
            Self::WrongPresence => "wrong presence",
            Self::UnexpectedAnswer => "unexpected answer",
        }
    }
}

/// A broken promise, with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub kind: Kind,
    /// A sentence for whoever looks for the cause.
    pub what: String,
}

impl Violation {
    /// A violation with its description.
    pub const fn new(kind: Kind, what: String) -> Self {
        Self { kind, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.what)
    }
}
