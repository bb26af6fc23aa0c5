use super::*;

fn listed(body: &str) -> Vec<String> {
    let Err(Rejection::Invalid(errors)) = parse(body.as_bytes()) else {
        panic!("{body} is not refused with errors");
    };
    let errors = serde_json::to_value(errors).unwrap();
    errors.as_object().unwrap().keys().cloned().collect()
}

fn not_json(body: &[u8]) -> String {
    match parse(body) {
        Err(Rejection::NotJson(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_that_is_no_json_is_refused_with_line_and_column() {
    let table: [(&[u8], &str); 7] = [
        (b"", "The document is empty."),
        (b"\xEF\xBB\xBF \n", "The document is empty."),
        (
            b"{\"users\": [\n  {\"id\": 1,}\n]}",
            "The document is not valid JSON: line 2, column 12: trailing comma.",
        ),
        (
            b"{\"users\": [",
            "The document is not valid JSON: line 1, column 11: EOF while parsing a list.",
        ),
        (b"{}\n{}", "The document is not valid JSON: line 2, column 1: trailing characters."),
        (b"\xFF\xFE{\0}\0", "The document is in UTF-16: save it as UTF-8."),
        (
            b"{\n\"x\":\"\xff\"}",
            "The document is not UTF-8: line 2, column 6 (in bytes): save it as UTF-8.",
        ),
    ];
    for (body, sentence) in table {
        assert_eq!(not_json(body), sentence);
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(parse(b"\xEF\xBB\xBF{\"users\": []}"), Ok(DirectoryDocument::default()));
}

#[test]
fn bad_rows_are_listed_with_place_and_ids_in_the_order_of_the_document() {
    let users = r#"{"id":12,"username":"a","role":"emperor"},{"id":[1],"username":"b","role":"user"},{"id":"13","role":"user"},7"#;
    let body = format!(r#"{{"users":[{users}],"subscriptions":[{{"user_id":5,"confession_id":"x y"}},{{"user_id":5}}]}}"#);
    let Err(Rejection::Invalid(errors)) = parse(body.as_bytes()) else {
        panic!("it is refused");
    };
    let expected = [
        "users[0] (id 12): role: Must be user, admin or superadmin.",
        "users[1]: id: Must be an integer.",
        "users[2] (id 13): username: This field is required.",
        "users[3]: Must be an object.",
        "subscriptions[0] (user_id 5): confession_id: Must be an integer.",
        "subscriptions[1] (user_id 5): confession_id: This field is required.",
    ];
    assert_eq!(errors.rows(), expected);
}

#[test]
fn reading_ends_with_the_last_error_that_is_listed() {
    // The reader stops at the last listed error and never reaches the invalid JSON behind it.
    let body = format!(r#"{{"users":[{}nonsense"#, "{},".repeat(100));
    assert_eq!(listed(&body).len(), 50);
    let later = format!(r#"{{"users":[{}nonsense"#, "{},".repeat(5));
    assert!(
        not_json(later.as_bytes()).contains("line 1, column "),
        "{}",
        not_json(later.as_bytes())
    );
}

#[test]
fn unknown_fields_are_ignored_at_any_size_and_depth() {
    let user = r#"{"id":1,"username":"aziza","role":"user","more":{"a":[[[{}]]]},"id2":[]}"#;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(r#"{{"x":[{{"a":0}},{{}}],"deep":{deep},"users":[{user}],"n":1e999,"y":null}}"#);
    let document = parse(body.as_bytes()).unwrap();
    assert_eq!((document.users.len(), document.users[0].username.as_str()), (1, "aziza"));
}

#[test]
fn values_of_the_wrong_kind_are_named() {
    let users = r#"{"id":[1,2,[3]],"username":{"a":{}},"role":"user"},[1],null,5,"x",true,1.5,-1"#;
    let body = format!(r#"{{"users":[{users}],"confessions":{{"a":[1]}},"subscriptions":7}}"#);
    let expected = [
        "confessions",
        "subscriptions",
        "users[0].id",
        "users[0].username",
        "users[1]",
        "users[2]",
        "users[3]",
        "users[4]",
        "users[5]",
        "users[6]",
        "users[7]",
    ];
    assert_eq!(listed(&body), expected);
}

#[test]
fn a_document_is_one_object_and_has_each_list_once() {
    for body in ["[]", "[{}]", "5", "-5", "1.5", "true", "null", r#""users""#] {
        assert_eq!(listed(body), ["body"], "{body}");
    }
    let surrogate = r#"{"users":[{"id":1,"username":"\ud800","role":"user"}]}"#;
    for body in ["", "{", "{}{}", r#"{"users":[]"#, r#"{"users":[],}"#, r#"{"a":1}x"#, surrogate] {
        not_json(body.as_bytes());
    }
    assert_eq!(listed(r#"{"users":[],"users":[{}]}"#), ["users"]);
    assert_eq!(listed(r#"{"users":[{"id":1e999,"username":"a","role":"user"}]}"#), ["body"]);
    assert_eq!(parse(br#"{"users":null,"confessions":[]}"#), Ok(DirectoryDocument::default()));
}
