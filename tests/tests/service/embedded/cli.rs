//! Commands on the file of the database, and what they say when it cannot be used.

use suhbat_tests::{SECRET, community};

use crate::cli::{failures::complains, suhbat, suhbat_at};

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named_with_the_reason() {
    let binary = suhbat().with("auth.secret", SECRET);
    let folder = binary.folder().to_owned();
    std::fs::create_dir(folder.join("folder.db")).expect("a folder that can be written to");
    binary.file("letter.db", &"This is not a database. ".repeat(1_000));
    binary.file("people.json", "{}");
    let at = |file: &str| {
        suhbat_at(&folder)
            .with("auth.secret", SECRET)
            .with("database.url", &format!("sqlite://{file}"))
    };
    for (file, reason) in [
        ("folder.db", "cannot open the database folder.db: it is a folder."),
        ("letter.db", "cannot open the database letter.db: file is not a database."),
        ("letter.db/a.db", "cannot create the folder letter.db: File exists (os error 17)."),
        (
            "/proc/suhbat.db",
            "cannot open the database /proc/suhbat.db: no file can be made in its folder: No such file or directory (os error 2).",
        ),
    ] {
        let binary = at(file);
        for command in [["migrate", ""], ["import", "people.json"]] {
            let arguments: Vec<&str> = command.into_iter().filter(|word| !word.is_empty()).collect();
            let outcome = binary.run(&arguments).await;
            assert!(
                outcome.status == Some(1) && outcome.stderr.trim_end().ends_with(reason),
                "{arguments:?}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn copies_that_cannot_be_made_are_named_with_the_reason() {
    let binary = suhbat().embedded().with("auth.secret", SECRET);
    binary.file("letter.db", &"This is not a database. ".repeat(1_000));
    std::fs::create_dir(binary.folder().join("folder.db")).expect("a folder that can be written to");
    complains(
        &binary,
        &["backup", "copy.db"],
        "No backup was made: there is no file data/suhbat.db.",
    )
    .await;
    assert_eq!(binary.run(&["migrate"]).await.status, Some(0));
    complains(
        &binary,
        &["backup", "letter.db"],
        "No backup was made: letter.db is there already; name another file, or remove it first.",
    )
    .await;
    let outcome = binary.run(&["backup", "nowhere/copy.db"]).await;
    let reason = "No backup was made: cannot write into nowhere: No such file or directory";
    assert!(outcome.status == Some(1) && outcome.stderr.starts_with(reason), "{outcome:?}");
    complains(
        &binary,
        &["restore", "missing.db"],
        "Nothing was restored: there is no file missing.db.",
    )
    .await;
    let folder = binary.folder().canonicalize().expect("a folder that is there");
    for (file, reason) in [
        ("letter.db", "{} is no database of Suhbat: it is no SQLite database."),
        ("folder.db", "cannot open {}: it is a folder."),
    ] {
        let reason = reason.replace("{}", &folder.join(file).display().to_string());
        complains(&binary, &["restore", file], &format!("Nothing was restored: {reason}")).await;
    }
}

#[tokio::test]
async fn who_starts_the_demo_on_another_database_learns_which_file_to_remove() {
    let binary = suhbat().embedded().with("auth.secret", SECRET);
    let people = binary.file("people.json", &community().to_string());
    assert_eq!(binary.run(&["import", &people]).await.status, Some(0));
    assert!(binary.folder().join("data/suhbat.db").exists());
    let refused = binary.run(&["serve", "--demo"]).await;
    assert!(
        refused.status != Some(0) && refused.stderr.contains("rm data/suhbat.db*"),
        "{refused:?}"
    );
}
