//! What differs while Suhbat serves on the platform's database: the directory is the platform's, and old files stay where they are.

use domain::id::UserId;
use serde_json::json;
use suhbat_tests::eventually;

use crate::Platform;

/// 1 is a superadmin, 2 administers a confession that 21 follows.
const PEOPLE: &str = "
    INSERT INTO accounts_user
        SELECT u, '', NULL, u = 1, 'user' || u, 'Shahnoza', 'Karimova', '', false, now(),
            CASE u WHEN 1 THEN 'superadmin' WHEN 2 THEN 'admin' ELSE 'user' END, NULL, CASE u WHEN 2 THEN 'avatars/2.png' WHEN 21 THEN '' END, true, 'uz', 'light'
        FROM unnest(ARRAY[1, 2, 21]) u;
    INSERT INTO confessions_confession VALUES (1, 'Nur', 'nur', '', NULL, now(), now(), 2);
    INSERT INTO confessions_subscription (subscribed_at, confession_id, user_id) VALUES (now(), 1, 21);
    INSERT INTO messaging_conversation VALUES (7, '2024-01-01Z', '2024-01-01Z', '2024-01-02Z', NULL);
    INSERT INTO messaging_conversation_participants (conversation_id, user_id) VALUES (7, 2), (7, 21);
    INSERT INTO messaging_message
        SELECT m, NULL, false, false, false, '2024-01-02Z', '2024-01-02Z', NULL::timestamptz, 7, NULL::bigint, 21 FROM generate_series(1, 3) m;
    INSERT INTO messaging_messageattachment VALUES
        (1, 'messages/attachments/2024/01/02/photo 1.png', 'image', 'photo 1.png', 5, 'image/png', '2024-01-02Z', 1),
        (2, '../secret.txt', 'document', 'secret.txt', 6, 'text/plain', '2024-01-02Z', 2),
        (3, 'messages/attachments/2024/01/02/lost.pdf', 'document', 'lost.pdf', 6, 'application/pdf', '2024-01-02Z', 3)";

#[tokio::test]
async fn old_files_are_served_from_the_media_folder_and_nothing_outside_of_it() {
    let platform = Platform::with(PEOPLE).await;
    platform.take_over().await;
    let place = tempfile::tempdir().unwrap();
    let media = place.path().join("media");
    std::fs::create_dir_all(media.join("messages/attachments/2024/01/02")).unwrap();
    std::fs::write(media.join("messages/attachments/2024/01/02/photo 1.png"), b"\x89PNG!").unwrap();
    std::fs::write(place.path().join("secret.txt"), b"secret").unwrap();
    let service = platform.serve(&media).await;
    let admin = service.client(UserId(2));
    let url = admin.message(1).await["attachments"][0]["file"].as_str().unwrap().to_owned();
    let whole = admin.anonymous().get(&url).await;
    assert_eq!((whole.status, whole.bytes.as_slice()), (200, &b"\x89PNG!"[..]));
    assert_eq!(whole.header("content-type"), Some("image/png"));
    let part = admin.anonymous();
    let part = part
        .run(part.request(reqwest::Method::GET, &url).header("range", "bytes=1-3"))
        .await;
    assert_eq!((part.status, part.bytes.as_slice()), (206, &b"PNG"[..]));
    for (id, why) in [(2, "it lies outside of the folder"), (3, "it is not there")] {
        let url = admin.message(id).await["attachments"][0]["file"].as_str().unwrap().to_owned();
        assert_eq!(admin.anonymous().get(&url).await.status, 404, "{why}");
    }
    // A deleted message's file is gone at once, and stays in the folder.
    service.client(UserId(21)).delete("messages/1/").await.expect(204);
    assert_eq!(admin.anonymous().get(&url).await.status, 404);
    assert!(media.join("messages/attachments/2024/01/02/photo 1.png").exists());
}

#[tokio::test]
async fn the_platforms_language_counts_until_a_person_chooses_one() {
    let platform = Platform::with(PEOPLE).await;
    platform.take_over().await;
    let media = tempfile::tempdir().unwrap();
    let service = platform.serve(media.path()).await;
    let member = service.client(UserId(21));
    let mine = "me/settings/";
    assert_eq!(member.get(mine).await.ok(), json!({ "language": null, "default_language": "uz" }));
    platform
        .change("UPDATE accounts_user SET preferred_language = 'en-us' WHERE id = 21")
        .await;
    assert_eq!(
        member.patch(mine, json!({ "language": "ru" })).await.ok(),
        json!({ "language": "ru", "default_language": "en" })
    );
    platform
        .change("UPDATE accounts_user SET preferred_language = 'kaa' WHERE id = 21")
        .await;
    assert_eq!(
        member.patch(mine, json!({ "language": null })).await.ok(),
        json!({ "language": null, "default_language": null })
    );
    let admin = service.client(UserId(2));
    assert_eq!(admin.get("confessions/1/settings/").await.ok(), json!({}));
    member.get("confessions/1/settings/").await.refused(404, "confession_not_found");
}

#[tokio::test]
async fn the_directory_is_read_as_it_is_and_never_written() {
    let platform = Platform::with(PEOPLE).await;
    platform.take_over().await;
    let media = tempfile::tempdir().unwrap();
    let service = platform.serve(media.path()).await;
    let (superadmin, member) = (service.client(UserId(1)), service.client(UserId(21)));
    let contact = member.get("contacts/").await.ok();
    assert_eq!(contact["results"][0]["user"]["avatar"], "/media/avatars/2.png");
    assert_eq!(
        contact["results"][0]["confession"],
        json!({ "id": 1, "name": "Nur", "slug": "nur" })
    );
    assert_eq!(superadmin.get("contacts/").await.ok()["count"], 2);
    assert_eq!(member.get("me/").await.ok()["follows"][0]["slug"], "nur");
    // Searches find names in other spellings, and new names after a moment.
    let count = async |query: &str| {
        superadmin.get(&format!("contacts/?q={query}")).await.ok()["count"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(count("шахноза user21").await, 1);
    platform
        .change("UPDATE accounts_user SET first_name = 'Oʻtkir' WHERE id = 21")
        .await;
    eventually("the new name is found", async || (count("o'tkir").await == 1).then_some(())).await;
    assert_eq!(count("шахноза user21").await, 0);
    // A change of the platform acts on the next request.
    assert_eq!(member.conversation(7).await["can_send"], true);
    let opened = member.open(UserId(2)).await;
    assert_eq!(member.conversation(opened).await["can_send"], true);
    platform.change("DELETE FROM confessions_subscription").await;
    assert_eq!(member.conversation(opened).await["cannot_send_reason"], "not_subscribed");
    platform.change("UPDATE accounts_user SET is_active = false WHERE id = 21").await;
    assert_eq!(member.get("me/").await.status, 401);
    // Nobody else writes it.
    let feed = service.directory_client();
    for (method, path) in [
        (reqwest::Method::PUT, "/api/directory/users/30/"),
        (reqwest::Method::PUT, "/api/directory/subscriptions/21/1/"),
        (reqwest::Method::POST, "/api/directory/import/"),
    ] {
        let request = feed.request(method, path).json(&json!({ "username": "new", "role": "user" }));
        assert_eq!(feed.run(request).await.status, 405, "{path}");
    }
    let binary = platform.binary();
    let document = binary.file("people.json", r#"{"users": [{"id": 30, "username": "new", "role": "user"}]}"#);
    let refused = binary.run(&["import", &document]).await;
    assert_eq!(refused.status, Some(1));
    assert!(
        refused
            .stderr
            .contains("people, confessions and subscriptions are the platform's (directory.mode = platform): change them there"),
        "{refused:?}"
    );
    let refused = binary.run(&["serve", "--demo"]).await;
    assert!(
        refused.status == Some(1) && refused.all().contains("--demo fills the directory, which is the platform's"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_database_that_is_not_the_platforms_is_refused() {
    let empty = Platform::copy_of("template0").await;
    let refused = empty.binary().run(&["migrate"]).await;
    assert!(
        refused.status == Some(1)
            && refused
                .stderr
                .contains("the database has no table public.accounts_user: with directory.mode = platform"),
        "{refused:?}"
    );
    let own = empty.binary().with("directory.mode", "own").run(&["migrate"]).await;
    assert_eq!(own.status, Some(0), "{own:?}");
    let refused = empty.binary().run(&["migrate"]).await;
    assert!(
        refused.status == Some(1) && refused.stderr.contains("the tables in the database are Suhbat's own"),
        "{refused:?}"
    );
}
