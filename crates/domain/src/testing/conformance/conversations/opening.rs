//! The suite of [`crate::ports::Conversations::open`].

use super::{PublishedOutcomes, Scene, Store, Works, silent, the_confession};
use crate::{
    conversation::{Conversation, ConversationSummary, ListFilter, NewConversation, OpenRequest, RowState},
    denial::Denial,
    facts::{NamedConfession, Target},
    id::{ConfessionId, ConversationId, Seq, UserId},
    ports::Opened,
    testing::{
        builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NOWHERE, NUR, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, someone},
        join_all,
    },
};

fn request(actor: UserId, targets: &[UserId], confession: Option<ConfessionId>) -> OpenRequest {
    OpenRequest {
        actor,
        targets: targets.to_vec(),
        confession,
    }
}

/// A refused opening is not announced.
pub async fn a_refused_opening_stores_nothing(store: &impl Store) {
    let scene = Scene::new(store).await;
    let published = PublishedOutcomes::<Opened>::default();
    let decide = Box::new(|_| Err(Denial::NotSubscribed));
    let refused = store
        .open(request(AZIZ, &[DILNOZA], None), decide, published.on_commit())
        .await
        .works();
    assert_eq!((refused, published.all()), (Err(Denial::NotSubscribed), vec![]));
    assert_eq!(scene.listed(AZIZ, &ListFilter::default()).await, []);
}

/// The facts of a missing actor are `None`; those of an inactive one say so.
pub async fn an_unknown_actor_has_no_facts_to_open(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_eq!(store.facts_to_open(request(NOBODY, &[DILNOZA], None)).await.works(), None);
    let facts = store
        .facts_to_open(request(ZAFAR, &[DILNOZA], None))
        .await
        .works()
        .expect("Zafar exists");
    assert_eq!(facts.actor, someone(ZAFAR));
}

/// Unknown and inactive people are among the targets.
pub async fn targets_come_in_the_order_asked_for_without_doubles(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let facts = store
        .facts_to_open(request(AZIZ, &[PAVEL, NOBODY, ZAFAR, PAVEL, DILNOZA], None))
        .await
        .works()
        .expect("Aziz exists");
    let targets: Vec<_> = facts.targets.into_iter().map(|target| (target.id, target.person)).collect();
    assert_eq!(
        targets,
        [
            (PAVEL, Some(someone(PAVEL))),
            (NOBODY, None),
            (ZAFAR, Some(someone(ZAFAR))),
            (DILNOZA, Some(someone(DILNOZA)))
        ]
    );
    assert_eq!((facts.actor, facts.named, facts.existing), (someone(AZIZ), None, vec![]));
}

/// The subscriptions of both sides are ordered by confession id.
pub async fn targets_come_with_the_subscriptions_of_both_sides(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let target = |id: UserId, followed_by_actor: &[ConfessionId], follows_of_actor: &[ConfessionId]| Target {
        id,
        person: Some(someone(id)),
        followed_by_actor: followed_by_actor.iter().copied().map(the_confession).collect(),
        follows_of_actor: follows_of_actor.iter().copied().map(the_confession).collect(),
    };
    let of_malika = store
        .facts_to_open(request(MALIKA, &[DILNOZA, PAVEL, KAMOL], None))
        .await
        .works()
        .expect("Malika exists");
    assert_eq!(
        of_malika.targets,
        [
            target(DILNOZA, &[NUR, BAHOR], &[]),
            target(PAVEL, &[SVET], &[]),
            target(KAMOL, &[], &[])
        ]
    );
    let of_dilnoza = store
        .facts_to_open(request(DILNOZA, &[AZIZ, MALIKA, SVETLANA], None))
        .await
        .works()
        .expect("Dilnoza exists");
    assert_eq!(
        of_dilnoza.targets,
        [
            target(AZIZ, &[], &[NUR]),
            target(MALIKA, &[], &[NUR, BAHOR]),
            target(SVETLANA, &[], &[])
        ]
    );
}

/// The named confession may not exist.
pub async fn a_named_confession_comes_with_the_subscription_of_the_actor(store: &impl Store) {
    let _scene = Scene::new(store).await;
    for (id, confession, actor_follows) in [
        (NUR, Some(the_confession(NUR)), true),
        (SVET, Some(the_confession(SVET)), false),
        (NOWHERE, None, false),
    ] {
        let facts = store
            .facts_to_open(request(AZIZ, &[DILNOZA], Some(id)))
            .await
            .works()
            .expect("Aziz exists");
        assert_eq!(
            facts.named,
            Some(NamedConfession {
                id,
                confession,
                actor_follows
            })
        );
    }
}

/// The conversations come with their confessions; those with more people or fewer are left out.
pub async fn existing_conversations_are_those_of_exactly_these_people(store: &impl Store) {
    let scene = Scene::new(store).await;
    let about_nur = scene.open(&[MALIKA, DILNOZA], Some(NUR)).await;
    let about_nothing = scene.open(&[DILNOZA, MALIKA], None).await;
    let of_three = scene.open(&[RUSTAM, DILNOZA, MALIKA], Some(NUR)).await;
    scene.open(&[MALIKA, PAVEL], Some(SVET)).await;
    for (actor, target) in [(MALIKA, DILNOZA), (DILNOZA, MALIKA)] {
        let existing = store
            .facts_to_open(request(actor, &[target], None))
            .await
            .works()
            .expect("they exist")
            .existing;
        assert_eq!(existing, [(about_nothing, None), (about_nur, Some(NUR))], "the newest first");
    }
    scene.say(about_nur, MALIKA, "Salom").await;
    let facts = store
        .facts_to_open(request(MALIKA, &[DILNOZA], None))
        .await
        .works()
        .expect("they exist");
    assert_eq!(
        facts.existing,
        [(about_nur, Some(NUR)), (about_nothing, None)],
        "the one that was active last"
    );
    let three = store
        .facts_to_open(request(MALIKA, &[RUSTAM, DILNOZA], Some(SVET)))
        .await
        .works()
        .expect("Malika exists");
    assert_eq!(three.existing, [(of_three, Some(NUR))]);
    let none = store
        .facts_to_open(request(AZIZ, &[DILNOZA], Some(NUR)))
        .await
        .works()
        .expect("Aziz exists");
    assert_eq!(none.existing, []);
}

/// Every field of the decided conversation is read back, to the microsecond.
pub async fn opening_stores_the_decided_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    for new in [
        scene.new_conversation(&[AZIZ, DILNOZA], Some(NUR)),
        scene.new_conversation(&[PAVEL, SVETLANA], None),
    ] {
        let NewConversation {
            participants,
            confession,
            opened_by,
            opened_by_staff,
            at,
        } = new.clone();
        let id = store.create(new, silent()).await.works().id();
        let facts = store.facts(id, opened_by).await.works().expect("the opener takes part");
        let people: Vec<_> = participants.into_iter().map(someone).collect();
        assert_eq!(
            facts.conversation,
            Conversation {
                id,
                participants: people.into(),
                confession: confession.map(the_confession),
                opened_by_staff,
                created_at: at,
                updated_at: at,
                last_message_at: None,
                last_seq: Seq(0),
                awaiting_since: None,
            }
        );
    }
}

/// The announcement has the list row of every participant.
pub async fn opening_is_announced_after_the_commit(store: &impl Store) {
    let scene = Scene::new(store).await;
    let published = PublishedOutcomes::default();
    let opened = store
        .create(scene.new_conversation(&[AZIZ, DILNOZA], Some(NUR)), published.on_commit())
        .await
        .works();
    assert_eq!(published.all(), std::slice::from_ref(&opened), "before the caller resumes");
    let Opened::New(mut summary) = opened else {
        panic!("not new: {opened:?}")
    };
    summary.unread.sort();
    summary.rows.sort_by_key(|(user, _)| *user);
    assert_eq!(
        summary,
        ConversationSummary {
            conversation: summary.conversation,
            last_seq: Seq(0),
            preview: None,
            unread: vec![(DILNOZA, 0), (AZIZ, 0)],
            rows: vec![(DILNOZA, RowState::default()), (AZIZ, RowState::default())]
        }
    );
}

/// R13: nothing was committed, so nothing is announced.
pub async fn opening_again_gives_the_existing_one_unannounced(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let before = store.facts(chat, AZIZ).await.works();
    for participants in [[AZIZ, DILNOZA], [DILNOZA, AZIZ]] {
        let published = PublishedOutcomes::default();
        let opened = store
            .create(scene.new_conversation(&participants, Some(NUR)), published.on_commit())
            .await
            .works();
        assert_eq!(opened, Opened::Existing(chat));
        assert_eq!(published.all(), []);
    }
    assert_eq!(store.facts(chat, AZIZ).await.works(), before);
}

/// R13: one conversation for each set of people and confession, or none.
pub async fn another_confession_or_none_is_another_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    let mut ids = Vec::new();
    for confession in [Some(NUR), Some(BAHOR), None] {
        ids.push(scene.open(&[MALIKA, DILNOZA], confession).await);
    }
    ids.push(scene.open(&[RUSTAM, MALIKA, DILNOZA], None).await);
    for (confession, id) in [Some(NUR), Some(BAHOR), None].into_iter().zip(&ids) {
        let again = store
            .create(scene.new_conversation(&[MALIKA, DILNOZA], confession), silent())
            .await
            .works();
        assert_eq!(again, Opened::Existing(*id));
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

/// R13: one call creates and announces the conversation, the others find it; with a confession and without.
pub async fn sixteen_openings_at_once_give_one_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    for confession in [Some(NUR), None] {
        let published = PublishedOutcomes::default();
        let opening = |_| store.create(scene.new_conversation(&[AZIZ, DILNOZA], confession), published.on_commit());
        let opened: Vec<Opened> = join_all((0..16).map(opening)).await.into_iter().map(Works::works).collect();
        let mut ids: Vec<ConversationId> = opened.iter().map(Opened::id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{opened:?}");
        assert_eq!(opened.iter().filter(|opened| matches!(opened, Opened::New(_))).count(), 1);
        assert_eq!(published.all().len(), 1);
    }
    assert_eq!(scene.listed(AZIZ, &ListFilter::default()).await.len(), 2);
}
