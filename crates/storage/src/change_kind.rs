//! What a change was, as both databases name it.

use domain::message::ChangeKind;

/// The name of a kind of change in the database.
pub(crate) const fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Sent => "sent",
        ChangeKind::Edited => "edited",
        ChangeKind::Pinned => "pinned",
        ChangeKind::Deleted => "deleted",
    }
}

pub(crate) fn parse_kind(name: &str) -> Option<ChangeKind> {
    use ChangeKind::{Deleted, Edited, Pinned, Sent};
    [Sent, Edited, Pinned, Deleted].into_iter().find(|kind| kind_name(*kind) == name)
}
