//! The settings of the rules, made by the operator.

/// The members whom an admin may write to first (R3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AdminOutreach {
    /// All members, whatever they follow.
    #[default]
    Anyone,
    /// Members who follow a confession that the admin administers.
    OwnSubscribers,
    /// No members: admins may only reply.
    ReplyOnly,
}

/// The settings of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a message can be edited (R8), in seconds.
    pub edit_window_seconds: i64,
    /// The members whom an admin may write to first (R3).
    pub admin_outreach: AdminOutreach,
    /// The longest content in Unicode scalar values (R12).
    pub content_chars: usize,
    /// The most participants of a conversation, the opener included (R2).
    pub max_participants: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            edit_window_seconds: 600,
            admin_outreach: AdminOutreach::Anyone,
            content_chars: 10_000,
            max_participants: 50,
        }
    }
}
