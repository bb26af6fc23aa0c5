//! The stored message, and its announcement.

use super::{picture, recording, text_file};
use crate::{
    attachment::{NewAttachment, Voice},
    change::Change,
    conversation::{ConversationSummary, Preview, RowState},
    id::Seq,
    message::{ChangeKind, Draft, Message},
    ports::SendOutcome,
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, PAVEL, RUSTAM, client_id, content, someone},
        conformance::{PublishedOutcomes, Scene, Store, Works, scene::ids},
    },
};

/// Every field is kept, to the microsecond, and all ways to read the message give the same.
pub async fn a_message_is_stored_as_decided(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(chat, AZIZ, "Assalomu alaykum!").await
    };
    let at = draft.at;
    let message = scene.send(draft).await;
    assert_eq!(
        *message,
        Message {
            id: message.id,
            conversation: chat,
            sender: someone(AZIZ),
            content: Some("Assalomu alaykum!".to_owned()),
            reply_to: None,
            is_edited: false,
            is_pinned: false,
            is_deleted: false,
            created_at: at,
            updated_at: at,
            edited_at: None,
            attachments: vec![],
            receipts: vec![],
            others: 1,
            seq: Seq(1),
            client_id: Some(client_id("c-1")),
        }
    );
    for viewer in [AZIZ, DILNOZA] {
        assert_eq!(scene.message(message.id, viewer).await, *message);
    }
    assert_eq!(scene.history(chat).await, [(*message).clone()]);
    assert_eq!(
        scene.changes(chat, Seq(0), 10).await.changes,
        [(ChangeKind::Sent, (*message).clone())]
    );
}

/// R12: texts are neither trimmed nor escaped.
pub async fn texts_are_kept_as_sent(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for text in [
        "  bo‘sh joy \n\t",
        "<b>&amp;</b>",
        "'; DROP TABLE x; --",
        "Ёлка 🕊👩‍👩‍👧‍👦 e\u{301}",
        "\u{feff}\u{202e}",
        "\\ % _ \"",
        "\u{1}",
    ] {
        let message = scene.say(chat, AZIZ, text).await;
        assert_eq!(message.content.as_deref(), Some(text));
        assert_eq!(scene.message(message.id, DILNOZA).await.content.as_deref(), Some(text));
    }
}

/// R12: 10,000 characters of four bytes.
pub async fn the_longest_text_is_kept(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let text = "🕊".repeat(10_000);
    let id = scene.say(chat, AZIZ, &text).await.id;
    assert_eq!(scene.message(id, DILNOZA).await.content, Some(text));
}

/// A message and its files appear together.
pub async fn files_come_with_their_message_in_order(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let files = vec![text_file("b"), picture("a"), recording("c")];
    let draft = Draft {
        attachments: files.clone(),
        ..scene.draft(chat, AZIZ, "uch fayl").await
    };
    let message = scene.send(draft).await;
    let stored: Vec<NewAttachment> = message
        .attachments
        .iter()
        .cloned()
        .map(|file| NewAttachment {
            file_type: file.file_type,
            file_name: file.file_name,
            file_size: file.file_size,
            mime_type: file.mime_type,
            width: file.width,
            height: file.height,
            key: file.key,
            thumbnail: file.thumbnail,
            voice: file.voice,
        })
        .collect();
    assert_eq!(stored, files);
    for file in &message.attachments {
        assert_eq!(
            (file.message, file.conversation, file.uploaded_at),
            (message.id, chat, message.created_at)
        );
    }
    let mut file_ids: Vec<_> = message.attachments.iter().map(|file| file.id).collect();
    file_ids.dedup();
    assert_eq!(file_ids.len(), 3);
    assert_eq!(scene.message(message.id, DILNOZA).await, *message);
    assert_eq!(scene.history(chat).await, [(*message).clone()]);
}

/// A recording without a waveform is a voice message too, and an audio file is none.
pub async fn voice_messages_keep_length_and_waveform(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let longest = vec![0, 31, 7].into_iter().cycle().take(Voice::MAX_VALUES).collect();
    for voice in [
        Voice::new(1, Vec::new()).ok(),
        Voice::new(Voice::MAX_DURATION_MS, longest).ok(),
        None,
    ] {
        let draft = Draft {
            content: None,
            attachments: vec![NewAttachment {
                voice: voice.clone(),
                ..recording("a")
            }],
            ..scene.draft(chat, AZIZ, "").await
        };
        let message = scene.send(draft).await;
        let stored = scene.message(message.id, DILNOZA).await;
        assert_eq!(stored.attachments.iter().map(|file| &file.voice).collect::<Vec<_>>(), [&voice]);
        assert_eq!(message.attachments, stored.attachments);
        let file = store.file(stored.attachments[0].id, None).await.works().map(|facts| facts.file);
        assert_eq!(file.as_ref(), stored.attachments.first());
    }
}

/// The content is `None`, not an empty text.
pub async fn a_message_of_files_only_has_no_content(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        content: None,
        attachments: vec![picture("a")],
        ..scene.draft(chat, AZIZ, "").await
    };
    let message = scene.send(draft).await;
    assert_eq!(scene.message(message.id, DILNOZA).await.content, None);
    let blank = Draft {
        content: Some(content(" ")),
        attachments: vec![picture("b")],
        ..scene.draft(chat, AZIZ, "").await
    };
    let message = scene.send(blank).await;
    assert_eq!(scene.message(message.id, DILNOZA).await.content.as_deref(), Some(" "));
}

/// Each outcome is announced once, before the caller resumes.
pub async fn sending_is_announced_after_the_commit(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let published = PublishedOutcomes::default();
    for _ in 0..3 {
        let draft = scene.draft(chat, AZIZ, "salom").await;
        let appended = store.append(draft, published.on_commit()).await.works().expect("allowed");
        assert_eq!(published.all().last(), Some(&appended));
    }
    assert_eq!(published.all().len(), 3);
}

/// The summary is that right after this change, with everybody's unread count.
pub async fn the_announcement_has_the_summary_for_every_participant(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL], None).await;
    scene.say(chat, PAVEL, "bir").await;
    let Ok(SendOutcome::New(Change { message, summary })) = scene.append(scene.draft(chat, KAMOL, "ikki").await).await else {
        panic!("not new")
    };
    let mut summary = (*summary).clone();
    summary.unread.sort();
    summary.rows.sort_by_key(|(user, _)| *user);
    let unread = vec![(RUSTAM, 2), (PAVEL, 1), (KAMOL, 1)];
    let rows = unread.iter().map(|(user, _)| (*user, RowState::default())).collect();
    assert_eq!(
        summary,
        ConversationSummary {
            conversation: chat,
            last_seq: Seq(2),
            preview: Some(Preview::of(&message)),
            unread,
            rows
        }
    );
    for (user, unread) in summary.unread {
        assert_eq!(scene.unread(chat, user).await, unread, "{user}");
    }
}

/// The first message has the number 1.
pub async fn each_message_takes_the_next_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for (expected, sender) in (1..).zip([AZIZ, DILNOZA, DILNOZA, AZIZ, AZIZ]) {
        assert_eq!(scene.say(chat, sender, "xabar").await.seq, Seq(expected));
        assert_eq!(scene.row(chat, AZIZ).await.last_seq, Seq(expected));
    }
}

/// Each conversation counts from 1, however their messages alternate.
pub async fn conversations_count_for_themselves(store: &impl Store) {
    let (scene, one) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    let mut seqs = Vec::new();
    for chat in [one, other, one, one, other] {
        seqs.push((chat, scene.say(chat, AZIZ, "xabar").await.seq));
    }
    assert_eq!(
        seqs,
        [(one, Seq(1)), (other, Seq(1)), (one, Seq(2)), (one, Seq(3)), (other, Seq(2))]
    );
}

/// Within a conversation, ids have the order of `seq`.
pub async fn ids_grow_with_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 10).await;
    assert!(sent.is_sorted_by(|one, other| one < other), "{sent:?}");
    assert_eq!(ids(&scene.history(chat).await), sent);
}
