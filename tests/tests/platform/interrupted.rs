//! The takeover goes on after a SIGKILL at any point.

use std::collections::BTreeSet;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::Platform;

/// Everything that the takeover leaves, except for ids that are made up.
async fn result(platform: &Platform) -> Vec<String> {
    let mut found = platform
        .lines("SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS line
            FROM information_schema.columns WHERE table_schema IN ('public', 'suhbat')
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT 'invalid ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid
            UNION ALL SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT version FROM suhbat.__diesel_schema_migrations
            UNION ALL SELECT state FROM suhbat.takeover ORDER BY 1")
        .await;
    for table in [
        "public.messaging_conversation",
        "public.messaging_conversation_participants",
        "public.messaging_message",
        "public.messaging_messageread",
        "public.messaging_messageattachment",
        "suhbat.messaging_conversation_totals",
    ] {
        let fingerprint = format!(
            "SELECT '{table} ' || count(*) || ' ' || md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS line FROM {table} t"
        );
        found.extend(platform.lines(&fingerprint).await);
    }
    found
}

/// Kills `suhbat migrate` at the first line of each step and at each third line, until it comes to its end; how often it was killed.
async fn killed_again_and_again(platform: &Platform) -> usize {
    let mut seen = BTreeSet::new();
    let mut kills = 0;
    loop {
        let mut child = platform.binary().spawn(&["migrate"]).await;
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = 0;
        let mut killed = false;
        while let Some(line) = lines.next_line().await.unwrap() {
            let step = line.split(' ').next().unwrap().to_owned();
            assert!(
                ["added", "numbered", "counted", "built", "compared"].contains(&step.as_str()),
                "{line}"
            );
            told += 1;
            if seen.insert(step) || (told % 3 == 0 && seen.insert(line)) {
                child.kill().await.unwrap();
                killed = true;
                break;
            }
        }
        if !killed {
            assert!(child.wait().await.unwrap().success());
            return kills;
        }
        kills += 1;
        assert!(kills < 100, "it comes no further");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takeover_that_is_killed_again_and_again_ends_like_one_that_is_not() {
    let (whole, killed) = (Platform::filled().await, Platform::filled().await);
    let told = whole.take_over().await;
    for step in [
        "numbered 100000 of 100000 messages",
        "counted 2163 of 2163 conversations",
        "built 12 of 12 indexes",
        "compared 2163 of 2163",
    ] {
        assert!(told.contains(step), "{told}");
    }
    let kills = killed_again_and_again(&killed).await;
    assert!(kills >= 8, "{kills} kills");
    killed.check_facts().await;
    assert_eq!(result(&killed).await, result(&whole).await);
    // Once more changes nothing.
    killed.take_over().await;
    assert_eq!(result(&killed).await, result(&whole).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_refuses_to_start_before_the_takeover_and_after_a_part_of_it() {
    let platform = Platform::with("").await;
    let refused = platform.binary().run(&["serve"]).await;
    assert!(
        refused.status == Some(1)
            && refused
                .all()
                .contains("the platform's messages are not taken over yet: run `suhbat migrate`"),
        "{refused:?}"
    );
    platform.take_over().await;
    platform.change("UPDATE suhbat.takeover SET state = 'copying'").await;
    let refused = platform.binary().run(&["serve"]).await;
    assert!(
        refused.status == Some(1) && refused.all().contains("run `suhbat migrate` again, which goes on where it stopped"),
        "{refused:?}"
    );
    platform.take_over().await;
    let served = platform.binary().serve(&[]).await;
    assert_eq!(served.stop().await.status, Some(0));
}
