//! The suite of rows: what people do with their own rows of a list, and who waits for an answer.

use super::{PublishedOutcomes, Scene, Store, Works, silent};
use crate::{
    conversation::{ListCounts, ListFilter, RowAct, RowRequest, RowState},
    denial::Denial,
    id::{ConversationId, Seq, UserId},
    page::PageRequest,
    ports::{Arranged, Decided},
    receipt::ReadScope,
    rules::arranging,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM},
    time::Timestamp,
};

/// Runs the suite of rows of [`crate::ports::Conversations`].
#[macro_export]
macro_rules! rows_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            rows: a_member_waits_from_the_first_message_until_an_answer,
            members_do_not_see_that_somebody_waits,
            staff_among_themselves_wait_for_nobody,
            a_deleted_message_waits_for_nothing,
            a_deleted_answer_begins_no_wait,
            all_staff_learn_that_no_answer_is_needed,
            an_answer_that_is_needed_after_all_is_awaited_since_the_same_time,
            those_who_wait_longest_come_first,
            a_row_belongs_to_its_person_alone,
            a_message_takes_a_conversation_out_of_the_archive,
            a_muted_conversation_stays_in_the_archive,
            the_archive_is_a_filter,
            a_marked_conversation_is_unread_until_it_is_read,
            a_mark_does_not_change_the_number_of_unread_messages,
            acts_on_rows_take_no_seq_and_move_nothing,
            an_act_without_effect_is_not_announced,
            a_refused_act_stores_nothing,
            strangers_have_no_row,
            counts_are_those_of_the_filters,
        );
    };
}

impl<S: Store> Scene<'_, S> {
    /// Acts on a row by the rules, with this announcement.
    async fn act(
        &self,
        actor: UserId,
        conversation: ConversationId,
        act: RowAct,
        published: &PublishedOutcomes<Arranged>,
    ) -> Decided<Arranged> {
        let (request, now) = (RowRequest { actor, conversation, act }, self.tick());
        let decide = Box::new(move |facts| arranging::decide(facts, act, now));
        self.store.arrange(request, decide, published.on_commit()).await.works()
    }

    /// Acts on a row, which must be allowed and change something.
    async fn arrange(&self, actor: UserId, conversation: ConversationId, act: RowAct) -> Arranged {
        let arranged = self
            .act(actor, conversation, act, &PublishedOutcomes::default())
            .await
            .expect("allowed");
        assert!(arranged.is_changed, "{act:?} by {actor}");
        arranged
    }

    async fn state(&self, conversation: ConversationId, of: UserId) -> RowState {
        let row = self.row(conversation, of).await.state;
        let detail = self.store.detail(conversation, of).await.works().expect("they take part");
        assert_eq!(detail.row, row, "the row of {of} is the same in the list and alone");
        row
    }

    async fn awaiting(&self, conversation: ConversationId, of: UserId) -> Option<Timestamp> {
        self.state(conversation, of).await.awaiting_since
    }
}

fn waiting() -> ListFilter {
    ListFilter {
        waiting: true,
        ..ListFilter::default()
    }
}

fn archived(archived: bool) -> ListFilter {
    ListFilter {
        archived: Some(archived),
        ..ListFilter::default()
    }
}

/// The announcement of each message has the same.
pub async fn a_member_waits_from_the_first_message_until_an_answer(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, None);
    let first = scene.say(chat, AZIZ, "salom").await;
    scene.say(chat, AZIZ, "ustoz?").await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(first.created_at));
    let facts = store.facts(chat, AZIZ).await.works().expect("the sender takes part");
    assert_eq!(facts.conversation.awaiting_since, Some(first.created_at));
    scene.say(chat, DILNOZA, "vaalaykum assalom").await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, None);
    let draft = scene.draft(chat, AZIZ, "rahmat").await;
    let at = draft.at;
    let Ok(crate::ports::SendOutcome::New(change)) = scene.append(draft).await else {
        panic!("not new")
    };
    assert_eq!(change.summary.row_of(DILNOZA).awaiting_since, Some(at));
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(at));
}

/// Neither in their rows nor in announcements.
pub async fn members_do_not_see_that_somebody_waits(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let Ok(crate::ports::SendOutcome::New(change)) = scene.append(scene.draft(chat, AZIZ, "salom").await).await else {
        panic!("not new")
    };
    assert_eq!(change.summary.row_of(AZIZ), RowState::default());
    assert_eq!(scene.state(chat, AZIZ).await, RowState::default());
    assert_eq!(scene.list(AZIZ, &waiting()).await, []);
    assert_eq!(store.counts(AZIZ, None).await.works().waiting, 0);
    let read = scene.read(chat, DILNOZA, ReadScope::All).await;
    assert!(read.summary.row_of(DILNOZA).awaiting_since.is_some());
}

/// An admin and a superadmin.
pub async fn staff_among_themselves_wait_for_nobody(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.say(chat, DILNOZA, "salom").await;
    for user in [DILNOZA, PAVEL] {
        assert_eq!(scene.awaiting(chat, user).await, None);
    }
}

/// The next message of the member takes its place, if there is one.
pub async fn a_deleted_message_waits_for_nothing(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let answered = scene.say(chat, AZIZ, "0").await;
    scene.say(chat, DILNOZA, "javob").await;
    let mut messages = Vec::new();
    for text in ["1", "2", "3"] {
        messages.push(scene.say(chat, AZIZ, text).await);
    }
    for (deleted, awaited) in [(1, Some(0)), (0, Some(2)), (2, None)] {
        scene.delete(messages[deleted].id).await;
        let since = awaited.map(|index: usize| messages[index].created_at);
        assert_eq!(scene.awaiting(chat, DILNOZA).await, since, "{deleted} deleted");
    }
    scene.delete(answered.id).await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, None);
}

/// Whoever deletes an answer knows that the member has none, and can say so.
pub async fn a_deleted_answer_begins_no_wait(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene.say(chat, AZIZ, "savol").await;
    let answer = scene.say(chat, DILNOZA, "javob").await;
    scene.delete(answer.id).await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, None);
    scene.arrange(DILNOZA, chat, RowAct::Answered(false)).await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(question.created_at));
}

/// The announcement goes to them alone; a later message begins a new wait.
pub async fn all_staff_learn_that_no_answer_is_needed(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, DILNOZA, AZIZ], None).await;
    scene.say(chat, AZIZ, "rahmat").await;
    let published = PublishedOutcomes::default();
    let arranged = scene.act(RUSTAM, chat, RowAct::Answered(true), &published).await.expect("allowed");
    assert_eq!(published.all(), std::slice::from_ref(&arranged));
    let mut told: Vec<UserId> = arranged.summary.unread.iter().map(|(user, _)| *user).collect();
    told.sort_unstable();
    assert_eq!(told, [RUSTAM, DILNOZA]);
    for user in told {
        assert_eq!(arranged.summary.row_of(user).awaiting_since, None);
        assert_eq!(scene.awaiting(chat, user).await, None);
    }
    let again = scene.say(chat, AZIZ, "yana savol").await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(again.created_at));
    scene.delete(again.id).await;
    assert_eq!(scene.awaiting(chat, DILNOZA).await, None, "the message before it needed none");
}

/// So the decision can be taken back.
pub async fn an_answer_that_is_needed_after_all_is_awaited_since_the_same_time(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    scene.say(chat, DILNOZA, "salom").await;
    let first = scene.say(chat, AZIZ, "savol").await;
    scene.say(chat, AZIZ, "?").await;
    scene.arrange(DILNOZA, chat, RowAct::Answered(true)).await;
    let arranged = scene.arrange(DILNOZA, chat, RowAct::Answered(false)).await;
    assert_eq!(arranged.summary.row_of(DILNOZA).awaiting_since, Some(first.created_at));
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(first.created_at));
}

/// Pages are parts of this order, and the total is that of the filter.
pub async fn those_who_wait_longest_come_first(store: &impl Store) {
    let scene = Scene::new(store).await;
    let with_aziz = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
    let with_malika = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let with_pavel = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.say(with_malika, MALIKA, "1").await;
    scene.say(with_aziz, AZIZ, "2").await;
    scene.say(with_malika, MALIKA, "3").await;
    scene.say(with_pavel, PAVEL, "4").await;
    assert_eq!(scene.listed(DILNOZA, &waiting()).await, [with_malika, with_aziz]);
    let page = store.list(DILNOZA, &waiting(), PageRequest::new(2, 1)).await.works();
    assert_eq!((page.items[0].id, page.total), (with_aziz, 2));
    let about_nur = ListFilter {
        confession: Some(NUR),
        ..waiting()
    };
    assert_eq!(scene.listed(DILNOZA, &about_nur).await, [with_aziz]);
    let unread = ListFilter { unread: true, ..waiting() };
    scene.read(with_malika, DILNOZA, ReadScope::All).await;
    assert_eq!(scene.listed(DILNOZA, &unread).await, [with_aziz]);
    let found = ListFilter {
        query: Some("malika".to_owned()),
        ..waiting()
    };
    assert_eq!(scene.listed(DILNOZA, &found).await, [with_malika]);
}

/// R20: nobody else sees what a person does with a row, and other rows of the person stay.
pub async fn a_row_belongs_to_its_person_alone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.arrange(DILNOZA, chat, RowAct::Mute(Some(RowState::FOREVER))).await;
    scene.arrange(DILNOZA, chat, RowAct::MarkUnread).await;
    let arranged = scene.arrange(DILNOZA, chat, RowAct::Archive(true)).await;
    let row = scene.state(chat, DILNOZA).await;
    assert!(row.archived_at.is_some() && row.is_marked_unread);
    assert_eq!(row.muted_until, Some(RowState::FOREVER));
    assert_eq!(arranged.summary.rows, [(DILNOZA, row)]);
    assert_eq!(arranged.summary.unread, [(DILNOZA, 0)]);
    assert_eq!(scene.state(chat, AZIZ).await, RowState::default());
    assert_eq!(scene.state(other, DILNOZA).await, RowState::default());
    for act in [RowAct::Mute(None), RowAct::Archive(false)] {
        scene.arrange(DILNOZA, chat, act).await;
    }
    scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!(scene.state(chat, DILNOZA).await, RowState::default());
}

/// Whoever sends it; each participant has an archive of their own.
pub async fn a_message_takes_a_conversation_out_of_the_archive(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for sender in [AZIZ, DILNOZA] {
        for user in [AZIZ, DILNOZA] {
            scene.arrange(user, chat, RowAct::Archive(true)).await;
        }
        let Ok(crate::ports::SendOutcome::New(change)) = scene.append(scene.draft(chat, sender, "salom").await).await else {
            panic!("not new")
        };
        for user in [AZIZ, DILNOZA] {
            assert_eq!(change.summary.row_of(user).archived_at, None);
            assert_eq!(scene.state(chat, user).await.archived_at, None);
        }
    }
}

/// Once the time of muting is over, it comes back.
pub async fn a_muted_conversation_stays_in_the_archive(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let soon = scene.tick().plus_seconds(5);
    scene.arrange(DILNOZA, chat, RowAct::Mute(Some(soon))).await;
    scene.arrange(DILNOZA, chat, RowAct::Archive(true)).await;
    let before = scene.state(chat, DILNOZA).await.archived_at;
    scene.say(chat, AZIZ, "salom").await;
    assert_eq!(scene.state(chat, DILNOZA).await.archived_at, before);
    assert!(before.is_some());
    while scene.tick() < soon {}
    scene.say(chat, AZIZ, "ustoz?").await;
    assert_eq!(scene.state(chat, DILNOZA).await.archived_at, None);
}

/// Without the filter everything is listed, as for a client that knows no archive.
pub async fn the_archive_is_a_filter(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let about_bahor = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let other = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.arrange(DILNOZA, chat, RowAct::Archive(true)).await;
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [other, about_bahor, chat]);
    assert_eq!(scene.listed(DILNOZA, &archived(true)).await, [chat]);
    assert_eq!(scene.listed(DILNOZA, &archived(false)).await, [other, about_bahor]);
    let page = store.list(DILNOZA, &archived(false), PageRequest::new(1, 1)).await.works();
    assert_eq!((page.items.len(), page.total), (1, 2));
    for (confession, in_archive, listed) in [
        (NUR, true, Some(chat)),
        (NUR, false, None),
        (BAHOR, false, Some(about_bahor)),
        (BAHOR, true, None),
    ] {
        let filter = ListFilter {
            confession: Some(confession),
            ..archived(in_archive)
        };
        let page = store.list(DILNOZA, &filter, PageRequest::new(1, 10)).await.works();
        let found: Vec<ConversationId> = page.items.iter().map(|item| item.id).collect();
        assert_eq!((found, page.total), (listed.into_iter().collect(), u64::from(listed.is_some())));
    }
    let found = ListFilter {
        query: Some("aziz".to_owned()),
        ..archived(false)
    };
    assert_eq!(scene.listed(DILNOZA, &found).await, []);
    // Reading and answering are as ever.
    scene.say(chat, AZIZ, "salom").await;
    assert_eq!(scene.listed(DILNOZA, &archived(true)).await, []);
}

/// Every way to read ends the mark, also where nothing was unread.
pub async fn a_marked_conversation_is_unread_until_it_is_read(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let unread = ListFilter {
        unread: true,
        ..ListFilter::default()
    };
    let message = scene.say(chat, AZIZ, "salom").await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    for scope in [ReadScope::All, ReadScope::UpTo(message.id), ReadScope::One(message.id)] {
        assert_eq!(scene.listed(DILNOZA, &unread).await, []);
        scene.arrange(DILNOZA, chat, RowAct::MarkUnread).await;
        assert_eq!(scene.listed(DILNOZA, &unread).await, [chat]);
        assert_eq!(store.list(DILNOZA, &unread, PageRequest::new(1, 10)).await.works().total, 1);
        let published = PublishedOutcomes::default();
        let reading = scene.reading(chat, DILNOZA, scope);
        let read = store.read(reading, published.on_commit()).await.works();
        assert_eq!(published.all(), std::slice::from_ref(&read), "{scope:?}");
        assert!(read.was_marked_unread && read.message.is_none(), "{read:?}");
        assert!(!read.summary.row_of(DILNOZA).is_marked_unread);
        assert!(!scene.state(chat, DILNOZA).await.is_marked_unread);
    }
    scene.arrange(DILNOZA, chat, RowAct::MarkUnread).await;
    let newer = scene.say(chat, AZIZ, "ustoz?").await;
    let read = scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!((read.message, read.was_marked_unread), (Some(newer.id), true));
    assert_eq!(scene.listed(DILNOZA, &unread).await, []);
    assert!(!scene.read(chat, DILNOZA, ReadScope::All).await.was_marked_unread);
}

/// Nor that of all conversations together.
pub async fn a_mark_does_not_change_the_number_of_unread_messages(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    scene.arrange(DILNOZA, chat, RowAct::MarkUnread).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 0);
    assert_eq!(store.unread_total(DILNOZA).await.works(), 0);
    scene.say(chat, AZIZ, "salom").await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 1);
    assert!(scene.state(chat, DILNOZA).await.is_marked_unread);
    assert_eq!(store.unread_total(DILNOZA).await.works(), 1);
}

/// A client that knows nothing of rows sees no difference.
pub async fn acts_on_rows_take_no_seq_and_move_nothing(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    scene.say(chat, AZIZ, "salom").await;
    let other = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let before = scene.row(chat, DILNOZA).await;
    let facts = store.facts(chat, AZIZ).await.works().expect("they take part");
    for act in [
        RowAct::Archive(true),
        RowAct::MarkUnread,
        RowAct::Mute(Some(RowState::FOREVER)),
        RowAct::Answered(true),
    ] {
        scene.arrange(DILNOZA, chat, act).await;
    }
    let after = scene.row(chat, DILNOZA).await;
    assert_eq!((after.last_seq, after.unread_count), (Seq(1), 0));
    assert_eq!((&after.preview, after.last_message_at), (&before.preview, before.last_message_at));
    assert_eq!(scene.listed(DILNOZA, &ListFilter::default()).await, [other, chat]);
    assert_eq!(
        store
            .facts(chat, AZIZ)
            .await
            .works()
            .expect("they take part")
            .conversation
            .updated_at,
        facts.conversation.updated_at
    );
    assert!(scene.changes(chat, Seq(1), 10).await.changes.is_empty());
}

/// It succeeds all the same, and shows the row as it is.
pub async fn an_act_without_effect_is_not_announced(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let published = PublishedOutcomes::default();
    for act in [
        RowAct::Archive(false),
        RowAct::Mute(None),
        RowAct::Answered(true),
        RowAct::Answered(false),
    ] {
        let arranged = scene.act(DILNOZA, chat, act, &published).await.expect("allowed");
        assert!(!arranged.is_changed, "{act:?}");
        assert_eq!(arranged.summary.rows, [(DILNOZA, RowState::default())]);
    }
    assert_eq!(published.all(), []);
}

/// R21: a member does not decide whether the member waits.
pub async fn a_refused_act_stores_nothing(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "salom").await;
    let published = PublishedOutcomes::default();
    let refused = scene.act(AZIZ, chat, RowAct::Answered(true), &published).await;
    assert_eq!(refused, Err(Denial::NotStaff));
    assert_eq!(published.all(), []);
    assert_eq!(scene.awaiting(chat, DILNOZA).await, Some(message.created_at));
}

/// R7: superadmins, too.
pub async fn strangers_have_no_row(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for (actor, conversation) in [(MALIKA, chat), (RUSTAM, chat), (DILNOZA, ConversationId(9_999))] {
        let request = RowRequest {
            actor,
            conversation,
            act: RowAct::Archive(true),
        };
        let decide = Box::new(|facts: Option<_>| {
            assert!(facts.is_none());
            Err(Denial::ConversationNotFound)
        });
        let decided = store.arrange(request, decide, silent()).await.works();
        assert_eq!(decided, Err(Denial::ConversationNotFound));
    }
    assert_eq!(scene.state(chat, DILNOZA).await, RowState::default());
}

/// The archive is counted apart.
pub async fn counts_are_those_of_the_filters(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(store.counts(DILNOZA, None).await.works(), ListCounts::default());
    let with_aziz = scene.open(&[AZIZ, DILNOZA], Some(NUR)).await;
    let with_malika = scene.open(&[MALIKA, DILNOZA], Some(BAHOR)).await;
    let with_pavel = scene.open(&[DILNOZA, PAVEL], None).await;
    scene.say(with_aziz, AZIZ, "1").await;
    scene.say(with_malika, MALIKA, "2").await;
    scene.read(with_malika, DILNOZA, ReadScope::All).await;
    scene.arrange(DILNOZA, with_pavel, RowAct::MarkUnread).await;
    let counts = |all, unread, waiting, archived| ListCounts {
        all,
        unread,
        waiting,
        archived,
    };
    assert_eq!(store.counts(DILNOZA, None).await.works(), counts(3, 2, 2, 0));
    assert_eq!(store.counts(DILNOZA, Some(NUR)).await.works(), counts(1, 1, 1, 0));
    scene.arrange(DILNOZA, with_aziz, RowAct::Archive(true)).await;
    assert_eq!(store.counts(DILNOZA, None).await.works(), counts(2, 1, 1, 1));
    assert_eq!(store.counts(DILNOZA, Some(NUR)).await.works(), counts(0, 0, 0, 1));
    assert_eq!(store.counts(DILNOZA, Some(BAHOR)).await.works(), counts(1, 0, 1, 0));
    assert_eq!(store.counts(AZIZ, None).await.works(), counts(1, 0, 0, 0));
}
