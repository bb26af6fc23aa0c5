use super::*;

fn json(text: &str) -> Fields {
    Fields::parse(text.as_bytes()).unwrap()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Rejection>) -> String {
    match outcome.unwrap_err() {
        Rejection::Invalid(errors) => serde_json::to_string_pretty(&errors).unwrap(),
        Rejection::InvalidJson | Rejection::NotJson(_) => "invalid_json".to_owned(),
    }
}

#[test]
fn document_becomes_rows_with_defaults() {
    let document = parse(
        r#"{"users": [{"id": 1, "username": "aziza", "role": "admin", "avatar": "/a.png"}, {"id": "2", "username": "timur", "first_name": "Timur", "last_name": "Karimov", "role": "user", "avatar": null, "is_active": false}],
            "confessions": [{"id": 3, "name": "Baptists", "slug": "baptists", "admin_id": 1}, {"id": 4, "name": "Others", "slug": "others", "admin_id": null}],
            "subscriptions": [{"user_id": 2, "confession_id": 3}], "comment": "ignored"}"#
            .as_bytes(),
    )
    .unwrap();
    insta::assert_debug_snapshot!(document, @r#"
    DirectoryDocument {
        users: [
            Person {
                id: UserId(
                    1,
                ),
                username: "aziza",
                first_name: "",
                last_name: "",
                role: Admin,
                avatar: Some(
                    "/a.png",
                ),
                is_active: true,
            },
            Person {
                id: UserId(
                    2,
                ),
                username: "timur",
                first_name: "Timur",
                last_name: "Karimov",
                role: User,
                avatar: None,
                is_active: false,
            },
        ],
        languages: {},
        confessions: [
            Confession {
                id: ConfessionId(
                    3,
                ),
                name: "Baptists",
                slug: "baptists",
                admin: Some(
                    UserId(
                        1,
                    ),
                ),
            },
            Confession {
                id: ConfessionId(
                    4,
                ),
                name: "Others",
                slug: "others",
                admin: None,
            },
        ],
        subscriptions: [
            Subscription {
                user: UserId(
                    2,
                ),
                confession: ConfessionId(
                    3,
                ),
            },
        ],
    }
    "#);
    assert_eq!(
        DirectoryImported::from(&document),
        DirectoryImported {
            users: 2,
            confessions: 2,
            subscriptions: 1
        }
    );
}

#[test]
fn every_part_of_a_document_may_be_absent() {
    assert_eq!(parse(b"{}"), Ok(DirectoryDocument::default()));
}

#[test]
fn the_error_of_a_bad_row_names_row_and_reason() {
    let outcome = parse(
        r#"{"users": [{"id": 1, "username": "aziza", "role": "owner"}, {"username": " ", "role": 5, "is_active": "perhaps"}, {"id": 0, "username": "a\u0000b", "role": "user"}],
            "confessions": [{"id": 3, "name": null, "slug": "x", "admin_id": "me"}, "nothing"], "subscriptions": [{"user_id": 1}]}"#
            .as_bytes(),
    );
    insta::assert_snapshot!(refused(outcome), @r#"
    {
      "confessions[0].admin_id": [
        "Must be an integer."
      ],
      "confessions[0].name": [
        "This field is required."
      ],
      "confessions[1]": [
        "Must be an object."
      ],
      "subscriptions[0].confession_id": [
        "This field is required."
      ],
      "users[0].role": [
        "Must be user, admin or superadmin."
      ],
      "users[1].id": [
        "This field is required."
      ],
      "users[1].is_active": [
        "Must be true or false."
      ],
      "users[1].role": [
        "Must be a string."
      ],
      "users[1].username": [
        "Must not be blank."
      ],
      "users[2].id": [
        "Must be at least 1."
      ],
      "users[2].username": [
        "Must not contain NUL."
      ]
    }
    "#);
}

#[test]
fn the_last_row_of_an_account_decides_on_its_language() {
    let body = r#"{"users": [
        {"id": 1, "username": "aziza", "role": "user", "language": "ru"}, {"id": 2, "username": "timur", "role": "user", "language": "uz-Cyrl"},
        {"id": 1, "username": "aziza", "role": "user", "language": null}, {"id": 3, "username": "olim", "role": "user", "language": ""},
        {"id": 2, "username": "timur", "role": "user", "language": "en"}]}"#;
    let document = parse(body.as_bytes()).unwrap();
    assert_eq!(document.languages, [(UserId(2), Language::English)].into());
    for language in [r#""de""#, r#""UZ""#, "5"] {
        let body = format!(r#"{{"users": [{{"id": 1, "username": "aziza", "role": "user", "language": {language}}}]}}"#);
        let Err(Rejection::Invalid(errors)) = parse(body.as_bytes()) else {
            panic!("{language} is taken")
        };
        assert!(errors.names("users[0].language"), "{language}");
    }
}

#[test]
fn names_do_not_turn_the_text_around_them() {
    let body = r#"{"users": [{"id": 1, "username": "\u202enimda", "first_name": "\u2067A\u2069", "last_name": "\u202a\u202b\u202c\u202dB\u2066\u2068", "role": "user"}],
        "confessions": [{"id": 3, "name": "Nur \u202ejamoasi", "slug": "nur", "admin_id": null}]}"#;
    let document = parse(body.as_bytes()).unwrap();
    let user = &document.users[0];
    assert_eq!((&*user.username, &*user.first_name, &*user.last_name), ("nimda", "A", "B"));
    assert_eq!(document.confessions[0].name, "Nur jamoasi");
    // Marks that letters of right-to-left scripts need stay.
    let kept = json("{\"username\": \"a\u{200F}b\u{200D}\", \"role\": \"user\"}");
    assert_eq!(DirectoryUser::with_id(kept, UserId(1)).unwrap().username, "a\u{200F}b\u{200D}");
    let nothing = json(r#"{"username": "\u202e\u2066", "role": "user"}"#);
    assert!(refused(DirectoryUser::with_id(nothing, UserId(1))).contains("Must not be blank."));
}

#[test]
fn names_that_show_nothing_are_refused_and_empty_ones_may_be_left_out() {
    for nothing in [
        " \t",
        "\u{200b}",
        "\u{2060}\u{feff}",
        "\u{3164}",
        "\u{2800} \u{ad}",
        "\u{202e}",
        "\u{fe0f}\u{e0020}",
    ] {
        let named = |field: &str| {
            let mut body = serde_json::json!({"username": "aziza", "role": "user", "name": "A", "slug": "a"});
            body[field] = nothing.into();
            json(&body.to_string())
        };
        for field in ["username", "first_name", "last_name"] {
            let refused = refused(DirectoryUser::with_id(named(field), UserId(1)));
            assert!(refused.contains(field), "{nothing:?}: {refused}");
        }
        let refused = refused(DirectoryConfession::with_id(named("name"), ConfessionId(1)));
        assert!(refused.contains("Must not be blank."), "{nothing:?}: {refused}");
        let row = serde_json::json!({"users": [{"id": 1, "username": "aziza", "first_name": nothing, "role": "user"}]});
        let Err(Rejection::Invalid(errors)) = parse(row.to_string().as_bytes()) else {
            panic!("{nothing:?} is taken");
        };
        assert!(errors.names("users[0].first_name"));
    }
    let empty = json(r#"{"username": "aziza", "first_name": "", "last_name": null, "role": "user"}"#);
    let user = DirectoryUser::with_id(empty, UserId(1)).unwrap();
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("", ""));
    let joined = json("{\"username\": \"a\", \"first_name\": \"\u{200d}\u{1f54a}\u{fe0f}\", \"role\": \"user\"}");
    assert_eq!(
        DirectoryUser::with_id(joined, UserId(1)).unwrap().first_name,
        "\u{200d}\u{1f54a}\u{fe0f}"
    );
}

#[test]
fn id_in_the_url_is_the_one_that_counts() {
    let body = r#"{"username":"aziza","role":"admin"}"#;
    assert_eq!(DirectoryUser::with_id(json(body), UserId(9)).unwrap().id, UserId(9));
    assert_eq!(
        DirectoryConfession::with_id(json(r#"{"id":"9","name":"A","slug":"a"}"#), ConfessionId(9))
            .unwrap()
            .id,
        ConfessionId(9)
    );
    insta::assert_snapshot!(refused(DirectoryUser::with_id(json(r#"{"id":8,"username":"aziza","role":"admin"}"#), UserId(9))), @r#"
    {
      "id": [
        "Must be the id in the URL."
      ]
    }
    "#);
}
