//! The server finds each page by an index that has it in order, on a database of some size: read from the plans that it really used.

use std::{fs, time::Duration};

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::{
    conversation::ListFilter,
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message_search::{IndexQuery, Term},
    page::{PageRequest, Window},
    people::ContactScope,
    ports::{
        Conversations as _, Decide, Directory as _, Jobs as _, MessageFilter, Messages as _, Outbox, OutboxPlace, OutboxStart,
        Receipts as _, SearchIndex as _, Searchable as _,
    },
    receipt::{DeliveryMark, ReadMark, ReadRequest, ReadScope},
    testing::{
        builders::at,
        conformance::{Works as _, silent},
    },
    time::Timestamp,
};
use storage::postgres::Postgres;
use tokio::sync::{Mutex, MutexGuard};

use crate::{Database, url};

/// The admin has 3,000 conversations; the newest of them has 100,000 messages, the others have two.
const FILL: &str = "
    INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active, searchable)
        SELECT n, 'person' || n, '', '', CASE n WHEN 1 THEN 'admin' ELSE 'user' END, true, 'person' || n FROM generate_series(1, 3001) n;
    INSERT INTO confessions_confession (id, name, slug, admin_id, searchable) VALUES (1, 'one', 'one', 1, 'one'), (2, 'two', 'two', 1, 'two'),
        (3, 'three', 'three', 3, 'three');
    INSERT INTO confessions_subscription SELECT n, 1 FROM generate_series(2, 3001) n;
    INSERT INTO confessions_subscription SELECT n, 3 FROM generate_series(10, 20) n;
    INSERT INTO messaging_conversation (id, created_at, updated_at, last_message_at, confession_id, participants_key, opened_by, opened_by_staff, message_count, last_seq)
        SELECT n, to_timestamp(n), to_timestamp(n), to_timestamp(n), 1 + n % 2, '1,' || n + 1, n + 1, false,
            CASE n WHEN 3000 THEN 100000 ELSE 2 END, CASE n WHEN 3000 THEN 100000 ELSE 2 END
        FROM generate_series(1, 3000) n;
    INSERT INTO messaging_conversation_participants (conversation_id, user_id, confession_id, last_activity_at, unread_count)
        SELECT n, p, 1 + n % 2, to_timestamp(n), CASE WHEN p = 1 AND n % 10 = 0 THEN 1 ELSE 0 END
        FROM generate_series(1, 3000) n, LATERAL (VALUES (1), (n + 1)) AS people (p);
    INSERT INTO messaging_conversation_totals SELECT user_id, confession_id, count(*) FROM messaging_conversation_participants GROUP BY 1, 2;
    INSERT INTO messaging_message (conversation_id, sender_id, content, created_at, updated_at, created_seq, seq, is_pinned)
        SELECT c, c + 1, 'salom', to_timestamp(c), to_timestamp(c), n, n, n % 1000 = 0
        FROM generate_series(1, 3000) c, LATERAL generate_series(1, CASE c WHEN 3000 THEN 100000 ELSE 2 END) n;
    INSERT INTO messaging_messageread SELECT id, 1, created_at, created_at FROM messaging_message WHERE conversation_id < 3000 OR seq <= 99900;
    UPDATE messaging_conversation_participants p SET delivered_up_to = m.id, read_up_to = m.id, read_at = last_activity_at
        FROM messaging_message m WHERE p.conversation_id = 3000 AND p.user_id = 1 AND m.conversation_id = 3000 AND m.seq = 99900;
    UPDATE messaging_conversation_participants SET unread_count = 100 WHERE conversation_id = 3000 AND user_id = 1;
    UPDATE messaging_conversation c SET last_message_id = (SELECT max(id) FROM messaging_message m WHERE m.conversation_id = c.id);
    UPDATE messaging_message SET has_attachments = true WHERE id % 10 = 0;
    INSERT INTO messaging_messageattachment (message_id, file, file_type, file_name, file_size, mime_type, uploaded_at)
        SELECT id, 'key' || id, 'image', 'gul.png', 1, 'image/png', created_at FROM messaging_message WHERE id % 10 = 0;
    UPDATE messaging_conversation_participants SET awaiting_since = last_activity_at WHERE conversation_id % 20 = 0;
    UPDATE messaging_conversation_participants SET archived_at = last_activity_at WHERE conversation_id % 25 = 1;
    INSERT INTO messaging_outbox (xid, kind, conversation_id, message_id, actor_id, at)
        SELECT (n / 10)::text::xid8, 'sent', 1, n, 1, to_timestamp(n) FROM generate_series(1, 20000) n;
    INSERT INTO messaging_job (queue, key, payload, due_at, failed_at, created_at)
        SELECT 'queue' || n % 3, n, '', to_timestamp(n), CASE WHEN n % 10 = 0 THEN to_timestamp(n) END, to_timestamp(n)
        FROM generate_series(1, 20000) n;
    ANALYZE;
";

/// Tables that grow, and are never read from one end to the other.
const GROWING: [&str; 10] = [
    "accounts_user",
    "confessions_subscription",
    "messaging_message",
    "messaging_messageread",
    "messaging_messageattachment",
    "messaging_conversation",
    "messaging_conversation_participants",
    "messaging_outbox",
    "messaging_job",
    "messaging_message_search",
];

const ADMIN: UserId = UserId(1);
const MEMBER: UserId = UserId(2);
/// Administers a confession with few followers.
const OTHER_ADMIN: UserId = UserId(3);
const LONG: ConversationId = ConversationId(3000);

/// Plans of two tests would be mixed in the log, and cannot be told apart.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The server's log, as far as it is new.
struct Log {
    path: String,
    read: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Log {
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    fn open(alone: MutexGuard<'static, ()>) -> Self {
        let path = std::env::var("SUHBAT_POSTGRES_LOG").expect("scripts/postgres says where the server's log is");
        let mut log = Self {
            path,
            read: 0,
            _alone: alone,
        };
        log.read = log.text().len();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.path).expect("the server's log")).into_owned()
    }

    /// The plans that are new, once this is in them.
    async fn plans_with(&self, wanted: &str) -> String {
        let mut plans = String::new();
        for _ in 0..500 {
            plans = self.text().split_off(self.read);
            if plans.contains(wanted) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        plans
    }

    /// Waits until the plans that are new name this index, and checks that none reads a whole table.
    async fn expect(&mut self, what: &str, index: &str) {
        let plans = self.plans_with(index).await;
        assert!(plans.contains(index), "{what} does not use {index}: {plans}");
        for table in GROWING {
            assert!(
                !plans.contains(&format!("Seq Scan on {table} ")),
                "{what} reads all of {table}: {plans}"
            );
        }
        self.read += plans.len();
    }
}

/// The filled database, and what its server will say of the plans from now on.
async fn filled() -> (Postgres, Log, Database) {
    let database = Database::fresh().await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    connection.batch_execute(FILL).await.unwrap();
    let plans = format!(
        "ALTER DATABASE {0} SET session_preload_libraries = 'auto_explain'; ALTER DATABASE {0} SET auto_explain.log_min_duration = 0;",
        database.0
    );
    connection.batch_execute(&plans).await.unwrap();
    let mut log = Log::open(ALONE.lock().await);
    let store = Postgres::open(database.config()).await.unwrap();
    // What the opening reads is not a page: its last query looks for the newest receipt.
    let opening = log.plans_with(" on messaging_messageread ").await;
    log.read += opening.len();
    (store, log, database)
}

#[tokio::test]
async fn a_search_goes_through_an_index_in_the_order_of_its_list() {
    let (store, mut log, _database) = Box::pin(filled()).await;
    let page = PageRequest::new(1, 20);
    let named = ListFilter {
        query: Some("person17".to_owned()),
        ..ListFilter::default()
    };
    assert_eq!(store.list(ADMIN, &named, page).await.works().items.len(), 20);
    log.expect("a search of conversations", "messaging_participants_list").await;
    for (what, of, scope, query, index) in [
        ("contacts", ADMIN, ContactScope::Everyone, None, "accounts_user_active"),
        (
            "a search of contacts",
            ADMIN,
            ContactScope::Everyone,
            Some("person17"),
            "accounts_user_active",
        ),
        (
            "a search of staff and own members",
            ADMIN,
            ContactScope::StaffAndOwnSubscribers,
            Some("person17"),
            "accounts_user_active",
        ),
        ("own members", OTHER_ADMIN, ContactScope::OwnSubscribers, None, "accounts_user_pkey"),
        ("all others", OTHER_ADMIN, ContactScope::EveryoneElse, None, "accounts_user_active"),
        ("staff", MEMBER, ContactScope::Staff, None, "accounts_user_active_staff"),
        (
            "a search of staff",
            MEMBER,
            ContactScope::Staff,
            Some("person1"),
            "accounts_user_active_staff",
        ),
        (
            "a search of followed admins",
            MEMBER,
            ContactScope::FollowedAdmins,
            Some("person1"),
            "confessions_subscription_pkey",
        ),
    ] {
        let found = store.contacts(of, scope, query, page).await.works();
        assert!(found.total > 0, "{what}");
        log.expect(what, index).await;
    }
}

#[tokio::test]
async fn every_page_is_found_by_an_index() {
    let (store, mut log, _database) = Box::pin(filled()).await;
    let page = PageRequest::new(2, 50);
    for (what, filter, index) in [
        ("a list", ListFilter::default(), "messaging_participants_list"),
        (
            "a list of unread conversations",
            ListFilter {
                unread: true,
                ..ListFilter::default()
            },
            "messaging_participants_to_read",
        ),
        (
            "a list of one confession",
            ListFilter {
                confession: Some(ConfessionId(1)),
                ..ListFilter::default()
            },
            "messaging_participants_confession",
        ),
        (
            "a list of those who wait",
            ListFilter {
                waiting: true,
                ..ListFilter::default()
            },
            "messaging_participants_waiting",
        ),
        (
            "the archive",
            ListFilter {
                archived: Some(true),
                ..ListFilter::default()
            },
            "messaging_participants_archived",
        ),
        (
            "a list without the archive",
            ListFilter {
                archived: Some(false),
                ..ListFilter::default()
            },
            "messaging_participants_list",
        ),
    ] {
        assert_eq!(store.list(ADMIN, &filter, page).await.works().items.len(), 50);
        log.expect(what, index).await;
    }
    store.list(ADMIN, &ListFilter::default(), page).await.works();
    log.expect("the files of previews", "messaging_messageattachment_message").await;
    store.list(ADMIN, &ListFilter::default(), page).await.works();
    log.expect("the receipts of previews", "messaging_messageread_pkey").await;
    assert_eq!(store.unread_total(ADMIN).await.works(), 399);
    log.expect("the unread count", "messaging_participants_to_read").await;
    assert_eq!(store.counts(ADMIN, None).await.works().archived, 120);
    log.expect("the counts of filters", "messaging_participants_archived").await;

    let middle = store
        .window(LONG, Window::Page(PageRequest::new(1, 1)), MessageFilter::default())
        .await
        .works();
    let middle = MessageId(middle.unwrap().items[0].id.0 - 50_000);
    log.expect("the newest message", "messaging_message_history").await;
    for (what, window) in [
        ("the newest page", Window::Page(PageRequest::new(1, 50))),
        ("a page before", Window::Before(middle, 50)),
        ("a page after", Window::After(middle, 50)),
        ("a page around", Window::Around(middle, 50)),
    ] {
        let found = store.window(LONG, window, MessageFilter::default()).await.works().unwrap();
        assert_eq!(found.items.len(), 50);
        log.expect(what, "messaging_message_history").await;
    }
    let pinned = MessageFilter {
        pinned_only: true,
        ..MessageFilter::default()
    };
    store.window(LONG, Window::Page(page), pinned).await.works().unwrap();
    log.expect("pinned messages", "messaging_message_pinned").await;
    assert_eq!(store.changes(LONG, Seq(50_000), 50).await.works().changes.len(), 50);
    log.expect("changes", "messaging_message_seq").await;

    let newest = MessageId(middle.0 + 50_000);
    let mark = DeliveryMark {
        user: ADMIN,
        conversation: LONG,
        up_to: newest,
    };
    assert_eq!(store.mark_delivered(vec![mark], at(1), silent()).await.works().len(), 1);
    log.expect("marking as delivered", "messaging_message_history").await;
    let read = store
        .mark_read(ReadRequest::within(LONG, ADMIN, ReadScope::All), read_all(), silent())
        .await
        .works();
    assert_eq!(read.expect("allowed").message, Some(newest));
    log.expect("marking as read", "messaging_message_history").await;
}

#[tokio::test]
async fn the_outbox_and_jobs_are_read_in_the_order_of_their_indexes() {
    let (store, mut log, _database) = Box::pin(filled()).await;
    let claim = store.claim("search", "node", OutboxStart::Beginning, at(0), at(10)).await.works();
    let claim = claim.expect("nobody has it");
    let middle = OutboxPlace {
        transaction: 1_000,
        id: 10_005,
    };
    let entries = Outbox::read(&store, middle, 100).await.works();
    assert_eq!((entries.len(), entries[0].message), (100, MessageId(entries[0].place.id)));
    log.expect("entries", "messaging_outbox_order").await;
    store.pass(&claim, middle).await.works();
    assert_eq!(store.lag().await.works()[0].entries, 9_995);
    log.expect("the lag", "messaging_outbox_order").await;
    assert_eq!(store.trim().await.works(), 1_000);
    log.expect("trimming", "messaging_outbox_order").await;
    assert_eq!(store.take("queue1", at(0), at(10), 50).await.works().len(), 50);
    log.expect("taking jobs", "messaging_job_due").await;
    assert_eq!(store.purge(at(0)).await.works(), 1_000);
    log.expect("purging jobs", "messaging_job_failed").await;
}

/// Reads everything, whatever the rules say.
fn read_all() -> Decide<Option<domain::facts::ReadingFacts>, ReadMark> {
    Box::new(|facts| {
        let facts = facts.expect("the reader takes part");
        Ok(ReadMark {
            conversation: facts.base.conversation.id,
            participants: facts.base.conversation.participant_ids(),
            reader: facts.base.actor,
            scope: ReadScope::All,
            at: at(2),
        })
    })
}

/// The index of the filled messages: each has a word that all have, some that others have, and one that no other has.
const FILL_INDEX: &str = "
    INSERT INTO messaging_message_search
        SELECT id, array_to_tsvector(ARRAY['=u1', '=u' || sender_id, '=c' || conversation_id, 'salom', 'kun' || id % 7, 'oy' || id % 90, 'yil' || id % 900, 'soz' || id]) FROM messaging_message;
    ANALYZE messaging_message_search;
";

#[tokio::test]
async fn a_search_of_messages_walks_the_ids_for_frequent_words_and_the_terms_for_rare_ones() {
    let (store, mut log, database) = Box::pin(filled()).await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    connection.batch_execute(FILL_INDEX).await.unwrap();
    log.read += log.plans_with("INSERT INTO messaging_message_search").await.len();
    let asked = async |word: &str, is_prefix: bool, mark: &str| {
        let query = IndexQuery {
            words: vec![vec![Term {
                text: word.to_owned(),
                is_prefix,
            }]],
            scope: vec![vec![mark.to_owned()]],
            limit: 64,
            ..IndexQuery::default()
        };
        store.candidates(query).await.works()
    };
    assert_eq!(asked("salom", false, "u1").await.len(), 64);
    log.expect("a frequent word", "messaging_message_search_pkey").await;
    assert_eq!(asked("sal", true, "u1").await.len(), 64);
    log.expect("a frequent beginning", "messaging_message_search_pkey").await;
    assert_eq!(asked("soz777", false, "u1").await, [MessageId(777)]);
    log.expect("a rare word", "messaging_message_search_terms").await;
    assert_eq!(asked("salom", false, "u2").await.len(), 2);
    log.expect("a frequent word of somebody with few messages", "messaging_message_search_terms")
        .await;

    let newest = asked("salom", false, "u1").await;
    assert_eq!(store.texts(ADMIN, newest.clone()).await.works().len(), 64);
    log.expect("texts", "messaging_message_pkey").await;
    assert_eq!(store.found(ADMIN, newest[..20].to_vec()).await.works().len(), 20);
    log.expect("hits", "messaging_message_pkey").await;
    assert_eq!(store.documents(newest).await.works().len(), 64);
    log.expect("documents", "messaging_message_pkey").await;
    assert_eq!(store.documents_below(MessageId(50_000), 500).await.works().0.len(), 500);
    log.expect("older documents", "messaging_message_pkey").await;
    assert!(store.first_since(Timestamp(1_000_000_000)).await.works().is_some());
    log.expect("the first message since a time", "messaging_message_pkey").await;
    assert!(
        !store
            .tail(ADMIN, None, OutboxPlace { transaction: 1_900, id: 0 }, 256)
            .await
            .works()
            .messages
            .is_empty()
    );
    log.expect("the tail", "messaging_outbox_order").await;
}
