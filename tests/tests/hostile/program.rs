//! The program under attack.

use suhbat_tests::Binary;

/// The program, with the secret that the tests sign tokens with.
pub(crate) fn binary() -> Binary {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test")).with("auth.secret", suhbat_tests::SECRET)
}

#[tokio::test]
async fn without_an_attack_the_service_answers_and_stops_in_order() {
    let served = binary().serve(&[]).await;
    assert!(served.resident_kib() > 1024, "{}", served.resident_kib());
    assert_eq!(served.stop().await.status, Some(0));
}

#[tokio::test]
async fn the_service_raises_its_limit_of_open_files() {
    let served = binary().serve(&[]).await;
    served.shown("so many files and sockets may be open at once").await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.pid())).expect("a running process");
    let open_files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .expect("a limit");
    let [soft, hard] = [0, 1].map(|index| open_files.split_whitespace().nth(index).expect("a number"));
    assert_eq!(soft, hard, "{open_files}");
    assert_eq!(served.stop().await.status, Some(0));
}
