use super::*;

fn json(text: &str) -> Fields {
    Fields::parse(text.as_bytes()).unwrap()
}

/// The errors as they stand in `details.fields`.
fn errors(fields: Fields) -> String {
    match fields.finish(()) {
        Ok(()) => String::new(),
        Err(Rejection::Invalid(errors)) => serde_json::to_string(&errors).unwrap(),
        Err(Rejection::InvalidJson | Rejection::NotJson(_)) => "invalid_json".to_owned(),
    }
}

#[test]
fn malformed_text_is_not_json() {
    for text in [
        "",
        "{",
        "nope",
        "{\"a\":1,}",
        "{} {}",
        r#"{"a":"\ud800"}"#,
        "{'a':1}",
        "{\"a\":NaN}",
        "\u{feff}{}",
    ] {
        assert_eq!(Fields::parse(text.as_bytes()).unwrap_err(), Rejection::InvalidJson, "{text}");
    }
    assert_eq!(Fields::parse(b"{\"a\":\"\xff\"}").unwrap_err(), Rejection::InvalidJson);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(Fields::parse(deep.as_bytes()).unwrap_err(), Rejection::InvalidJson);
}

#[test]
fn json_that_is_no_object_is_an_invalid_request() {
    for text in ["[]", "null", "\"text\"", "7", "true", "1e999", "{\"a\":1e999}"] {
        assert!(
            matches!(Fields::parse(text.as_bytes()), Err(Rejection::Invalid(errors)) if errors.names("body")),
            "{text}"
        );
    }
}

#[test]
fn ids_are_integers_or_their_digits() {
    let mut fields = json(r#"{"a":7,"b":"8","c":" 9 ","d":5.0,"e":-1,"f":9223372036854775807}"#);
    let read = ["a", "b", "c", "d", "e", "f"].map(|name| fields.id(&[name]));
    assert_eq!(fields.finish(read), Ok([7, 8, 9, 5, -1, i64::MAX]));
}

#[test]
fn every_bad_id_is_named_with_its_reason() {
    let mut fields = json(
        r#"{"a":9223372036854775808,"b":1e30,"c":"9223372036854775808","d":1.5,"e":true,"f":"x","g":[],"h":{},"i":null,"k":"","l":-99999999999999999999}"#,
    );
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] {
        fields.id(&[name]);
    }
    insta::assert_snapshot!(errors(fields).replace("],", "],\n"), @r#"
    {"a":["Out of range."],
    "b":["Out of range."],
    "c":["Out of range."],
    "d":["Must be an integer."],
    "e":["Must be an integer."],
    "f":["Must be an integer."],
    "g":["Must be an integer."],
    "h":["Must be an integer."],
    "i":["This field is required."],
    "j":["This field is required."],
    "k":["This field is required."],
    "l":["Out of range."]}
    "#);
}

#[test]
fn null_and_absent_are_the_same_for_optional_fields() {
    let mut fields = json(r#"{"id":null,"text":null,"flag":null,"line":null,"empty":""}"#);
    assert_eq!(fields.optional_id(&["id"]), None);
    assert_eq!(fields.optional_id(&["empty"]), None);
    assert_eq!(fields.optional_text(&["text"]), None);
    assert_eq!(fields.optional_flag(&["flag"]), None);
    assert_eq!(fields.optional_line("line", 3), None);
    assert!(fields.finish(()).is_ok());
}

#[test]
fn an_older_spelling_serves_where_the_proper_one_is_absent() {
    let mut fields = json(r#"{"reply_to":null,"reply_to_id":4}"#);
    assert_eq!(fields.optional_id(&["reply_to", "reply_to_id"]), Some(4));
    let mut fields = json(r#"{"reply_to":3,"reply_to_id":"bad, but not looked at"}"#);
    assert_eq!(fields.optional_id(&["reply_to", "reply_to_id"]), Some(3));
    let mut fields = json(r#"{"reply_to_id":"bad"}"#);
    fields.id(&["reply_to", "reply_to_id"]);
    assert_eq!(errors(fields), r#"{"reply_to_id":["Must be an integer."]}"#);
}

#[test]
fn of_a_repeated_key_the_last_value_counts() {
    let mut fields = json(r#"{"a":1,"a":2}"#);
    assert_eq!(fields.id(&["a"]), 2);
    let mut fields = Fields::from_pairs([("a", "1"), ("a", "2")]);
    assert_eq!(fields.id(&["a"]), 2);
}

#[test]
fn lists_of_ids_come_from_json_and_from_repeated_form_fields() {
    assert_eq!(json(r#"{"ids":[1,"2"]}"#).ids(&["ids"]), [1, 2]);
    assert_eq!(Fields::from_pairs([("ids", "1"), ("ids", "2")]).ids(&["ids"]), [1, 2]);
    let reason = |text| {
        let mut fields = json(text);
        fields.ids(&["ids"]);
        errors(fields)
    };
    assert_eq!(reason(r#"{"ids":[1,null,"x"]}"#), r#"{"ids":["Item 1: Must be an integer."]}"#);
    assert_eq!(reason(r#"{"ids":[]}"#), r#"{"ids":["Must not be empty."]}"#);
    assert_eq!(reason(r#"{"ids":3}"#), r#"{"ids":["Must be a list of ids."]}"#);
    assert_eq!(reason("{}"), r#"{"ids":["This field is required."]}"#);
}

#[test]
fn flags_are_booleans_or_their_spelled_forms() {
    let mut fields = json(r#"{"a":true,"b":false,"c":"True","d":"0","e":"yes","f":2}"#);
    let read = ["a", "b", "c", "d", "e", "f"].map(|name| fields.flag(&[name]));
    assert_eq!(read, [true, false, true, false, false, false]);
    assert_eq!(errors(fields), r#"{"e":["Must be true or false."],"f":["Must be true or false."]}"#);
}

#[test]
fn texts_are_kept_as_sent_and_lines_are_measured_in_characters() {
    assert_eq!(json(r#"{"t":"  a\u0000 \n"}"#).text(&["t"]), "  a\0 \n");
    let mut fields = json(r#"{"fits":"шшш","long":"шшшш","nul":"a\u0000","blank":" ","number":5}"#);
    assert_eq!(fields.line("fits", 3), "шшш");
    for name in ["long", "nul", "blank", "number"] {
        fields.line(name, 3);
    }
    insta::assert_snapshot!(errors(fields), @r#"{"blank":["Must not be blank."],"long":["Must have at most 3 characters."],"nul":["Must not contain NUL."],"number":["Must be a string."]}"#);
}

#[test]
fn counts_start_at_one_and_saturate() {
    let mut fields = Fields::from_pairs([
        ("page", "3"),
        ("far", "99999999999"),
        ("beyond", "99999999999999999999"),
        ("below", "-99999999999999999999"),
        ("zero", "0"),
        ("word", "x"),
    ]);
    assert_eq!(fields.optional_count(&["page"]), Some(3));
    assert_eq!(fields.optional_count(&["far"]), Some(u32::MAX));
    assert_eq!(fields.optional_count(&["beyond"]), Some(u32::MAX));
    assert_eq!(fields.optional_count(&["below"]), None);
    assert_eq!(fields.optional_count(&["zero"]), None);
    assert_eq!(fields.optional_count(&["word"]), None);
    assert_eq!(
        errors(fields),
        r#"{"below":["Must be at least 1."],"word":["Must be an integer."],"zero":["Must be at least 1."]}"#
    );
}
