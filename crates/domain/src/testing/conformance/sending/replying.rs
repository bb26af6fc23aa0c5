//! Replies, and changes of the answered message.

use super::picture;
use crate::{
    denial::Denial,
    id::Seq,
    message::Draft,
    page::{PageRequest, Window},
    ports::{ChangeOutcome, MessageFilter},
    testing::{
        builders::{AZIZ, DILNOZA, client_id},
        conformance::{PublishedOutcomes, Scene, Store, Works},
    },
};

/// The answered message comes with its files.
pub async fn a_reply_shows_the_message_it_answers(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene
        .send(Draft {
            attachments: vec![picture("a")],
            ..scene.draft(chat, DILNOZA, "savol").await
        })
        .await;
    let answer = scene.send(scene.answer(&question, AZIZ, "javob").await).await;
    assert_eq!(answer.reply_to, Some(question.as_reply()));
    for stored in [scene.message(answer.id, DILNOZA).await, scene.history(chat).await.remove(1)] {
        assert_eq!(stored, *answer);
    }
}

/// The reply has the present content of the answered message.
pub async fn a_reply_shows_edits_of_the_message_it_answers(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene.say(chat, DILNOZA, "savol").await;
    let answer = scene.send(scene.answer(&question, AZIZ, "javob").await).await;
    scene.edit(question.id, "savol, tuzatildi").await;
    for stored in [scene.message(answer.id, AZIZ).await, scene.history(chat).await.remove(1)] {
        assert_eq!(stored.reply_to.expect("a reply").content.as_deref(), Some("savol, tuzatildi"));
    }
    assert_eq!(
        scene.message(answer.id, AZIZ).await.seq,
        answer.seq,
        "the reply itself has not changed"
    );
}

/// R11 is decided inside the transaction; nothing is stored or announced.
pub async fn a_reply_to_a_message_deleted_meanwhile_is_not_stored(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene.say(chat, DILNOZA, "savol").await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.answer(&question, AZIZ, "javob").await
    };
    scene.delete(question.id).await;
    let published = PublishedOutcomes::default();
    assert_eq!(
        store.append(draft.clone(), published.on_commit()).await.works(),
        Err(Denial::InvalidReply)
    );
    assert_eq!((published.all(), scene.history(chat).await.len()), (vec![], 1));
    let plain = scene.send(Draft { reply_to: None, ..draft }).await;
    assert_eq!(plain.seq, Seq(3), "the refused reply used up neither a seq nor the client_id");
}

/// R9: the answered message has neither content nor files, whichever way the reply is read.
pub async fn a_reply_becomes_a_reply_to_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene
        .send(Draft {
            attachments: vec![picture("a")],
            ..scene.draft(chat, DILNOZA, "sir").await
        })
        .await;
    let answer = scene.send(scene.answer(&question, AZIZ, "javob").await).await;
    scene.delete(question.id).await;
    let edited = match scene.edit(answer.id, "javob, tuzatildi").await {
        ChangeOutcome::Done(change) => (*change.message).clone(),
        unchanged @ ChangeOutcome::Unchanged(_) => panic!("not edited: {unchanged:?}"),
    };
    let page = scene
        .window(chat, Window::Page(PageRequest::new(1, 10)), MessageFilter::default())
        .await;
    let change = scene.changes(chat, Seq(0), 10).await.changes.pop().expect("three changes").1;
    let last = store
        .detail(chat, AZIZ)
        .await
        .works()
        .expect("Aziz takes part")
        .last_message
        .expect("the answer");
    let facts = store
        .facts_to_change(answer.id, AZIZ)
        .await
        .works()
        .expect("Aziz takes part")
        .message;
    for reply in [
        edited,
        scene.message(answer.id, AZIZ).await,
        page.items[0].clone(),
        change,
        last,
        facts,
    ] {
        let shown = reply.reply_to.expect("a reply");
        assert_eq!(
            (shown.id, shown.sender.id, shown.created_at),
            (question.id, DILNOZA, question.created_at)
        );
        assert_eq!((shown.is_deleted, shown.content, shown.attachments), (true, None, vec![]));
    }
}

/// A reply to a reply shows only the message that it answers.
pub async fn a_reply_does_not_show_what_its_message_answers(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = scene.say(chat, DILNOZA, "bir").await;
    let second = scene.send(scene.answer(&first, AZIZ, "ikki").await).await;
    let third = scene.send(scene.answer(&second, DILNOZA, "uch").await).await;
    assert_eq!(scene.message(third.id, AZIZ).await.reply_to, Some(second.as_reply()));
}
