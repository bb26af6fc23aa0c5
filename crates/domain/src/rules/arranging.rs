//! The row of a conversation in a person's list: muting, the archive, marking as unread (R20), and whether a member still waits for an answer (R21).

use crate::{
    conversation::{RowAct, RowUpdate},
    denial::Denial,
    facts::RowFacts,
    rules::access,
    time::Timestamp,
};

/// R20, R21: the change of the row to store; `None` if the row is as it is wanted already. The facts are `None` for somebody who does not take part (R7).
///
/// Everybody mutes, archives and marks their own rows only. Whether a member still waits is one fact for all staff of the conversation, and theirs to decide.
pub fn decide(facts: Option<RowFacts>, act: RowAct, now: Timestamp) -> Result<Option<RowUpdate>, Denial> {
    let facts = facts.ok_or(Denial::ConversationNotFound)?;
    access::is_active(&facts.base.actor)?;
    let (row, awaiting_since) = (facts.row, facts.base.conversation.awaiting_since);
    Ok(match act {
        RowAct::Mute(until) => {
            let until = until.filter(|until| *until > now);
            (until != row.muted_until).then_some(RowUpdate::Muted(until))
        }
        RowAct::Archive(archived) => (archived != row.archived_at.is_some()).then(|| RowUpdate::Archived(archived.then_some(now))),
        RowAct::MarkUnread => (facts.unread_count == 0 && !row.is_marked_unread).then_some(RowUpdate::MarkedUnread),
        RowAct::Answered(_) if !facts.base.actor.role.is_staff() => return Err(Denial::NotStaff),
        RowAct::Answered(true) => awaiting_since.map(|_| RowUpdate::Awaiting(None)),
        RowAct::Answered(false) => match awaiting_since {
            Some(_) => None,
            None => facts.unanswered_since.map(|since| RowUpdate::Awaiting(Some(since))),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conversation::RowState,
        facts::ConversationFacts,
        id::UserId,
        rules::test_directory::test_directory,
        testing::builders::{AZIZ, DILNOZA, NUR},
    };

    const NOW: Timestamp = Timestamp(1_000);
    const LATER: Option<Timestamp> = Some(Timestamp(1_001));

    fn facts(actor: UserId) -> RowFacts {
        let directory = test_directory();
        let conversation = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
        RowFacts {
            base: directory.to_send(actor, &conversation),
            row: RowState::default(),
            unread_count: 0,
            unanswered_since: None,
        }
    }

    fn waiting(actor: UserId, since: Timestamp) -> RowFacts {
        let facts = facts(actor);
        let mut conversation = facts.base.conversation.clone();
        conversation.awaiting_since = Some(since);
        RowFacts {
            base: ConversationFacts {
                conversation,
                ..facts.base
            },
            unanswered_since: Some(since),
            ..facts
        }
    }

    #[test]
    fn strangers_learn_nothing_and_inactive_accounts_may_nothing() {
        let acts = [
            RowAct::Mute(LATER),
            RowAct::Archive(true),
            RowAct::MarkUnread,
            RowAct::Answered(true),
        ];
        for act in acts {
            assert_eq!(decide(None, act, NOW), Err(Denial::ConversationNotFound));
            let mut inactive = facts(DILNOZA);
            inactive.base.actor.is_active = false;
            assert_eq!(decide(Some(inactive), act, NOW), Err(Denial::AccountInactive));
        }
    }

    #[test]
    fn a_mute_lasts_until_its_time_and_a_past_time_ends_it() {
        let mut muted = facts(AZIZ);
        assert_eq!(
            decide(Some(muted.clone()), RowAct::Mute(LATER), NOW),
            Ok(Some(RowUpdate::Muted(LATER)))
        );
        assert_eq!(decide(Some(muted.clone()), RowAct::Mute(None), NOW), Ok(None));
        muted.row.muted_until = LATER;
        assert_eq!(decide(Some(muted.clone()), RowAct::Mute(LATER), NOW), Ok(None));
        for end in [None, Some(NOW)] {
            assert_eq!(
                decide(Some(muted.clone()), RowAct::Mute(end), NOW),
                Ok(Some(RowUpdate::Muted(None)))
            );
        }
        assert!(muted.row.is_muted(NOW) && !muted.row.is_muted(Timestamp(1_001)));
    }

    #[test]
    fn the_archive_keeps_the_time_of_the_first_act() {
        let mut row = facts(AZIZ);
        assert_eq!(
            decide(Some(row.clone()), RowAct::Archive(true), NOW),
            Ok(Some(RowUpdate::Archived(Some(NOW))))
        );
        assert_eq!(decide(Some(row.clone()), RowAct::Archive(false), NOW), Ok(None));
        row.row.archived_at = Some(Timestamp(5));
        assert_eq!(decide(Some(row.clone()), RowAct::Archive(true), NOW), Ok(None));
        assert_eq!(decide(Some(row), RowAct::Archive(false), NOW), Ok(Some(RowUpdate::Archived(None))));
    }

    #[test]
    fn only_a_row_without_unread_messages_is_marked_as_unread() {
        let mut row = facts(AZIZ);
        assert_eq!(
            decide(Some(row.clone()), RowAct::MarkUnread, NOW),
            Ok(Some(RowUpdate::MarkedUnread))
        );
        row.row.is_marked_unread = true;
        assert_eq!(decide(Some(row.clone()), RowAct::MarkUnread, NOW), Ok(None));
        row.row.is_marked_unread = false;
        row.unread_count = 1;
        assert_eq!(decide(Some(row), RowAct::MarkUnread, NOW), Ok(None));
    }

    #[test]
    fn staff_decide_whether_a_member_waits_and_members_do_not() {
        let since = Timestamp(7);
        for answered in [true, false] {
            assert_eq!(
                decide(Some(waiting(AZIZ, since)), RowAct::Answered(answered), NOW),
                Err(Denial::NotStaff)
            );
        }
        assert_eq!(
            decide(Some(waiting(DILNOZA, since)), RowAct::Answered(true), NOW),
            Ok(Some(RowUpdate::Awaiting(None)))
        );
        assert_eq!(decide(Some(waiting(DILNOZA, since)), RowAct::Answered(false), NOW), Ok(None));
        assert_eq!(decide(Some(facts(DILNOZA)), RowAct::Answered(true), NOW), Ok(None));
        // The last word is not a member's, so there is nothing to answer.
        assert_eq!(decide(Some(facts(DILNOZA)), RowAct::Answered(false), NOW), Ok(None));
        let unanswered = RowFacts {
            unanswered_since: Some(since),
            ..facts(DILNOZA)
        };
        assert_eq!(
            decide(Some(unanswered), RowAct::Answered(false), NOW),
            Ok(Some(RowUpdate::Awaiting(Some(since))))
        );
    }

    #[test]
    fn a_message_takes_a_conversation_out_of_the_archive_unless_it_is_muted() {
        let archived = RowState {
            archived_at: Some(Timestamp(5)),
            ..RowState::default()
        };
        assert_eq!(archived.after_message(NOW, None), RowState::default());
        let muted = RowState {
            muted_until: LATER,
            ..archived
        };
        assert_eq!(muted.after_message(NOW, Some(NOW)).archived_at, archived.archived_at);
        assert_eq!(muted.after_message(Timestamp(1_001), None).archived_at, None);
    }
}
