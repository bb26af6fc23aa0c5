//! The suite of [`crate::ports::Messages::send`].

mod concurrency;
mod repeating;
mod replying;
mod storing;

pub use concurrency::*;
pub use repeating::*;
pub use replying::*;
pub use storing::*;

use crate::{
    attachment::{FileType, NewAttachment, Thumbnail, Voice},
    testing::builders::a_file,
};

/// Runs the suite of [`crate::ports::Messages::send`].
#[macro_export]
macro_rules! sending_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            sending: a_message_is_stored_as_decided,
            texts_are_kept_as_sent,
            the_longest_text_is_kept,
            files_come_with_their_message_in_order,
            voice_messages_keep_length_and_waveform,
            a_message_of_files_only_has_no_content,
            sending_is_announced_after_the_commit,
            the_announcement_has_the_summary_for_every_participant,
            each_message_takes_the_next_seq,
            conversations_count_for_themselves,
            ids_grow_with_seq,
            a_repeated_client_id_gives_the_first_message,
            a_repeated_client_id_changes_nothing,
            a_client_id_is_remembered_after_deletion,
            a_repeat_is_recognized_after_its_answered_message_is_deleted,
            a_client_id_used_elsewhere_is_reported,
            senders_do_not_share_client_ids,
            client_ids_differ_by_case,
            messages_without_client_id_are_all_stored,
            the_same_client_id_at_once_is_stored_once,
            a_reply_shows_the_message_it_answers,
            a_reply_shows_edits_of_the_message_it_answers,
            a_reply_to_a_message_deleted_meanwhile_is_not_stored,
            a_reply_becomes_a_reply_to_a_tombstone,
            a_reply_does_not_show_what_its_message_answers,
            sixty_four_messages_at_once_get_consecutive_seqs,
            messages_at_once_are_announced_in_order_of_seq,
            one_conversation_does_not_disturb_another,
            a_refused_message_does_not_fail_concurrent_ones,
        );
    };
}

/// A new attachment that is a picture.
pub(super) fn picture(key: &str) -> NewAttachment {
    NewAttachment {
        file_name: format!("{key} расм.png"),
        file_size: 5_000_000_000,
        width: Some(640),
        height: Some(480),
        thumbnail: Some(Thumbnail {
            key: format!("{key}.small"),
            mime_type: "image/webp".to_owned(),
        }),
        ..a_file(key)
    }
}

/// A new attachment that is a text file.
pub(super) fn text_file(key: &str) -> NewAttachment {
    NewAttachment {
        file_type: FileType::Document,
        file_name: "notes.txt".to_owned(),
        file_size: 0,
        mime_type: "text/plain".to_owned(),
        width: None,
        height: None,
        ..a_file(key)
    }
}

/// A new attachment that is a voice message.
pub(super) fn recording(key: &str) -> NewAttachment {
    NewAttachment {
        file_type: FileType::Audio,
        file_name: "voice.weba".to_owned(),
        file_size: 9_000,
        mime_type: "audio/webm".to_owned(),
        width: None,
        height: None,
        voice: Voice::new(4_200, vec![0, 31, 16]).ok(),
        ..a_file(key)
    }
}
