//! The suite of [`crate::ports::Receipts`].

mod delivery;
mod marks;
mod reading;

pub use delivery::*;
pub use marks::*;
pub use reading::*;

use super::{Scene, Store};
use crate::{
    id::{ConversationId, MessageId, UserId},
    testing::builders::{AZIZ, DILNOZA},
    time::Timestamp,
};

/// Runs the suite of [`crate::ports::Receipts`].
#[macro_export]
macro_rules! receipts_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            receipts: reading_one_reads_exactly_this_one,
            reading_up_to_reads_all_before_too,
            reading_up_to_need_not_name_a_message,
            reading_all_reads_everything_up_to_now,
            later_messages_are_unread,
            reading_counts_down_to_zero_and_not_below,
            reading_again_changes_nothing,
            own_messages_are_never_read,
            messages_of_other_conversations_are_never_read,
            deleted_messages_are_not_newly_read,
            reading_returns_the_newest_message_newly_read,
            reading_is_announced_after_the_commit,
            reading_nothing_new_is_not_announced,
            the_summary_of_a_reading_has_the_reader_alone,
            reading_takes_no_seq,
            strangers_read_nothing,
            facts_to_read_say_whether_the_message_is_in_the_conversation,
            each_participant_reads_for_themselves,
            reading_implies_delivery,
            times_once_set_stay,
            sixteen_readings_at_once_count_once,
            reading_while_messages_arrive_counts_right,
            delivery_marks_all_up_to_the_message,
            delivery_need_not_name_a_message,
            later_messages_are_not_delivered,
            own_messages_are_never_delivered,
            delivery_does_not_affect_other_conversations,
            marks_of_strangers_are_ignored,
            deleted_messages_are_not_newly_delivered,
            delivering_again_changes_nothing,
            each_sender_gets_news_about_each_recipient,
            many_marks_are_taken_at_once,
            news_are_announced_after_the_commit,
            delivering_nothing_new_is_not_announced,
            delivery_does_not_read,
            receipts_are_ordered_by_delivery_then_user,
            a_message_is_seen_once_all_others_have_read_it,
            marks_stop_before_the_first_unread_message,
            marks_catch_up_when_the_gap_is_read,
            deleted_messages_do_not_hold_marks_up,
            deleting_the_message_of_a_mark_moves_the_mark,
            the_read_mark_keeps_the_time_of_its_move,
            marks_never_go_back,
            the_delivered_mark_is_at_least_the_read_mark,
            marks_pass_over_own_messages,
        );
    };
}

pub(super) type Times = (Timestamp, Option<Timestamp>);

/// The times at which `user` received and read a message.
pub(super) async fn receipt<S: Store>(scene: &Scene<'_, S>, id: MessageId, viewer: UserId, user: UserId) -> Option<Times> {
    let receipts = scene.message(id, viewer).await.receipts;
    receipts
        .into_iter()
        .find(|receipt| receipt.person.id == user)
        .map(|receipt| (receipt.delivered_at, receipt.read_at))
}

/// For each of these messages of Aziz, whether Dilnoza has read it.
pub(super) async fn read_by_dilnoza<S: Store>(scene: &Scene<'_, S>, sent: &[MessageId]) -> Vec<bool> {
    let mut read = Vec::new();
    for id in sent {
        read.push(
            receipt(scene, *id, AZIZ, DILNOZA)
                .await
                .is_some_and(|(_, read_at)| read_at.is_some()),
        );
    }
    read
}

/// For each of these messages of Aziz, whether a device of Dilnoza has it.
pub(super) async fn delivered_to_dilnoza<S: Store>(scene: &Scene<'_, S>, sent: &[MessageId]) -> Vec<bool> {
    let mut delivered = Vec::new();
    for id in sent {
        delivered.push(receipt(scene, *id, AZIZ, DILNOZA).await.is_some());
    }
    delivered
}

/// A conversation with four messages of Aziz to Dilnoza.
pub(super) async fn four_messages(store: &impl Store) -> (Scene<'_, impl Store>, ConversationId, Vec<MessageId>) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 4).await;
    (scene, chat, sent)
}
